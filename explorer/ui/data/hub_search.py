"""The search for datasets on the Hub: words, filters, and a table of results."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.errors import ExplorerError
from explorer.hub.dataset_search import DatasetFilter, DatasetListing, search_datasets
from explorer.hub.names import is_dataset_id
from explorer.session.session import Session
from explorer.ui.shell.tab_jobs import ask_hub
from explorer.ui.widgets.hub_order import choose_order

OPENED = "explorer-hub-dataset"  # session key: the id of the dataset that is open
_SEARCH = "hub-search"
_RESULTS = "hub-results"

# Some of the filters that huggingface.co/datasets offers; any other code can be typed.
_TASKS = (
    *("text-classification", "question-answering", "summarization", "translation", "text-retrieval"),
    *("sentence-similarity", "token-classification", "text-generation", "feature-extraction"),
)
_LANGUAGES = ("ar", "de", "en", "es", "fr", "he", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "zh")
_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")
_LICENCES = ("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "odc-by")


def search_hub(session: Session, contents: DeltaGenerator) -> ExplorerError | None:
    """Draw the search here and its results in `contents`; a selected result is opened."""
    st.text_input(
        "Name",
        key=_SEARCH,
        placeholder="Words to search for, or owner/name",
        max_chars=200,
        on_change=_open_typed,
        help="Words find datasets with these words in their names. A full name, owner/name, opens directly.",
        persist_state="session",
    )
    wanted = _filters()
    found = ask_hub(session, "datasets", wanted, "Searching the Hub", lambda _report: search_datasets(wanted))
    if isinstance(found, ExplorerError):
        return found
    if found is not None:
        with contents:
            _results(found)
    return None


def open_dataset_page(name: str | None) -> None:
    """Open a dataset in this tab; None goes back to the search and its words, less a name typed in full."""
    st.session_state[OPENED] = name
    if name is None and is_dataset_id(str(st.session_state.get(_SEARCH) or "").strip()):
        st.session_state[_SEARCH] = ""


def _filters() -> DatasetFilter:
    with st.expander("Filters"):
        task = _code("Task", "task", _TASKS)
        language = _code("Language", "language", _LANGUAGES)
        size = _code("Rows", "size", _SIZES)
        licence = _code("Licence", "licence", _LICENCES)
        gated = st.checkbox(
            "Include gated",
            key="hub-gated",
            help="Datasets that only people approved by their authors may read.",
            persist_state="session",
        )
    sort = choose_order("hub-sort")
    words = str(st.session_state.get(_SEARCH) or "")
    return DatasetFilter(words, task, language, size, licence, gated, sort)


def _code(label: str, name: str, codes: tuple[str, ...]) -> str:
    chosen = st.selectbox(
        label,
        codes,
        index=None,
        key=f"hub-{name}",
        placeholder="Any",
        accept_new_options=True,
        persist_state="session",
    )
    return (chosen or "").strip()


def _open_typed() -> None:
    name = str(st.session_state[_SEARCH]).strip()
    if is_dataset_id(name):
        open_dataset_page(name)


def _results(found: list[DatasetListing]) -> None:
    if not found:
        st.info(
            "No datasets match these words and filters. Try fewer.",
            icon=":material/search_off:",
        )
        return
    st.dataframe(
        {
            "id": [listing.id for listing in found],
            "downloads": [listing.downloads for listing in found],
            "likes": [listing.likes for listing in found],
            "size": [listing.size for listing in found],
            "licence": [listing.licence for listing in found],
            "modified": [listing.modified for listing in found],
            "gated": ["yes" if listing.gated else "" for listing in found],
            "author": [listing.author for listing in found],
        },
        hide_index=True,
        height=min(640, 38 + 35 * len(found)),
        key=_RESULTS,
        on_select=lambda: _open_row(found),
        selection_mode="single-row",
        column_config={
            "id": st.column_config.TextColumn("Dataset", width="medium"),
            "downloads": st.column_config.NumberColumn(
                "Downloads", format="compact", help="In the last 30 days."
            ),
            "likes": st.column_config.NumberColumn("Likes", format="compact"),
            "size": st.column_config.TextColumn("Rows"),
            "licence": st.column_config.TextColumn("Licence"),
            "modified": st.column_config.DateColumn("Last modified", format="YYYY-MM-DD"),
            "gated": st.column_config.TextColumn(
                "Gated", help="Only people approved by its authors may read it."
            ),
            "author": st.column_config.TextColumn("Author"),
        },
        alt="Datasets on the Hub",
    )
    st.caption("Select a row to preview it. Nothing large is downloaded until you ask for it.")


def _open_row(found: list[DatasetListing]) -> None:
    rows = st.session_state[_RESULTS]["selection"]["rows"]
    if rows and rows[0] < len(found):
        open_dataset_page(found[rows[0]].id)
