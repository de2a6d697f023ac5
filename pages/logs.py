"""Bring your own logs: drop files, see what was understood, what was refused and why."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from data.ingest import IngestError, Options, Progress, ingest
from data.names import safe_text
from data.staging import Given
from data.store import StoreError
from pages.shared import blocks, controls, frames, labels, tables

view = controls.frame()
head = st.container()


def _read(paths: Sequence[Given], profile: str, pattern: str | None = None) -> None:
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
            controls.select_datasets([dataset])


with st.container(border=True):
    turn = st.session_state.setdefault("_upload_turn", 0)
    dropped = st.file_uploader("Drop log files here: one drop is one dataset", accept_multiple_files=True, key=f"_upload_{turn}")
    with st.form("folder", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.text_input("or a file or folder on this machine", placeholder="/path/to/logs", key="_folder")
        pattern = st.text_input("fields from the path, if files do not name them", placeholder="{agent}/{model}/*", key="_pattern")
        asked = st.form_submit_button("Read folder", icon=":material/folder_open:")

if dropped:
    try:
        with frames.store().staging() as staging:
            uploads = []
            for number, file in enumerate(dropped):
                path = staging / str(number)  # the browser's file name is a label only: too long or hostile, it names nothing on this disk
                path.write_bytes(file.getbuffer())
                uploads.append((safe_text(Path(file.name).name, 200) or "file", path))
            _read(uploads, "upload")
    except OSError as error:
        st.session_state["_refusal"] = f"The upload cannot be kept: {error.strerror}. Nothing was imported."
    st.session_state["_upload_turn"] = turn + 1  # a new uploader: the server lets go of the bytes
    st.rerun()
if asked and folder.strip():
    try:
        at = Path(folder.strip()).expanduser()
    except RuntimeError:
        st.session_state["_refusal"] = f"{safe_text(folder)}: nobody here has that home folder. Nothing was imported."
    else:
        _read([at], "local", pattern.strip() or None)
    st.rerun()

refusal = st.session_state.pop("_refusal", None)
if refusal:
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
finding, said = labels.import_finding(rows, files, problems)
with head:
    if refusal:
        finding, said = "Nothing was imported", f"Below is what was looked at before: {', '.join(view.names)}."
    blocks.title_block("Bring your own logs", finding, said, is_simulated=view.is_simulated)
controls.report_stale()

st.markdown("#### What was recognised")
st.dataframe(tables.files_table(files), hide_index=True, width="stretch", column_config=tables.files_columns())
if len(problems):
    st.markdown("#### What was refused or is unknown, and why")
    st.dataframe(tables.problems_table(problems), hide_index=True, width="stretch")
    st.download_button("All of it as CSV", tables.csv(tables.problems_table(problems)), "problems.csv", "text/csv", on_click="ignore")
else:
    st.caption("Every row was understood.")
told: dict[str, list[str]] = {}
for file, text in zip(notes["file"], notes["text"], strict=True):
    told.setdefault(text, []).append(file)
st.caption("  \n".join(labels.markdown_text(f"{labels.some_files(names)}: {text}") for text, names in told.items()))

st.markdown("#### Datasets on this machine")
st.dataframe(tables.datasets_table(frames.datasets()), hide_index=True, width="stretch")
controls.manage_datasets(rows)
blocks.share()
