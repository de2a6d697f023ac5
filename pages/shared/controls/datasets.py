"""Which datasets to look at next; their names, and their end."""

import streamlit as st

from data.names import safe_text
from pages.shared import frames


def select_datasets(ids: list[str]) -> None:
    """Look at these datasets from the next run on; other filters fall back to their defaults."""
    st.session_state["_select"] = ids


def manage_datasets(rows) -> None:
    """Rename or delete the datasets that are looked at."""
    for row in rows.reset_index().itertuples():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", value=row.name, key=f"_name_{row.dataset}", max_chars=120)
            if st.button("Rename", key=f"_rename_{row.dataset}") and safe_text(name) and name != row.name:
                frames.store().rename(row.dataset, safe_text(name))
                st.rerun()
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown("The dataset leaves this machine; links to it stop working.")
                if st.button("Delete it", key=f"_delete_{row.dataset}", type="primary"):
                    frames.store().delete(row.dataset)
                    select_datasets([])
                    st.rerun()
