"""Geometry of points in objective space: who dominates whom, hull, knee.

Points are arrays of shape (n, m): column 0 is accuracy (a fraction, maximised), the others are minimised (USD, seconds, tokens).
A point with a number that is not finite takes no part.
"""

import numpy as np

_LEAST_BULGE = 1e-9
"""Of the scaled axes: a knee must stand out from the chord by more than rounding."""


def nondominated(points: np.ndarray) -> np.ndarray:
    """Whether no other point is at least as good everywhere and better somewhere.

    Parameters
    ----------
    points : array, shape (n, m)
        Accuracy first, then what is minimised.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        False for points that are not finite. Equal points stay together: both in or both out.

    Raises
    ------
    ValueError
        If there is not at least one objective beside accuracy.

    Notes
    -----
    Exact comparison, no tolerance. It misleads as a verdict on noisy points: a configuration 0.1 points worse and a cent dearer is
    dominated as firmly as one 30 points worse; P(on frontier) tells them apart.

    References
    ----------
    Kung, Luccio and Preparata, "On finding the maxima of a set of vectors", J. ACM 22 (1975), pages 469-476, as in moocore.

    Examples
    --------
    The third is worse and dearer than the second; the fourth equals the second:

    >>> nondominated(np.array([[0.5, 1.0], [0.8, 2.0], [0.7, 3.0], [0.8, 2.0], [0.9, np.nan]])).tolist()
    [True, True, False, True, False]
    """
    import moocore

    points = _checked(points)
    is_finite = np.isfinite(points).all(axis=1)
    result = np.zeros(len(points), dtype=bool)
    if is_finite.any():
        maximise = [True] + [False] * (points.shape[1] - 1)
        result[is_finite] = moocore.is_nondominated(points[is_finite], maximise=maximise, keep_weakly=True)
    return result


def dominators(points: np.ndarray) -> np.ndarray:
    """Which points dominate which.

    Parameters
    ----------
    points : array, shape (n, m)
        Accuracy first, then what is minimised.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)
        [i, j]: point j is no worse than point i in every objective and better in one.

    Raises
    ------
    ValueError
        If there is not at least one objective beside accuracy.

    Notes
    -----
    The definition itself, in n² comparisons. A row without True is a nondominated point. Misleads as `nondominated` does.

    References
    ----------
    Ehrgott, *Multicriteria Optimization*, 2nd edition, 2005, definition 2.1.

    Examples
    --------
    >>> dominators(np.array([[0.5, 1.0], [0.8, 2.0], [0.7, 3.0]])).tolist()
    [[False, False, False], [False, False, False], [False, True, False]]
    """
    points = _checked(points)
    losses = points * np.array([-1.0] + [1.0] * (points.shape[1] - 1))
    no_worse = np.ones((len(points), len(points)), dtype=bool)
    better = np.zeros_like(no_worse)
    for loss in losses.T:
        no_worse &= loss[None, :] <= loss[:, None]
        better |= loss[None, :] < loss[:, None]
    is_finite = np.all(np.isfinite(points), axis=1)
    return no_worse & better & is_finite[None, :] & is_finite[:, None]


