"""Bring your own logs: drop files, see what was understood, what was refused and why."""

import tempfile
from pathlib import Path

import streamlit as st

from data.ingest import IngestError, Options, Progress, ingest
from data.names import safe_text
from data.store import StoreError
from pages.shared import blocks, controls, frames, labels, tables

view = controls.frame()
head = st.container()


def _read(paths: list[Path], profile: str, pattern: str | None = None) -> None:
    """Import as one dataset, with progress; afterwards it is the one that is looked at."""
    with st.status("Staging files …", expanded=True) as status:
        bar = st.progress(0.0)

        def show(progress: Progress) -> None:
            words = {"staging": "Staging", "reading": "Reading", "storing": "Storing"}[progress.stage]
            rows = f", {progress.rows:,} rows" if progress.rows else ""
            status.update(
                label=labels.markdown_text(
                    f"{words} {safe_text(progress.file, 60)} · {progress.files_done} of {progress.files} files{rows}"
                )
            )
            bar.progress(progress.files_done / max(progress.files, 1))

        try:
            options = Options(path_pattern=pattern)
            dataset = ingest(frames.store(), paths, options=options, profile=profile, on_progress=show)
        except (IngestError, StoreError) as error:
            status.update(label="Nothing was imported", state="error")
            st.session_state["_refusal"] = str(error)
        else:
            status.update(label="Done", state="complete")
            st.session_state["_refusal"] = None
            controls.select_datasets([dataset])


with st.container(border=True):
    turn = st.session_state.setdefault("_upload_turn", 0)
    dropped = st.file_uploader("Drop log files here: one drop is one dataset", accept_multiple_files=True, key=f"_upload_{turn}")
    with st.form("folder", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.text_input("or a file or folder on this machine", placeholder="/path/to/logs", key="_folder")
        pattern = st.text_input("fields from the path, if files do not name them", placeholder="{agent}/{model}/*", key="_pattern")
        asked = st.form_submit_button("Read folder", icon=":material/folder_open:")

if dropped:
    with tempfile.TemporaryDirectory(prefix="tradespace-upload-") as staging:
        paths = []
        for number, file in enumerate(dropped):
            # the browser's file name is a label only: it is made harmless, and never leads out of the folder
            safe = safe_text(Path(file.name).name, 100).replace("/", "_").lstrip(".") or "file"
            path = Path(staging) / f"{number}" / safe
            path.parent.mkdir()
            path.write_bytes(file.getbuffer())
            paths.append(path)
        _read(paths, "upload")
    st.session_state["_upload_turn"] = turn + 1  # a new uploader: the server lets go of the bytes
    st.rerun()
if asked and folder.strip():
    _read([Path(folder.strip()).expanduser()], "local", pattern.strip() or None)
    st.rerun()

if refusal := st.session_state.get("_refusal"):
    st.error(labels.markdown_text(refusal), icon=":material/block:")

if view.selection is None:
    with head:
        blocks.title_block(
            "Bring your own logs", "Drop a log file to see what accuracy costs", "Inspect logs, tau-bench results, or any table of runs."
        )
    controls.report_stale()
    st.stop()

ids = view.selection.datasets
files, problems, notes = (frames.store().frame(query, datasets=ids) for query in ("files", "problems", "notes"))
rows = frames.datasets().set_index("dataset").loc[list(ids)]
with head:
    blocks.title_block("Bring your own logs", *labels.import_finding(rows, files, problems), is_simulated=view.is_simulated)
controls.report_stale()

st.markdown("#### What was recognised")
st.dataframe(tables.files_table(files), hide_index=True, width="stretch", column_config=tables.files_columns())
if len(problems):
    st.markdown("#### What was refused or is unknown, and why")
    st.dataframe(tables.problems_table(problems), hide_index=True, width="stretch")
    st.download_button("All of it as CSV", tables.csv(tables.problems_table(problems)), "problems.csv", "text/csv", on_click="ignore")
else:
    st.caption("Every row was understood.")
st.caption("  \n".join(labels.markdown_text(f"{file}: {text}") for file, text in zip(notes["file"], notes["text"], strict=True)))

st.markdown("#### Datasets on this machine")
st.dataframe(tables.datasets_table(frames.datasets()), hide_index=True, width="stretch")
controls.manage_datasets(rows)
blocks.share()
