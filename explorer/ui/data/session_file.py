"""A session file on the Data page: what is in it, what is missing here, and opening it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.tables.values import count
from explorer.encode.model_names import encoder_name
from explorer.encode.spec import needs_token
from explorer.session.files.contents import ChosenComparison, SessionContents
from explorer.session.files.visitor import opened_session
from explorer.session.session import Session
from explorer.ui.data import overview
from explorer.ui.shell.session import replace_session
from explorer.ui.shell.text import markdown
from explorer.ui.shell.token import ask_for_token


def show_session_file(saved: SessionContents, contents: DeltaGenerator) -> None:
    """Draw what is in a session file that is not open yet, and what of it is missing here.

    Args:
        saved: The session.
        contents: The wide part of the page, where its rows are drawn.
    """
    st.markdown("**A saved session**")
    st.markdown("\n".join(f"- {markdown(line)}" for line in _lines(saved)))
    if saved.missing:
        st.warning(
            "\n".join(["Not everything is here.", *(f"- {markdown(line)}" for line in saved.missing)]),
            icon=":material/link_off:",
        )
    if needs_token(saved.encoder):
        ask_for_token()
    if saved.corpus is not None:
        with contents:
            overview.show_name(saved.corpus, is_open=False)
            overview.show_counts(saved.corpus, None)
            overview.show_preview(saved.corpus)
            overview.show_source(saved.corpus)


def offer_session(session: Session, saved: SessionContents) -> None:
    """Draw the button that opens a session file in place of what is open, which is kept for a return."""
    label = "Open this session" if saved.corpus is not None else "Open the rest with the rows that are open"
    if st.button(label, type="primary", icon=":material/folder_open:"):
        replace_session(session, opened_session(saved, session))
        st.rerun()


def _lines(saved: SessionContents) -> list[str]:
    """What is in a session, one line each, without what it has none of."""
    chosen, named = saved.comparison, sum(len(made.names) for made in saved.clusters)
    edited = sum(bool(made.edits) for made in saved.clusters)
    selected = 0 if saved.selection is None else len(saved.selection)
    alone = 0 if saved.focus is None else len(saved.focus)
    answers = sum(map(len, chosen.answers.values()))
    judged = 0 if chosen.judgements is None else chosen.judgements.count
    pages = [page for page, given in saved.pages.items() if given]
    compared = _comparison(chosen)
    others = [encoder_name(spec) for spec in saved.encoders if spec != saved.encoder]
    lines = [
        f"Rows: {saved.corpus.name}, {count(len(saved.corpus), 'row')}" if saved.corpus is not None else "",
        f"Encoder: {encoder_name(saved.encoder)}" + (f"; also {', '.join(others)}" if others else ""),
        f"Selection: {count(selected, 'row')}" if selected else "",
        f"Shown on the map and in clusters: {count(alone, 'row')}" if alone else "",
        f"Filters: {len(saved.filters)}" if saved.filters else "",
        f"Examples for categories: {len(saved.examples)}" if saved.examples else "",
        f"Names of clusters: {named}" if named else "",
        "Clusters merged or split by hand" if edited else "",
        f"Comparison: {compared}" if compared else "",
        f"Judgements: {judged + answers:,}" if judged + answers else "",
        f"Settings of {', '.join(pages)}" if pages else "",
    ]
    return [line for line in lines if line]


def _comparison(chosen: ChosenComparison) -> str:
    if chosen.result is not None:
        return f"{len(chosen.result.contenders)} contenders, with what was measured"
    return "" if chosen.contenders is None else count(len(chosen.contenders), "contender")
