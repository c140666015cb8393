"""Two lists of neighbours of a row, or of hits of a query, with those that both have marked and joined."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.compare.joined_lists import LISTS, join_lists, listed_item, place_in
from explorer.ui.compare.vectors import vectors_known
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.comparison.agreement.disagreement import SideBySide
    from explorer.comparison.comparison import Comparison
    from explorer.data.corpus import Corpus
    from explorer.jobs.progress import OnProgress
    from explorer.session.session import Session
    from explorer.ui.compare.pair import Pair

_Texts = tuple[tuple[str, ...], tuple[str, ...]]


def show_lists(
    session: Session, comparison: Comparison, pair: Pair, found: SideBySide, *, of_query: bool = False
) -> None:
    """Draw the neighbours of a row in two contenders side by side, below each other on a phone.

    Args:
        session: The session.
        comparison: The comparison.
        pair: The two contenders.
        found: The neighbours.
        of_query: Whether they are the hits of a query, whose scores are not looked up.
    """
    both, k = int((found.place >= 0).sum()), len(found.first)
    what = "hits" if of_query else "nearest rows"
    either = 2 * k - both
    told, switch = st.columns([3, 1], vertical_alignment="center")
    joined = (
        " In a wide window, lines join them; the arrow goes from the rank in one list to that in the other."
    )
    told.markdown(
        f"**{both} of {k}** {what} are in both lists (Jaccard index {both / either:.2f})."
        f"{joined if both else ''}"
        if k
        else "There are no other rows."
    )
    scores = None
    with switch:
        if not of_query and _with_scores(comparison, pair):
            scores = _scores_or_progress(session, comparison, pair, found)
    ranks = {int(row): rank for rank, row in enumerate(found.first, start=1)}
    others = {int(row): rank for rank, row in enumerate(found.second, start=1)}
    sides = ((found.first, others), (found.second, ranks))
    with st.container(key=LISTS):
        columns = st.columns(2, gap="large")
        for side, (column, (rows, elsewhere)) in enumerate(zip(columns, sides, strict=True)):
            with column:
                st.subheader(markdown(comparison.names[pair[side]]), anchor=False)
                for rank, row in enumerate(rows.tolist(), start=1):
                    score = "" if scores is None else scores[side][rank - 1]
                    st.html(_item(comparison, side, row, rank, elsewhere.get(row), score))
        join_lists()


def _with_scores(comparison: Comparison, pair: Pair) -> bool:
    saved = not vectors_known(comparison.contenders[place] for place in pair)
    about = _NO_SCORES if saved else _SCORES
    wanted = st.toggle("Scores", key="compare-scores", disabled=saved, persist_state="session", help=about)
    return wanted and not saved


def _scores_or_progress(
    session: Session, comparison: Comparison, pair: Pair, found: SideBySide
) -> _Texts | None:
    """What each score means, for the rows of both lists."""
    contenders = [comparison.contenders[place] for place in pair]
    row, k = found.row, len(found.first)

    def work(on_progress: OnProgress) -> _Texts:
        import numpy as np

        from explorer.ui.compare.score_text import score_text

        first, second = (
            tuple(
                score_text(contender, float(score))
                for score in contender.neighbors(np.array([row]), k, on_progress=on_progress).scores[0]
            )
            for contender in contenders
        )
        return first, second

    key = ("neighbour scores", tuple(contender.fingerprint for contender in contenders), row, k)
    return session_result_or_progress(session, key, "Scoring the neighbours", work, here=True)


def _item(comparison: Comparison, side: int, row: int, rank: int, other: int | None, score: str) -> str:
    mark = "only here" if other is None else f"in both, {rank} → {other}"
    return listed_row(comparison.corpus, side, row, rank, mark, shared=other is not None, score=score)


def listed_row(
    corpus: Corpus, at: int, row: int, rank: int, mark: str, *, shared: bool, score: str = ""
) -> str:
    """A row in a list of neighbours, as HTML.

    Args:
        corpus: The rows.
        at: The place of the list, from 0.
        row: The row, from 0.
        rank: Its rank in the list, from 1.
        mark: In which lists it is, in a few words.
        shared: Whether it is marked as one that the lists share.
        score: What its score means; empty to leave it out.
    """
    label = corpus.labels[row] if corpus.labels is not None else ""
    parts = [f"<b>{rank}</b>", f'<span style="{_MARK}">{mark}</span>', f"row {row + 1:,}"]
    parts += [html.escape(part) for part in (label, score) if part]
    head = "".join(f"<span>{part}</span>" for part in parts)
    edge = _BOTH if shared else _ONLY
    return (
        f'<div {place_in(at, row)} style="{_ITEM}; {edge}"><div style="{_HEAD}">{head}</div>'
        f"{listed_item(corpus, row)}</div>"
    )


_SCORES = (
    "Scores of different contenders cannot be compared with each other, so each is shown beside the scores "
    "of random pairs of rows in the same contender."
)
_NO_SCORES = (
    "Scores need vectors, which a comparison opened from a file does not have. Encode the rows with these "
    "contenders to see them."
)
_ITEM = "padding: .1rem 0 .1rem .8rem; margin-bottom: .3rem"
_BOTH = "border-left: 4px solid #0072B2"
_ONLY = "border-left: 4px dotted color-mix(in srgb, currentColor 55%, transparent)"
_HEAD = (
    "display: flex; flex-wrap: wrap; gap: .1rem .8rem; font-size: .85em; overflow-wrap: anywhere;"
    " font-variant-numeric: tabular-nums"
)
_MARK = "font-weight: 600"
