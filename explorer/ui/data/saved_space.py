"""A file of a saved space: its rows as they were saved, and the encoder of its queries."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.space_files import saved_corpus, saved_line
from explorer.data.corpus import Corpus
from explorer.data.tables.source_table import SourceTable
from explorer.encode.models import is_on_disk
from explorer.encode.saved_encoder import SavedEncoder
from explorer.encode.spec import LocalModel, OwnVectors, needs_token
from explorer.mlflow_store.names import is_tracked
from explorer.session.rows_origin import saved_origin
from explorer.session.session import Session
from explorer.ui.data.draft import draft, widget_key
from explorer.ui.shell.text import markdown
from explorer.ui.shell.token import ask_for_token


def choose_saved(session: Session, place: str, table: SourceTable) -> Corpus | None:
    """Draw what a saved space is, and whether it is opened as one.

    Args:
        session: The visitor's session.
        place: Where the table is from, one of `PLACES`.
        table: The table, which has facts.

    Returns:
        Its rows; None if it is to be opened like any other table.

    Raises:
        UnreadableFileError: It is damaged, or from a newer Explorer.
        VectorError: A vector cannot be used.
        TooLargeError: The vectors take too much memory.
    """
    opened = session.rows_origin
    is_open = opened is not None and opened.source is table
    as_saved = st.toggle(
        "Open it as it was saved",
        opened.as_saved if opened is not None and is_open else True,
        key=widget_key(f"as-saved-{table.name}"),
        help="With its text and label columns, its vectors and the model that made them. Switch it off to "
        "choose columns, or to add the rows to those that are open.",
        persist_state="session",
    )
    if not as_saved:
        return None
    corpus = draft().once("saved space", table, lambda: saved_corpus(table))
    st.caption(markdown(saved_line(corpus)))
    wanted = saved_origin(place, table, corpus)
    return session.corpus.whole if opened == wanted else draft().saved(wanted, corpus)


def show_saved_encoder(saved: SavedEncoder) -> OwnVectors:
    """Draw what encodes the queries of a saved space, and return it."""
    spec, name = saved.query_spec(), markdown(saved.name)
    if spec.query_model is None:
        st.caption(
            f"{name} made these vectors, and this server does not have it. The rows can be mapped, clustered "
            "and searched by a row, but not by a text."
        )
        return spec
    later = ""
    if isinstance(spec.query_model, LocalModel) and not is_on_disk(
        spec.query_model.model, spec.query_model.revision
    ):
        place = "MLflow" if is_tracked(spec.query_model.model) else "the Hub"
        later = f" It is downloaded from {place} when the rows are opened."
    st.caption(f"{name} made these vectors and encodes the queries.{later}")
    if needs_token(spec):
        ask_for_token()
    return spec
