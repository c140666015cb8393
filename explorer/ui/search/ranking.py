"""What changes the ranking by vectors: words, a cross-encoder and variety."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.data.tables.values import count
from explorer.encode.model_names import choose_model
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress, Progress
from explorer.jobs.registry import Lane
from explorer.retrieval.options import DEFAULT_MODEL, RankOptions
from explorer.session.judging import judgements_of
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.shell.quantities import readable_time
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.linked_number import linked_number

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.retrieval.ranked import Ranked
    from explorer.tensor import Metric

_MOST = 200  # hits that are re-ranked
_USUAL = 50
_WIDTH = 340  # pixels
_MODEL_CHARS = 200
_KIND = "ranking"  # of jobs


def choose_ranking() -> RankOptions:
    """Draw the switches and return the choice; all of it is in the link."""
    with st.popover("Ranking", icon=":material/swap_vert:", width="content"), st.container(width=_WIDTH):
        words = st.toggle(
            "Words too (hybrid)",
            key="words",
            bind="query-params",
            help="Also ranks by words (BM25) and fuses both rankings by reciprocal ranks. It finds names and "
            "codes that the model does not know.",
        )
        first, model = 0, ""
        if st.toggle(
            "Re-rank the first hits",
            key="rerank",
            bind="query-params",
            help="A cross-encoder reads each of the first hits together with the query and puts them in a "
            "new order. It takes longer than comparing vectors.",
        ):
            first = linked_number("Hits to re-rank", 1, _MOST, _USUAL, key="rerank-first", width=_WIDTH)
            model = st.text_input(
                "Cross-encoder",
                DEFAULT_MODEL,
                key="rerank-model",
                max_chars=_MODEL_CHARS,
                bind="query-params",
                help="A cross-encoder of the Hugging Face Hub, or one in the server's folder of models.",
            )
        variety = st.slider(
            "Variety",
            0,
            100,
            0,
            10,
            format="%d %%",
            key="variety",
            bind="query-params",
            help="Chooses hits that are also unlike each other (maximal marginal relevance), from the first "
            "hundred. At 0 % only relevance counts, at 100 % after the first hit only variety.",
        )
    return RankOptions(words, first, (model or "").strip() or DEFAULT_MODEL, variety / 100)


def ranked_or_progress(
    session: Session,
    space: Space,
    options: RankOptions,
    queries: Sequence[str | int],
    vectors: Sequence[NDArray[np.float32] | None],
    k: int,
    *,
    metric: Metric | None,
    within: NDArray[np.bool_] | None,
) -> tuple[Ranked, ...] | None:
    """What was found for each query; None if only vectors rank, or while or because it is not there.

    Its progress, or why it is not there, is drawn.

    Args:
        session: The session.
        space: The space that is searched.
        options: What changes the ranking.
        queries: Texts, or rows (from 0).
        vectors: The vector of each query; None for a row.
        k: Hits for each query.
        metric: The similarity; None for the space's own.
        within: The rows to search; None for all.
    """
    if not options.changes:
        return None
    if options.rerank:
        try:
            options = replace(options, model=choose_model(options.model))
        except ExplorerError as error:
            show_error(error)
            return None
    from explorer.comparison.contenders.bm25 import Bm25Contender

    words = kept(session, "words for ranking", (space.corpus,), lambda: Bm25Contender(space.corpus))

    def work(on_progress: OnProgress) -> tuple[Ranked, ...]:
        from explorer.retrieval.ranked import ranked_search

        found = []
        for place, (query, vector) in enumerate(zip(queries, vectors, strict=True), start=1):
            note = f"Query {place:,} of {len(queries):,}" if len(queries) > 1 else ""
            found.append(
                ranked_search(
                    space,
                    query,
                    k,
                    options,
                    metric=metric,
                    rows=within,
                    vector=vector,
                    words=words,
                    on_progress=_noting(on_progress, note),
                )
            )
        return tuple(found)

    where = b"" if within is None else np.packbits(within).tobytes()
    given = hashlib.blake2b(b"".join(b"-" if one is None else one.tobytes() for one in vectors)).digest()
    key = (_KIND, tuple(queries), given, space.query_prompt, options, k, metric, where)
    _leave_others(session, key)
    title = f"Re-ranking the first {options.rerank:,} hits" if options.rerank else "Ranking the hits"
    # One query is answered among others; many can take minutes.
    lane = Lane.QUERIES if len(queries) == 1 else Lane.LONG
    return result_or_progress(session, key, title, work, lane=lane, here=True)


def times(found: Ranked) -> str:
    """How long finding took, and re-ranking if there was any, as a part of a sentence."""
    seconds = found.seconds
    took = f"found in {readable_time(seconds.vectors + (seconds.words or 0))}"
    return took if seconds.rerank is None else f"{took}, re-ranked in {readable_time(seconds.rerank)}"


def show_ranking(session: Session, options: RankOptions, query: str, found: Ranked, whole: bool) -> None:
    """Draw how hits were ranked, and what that changes by judgements.

    Args:
        session: The session.
        options: What changes the ranking.
        query: The query.
        found: What was found.
        whole: Whether all rows were searched; judged rows that were not would count against every ranking.
    """
    if found.model is not None:
        options = replace(options, rerank=min(options.rerank, len(found.after)), model=found.model)
    st.caption(f"By {markdown(options.in_words)}.")
    judgements = judgements_of(session, query) if whole else None
    if judgements is not None:
        from explorer.retrieval.judged import judged_changes

        changes = "; ".join(
            f"{each.name} {each.before:.3f} → **{each.after:.3f}**"
            for each in judged_changes(judgements, found.before, found.after)
        )
        rows = count(judgements.count, "judged row")
        st.markdown(f":material/gavel: {changes} (from vectors alone to this ranking, by {rows})")


def _noting(on_progress: OnProgress, note: str) -> OnProgress:
    """Progress with a note."""

    def report(progress: Progress) -> None:
        on_progress(replace(progress, note=progress.note or note))

    return report


def _leave_others(session: Session, key: tuple[object, ...]) -> None:
    """Stop ranking what was asked for before; a new query or choice replaces it."""
    for whole, job in list(session.results.items()):
        kind = whole[0] if isinstance(whole, tuple) else None
        if isinstance(kind, tuple) and kind[0] == _KIND and kind != key and not job.ended:
            session.leave([session.results.pop(whole)])
