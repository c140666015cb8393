"""One query to all contenders: their ranked lists side by side."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from explorer.jobs.registry import Lane
from explorer.ui.compare.disputed_queries import show_disputed_queries
from explorer.ui.compare.joined_lists import LISTS, join_lists, listed_item, place_in
from explorer.ui.compare.vectors import say_without_vectors, vectors_known
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.linked_number import linked_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from explorer.comparison.comparison import Comparison
    from explorer.comparison.contenders.contender import Contender
    from explorer.jobs.progress import OnProgress
    from explorer.session.session import Session

_QUERY, _HITS = "compare-q", "compare-hits"
_MAX_QUERY_CHARS = 2_000
_MAX_HITS = 50
_ABREAST = 4

_Hits = tuple[tuple[int, float, str], ...]
"""Of each hit, best first: its row, its score, and what the score means."""


def show_one_query(session: Session, comparison: Comparison) -> None:
    """Draw the field for a query, queries to choose from, and what each contender finds."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = st.text_input(
            "Query",
            key=_QUERY,
            type="search",
            max_chars=_MAX_QUERY_CHARS,
            placeholder="Ask all contenders at once, in your own words",
            icon=":material/search:",
            bind="query-params",
        )
        k = linked_number("Hits", 1, _MAX_HITS, 10, key=_HITS, width=130)
    query = (query or "").strip()
    if not query:
        _show_examples(comparison)
    show_disputed_queries(session, comparison, k, _QUERY)
    if not query:
        return
    if len(query) > _MAX_QUERY_CHARS:  # only the browser enforces the input's own limit
        st.error(f"The query has {len(query):,} characters; the page takes {_MAX_QUERY_CHARS:,}.")
        return
    if not vectors_known(comparison.contenders):
        say_without_vectors("Searching")
        return
    first = comparison.names[0]
    st.caption(
        "In a wide window, lines join the same row in lists side by side. Ranks are compared with those of "
        f"{markdown(first)}: ▲2 is two places higher, ▼2 two places lower, = the same place, and new is not "
        "among its hits. Scores of different contenders cannot be compared with each other; the share of "
        "random pairs that score lower can."
    )
    _show_lists(session, comparison, query, k)


def _show_lists(session: Session, comparison: Comparison, query: str, k: int) -> None:
    found: dict[int, _Hits] = {}
    places = range(len(comparison.names))
    actions = st.container(horizontal=True)
    with st.container(key=LISTS):
        for start in range(0, len(places), _ABREAST):
            columns = st.columns(min(_ABREAST, len(places)), gap="medium")
            for place, column in zip(places[start : start + _ABREAST], columns, strict=False):
                with column:
                    st.html(f'<h2 style="{_NAME}">{html.escape(comparison.names[place])}</h2>')
                    hits = _hits_or_progress(session, comparison.contenders[place], query, k)
                    if hits is None:
                        continue
                    found[place] = hits
                    ranks = _ranks(found.get(0, ())) if place and 0 in found else None
                    _show_hits(comparison, place, hits, ranks)
        join_lists()
    if len(found) < len(places):
        return
    with actions:
        download_table("Hits", lambda: _table(comparison, query, found), f"{session.corpus.name}-one-query")


def _hits_or_progress(session: Session, contender: Contender, query: str, k: int) -> _Hits | None:
    """The hits of one contender, in a job of its own, so that one that fails does not hide the others."""

    def work(on_progress: OnProgress) -> _Hits:
        from explorer.comparison.contenders.searching import search
        from explorer.ui.compare.score_text import score_text

        top = search(contender, [query], k, session.queries, on_progress=on_progress)
        return tuple(
            (int(row), float(score), score_text(contender, float(score)))
            for row, score in zip(top.indices[0], top.scores[0], strict=True)
        )

    return session_result_or_progress(
        session,
        ("one query", contender.fingerprint, query, k, session.visitor),
        f"Searching with {contender.name}",
        work,
        lane=_lane(contender),
        here=True,
    )


