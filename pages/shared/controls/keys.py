"""Every key of the URL. A key is public API: a link sent last year must still open (`tests/links.toml`).

Values stand in the URL as they are shown, so the options of a control are stable words. Dataset ids stand in `data`, with the version
that was seen (`ID@1`): names may change, links may not.
"""

KEYS = {
    "data": "datasets, as ID@version, joined by commas",
    "benchmark": "benchmark as logged, or all",
    "only": "configurations to look at; none: all",
    "tasks": "common or all",
    "cost": "auto or logged",
    "weights": "attempt or task",
    "x": "what accuracy is set against",
    "third": "a third objective: Time",
    "max_cost": "budget, USD per task",
    "max_latency": "limit, seconds per task",
    "volume": "tasks per day",
    "pin": "two configurations to compare, A and B",
    "front": "frontier only",
    "bars": "error bars",
    "log": "logarithmic cost axis",
    "hull": "what mixing two configurations reaches",
    "knob": "what is spent: Effort, Turns, Samples, …",
    "series": "the curve in focus",
    "value": "what one success is worth, USD",
    "cap": "a cap in the unit of the spend",
    "by": "tasks grouped by Difficulty or Task group",
    "see": "side of the runs: Time, Tokens, Money, Tails, Failures",
    "attempt": "the attempt that is opened, as dataset/number",
    "book": "version of the price book the link was made with",
}
"""Key → meaning. Docs and tests read this table."""
