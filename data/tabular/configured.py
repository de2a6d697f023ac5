"""Which configuration each row belongs to: columns, constants beside the records, the path, at last the name of the file."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data.names import identity_text
from data.records import Configuration, Problem, Source
from data.tabular.header import KNOB_OF, meanings, normal
from data.tabular.read import Table
from data.tabular.settings import knobs, settings
from data.tabular.sheet import Sheet
from data.tabular.typed import Words
from data.tabular.values import setting

_FIELDS = ("model", "provider", "model_version", "agent", "agent_version", "effort", "hardware")
_BESIDE = {*_FIELDS, "benchmark", "attempt", "price_tier"}
"""What a scalar beside the records may say of them all; the rest there are totals."""
_CONSTANT_CHARS = 100_000
"""As much as is read of a name in a column, so that the same long name has the same digest."""
_NOT_BESIDE = {"k", "pass", "iteration", "epoch"}
_EFFORT_WORDS = {"none", "minimal", "low", "medium", "high", "xhigh", "max", "off", "on", "default", "disabled", "enabled", "true", "false"}
_LOOSE_AGENTS = {"strategy", "method", "approach", "architecture", "system", "pipeline", "workflow"}
_HUMAN = {"human", "humans", "human baseline", "human_baseline"}


def complete(table: Table, source: Source, *, summary: bool) -> None:
    """Add columns for what stands beside the records and, where the file does not name a field, in its path."""

    def roles(name: str) -> set[str]:
        found = {m.role for m in meanings(name, summary=summary)}
        return found | ({"knob " + KNOB_OF[normal(name)]} if normal(name) in KNOB_OF else set())

    named = {role for name in table.columns for role in roles(name)}
    for name, value in table.constants.items():
        told = {role for role in roles(name) if role in _BESIDE or role.startswith("knob ")} - named
        if told == {"attempt"} and normal(name) in _NOT_BESIDE:
            continue
        if told and name not in table.columns and value not in ("", None):
            table.columns[name] = _constant(value, table.n)
            named |= told
    for name, value in source.fields.items():
        told = {role for role in roles(name) if role in _BESIDE or role in ("task", "weak_benchmark")}
        if name not in table.columns and not (told & named):
            table.columns[name] = _constant(value, table.n)
            named |= told


def _constant(value: object, n: int) -> pa.Array:
    text = ("true" if value else "false") if isinstance(value, bool) else value if isinstance(value, str) else repr(value)
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array([identity_text(text, _CONSTANT_CHARS)]))


class Configurations:
    """The configuration of each row."""

    def __init__(self, sheet: Sheet, source: Source):
        self.sheet = sheet
        self.columns: dict[str, Words] = {}
        for field in ("model", "agent"):
            if cells := sheet.text(field, max_chars=200 if field == "model" else 80):
                self.columns[field] = cells
        if not self.columns and (cells := sheet.text("named_configuration", max_chars=120)):
            self.columns["model"] = cells
        for field in _FIELDS:
            if field not in self.columns and (cells := sheet.text(field, max_chars=80, accept=_is_effort if field == "effort" else None)):
                self.columns[field] = cells
        self.from_name = None
        if not ("model" in self.columns or "agent" in self.columns):
            self.from_name = source.name.rsplit(".", 1)[0] if "." in source.name.rsplit("/", 1)[-1] else source.name
        self.refused = np.zeros(sheet.n, dtype=bool)
        self.reason = np.full(sheet.n, None, dtype=object)
        for field in ("model", "agent"):
            if field in self.columns and (field == "model" or not self._loose_agent()):
                empty = ~self.columns[field].known & ~self.refused
                self.refused |= empty
                self.reason[empty] = f"no {field}"
        self.knobs: dict[str, Words] = knobs(sheet)
        self.settings: dict[str, Words] = {}

    def _loose_agent(self) -> bool:
        """Return whether the agent's column is called by a word that may well be empty, such as `method`."""
        name = next((name for name, field in self.sheet.used.items() if field == "agent"), "")
        return "model" in self.columns and normal(name) in _LOOSE_AGENTS

    def models(self) -> np.ndarray:
        """Return a number for each row's model (or agent, where there are no models)."""
        cells = self.columns.get("model") or self.columns.get("agent")
        return cells.codes if cells else np.zeros(self.sheet.n, dtype=np.int64)

    def find_settings(self, tasks: np.ndarray | None) -> None:
        """Take what is left and looks set; call it last."""
        self.settings = settings(self.sheet, self.models(), tasks)

    def each(self) -> tuple[np.ndarray, list[Configuration]]:
        """Return for each row the place of its configuration, and the configurations."""
        everything = {**{("field", k): v for k, v in self.columns.items()}, **{("knob", k): v for k, v in self.knobs.items()}}
        everything |= {("setting", k): v for k, v in self.settings.items()}
        codes, firsts = grouped([cells.codes for cells in everything.values()], self.sheet.n)
        found = []
        for row in firsts:
            at = {key: cells.words[cells.codes[row]] for key, cells in everything.items() if cells.codes[row] >= 0}
            fields = {name: word for (kind, name), word in at.items() if kind == "field"}
            model = fields.pop("model", self.from_name)
            found.append(
                Configuration(
                    model=model,
                    **fields,
                    knobs={name: setting(word) for (kind, name), word in sorted(at.items()) if kind == "knob"},
                    settings={name: setting(word) for (kind, name), word in sorted(at.items()) if kind == "setting"},
                    is_human=(model or fields.get("agent") or "").strip().lower() in _HUMAN,
                )
            )
        return codes, found

    def problems(self) -> Iterator[Problem]:
        """Yield what is to be said of the file as a whole."""
        if self.from_name is not None:
            yield Problem(locator="file", field="configuration", reason="configuration from the file name")


def grouped(columns: list[np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the number of its distinct combination, and each combination's first row."""
    codes = np.zeros(n, dtype=np.int64)
    for column in columns:
        codes = codes * (int(column.max()) + 2) + column + 1 if len(column) else codes
        codes = np.unique(codes, return_inverse=True)[1].reshape(-1)
    firsts = np.unique(codes, return_index=True)[1]
    return codes, firsts


def _is_effort(name: str, cells: Words) -> bool:
    """Return whether a column of a loose name holds efforts: their words, or numbers of tokens."""
    if normal(name) not in ("mode", "thinking", "reasoning"):
        return True
    return all(word.lower() in _EFFORT_WORDS or isinstance(setting(word), int | float) for word in cells.words)
