"""Where a file has its table, told from its first bytes: CSV, JSON lines, a list, a map or a YAML list, and the names of its columns."""

import csv
import io
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.limits import KB, MB
from data.tabular.header import claims, n_known

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],]|"', re.DOTALL)
_DELIMITERS = ",\t;|"
_HEADS = (64 * KB, 1 * MB, 8 * MB)
_GROUPS = {"config", "configuration", "settings", "params", "parameters", "args", "metadata", "meta", "info", "run", "experiment"}
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONG_LINE = 2_000_000
"""Characters of one object without its end, all scalars so far, that make it a line with a long text, not a document of lists."""
_DEEP = 100
_MANY_NAMES = 1000
_LIST_NAMES = {"records", "results", "data", "rows", "runs", "attempts", "samples", "items", "tasks", "instances", "entries", "evaluations"}

_FOREIGN = tuple(
    frozenset(line.split())
    for line in """
    status eval plan
    config results raw_eval_results
    trajectory info
    trajectory history
    trajectory_format
    schema_version steps
    trial_name task_checksum
    trial_name agent_info
    n_total_trials stats
    trial_name is_resolved
    simulations
    simulation_index
    agent_info user_info
    resourceSpans
    resourceLogs
    trace observations
    observations scores
    traj
    reward_info messages
    info data.spans
    results configs versions
    resolved_ids submitted_instances
    leaderboards
    doc_id resps
    doc filtered_resps
    sessionId message
    parentUuid
    run_type dotted_order
    op_name trace_id
    custom_id response
    custom_id result
    instance_id train_trial_index stats
    run_id event_id type data
    traceId spanId
    spanContext
    openinference.span.kind
    gen_ai.operation.name
    models match
    input_cost_per_token
""".strip().splitlines()
)
"""Keys of logs that are no tables, or have an importer of their own; and of price lists."""


@dataclass
class Shape:
    """Where the table is."""

    kind: str
    """csv, lines, json or yaml."""
    names: list[str]
    """Columns seen at the beginning."""
    at: str | None = None
    """Key of the list or map of records in a JSON object; None: the whole document."""
    is_map: bool = False
    """Records stand under their ids."""
    constants: dict[str, object] = field(default_factory=dict)
    """Scalars beside the records."""
    delimiter: str = ","
    header_lines: int = 1
    encoding: str = "utf8"

    @property
    def is_table(self) -> bool:
        """Return whether the columns are those of a log: a configuration or a task, and a measure."""
        return claims(self.names[:_MANY_NAMES], self.constants, has_key=self.is_map)


FOREIGN = Shape("foreign", [])
"""Another format's file: reading more of it would not make it a table."""


def shape(path: Path) -> Shape | None:
    """Return where the file has its table; None where it has none, or is text of no known kind."""
    size = path.stat().st_size
    for limit in _HEADS:
        with path.open("rb") as file:
            head = file.read(limit)
        is_utf16 = head[:2] in UTF16_MARKS
        if not head.strip() or (b"\0" in head[:4096] and not is_utf16):
            return None
        text = head.decode("utf-16", "replace") if is_utf16 else _decoded(head.removeprefix(b"\xef\xbb\xbf"))
        if text is None:
            return None
        found = shape_of(text, whole=size <= limit)
        if found is FOREIGN:
            return None
        if is_utf16:
            return replace(found, encoding="utf-16") if found is not None and found.kind == "csv" else None
        if found is not None and found.is_table:
            return found
        if size <= limit or text.lstrip()[:1] not in ("{", "["):
            return found
    return None


def _decoded(head: bytes) -> str | None:
    """Return the text; the last character may be cut."""
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        return head[: error.start].decode("utf-8") if error.start >= len(head) - 4 and error.start else None


def shape_of(text: str, *, whole: bool) -> Shape | None:
    """Return the shape that this beginning of a file (or the `whole` of it) has; `FOREIGN` for another format's file."""
    text = text.lstrip()
    if text[:1] in ("{", "["):
        lines = _lines_shape(text, whole=whole) if text[0] == "{" else None
        return lines or _json_shape(text)
    if re.match(r"(---[^\n]*\n|#[^\n]*\n|\s*\n)*-\s+[\"']?[\w .@%$/-]+[\"']?:(\s|$)", text):
        names = list(dict.fromkeys(m[1] for m in re.finditer(r"^(?:- |  )\s*[\"']?([\w .@%$/-]+?)[\"']?:(?:\s|$)", text, re.MULTILINE)))
        return Shape("yaml", names)
    if flow := re.match(r"(---[^\n]*\n|#[^\n]*\n|\s*\n)*-\s+\{([^\n]*)", text):
        return Shape("yaml", re.findall(r"(?:^|,)\s*[\"']?([\w .@%$/-]+?)[\"']?:\s", flow[2]))
    return _csv_shape(text)


