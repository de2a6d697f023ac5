"""Stores made of a few rows, without files and imports: for tests of what is read from a store."""

import pyarrow as pa

from data.frames import Evidence, Selection, evidence
from data.store import Store

ALL = Selection(("d",), "all")


def stored(attempts: list[dict], *, configurations: dict[str, dict] | None = None, summaries: tuple[dict, ...] = (), dataset: str = "d",
           into: Store | None = None) -> Store:  # fmt: skip
    """Return a store with a dataset of these attempts and published rows.

    An attempt may have any column of its table, and configuration (a name; default m), benchmark (b), task (t) and steps, each with any
    column of its own. A configuration is a model of its name where `configurations` does not tell more; ids count from 100 by name.
    """
    store = into or Store()
    configurations = configurations or {}
    named = sorted({row.get("configuration", "m") for row in (*attempts, *summaries)})
    places = sorted({(row.get("benchmark", "b"), row.get("task", "t")) for row in attempts})
    ids = {name: 100 + k for k, name in enumerate(sorted({*named, *configurations}))}
    with store.transaction() as cursor:

        def insert(table: str, rows: list[dict]) -> None:
            if rows:
                columns = {name: [row.get(name) for row in rows] for name in sorted(set().union(*rows))}
                cursor.register("rows", pa.table({name: values for name, values in columns.items() if set(values) != {None}}))
                cursor.execute(f"insert into {table} by name select * from rows")

        known = {key for (key,) in cursor.execute("select configuration from configuration").fetchall()}
        insert("configuration", [
            {"configuration": ids[name], "model": name, "canonical_model": name, "knobs": "{}", "is_human": False}
            | configurations.get(name, {}) for name in named if ids[name] not in known
        ])  # fmt: skip
        insert("task", [
            {"dataset": dataset, "task_id": k, "benchmark": benchmark, "task": task} for k, (benchmark, task) in enumerate(places)
        ])  # fmt: skip
        insert("attempt", [
            {"dataset": dataset, "attempt_id": k, "status": "ok", "is_success_logged": True, "file_id": 0, "locator": f"row {k + 1}"}
            | {name: value for name, value in row.items() if name not in ("benchmark", "task", "steps")}
            | {"configuration": ids[row.get("configuration", "m")],
               "task_id": places.index((row.get("benchmark", "b"), row.get("task", "t")))}
            for k, row in enumerate(attempts)
        ])  # fmt: skip
        insert("step", [
            {"dataset": dataset, "attempt_id": k, "step_id": number} | step
            for k, row in enumerate(attempts) for number, step in enumerate(row.get("steps", ()))
        ])  # fmt: skip
        insert("summary", [
            {"dataset": dataset, "summary_id": k, "benchmark": "b", "round": 1, "n_rounds": 1, "file_id": 0, "locator": f"row {k + 1}"}
            | row | {"configuration": ids[row.get("configuration", "m")]} for k, row in enumerate(summaries)
        ])  # fmt: skip
    return store


def found_in(store: Store, selection: Selection = ALL) -> tuple[Store, Selection, Evidence]:
    """Return what every function of `data.attempts` takes."""
    return store, selection, evidence(store, selection)
