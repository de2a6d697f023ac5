"""Read logs into the store."""

import argparse
from pathlib import Path

from commands.inputs import add_files, import_options, tell_unclaimed
from data.ingest import IngestError, ingest
from data.store import Store

NAME = "ingest"
HELP = "read logs into the store"


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder: one dataset each")
    command.add_argument("--name", help="name of the dataset")
    add_files(command)


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Read each path into the store as one dataset."""
    store = Store.at_home()
    try:
        ids: list[str] = []
        for path in options.paths:
            try:
                ids.append(ingest(store, [path], name=options.name, options=import_options(options)))
            except IngestError as error:
                before = f" Kept from before it: {', '.join(ids)}." if ids else ""
                raise IngestError(f"{error}{before}") from None
        tell_unclaimed(store, ids)
        fields = {"datasets": [described(store, dataset) for dataset in ids]}
    finally:
        store.close()
    lines = []
    for each in fields["datasets"]:
        what = f"{each['attempts']} attempts" if each["attempts"] else f"{each['summaries']} published rows"
        lines.append(f"{each['id']}  {each['name']}: {what}, {each['configurations']} configurations, {each['tasks']} tasks")
        lines += [f"  {p['file']}, {p['locator']}: {p['reason']} ({p['count']}×)" for p in each["problems"][:20]]
    return fields, "\n".join(lines)


def described(store: Store, dataset: str) -> dict:
    """Return everything that is known of one dataset's import."""
    row = store.frame("datasets").set_index("dataset").loc[dataset]
    totals = store.frame("totals", datasets=[dataset])
    sums = totals.iloc[0].drop("dataset").to_dict() if len(totals) else {}
    aux = {key.removeprefix("aux_"): sums.pop(key) for key in list(sums) if key.startswith("aux_")}
    files, problems = store.frame("files", datasets=[dataset]), store.frame("problems", datasets=[dataset])
    return {
        "id": dataset,
        "name": row["name"],
        "format": ", ".join(sorted(files["importer"].dropna().unique())),
        "files": [
            {**{key: f[key] for key in ("file", "sha256", "importer")}, **{key: f[f"n_{key}"] for key in ("read", "accepted", "refused")}}
            for f in files.to_dict("records")
        ],
        **{key: int(row[key]) for key in ("configurations", "tasks", "attempts", "steps", "summaries")},
        "totals": {**sums, "aux": aux},
        "problems": [
            {**{key: p[key] for key in ("file", "locator", "field", "reason")}, "count": p["n"], "refused": bool(p["refused"])}
            for p in problems.to_dict("records")
        ],
        "notes": [f"{n['file']}: {n['text']}" for n in store.frame("notes", datasets=[dataset]).to_dict("records")],
    }
