"""The choice of queries to judge: suggested ones, or one's own."""

from __future__ import annotations

import streamlit as st

from explorer.session.judging import MOST_CHARS, MOST_QUERIES, queries_from
from explorer.session.session import Session

_PLACEHOLDER = "reset my password\nhow long does delivery take"


def show_queries(session: Session) -> None:
    """Draw the queries as lines that can be changed; the suggested ones of the corpus at first."""
    current = session.comparison.queries
    usual = "\n".join(current or session.corpus.queries)
    key = f"judge-queries-{hash((session.corpus.fingerprint, usual))}"
    with st.form(f"{key}-form", border=False):
        st.text_area(
            "Queries, one per line",
            usual,
            key=key,
            height=180,
            max_chars=MOST_QUERIES * MOST_CHARS,
            placeholder=_PLACEHOLDER,
            help="What people search for in these rows. Intervals hold from about 30 judged queries; a small "
            f"difference needs some hundreds. At most {MOST_QUERIES:,} are used. A file of queries can be "
            "opened below.",
        )
        st.form_submit_button(
            "Judge these queries" if current else "Start judging",
            type="secondary" if current else "primary",
            icon=":material/play_arrow:",
            on_click=_judge_typed,
            args=(session, key),
        )


def _judge_typed(session: Session, key: str) -> None:
    session.comparison.queries = queries_from(st.session_state[key].splitlines())