def _lines_shape(text: str, *, whole: bool) -> Shape | None:
    """Return the shape of JSON lines: the first line is a whole object, and another one follows; or it goes on and on."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2:
        record = None if whole or len(text) < _LONG_LINE else beginning(text)
        if not isinstance(record, dict) or is_foreign(record) or any(isinstance(value, list | dict) for value in record.values()):
            return None
        found = Shape("lines", _names([record]))
        return found if found.is_table else None
    if not lines[1].lstrip().startswith("{"):
        return None
    records = []
    for line in lines[:50]:
        try:
            records.append(json.loads(line, parse_int=_one))
        except (ValueError, RecursionError):
            break
    if not records or not all(isinstance(record, dict) for record in records):
        return None
    return FOREIGN if is_foreign(records[0]) else Shape("lines", _names(records))


def _json_shape(text: str) -> Shape | None:
    document = beginning(text)
    if isinstance(document, list):
        records = [record for record in document[:50] if isinstance(record, dict)]
        if not records:
            return None
        return FOREIGN if is_foreign(records[0]) else Shape("json", _names(records))
    if not isinstance(document, dict) or not document:
        return None
    if is_foreign(document):
        return FOREIGN
    constants = constants_beside(document)
    lists, maps = [], []
    for key, value in document.items():
        if isinstance(value, list) and (records := [r for r in value[:50] if isinstance(r, dict)]) and not is_foreign(records[0]):
            lists.append(Shape("json", _names(records), key, constants=constants))
        elif key.lower() in _LIST_NAMES and isinstance(value, dict) and (records := _map_records(value)):
            maps.append(Shape("json", _names(records), key, is_map=True, constants=constants))
    tables = [each for each in lists if each.is_table]
    if len(tables) == 1:
        return tables[0]
    named = [each for each in tables if (each.at or "").lower() in _LIST_NAMES]
    if len(named) == 1:
        return named[0]
    if records := _map_records(document):
        return Shape("json", _names(records), is_map=True)
    return next((each for each in maps if each.is_table), None)


def constants_beside(document: dict) -> dict[str, object]:
    """Return the scalars beside the records, those in a group of settings among them."""
    found = {}
    for key, value in document.items():
        if isinstance(value, str | int | float | bool):
            found[key] = value
        elif isinstance(value, dict) and key.lower() in _GROUPS:
            found |= {k: v for k, v in value.items() if isinstance(v, str | int | float | bool) and k not in document}
    return found


def _map_records(document: dict) -> list[dict] | None:
    """Return the records of a map id → record; None if it is no such map."""
    records = [value for value in list(document.values())[:50] if isinstance(value, dict)]
    if not records or len(records) < min(len(document), 50) or any(is_foreign(record) for record in records[:3]):
        return None
    return records


def is_foreign(record: dict) -> bool:
    """Return whether the keys are those of a log that is no table, or has an importer of its own."""
    return any(keys <= record.keys() for keys in _FOREIGN)


def _names(records: list[dict]) -> list[str]:
    """Return the names of columns: keys, and keys of values that are objects, joined by dots."""
    names: dict[str, None] = {}
    for record in records:
        for key, value in record.items():
            if isinstance(value, dict):
                for inner, deep in value.items():
                    names.update(dict.fromkeys(f"{key}.{inner}.{k}" for k in deep) if isinstance(deep, dict) else {f"{key}.{inner}": None})
            else:
                names[key] = None
    return list(names)


def beginning(text: str):
    """Return the document as far as the text shows it: cut after its last whole value, and closed."""
    closers: list[str] = []
    cut = None
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == "{":
            closers.append("}")
        elif mark == "[":
            closers.append("]")
        elif mark in ("}", "]"):
            if not closers or closers.pop() != mark:
                return None
            if not closers:
                cut = (token.end(), "")
                break
            cut = (token.end(), "".join(reversed(closers)))
        elif mark == ",":
            cut = (token.start(), "".join(reversed(closers)))
        elif mark == '"':
            break  # the beginning ends within a string
        if len(closers) > _DEEP:
            break
    try:
        return json.loads(text[: cut[0]] + cut[1], parse_int=_one) if cut else None
    except (ValueError, RecursionError):
        return None


def _one(_digits: str) -> int:
    """Stand for any whole number: here only names matter, and a number of a million digits would cost time."""
    return 1


def _csv_shape(text: str) -> Shape | None:
    first_lines = text[: 256 * KB]
    declared = re.match(r"sep=(.)\r?\n", first_lines)
    candidates = []
    for delimiter in (declared[1],) if declared else _DELIMITERS:
        reader = csv.reader(io.StringIO(first_lines, newline=""), delimiter=delimiter)
        try:
            names = next((row for row in reader if row and not (declared and row[0].startswith("sep"))), [])
        except csv.Error:
            continue
        if len(names) > 1:
            candidates.append(
                (n_known(names[:_MANY_NAMES]), len(names), Shape("csv", names, delimiter=delimiter, header_lines=reader.line_num))
            )
    return max(candidates, key=lambda each: each[:2])[2] if candidates else None
