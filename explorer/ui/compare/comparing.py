"""The comparison of the page, or how far it is."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.contenders.spec import FEWEST
from explorer.encode.spec import hosted_model
from explorer.jobs.outcome import Pending
from explorer.jobs.progress import OnProgress, Progress
from explorer.session.comparison import COMPARISON
from explorer.session.saved_comparison import opened_comparison, opened_with
from explorer.session.session import Session
from explorer.ui.compare.entries import Entry
from explorer.ui.shell.job_progress import analysis_lane, forget_result, session_result_or_progress
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison


def comparison_or_progress(session: Session, entries: Sequence[Entry]) -> Comparison | None:
    """The comparison of the contenders that are ready, once none of the others can still become so.

    Until then, and where there are too few, it draws that instead.
    """
    ready = [entry for entry in entries if entry.ready]
    opened = opened_comparison(session)
    if opened is not None and len(ready) < len(entries):
        st.caption(
            "Opened from a file. Views that need vectors are available once the contenders are encoded."
        )
        return opened
    if any(isinstance(entry.outcome, Pending) for entry in entries):
        names = f" ({markdown(', '.join(entry.name for entry in ready))})" if ready else ""
        st.caption(
            f"{len(ready)} of {len(entries)} contenders are ready{names}. The comparison starts when all are."
        )
        return None
    if len(ready) < FEWEST:
        st.info(
            "A comparison needs two contenders or more. Add one above."
            if ready
            else "There is nothing to compare yet. Add contenders above.",
            icon=":material/compare_arrows:",
        )
        return None
    state, key = session.comparison, comparison_key(session, ready)
    if state.shown is not None and state.shown[0] == key:
        return state.shown[1]
    k, groups, views, judgements, pairs = state.k, state.groups, state.views, state.judgements, state.pairs

    def work(on_progress: OnProgress) -> Comparison:
        from explorer.comparison.contenders.making import make_contender
        from explorer.comparison.files.file_cache import cached_compare

        on_progress(Progress("Making the contenders"))
        contenders = [
            make_contender(
                entry.spec, entry.reading.corpus if entry.space is None else entry.space, entry.name
            )
            for entry in ready
        ]
        kept = opened_with(opened, contenders)
        return kept or cached_compare(
            contenders,
            judgements=judgements,
            pairs=pairs,
            groups=groups,
            views=views,
            k=k,
            query_vectors=session.queries,
            on_progress=on_progress,
        )

    found = session_result_or_progress(
        session,
        key,
        f"Comparing {len(ready)} contenders",
        work,
        lane=analysis_lane(len(session.corpus) * len(ready)),
        here=True,
    )
    state.shown = None if found is None else (key, found)
    return found


def compare_again(session: Session) -> None:
    """Forget the comparison on the page, so that contenders that failed are measured again."""
    state = session.comparison
    if state.shown is not None:
        forget_result(session, state.shown[0])
    state.shown = state.opened = None


def comparison_key(session: Session, entries: Sequence[Entry]) -> Hashable:
    """Everything that a comparison depends on.

    Visitors share it only for samples: the result holds the rows, whose file has a name, and encoders, which
    may hold a visitor's token.
    """
    state = session.comparison
    hosted = any(entry.spec.encoder is not None and hosted_model(entry.spec.encoder) for entry in entries)
    own = session.visitor if hosted or not session.corpus.sample else ""
    made_from = tuple(
        (entry.spec, entry.name, *((s.fingerprint, s.query_prompt) if (s := entry.space) is not None else ()))
        for entry in entries
    )
    judged = hashlib.blake2b(repr((state.judgements, state.pairs)).encode("utf-8", "surrogatepass"))
    rows = session.corpus.fingerprint
    return (COMPARISON, own, rows, made_from, state.k, state.groups, state.views, judged.hexdigest())
