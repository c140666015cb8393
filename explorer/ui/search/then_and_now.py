"""What has changed since a query of the record was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.encode.model_names import encoder_name
from explorer.record.entry import Entry
from explorer.record.then_and_now import HitThenAndNow, then_and_now
from explorer.session.session import Session
from explorer.ui.search.answer import Answer
from explorer.ui.search.controls import Asked, searched_rows
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.analysis.space import Space

_ENTRY = "record-asked-again"
_SAME = 5e-4  # scores that are shown as equal


def compare_with(entry: Entry) -> None:
    """Have the next answer to an entry's query compared with it."""
    st.session_state[_ENTRY] = entry


def show_then_and_now(session: Session, space: Space, asked: Asked, answer: Answer) -> None:
    """Draw what has changed since the query was asked, if it is one that was asked again from the record."""
    entry: Entry | None = st.session_state.get(_ENTRY)
    if entry is None:
        return
    if not _is_of(entry, space, asked):
        del st.session_state[_ENTRY]
        return
    at = f"{entry.at:%d %b %Y, %H:%M} UTC"
    same_rows = entry.corpus_fingerprint == space.corpus.fingerprint
    hits = then_and_now(entry, answer.hits[0]) if same_rows else []
    with st.container(border=True, key="then-and-now"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            told = (
                f"Since {at}: {_changes(hits)}."
                if same_rows
                else f"On {at} it was asked of other rows, {markdown(entry.corpus)}, so its hits are others."
            )
            st.markdown(f"**Then and now.** {told}", width="stretch")
            st.button("Close", key="then-and-now-close", type="tertiary", on_click=_forget)
        if same_rows:
            _show_choices(session, space, asked, entry)
            _show_lists(hits)


def _changes(hits: list[HitThenAndNow]) -> str:
    """What has changed among the first hits, as a part of a sentence."""
    there = [hit for hit in hits if hit.now is not None]
    both = [hit for hit in there if hit.then is not None]
    placed = sum(hit.then == hit.now for hit in both)
    most = max((abs((hit.score_now or 0) - (hit.score_then or 0)) for hit in both), default=0.0)
    scores = "scores are the same" if most < _SAME else f"scores differ by up to {most:.3f}"
    same = f"{len(both)} of the first {len(there)} hits are the same"
    return f"{same}, {placed} of them in the same place; {scores}"


def _show_choices(session: Session, space: Space, asked: Asked, entry: Entry) -> None:
    """Say which choices differ from those of then."""
    choices = {
        "encoder": (entry.encoder, encoder_name(session.encoder)),
        "similarity": (entry.metric, asked.metric or space.similarity_metric),
        "ranking": (f"by {entry.ranking}", f"by {asked.ranking.in_words}"),
        "rows searched": (f"{entry.searched:,}", f"{len(searched_rows(space, asked)):,}"),
    }
    differ = [f"{what}: {then} → {now}" for what, (then, now) in choices.items() if then != now]
    if entry.encoder == choices["encoder"][1] and entry.vectors_origin != space.vectors_origin:
        differ.append("the encoder is of the same name, with other files, prompts or precision")
    if differ:
        st.caption(markdown(f"What differs: {'; '.join(differ)}."))


def _show_lists(hits: list[HitThenAndNow]) -> None:
    with st.expander("Both lists"):
        st.dataframe(
            {
                "now": [hit.now for hit in hits],
                "then": [hit.then for hit in hits],
                "row": [hit.row + 1 for hit in hits],
                "score now": [hit.score_now for hit in hits],
                "score then": [hit.score_then for hit in hits],
                "text": [hit.text for hit in hits],
            },
            hide_index=True,
            column_config={
                name: st.column_config.NumberColumn(format="%.3f") for name in ("score now", "score then")
            },
        )


def _is_of(entry: Entry, space: Space, asked: Asked) -> bool:
    """Whether a request is that of an entry, perhaps with other choices."""
    if asked.image is not None or asked.but:
        return False
    if entry.like_row is not None and entry.corpus_fingerprint == space.corpus.fingerprint:
        return asked.like == entry.like_row
    return asked.like is None and asked.queries == (entry.query.strip(),)


def _forget() -> None:
    st.session_state.pop(_ENTRY, None)