def _lane(contender: Contender) -> Lane:
    """The lane of its queries: a model or a server encodes one after the other."""
    from explorer.comparison.contenders.csls import CslsContender
    from explorer.session.spaces import lanes_for

    space = contender.base if isinstance(contender, CslsContender) else contender.space
    return Lane.QUICK if space is None or space.spec is None else lanes_for(space.spec).queries


def _show_examples(comparison: Comparison) -> None:
    queries = comparison.corpus.queries
    if not queries:
        st.caption("Type a query to see what each contender finds.")
        return
    st.caption("For example:")
    with st.container(horizontal=True):
        for query in queries:
            st.button(markdown(query), key=f"compare-try-{query}", on_click=_ask_for, args=(query,))


def _ask_for(query: str) -> None:
    st.session_state[_QUERY] = query


def _show_hits(comparison: Comparison, place: int, hits: _Hits, ranks: Mapping[int, int] | None) -> None:
    """Draw hits.

    Args:
        comparison: The comparison with the rows.
        place: Of the contender.
        hits: The hits.
        ranks: The rank of each hit of the first contender, from 1; None for that contender itself, or if it
            has none.
    """
    scores = [score for _, score, _ in hits]
    tied = scores.count(scores[-1]) if scores else 0  # such as those that share no word with the query
    if 1 < tied == len(hits):
        st.caption("All have the same score, so their order is that of the rows and says nothing.")
        ranks = None
    elif ranks is not None:
        both = sum(row in ranks for row, *_ in hits)
        st.caption(f"{both} of {len(hits)} are also hits of {markdown(comparison.names[0])}.")
    elif place == 0:
        st.caption("The others are compared with these.")
    if 1 < tied < len(hits):
        st.caption(f"The last {tied} have the same score, so their order is that of the rows.")
    st.html("".join(_item(comparison, place, hit, rank, ranks) for rank, hit in enumerate(hits, start=1)))


def _item(
    comparison: Comparison,
    place: int,
    hit: tuple[int, float, str],
    rank: int,
    ranks: Mapping[int, int] | None,
) -> str:
    row, _, score = hit
    corpus = comparison.corpus
    parts = [f"<b>{rank}</b>"]
    if ranks is not None:
        parts.append(_shift(rank, ranks.get(row)))
    label = corpus.labels[row] if corpus.labels is not None else ""
    parts += [f"row {row + 1:,}", *(html.escape(part) for part in (label, score) if part)]
    head = "".join(f"<span>{part}</span>" for part in parts)
    return (
        f'<div {place_in(place, row)} style="{_ITEM}"><div style="{_HEAD}">{head}</div>'
        f"{listed_item(corpus, row)}</div>"
    )


def _shift(rank: int, before: int | None) -> str:
    """How the rank differs from that in the first contender."""
    if before is None:
        return "<b>new</b>"
    if before == rank:
        return '<span title="the same place">=</span>'
    places = abs(before - rank)
    way, mark = ("higher", "▲") if before > rank else ("lower", "▼")
    return f'<b title="{places} {"place" if places == 1 else "places"} {way}">{mark}{places}</b>'


def _ranks(hits: Sequence[tuple[int, float, str]]) -> dict[int, int]:
    return {row: rank for rank, (row, *_) in enumerate(hits, start=1)}


def _table(comparison: Comparison, query: str, found: Mapping[int, _Hits]) -> pa.Table:
    """The hits of all contenders as a table to download."""
    from explorer.share.export import rows_table

    listed = [
        (comparison.names[place], rank, row, score)
        for place, hits in found.items()
        for rank, (row, score, _) in enumerate(hits, start=1)
    ]
    return rows_table(
        comparison.corpus,
        [row for _, _, row, _ in listed],
        {
            "query": [query] * len(listed),
            "contender": [name for name, *_ in listed],
            "rank": [rank for _, rank, *_ in listed],
            "score": [score for *_, score in listed],
        },
    )


_NAME = "font-size: 1.2rem; padding: 0; overflow-wrap: anywhere"
_ITEM = "border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .4rem 0"
_HEAD = (
    "display: flex; flex-wrap: wrap; gap: .1rem .7rem; font-size: .85em; overflow-wrap: anywhere;"
    " font-variant-numeric: tabular-nums"
)