def shares_nondominated(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the resamples in which each point is nondominated: P(on frontier).

    Parameters
    ----------
    samples : array, shape (n, B, m)
        The points in each of B joint resamples. NaN: no data in this resample; infinity: known to be no member.

    Returns
    -------
    share : numpy.ndarray, shape (n,)
        Of the resamples in which the point has data; NaN if in none.
    missing : numpy.ndarray, shape (n,)
        Share of the resamples in which it has none.

    Raises
    ------
    ValueError
        If there is not at least one objective beside accuracy.

    Notes
    -----
    Joint resamples keep what configurations share (a hard task is hard for all), so P is sharper than two intervals laid side by
    side. It is no probability that the configuration is truly on the frontier: with many near-equal configurations each has
    a low P though some of them must be on it, and adding a near-twin lowers the P of the old one.

    References
    ----------
    Efron and Tibshirani, "The problem of regions", Annals of Statistics 26 (1998), pages 1687-1718.

    Examples
    --------
    The dearer one is more accurate in one of two resamples, and otherwise dominated:

    >>> share, missing = shares_nondominated(np.array([[[0.5, 1.0], [0.6, 1.0]], [[0.6, 2.0], [0.6, 2.0]]]))
    >>> share.tolist(), missing.tolist()
    ([1.0, 0.5], [0.0, 0.0])
    """
    import moocore

    if samples.shape[2] < 2:
        raise ValueError("samples have the shape (n, B, m): accuracy and at least one objective beside it")
    has_data = ~np.isnan(samples).any(axis=2)
    is_finite = np.all(np.isfinite(samples), axis=2).T
    maximise = [True] + [False] * (samples.shape[2] - 1)
    members = np.zeros(len(samples))
    for points, takes_part in zip(np.ascontiguousarray(samples.transpose(1, 0, 2)), is_finite, strict=True):
        if takes_part.all():  # almost always: then no copy
            members += moocore.is_nondominated(points, maximise=maximise, keep_weakly=True)
        elif takes_part.any():
            members[takes_part] += moocore.is_nondominated(points[takes_part], maximise=maximise, keep_weakly=True)
    n_data = has_data.sum(axis=1)
    share = np.divide(members, n_data, out=np.full(len(samples), np.nan), where=n_data > 0)
    return share, 1 - n_data / max(samples.shape[1], 1)


def on_hull(x: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Whether a point is a corner of the upper hull, from the cheapest to the most accurate.

    Parameters
    ----------
    x : array, shape (n,)
        What is minimised, a mean per attempt (USD, seconds, tokens), in linear scale.
    accuracy : array, shape (n,)
        Fractions.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Equal points are corners together; points on an edge are none.

    Raises
    ------
    ValueError
        If the shapes differ or a number is not finite.

    Notes
    -----
    Sending a share of the traffic to one configuration and the rest to another gives any point on the straight line between them,
    so a point below the hull is beaten by a mixture. True for means only: never claim it for percentiles or cost per success.
    It misleads if traffic cannot be split (one user must get one configuration).

    References
    ----------
    Andrew, "Another efficient algorithm for convex hulls in two dimensions", Inf. Process. Lett. 9 (1979), pages 216-219.
    Provost and Fawcett, "Robust classification for imprecise environments", Machine Learning 42 (2001), pages 203-231.

    Examples
    --------
    Half of the traffic each to (1, .2) and (3, .8) gives (2, .5), which beats (2, .4):

    >>> on_hull(np.array([1.0, 2.0, 3.0]), np.array([0.2, 0.4, 0.8])).tolist()
    [True, False, True]
    """
    x, accuracy = _pair(x, accuracy)
    if len(x) == 0:
        return np.zeros(0, dtype=bool)
    first, last = _end(x, accuracy, -x, accuracy), _end(x, accuracy, accuracy, -x)
    places = list(zip(x.tolist(), accuracy.tolist(), strict=True))
    path = sorted(set(places))
    corners: list[tuple[float, float]] = []
    for point in path[path.index(first) : path.index(last) + 1]:
        while len(corners) > 1 and _turn(corners[-2], corners[-1], point) >= 0:
            corners.pop()
        corners.append(point)
    return np.array([place in corners for place in places], dtype=bool)


def is_knee(x: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Whether a point is the knee: after it, accuracy becomes dear.

    Parameters
    ----------
    x : array, shape (n,)
        What is minimised (USD, seconds, tokens), of the nondominated points.
    accuracy : array, shape (n,)
        Fractions.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        The knee, and its equals; nowhere True with fewer than 3 different points, with an x that is not above 0 (its logarithm
        does not exist), or if no point stands above the chord.

    Raises
    ------
    ValueError
        If the shapes differ or a number is not finite.

    Notes
    -----
    log10 x and accuracy are scaled to 0–1 between the cheapest and the most accurate point; the knee is the point with the largest
    vertical distance above the chord, accuracy' − x'; the cheapest of equals. It depends on its two ends: one more dear
    configuration moves it. It is a place to look, not a recommendation.

    References
    ----------
    Satopää et al., "Finding a 'Kneedle' in a haystack", ICDCS Workshops 2011, section III (difference curve, without smoothing).

    Examples
    --------
    From 1 to 100 USD; at 10 USD half of the way (in powers of ten) but .8 of the accuracy gain:

    >>> is_knee(np.array([1.0, 10.0, 100.0]), np.array([0.0, 0.8, 1.0])).tolist()
    [False, True, False]
    """
    x, accuracy = _pair(x, accuracy)
    nowhere = np.zeros(len(x), dtype=bool)
    if len(set(zip(x.tolist(), accuracy.tolist(), strict=True))) < 3 or (x <= 0).any():
        return nowhere
    first, last = _end(x, accuracy, -x, accuracy), _end(x, accuracy, accuracy, -x)
    if first[0] >= last[0] or first[1] >= last[1]:
        return nowhere
    along = np.log10(x / first[0]) / np.log10(last[0] / first[0])
    bulge = (accuracy - first[1]) / (last[1] - first[1]) - along
    if bulge.max() <= _LEAST_BULGE:
        return nowhere
    knee = min(zip(x[bulge == bulge.max()].tolist(), accuracy[bulge == bulge.max()].tolist(), strict=True))
    return (x == knee[0]) & (accuracy == knee[1])


def _checked(points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] < 2:
        raise ValueError("points have the shape (n, m): accuracy and at least one objective beside it")
    return points


def _pair(x: np.ndarray, accuracy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, accuracy = np.asarray(x, dtype=np.float64), np.asarray(accuracy, dtype=np.float64)
    if x.shape != accuracy.shape or not np.isfinite(x).all() or not np.isfinite(accuracy).all():
        raise ValueError("every point has an x and an accuracy, both finite")
    return x, accuracy


def _end(x: np.ndarray, accuracy: np.ndarray, first_key: np.ndarray, then_key: np.ndarray) -> tuple[float, float]:
    """Coordinates of the point with the largest first key, and among these the largest second."""
    best = np.lexsort((then_key, first_key))[-1]
    return float(x[best]), float(accuracy[best])


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Above 0: from a over b to c the path turns left, so b is below the line from a to c; 0: b is on it."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
