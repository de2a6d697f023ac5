"""Latency of a model's calls without contention, from a user's own steps: quantile regression on input and output tokens."""

from dataclasses import dataclass

import numpy as np

QUANTILE = 0.1
MIN_CALLS = 30
"""Below it a tenth of the calls is two or three."""
MAX_CALLS = 20_000
"""More are thinned evenly in the order of their output tokens: 20,000 tell three coefficients well enough, in a fifth of a second."""
MIN_RATIO = 1.2
"""Output tokens must vary by this factor between their 10 % and 90 % quantiles, or a slope is a guess."""


@dataclass(frozen=True)
class Denoised:
    """Seconds of a call as a sum of three terms; None where it cannot be told."""

    quantile: float
    n_calls: int
    """Calls with all three numbers known; what the fit was made of, at most MAX_CALLS."""
    overhead_s: float | None
    """Of every call: network, queue, first token."""
    s_per_input_token: float | None
    s_per_output_token: float | None
    """After the first."""
    contention: float | None
    """Logged seconds over denoised seconds, all calls together: 1 is none."""
    share_explained: float | None
    """1 − quantile loss over that of a constant, 0–1 (Koenker and Machado's R¹)."""
    reason: str | None = None
    """One sentence where there is no fit."""

    def latency_s(self, input_tokens: np.ndarray, output_tokens: np.ndarray) -> np.ndarray:
        """Denoised seconds of calls; NaN where there is no fit.

        >>> Denoised(0.1, 100, 0.5, 1e-4, 0.02, 1.3, 0.9).latency_s(np.array([1000.0]), np.array([51.0])).round(9).tolist()
        [1.6]
        """
        if self.overhead_s is None or self.s_per_input_token is None or self.s_per_output_token is None:
            return np.full(np.broadcast_shapes(np.shape(input_tokens), np.shape(output_tokens)), np.nan)
        later = np.maximum(np.asarray(output_tokens, dtype=np.float64) - 1, 0.0)
        return self.overhead_s + self.s_per_input_token * np.asarray(input_tokens, dtype=np.float64) + self.s_per_output_token * later


def quantile_loss(residuals: np.ndarray, quantile: float) -> float:
    """Sum of q·r over calls slower than the fit, and (q − 1)·r over faster ones: what quantile regression makes least.

    >>> quantile_loss(np.array([1.0, -1.0]), 0.1)
    1.0
    """
    residuals = np.asarray(residuals, dtype=np.float64)
    return float(np.sum(residuals * (quantile - (residuals < 0))))


def denoised(input_tokens: np.ndarray, output_tokens: np.ndarray, latency_s: np.ndarray, quantile: float = QUANTILE) -> Denoised:
    """Latency of one model's calls as if nobody else used the machines.

    Parameters
    ----------
    input_tokens, output_tokens, latency_s : array, shape (n,)
        Of single LLM calls of one model at one provider: tokens to process (not those read from a cache), tokens written with
        reasoning, seconds. NaN: unknown, the call is left out.
    quantile : float
        Between 0 and 1. 0.1: a tenth of the calls is faster than the fit.

    Returns
    -------
    Denoised
        With a `reason` instead of numbers below MIN_CALLS calls, or where output tokens hardly vary.

    Raises
    ------
    ValueError
        If the arrays differ in length, or the quantile is not between 0 and 1.

    Notes
    -----
    T = a + b·input + g·max(output − 1, 0) with a, b, g ≥ 0, the coefficients that make the quantile loss least: a linear program,
    solved through its dual, which has one variable for each call and three constraints. Narayanan et al. measure T_prompt at a
    grid of prompt lengths and take the noise-free runtimes; from logs the low quantile stands for these and a line for the grid.
    It misleads where all calls were made under load (contention is then in a, b and g), where the provider changed the hardware
    in between, where a few calls were answered from a cache of answers (the fit follows them), and for prompts so long that
    attention is no longer linear. Input and output that rise together share their slopes arbitrarily.

    References
    ----------
    Narayanan et al., "Cheaply estimating inference efficiency metrics for autoregressive transformer models", NeurIPS 2023
    (arXiv:2305.02440). Koenker and Bassett, "Regression quantiles", Econometrica 46 (1978), pages 33-50. Koenker and Machado,
    "Goodness of fit and related inference processes for quantile regression", JASA 94 (1999), pages 1296-1310.

    Examples
    --------
    Half a second, and 20 ms for each token after the first; every third call had to wait a second:

    >>> tokens = np.arange(1.0, 91.0)
    >>> waited = (np.arange(90) % 3 == 0) * 1.0
    >>> fit = denoised(np.zeros(90), tokens, 0.5 + 0.02 * (tokens - 1) + waited)
    >>> round(fit.overhead_s, 6), round(fit.s_per_output_token, 6), round(fit.contention, 3)
    (0.5, 0.02, 1.24)
    """
    columns = [np.asarray(column, dtype=np.float64) for column in (input_tokens, output_tokens, latency_s)]
    if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
        raise ValueError("every call has its input tokens, output tokens and latency")
    if not 0 < quantile < 1:
        raise ValueError("a quantile lies between 0 and 1")
    table = np.column_stack(columns)
    table = table[np.isfinite(table).all(axis=1) & (table >= 0).all(axis=1) & (table[:, 1] > 0)]
    table = table[np.lexsort((table[:, 2], table[:, 0], table[:, 1]))]  # the same answer for shuffled calls
    n = len(table)

    def without(reason: str) -> Denoised:
        return Denoised(quantile, n, None, None, None, None, None, reason)

    if n < MIN_CALLS:
        return without(f"{n} calls have tokens and a latency; {MIN_CALLS} are needed to tell waiting from work.")
    low, high = np.quantile(table[:, 1], [0.1, 0.9])
    if high < MIN_RATIO * low:
        return without("The calls write nearly the same number of tokens each, so that the time of a token cannot be told.")
    if n > MAX_CALLS:
        table = table[np.linspace(0, n - 1, MAX_CALLS).round().astype(int)]
    seconds = table[:, 2]
    design = np.column_stack([np.ones(len(table)), table[:, 0], np.maximum(table[:, 1] - 1, 0.0)])
    a, b, g = _regression_quantile(design, seconds, quantile)
    fitted = design @ np.array([a, b, g])
    constant = quantile_loss(seconds - np.quantile(seconds, quantile, method="inverted_cdf"), quantile)
    explained = 1 - quantile_loss(seconds - fitted, quantile) / constant if constant > 0 else None
    contention = float(seconds.sum() / fitted.sum()) if fitted.sum() > 0 else None
    return Denoised(quantile, len(table), a, b, g, contention, explained)


def _regression_quantile(design: np.ndarray, seconds: np.ndarray, quantile: float) -> tuple[float, float, float]:
    """Return the coefficients, none negative, with the least quantile loss: the prices of the dual's three constraints."""
    from scipy.optimize import linprog

    scale = np.maximum(np.abs(design).max(axis=0), 1e-12)  # columns of one size: the solver's tolerance is absolute
    unit = max(float(seconds.max()), 1e-12)
    found = linprog(-seconds / unit, A_ub=(design / scale).T, b_ub=np.zeros(3), bounds=(quantile - 1, quantile), method="highs")
    prices = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0) * unit / scale
    return float(prices[0]), float(prices[1]), float(prices[2])
