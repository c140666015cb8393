"""The entries of the record: found by words or by meaning, and one of them with its hits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.data.tables.values import count, shortened
from explorer.encode.spec import encodes_texts, hosted_model
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.record.entry import Entry, with_words
from explorer.session.session import Session
from explorer.session.spaces import lanes_for
from explorer.ui.search.controls import MAX_QUERY_CHARS, ask_for, more_like
from explorer.ui.search.record_switch import OPEN
from explorer.ui.search.then_and_now import compare_with
from explorer.ui.shell.quantities import readable_time
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, forget
from explorer.ui.shell.text import as_html, markdown

_NEAREST = "record-nearest"  # of jobs
_QUERY_CHARS = 200
_HEIGHT = 300  # pixels


def chosen_entry(session: Session, entries: Sequence[Entry]) -> Entry | None:
    """Draw the entries as a table that can be searched, and give the one that is chosen in it.

    Args:
        session: The visitor's session.
        entries: The entries, newest first.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        looked_for = st.text_input(
            "Find in the record", key="record-find", icon=":material/search:", max_chars=MAX_QUERY_CHARS
        )
        by_meaning = _can_search_by_meaning(session) and st.toggle(
            "By meaning",
            key="record-by-meaning",
            help="The earlier queries that are closest to yours, by the encoder of the open rows. Otherwise "
            "queries with all of your words.",
        )
    looked_for = (looked_for or "").strip()
    scores: list[float] | None = None
    if looked_for and by_meaning:
        found = _nearest(session, entries, looked_for)
        if found is None:
            return None
        entries, scores = [entry for entry, _ in found], [score for _, score in found]
    elif looked_for:
        entries = with_words(entries, looked_for)
    if not entries:
        st.caption("No query has these words.")
        return None
    picked = st.dataframe(
        _table(entries, scores),
        key=f"record-table-{len(entries)}-{entries[0].number}-{by_meaning}-{looked_for}",
        height=min(_HEIGHT, 38 + 35 * len(entries)),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "asked (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss", width="small"),
            "query": st.column_config.TextColumn(width="large"),
            "best score": st.column_config.NumberColumn(format="%.3f"),
            "similarity": st.column_config.NumberColumn(
                format="%.3f", help="Cosine similarity of the two queries."
            ),
            "time": st.column_config.NumberColumn("time (ms)", format="%.0f"),
        },
    )
    rows = picked["selection"]["rows"]
    if not rows:
        st.caption("Choose an answer to see its hits and to ask again.")
        return None
    return entries[rows[0]] if rows[0] < len(entries) else None


def show_entry(session: Session, entry: Entry, erase: Callable[[], None]) -> None:
    """Draw an entry with its hits, and what can be done with it.

    Args:
        session: The visitor's session.
        entry: The entry.
        erase: Erases it.
    """
    same_rows = entry.corpus_fingerprint == session.corpus.fingerprint
    with st.container(border=True):
        if entry.like_row is not None:
            st.caption(f"Rows similar to row {entry.like_row + 1:,}:")
        st.html(as_html(entry.query))
        rows = count(entry.rows, "row")
        if entry.searched != entry.rows:
            rows = f"{entry.searched:,} of {rows}"
        model = " · ".join(part for part in (entry.encoder, entry.precision, entry.revision[:12]) if part)
        prompt = f" with the prompt “{entry.query_prompt}”" if entry.query_prompt else ""
        st.caption(
            f"{entry.at:%d %b %Y, %H:%M:%S} UTC · {markdown(entry.corpus)}, {rows} · "
            f"{markdown(model + prompt)} · by {markdown(entry.ranking)}, {entry.metric} · "
            f"{readable_time(entry.seconds)}"
        )
        st.dataframe(
            {
                "row": [hit.row + 1 for hit in entry.hits],
                "score": [hit.score for hit in entry.hits],
                "percentile": [hit.percentile for hit in entry.hits],
                "text": [hit.text for hit in entry.hits],
            },
            hide_index=True,
            column_config={
                "score": st.column_config.NumberColumn(format="%.3f"),
                "percentile": st.column_config.NumberColumn(
                    format="%.1f", help="Percentage of random pairs of rows that were less close."
                ),
            },
        )
        with st.container(horizontal=True):
            st.button(
                "Ask again" if same_rows else "Ask it of the open rows",
                type="primary",
                icon=":material/replay:",
                on_click=_ask_again,
                args=(entry, same_rows),
                help="With the encoder and the ranking that are chosen now; what has changed is shown.",
            )
            st.button(
                "Erase this answer",
                icon=":material/delete:",
                type="tertiary",
                on_click=erase,
            )


def forget_found(session: Session) -> None:
    """Forget what was found by meaning, which has entries that may be erased."""
    forget(session, _NEAREST)


def _can_search_by_meaning(session: Session) -> bool:
    """Whether queries can be encoded here: what was asked is sent to nobody for that."""
    space = session.spaces.get(session.encoder)
    return space is not None and encodes_texts(space.spec) and hosted_model(session.encoder) is None


def _nearest(session: Session, entries: Sequence[Entry], text: str) -> list[tuple[Entry, float]] | None:
    """The entries closest to a text; None until they are found, which the dialog shows."""
    space = session.spaces[session.encoder]
    encoder = space.encoder

    def work(on_progress: OnProgress) -> list[tuple[Entry, float]]:
        from explorer.record.nearest import nearest_entries

        return nearest_entries(
            entries, text, lambda texts: session.queries.encode(encoder, texts, on_progress)
        )

    key = (text, encoder.fingerprint, encoder.query_prompt, len(entries), entries[0].number)
    lane = lanes_for(encoder.spec).queries
    ask_alone(session, _NEAREST, key, "Searching the record", work, lane=lane)
    found = answer_or_progress(session, _NEAREST, here=True)
    return None if isinstance(found, ExplorerError) else found


def _table(entries: Sequence[Entry], scores: Sequence[float] | None) -> dict[str, list[object]]:
    similarity: dict[str, list[object]] = {} if scores is None else {"similarity": [*scores]}
    return {
        **similarity,
        "query": [shortened(entry.query, _QUERY_CHARS) for entry in entries],
        "asked (UTC)": [entry.at.replace(tzinfo=None) for entry in entries],
        "rows": [entry.corpus for entry in entries],
        "encoder": [entry.encoder for entry in entries],
        "best score": [entry.hits[0].score if entry.hits else None for entry in entries],
        "time": [1000 * entry.seconds for entry in entries],
    }


def _ask_again(entry: Entry, same_rows: bool) -> None:
    """Put the query of an entry into the link, and close the dialog."""
    compare_with(entry)
    if entry.like_row is not None and same_rows:
        more_like(entry.like_row)
    else:
        ask_for(entry.query)
    st.session_state.pop(OPEN, None)
