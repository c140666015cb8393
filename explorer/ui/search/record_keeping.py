"""Adding an answer that the search page shows to the record."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from explorer.errors import RecordError
from explorer.record.entry import KEPT_HITS, Entry, new_entry
from explorer.record.visitors import visitor_records
from explorer.session.recording import Recording
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.search.answer import Answer
from explorer.ui.search.controls import Asked, searched_rows
from explorer.ui.search.record_switch import recording_of, renew_cookie
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.analysis.space import Space

_SHOWN, _FAILED = "record-shown", "record-failed"


def keep_answer(session: Session, space: Space, asked: Asked, answer: Answer) -> None:
    """Add an answer to the visitor's record, if it is new in this tab and they keep one.

    Called once the hits are drawn, so that nobody waits for it. What was asked before the record was turned
    on is not added, and neither is what was asked by an image, or by a row and words: the record cannot ask
    it again. If an answer cannot be added, the page says why.
    """
    if not settings().allow_record or (asked.ranking.changes and answer.ranked is None):
        return
    if asked.image is not None or asked.but:
        return
    recording = recording_of(session)
    shown = _identity(space, asked, answer)
    if st.session_state.get(_SHOWN) != shown:
        is_first = _SHOWN not in st.session_state
        st.session_state[_SHOWN] = shown
        st.session_state.pop(_FAILED, None)
        if recording.on:
            try:
                entries = _entries(space, asked, answer)
                # A tab that is reloaded, or opened by its own link, shows again what it showed last.
                if not (is_first and _is_newest(recording, entries)):
                    visitor_records().add(recording.secret, entries)
            except RecordError as error:
                st.session_state[_FAILED] = str(error)
    if recording.on:
        renew_cookie(recording)
    if recording.on and _FAILED in st.session_state:
        st.warning(
            f"**This answer is not in your record.** {markdown(st.session_state[_FAILED])}",
            icon=":material/history_off:",
        )


def _is_newest(recording: Recording, entries: Sequence[Entry]) -> bool:
    """Whether the newest answers in a record are these, apart from when they were given and how quickly.

    Of the hits, the rows are compared: scores that are computed again can differ in the last digit.
    """
    newest = visitor_records().of(recording.secret).entries()[: len(entries)][::-1]
    return len(newest) == len(entries) and all(
        [hit.row for hit in now.hits] == [hit.row for hit in before.hits]
        and replace(now, number=before.number, at=before.at, seconds=before.seconds, hits=before.hits)
        == before
        for now, before in zip(entries, newest, strict=True)
    )


def _identity(space: Space, asked: Asked, answer: Answer) -> tuple[object, ...]:
    """What makes an answer another one."""
    within = b"" if asked.within is None else np.packbits(asked.within).tobytes()
    return (
        tuple(answer.queries),
        asked.like,
        min(asked.k, KEPT_HITS),
        asked.metric,
        asked.ranking,
        hashlib.blake2b(within, digest_size=16).digest(),
        space.fingerprint,
        space.query_prompt,
    )


def _entries(space: Space, asked: Asked, answer: Answer) -> list[Entry]:
    queries: Sequence[str | int] = answer.queries if asked.like is None else [asked.like]
    searched = len(searched_rows(space, asked))
    entries = []
    for place, (query, hits) in enumerate(zip(queries, answer.hits, strict=True)):
        seconds = answer.seconds / len(queries)
        if answer.ranked is not None:
            stages = answer.ranked[place].seconds
            seconds += (stages.words or 0) + (stages.rerank or 0) + (stages.variety or 0)
        entries.append(
            new_entry(
                space,
                query,
                hits,
                seconds=seconds,
                searched=searched,
                metric=asked.metric,
                ranking=asked.ranking,
                scale=answer.scale,
            )
        )
    return entries
