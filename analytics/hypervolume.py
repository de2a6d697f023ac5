"""Hypervolume: one number for how much of accuracy, cost and latency a set of configurations reaches, and the box it is measured in.

Points are arrays whose last axis holds the objectives: accuracy first (a fraction, maximised), then what is minimised.
"""

import numpy as np


def hypervolume_box(points: np.ndarray) -> list[list[float]] | None:
    """Box in which the hypervolume is measured.

    Parameters
    ----------
    points : array, shape (n, m)
        The estimates: accuracy first, then what is minimised (USD, seconds, tokens), all finite.

    Returns
    -------
    list of [low, high], length m, or None
        Accuracy 0–1; every other objective from the power of ten at or below its least positive value to the one above its
        largest, in its unit. None if an objective has no positive value.

    Raises
    ------
    ValueError
        If there is not at least one objective beside accuracy.

    Notes
    -----
    Whole powers of ten keep the box, and so the number, comparable while points move a little. A value of 0 counts as the low
    end. It misleads between charts: two hypervolumes can be compared only if their boxes are equal; say the box with the number.

    References
    ----------
    Ishibuchi et al., "How to specify a reference point in hypervolume calculation", Evol. Comput. 26 (2018), pages 411-440.

    Examples
    --------
    >>> hypervolume_box(np.array([[0.5, 0.02], [0.8, 3.0]]))
    [[0.0, 1.0], [0.01, 10.0]]
    """
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] < 2:
        raise ValueError("points have the shape (n, m): accuracy and at least one objective beside it")
    box = [[0.0, 1.0]]
    for values in points.T[1:]:
        positive = values[values > 0]
        if len(positive) == 0:
            return None
        low, high = np.floor(np.log10([positive.min(), positive.max()])).astype(int).tolist()
        box.append([float(f"1e{low}"), float(f"1e{high + 1}")])
    return box


def hypervolumes(samples: np.ndarray, box: list[list[float]]) -> np.ndarray:
    """Share of the box that a set of points dominates, for each resample.

    Parameters
    ----------
    samples : array, shape (n, B, m)
        Accuracy first, then what is minimised, in each of B resamples (B = 1 for the estimate).
    box : list of [low, high], length m
        From `hypervolume_box`.

    Returns
    -------
    numpy.ndarray, shape (B,)
        0–1; 1 would be accuracy 1 at the lowest cost of the box. 0 where no point has data.

    Raises
    ------
    ValueError
        If the box and the points have different numbers of objectives.

    Notes
    -----
    Accuracy as it is, log10 of the others scaled to the box and clipped to it, reference point the box's worst corner. It rewards a
    spread of cheap points as much as a better best one, and it is biased upwards in resamples (a maximum over noisy points):
    the estimate may lie low in its own interval.

    References
    ----------
    Zitzler and Thiele, "Multiobjective evolutionary algorithms: a comparative case study", IEEE Trans. Evol. Comput. 3 (1999), pages
    257-271. Fonseca, Paquete and López-Ibáñez, "An improved dimension-sweep algorithm for the hypervolume indicator", CEC 2006,
    as in moocore.

    Examples
    --------
    Accuracy .5 at 0.1 USD in a box from 0.01 to 1 USD: .5 of the height times half of the width:

    >>> hypervolumes(np.array([[[0.5, 0.1]]]), [[0.0, 1.0], [0.01, 1.0]]).tolist()
    [0.25]
    """
    import moocore

    if samples.shape[2] != len(box):
        raise ValueError("the box has one [low, high] for each objective")
    losses = np.empty(samples.shape)
    losses[..., 0] = 1 - np.clip(samples[..., 0], 0, 1)
    for k, (low, high) in enumerate(box[1:], start=1):
        with np.errstate(divide="ignore"):
            losses[..., k] = np.clip((np.log10(samples[..., k]) - np.log10(low)) / (np.log10(high) - np.log10(low)), 0, 1)
    losses[~np.isfinite(samples).all(axis=2)] = 1.0  # on the reference point: adds nothing
    if not len(samples):
        return np.zeros(samples.shape[1])
    indicator = moocore.Hypervolume(ref=[1.0] * len(box))
    return np.array([indicator(points) for points in np.ascontiguousarray(losses.transpose(1, 0, 2))])
