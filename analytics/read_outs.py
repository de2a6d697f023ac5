"""Read-outs of a set of configurations under limits: the best that fits, how sure that is, and what is nearest if nothing fits.

Arrays have one entry (or row) per configuration; x is the first minimised objective (USD, seconds, tokens).
"""

import numpy as np


def best_under_limits(accuracy: np.ndarray, x: np.ndarray, limited: np.ndarray, limits: np.ndarray) -> int | None:
    """Most accurate configuration that keeps every limit.

    Parameters
    ----------
    accuracy, x : array, shape (n,)
        Fractions, and what is minimised.
    limited : array, shape (n, L)
        Measures with a limit: cost in USD, latency in seconds; NaN: unknown, does not fit.
    limits : array, shape (L,)
        Largest allowed values; L may be 0.

    Returns
    -------
    int or None
        Position; among equally accurate ones the least x, then the first. None: nothing fits.

    Raises
    ------
    ValueError
        If `limited` and `limits` differ in length.

    Notes
    -----
    arg max accuracy subject to mean ≤ limit: the ε-constraint method. A mean below the limit says nothing of single attempts, and the
    best of many by looking is partly luck: read it with its p_best.

    References
    ----------
    Haimes, Lasdon and Wismer, "On a bicriterion formulation of the problems of integrated system identification and system
    optimization", IEEE Trans. Syst. Man Cybern. 1 (1971), pages 296-297.

    Examples
    --------
    >>> best_under_limits(np.array([0.5, 0.9, 0.7]), np.array([1.0, 9.0, 2.0]), np.array([[1.0], [9.0], [2.0]]), np.array([5.0]))
    2
    """
    if limited.shape[1:] != limits.shape:
        raise ValueError("every limited measure has its limit")
    fits = np.flatnonzero((limited <= limits).all(axis=1))
    if len(fits) == 0:
        return None
    return int(fits[np.lexsort((x[fits], -accuracy[fits]))[0]])


def p_best(best: int, accuracy: np.ndarray, x: np.ndarray, limited: np.ndarray, limits: np.ndarray) -> tuple[float, float]:
    """Share of the resamples in which the chosen configuration is the best of those that fit.

    Parameters
    ----------
    best : int
        Position of the chosen configuration.
    accuracy, x : array, shape (n, B)
        Values in joint resamples; NaN: no data there.
    limited : array, shape (n, B, L)
        Measures with a limit, in the same resamples.
    limits : array, shape (L,)
        Largest allowed values.

    Returns
    -------
    share, missing : float
        Of the resamples in which the chosen one has data; and the share in which it has none.

    Raises
    ------
    IndexError
        If the position does not exist.

    Notes
    -----
    In a resample it is best if it fits and no other that fits is more accurate, or as accurate at a smaller x: the limits bind in each
    resample, so a configuration just under the limit fits in about half of them. Equal twins are both best.

    References
    ----------
    Mogstad, Romano, Shaikh and Wilhelm, "Inference for ranks", Review of Economic Studies 91 (2024), pages 476-518 (why the
    winner needs more than a pairwise interval).

    Examples
    --------
    Ahead in the first resample, behind in the second:

    >>> p_best(0, np.array([[0.6, 0.5], [0.5, 0.6]]), np.ones((2, 2)), np.ones((2, 2, 0)), np.ones(0))
    (0.5, 0.0)
    """
    has_data = ~(np.isnan(accuracy) | np.isnan(x))
    fits = has_data & (limited <= limits).all(axis=2)
    is_beaten = fits & ((accuracy > accuracy[best]) | ((accuracy == accuracy[best]) & (x < x[best])))
    is_best = fits[best] & ~is_beaten.any(axis=0)
    n_data = int(has_data[best].sum())
    return (float(is_best.sum() / n_data) if n_data else float("nan")), float(1 - n_data / max(accuracy.shape[1], 1))


def cheapest_at(accuracy: np.ndarray, x: np.ndarray, least_accuracy: float) -> int | None:
    """Least x among the configurations that reach an accuracy.

    Parameters
    ----------
    accuracy, x : array, shape (n,)
        Fractions, and what is minimised.
    least_accuracy : float
        Fraction to reach.

    Returns
    -------
    int or None
        Position; among equals the more accurate, then the first. None: nobody reaches it.

    Raises
    ------
    ValueError
        If `least_accuracy` is outside 0–1.

    Notes
    -----
    arg min x subject to accuracy ≥ level, on the estimates. It misleads near the level: what lies .1 points below is not there.

    References
    ----------
    As `best_under_limits`, with the roles exchanged.

    Examples
    --------
    >>> cheapest_at(np.array([0.5, 0.9, 0.7]), np.array([1.0, 9.0, 2.0]), 0.6)
    2
    """
    if not 0 <= least_accuracy <= 1:
        raise ValueError("an accuracy to reach lies between 0 and 1")
    reaches = np.flatnonzero(accuracy >= least_accuracy)
    if len(reaches) == 0:
        return None
    return int(reaches[np.lexsort((-accuracy[reaches], x[reaches]))[0]])


def nearest_feasible(x: np.ndarray, limited: np.ndarray, limits: np.ndarray) -> int | None:
    """Position of the configuration that exceeds the limits by the smallest factor.

    Parameters
    ----------
    x : array, shape (n,)
        What is minimised.
    limited : array, shape (n, L)
        Measures with a limit; NaN: unknown.
    limits : array, shape (L,)
        Largest allowed values, at least one.

    Returns
    -------
    int or None
        Position of the least max(value / limit); among equals the least x, then the first. None if nobody has all measures.

    Raises
    ------
    ValueError
        If there is no limit.

    Notes
    -----
    Factors, not differences, so that dollars and seconds can be weighed against each other; a limit of 0 leaves only x.

    References
    ----------
    Ours: what an empty answer points to.

    Examples
    --------
    >>> nearest_feasible(np.array([1.0, 2.0]), np.array([[8.0], [3.0]]), np.array([2.0]))
    1
    """
    if len(limits) == 0:
        raise ValueError("without a limit everything is feasible")
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.where(limited > limits, limited / limits, np.where(np.isnan(limited), np.nan, 1.0)).max(axis=1)
    known = np.flatnonzero(~np.isnan(excess))
    if len(known) == 0:
        return None
    return int(known[np.lexsort((x[known], excess[known]))[0]])
