"""Queries by how far the contenders agree on their hits, the most disputed first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import streamlit as st

from explorer.data.tables.values import shortened
from explorer.session.session import Session
from explorer.ui.compare.digest import digest
from explorer.ui.compare.judgements import show_file
from explorer.ui.compare.left_out import show_left_out
from explorer.ui.compare.table_sizes import table_height
from explorer.ui.compare.vectors import vectors_known
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.widgets.downloads import download_table

if TYPE_CHECKING:
    from collections.abc import Hashable

    from explorer.comparison.agreement.disagreement import QueryAgreement
    from explorer.comparison.comparison import Comparison
    from explorer.errors import ExplorerError
    from explorer.jobs.progress import OnProgress

_TEXT_CHARS = 200


def show_disputed_queries(session: Session, comparison: Comparison, k: int, field: str) -> None:
    """Draw the visitor's queries, the most disputed first, and the control that opens a file of them.

    Args:
        session: The session.
        comparison: The comparison.
        k: Hits per query.
        field: The key of the field for a query, which takes the query that is ticked.
    """
    queries = queries_of(session, comparison)
    if queries:
        found = _agreement_or_progress(session, comparison, queries, k)
        if found is not None:
            agreement, failed, again = found
            show_left_out(session, comparison.names, failed, again)
            _show_table(session, agreement, queries, field)
    with st.expander("Queries from a file", icon=":material/upload_file:"):
        show_file(session)


def queries_of(session: Session, comparison: Comparison) -> tuple[str, ...]:
    """The judged queries of the comparison, then those that the visitor brought.

    Without vectors, only the judged ones, which have been searched.
    """
    judged = () if comparison.judgements is None else comparison.judgements.queries
    if not vectors_known(comparison.contenders):
        return tuple(dict.fromkeys(judged)) if comparison.rankings is not None else ()
    return tuple(dict.fromkeys((*judged, *session.comparison.queries)))


def _agreement_or_progress(
    session: Session, comparison: Comparison, queries: tuple[str, ...], k: int
) -> tuple[QueryAgreement, dict[int, ExplorerError], Hashable | None] | None:
    """The agreement, the errors of contenders that failed, and the key to search again by, if one can."""
    # The comparison has searched for the judged queries already, though not deeper than it needed, and
    # perhaps without a contender that answers now.
    known: dict[str, int] = {}
    judgements, rankings = comparison.judgements, comparison.rankings
    searchable = vectors_known(comparison.contenders)
    failed_before = {
        failure.contender: failure.error for failure in comparison.failures if failure.kind == "judgements"
    }
    if judgements is not None and rankings is not None:
        enough = k <= rankings.shape[2] and not failed_before
        known = {text: at for at, text in enumerate(judgements.queries) if enough or not searchable}
    judged = [text for text in queries if text in known]
    others = [text for text in queries if text not in known]

    def work(on_progress: OnProgress) -> tuple[QueryAgreement, dict[int, ExplorerError]]:
        import numpy as np

        from explorer.comparison.agreement.disagreement import queries_by_agreement
        from explorer.comparison.judging.retrieval import search_all_that_answer

        parts, failed = [], {} if searchable else failed_before
        if rankings is not None and judged:
            parts.append(rankings[:, [known[text] for text in judged], :k])
        if others:
            hits, failed = search_all_that_answer(
                comparison.contenders, others, k, query_vectors=session.queries, on_progress=on_progress
            )
            parts.append(hits)
        return queries_by_agreement(np.concatenate(parts, axis=1)), failed

    contenders = tuple(each.fingerprint for each in comparison.contenders)
    key = ("queries by agreement", contenders, digest(queries), k, session.visitor)
    found = session_result_or_progress(
        session,
        key,
        "Searching for all queries",
        work,
        lane=analysis_lane(len(queries) * len(contenders)),
        here=True,
    )
    return None if found is None else (*found, key if searchable else None)


def _show_table(session: Session, found: QueryAgreement, queries: tuple[str, ...], field: str) -> None:
    ordered = [queries[at] for at in found.queries.tolist()]
    none = int((found.values == 0).sum())
    st.caption(
        f"{len(queries):,} {'query' if len(queries) == 1 else 'queries'}, the most disputed first. Agreement "
        f"is the share of the first {found.k} hits that two contenders have in common, the mean over pairs; "
        f"{none:,} have none in common. Tick a query to see its hits."
    )
    key = f"compare-queries-{digest((ordered, found.k))[:16]}"

    def table(texts: list[str]) -> pa.Table:
        return pa.table(
            {
                "agreement": pa.array(found.values),
                "query": texts,
                "different first hits": pa.array(found.first_hits),
            }
        )

    st.dataframe(
        table([shortened(text, _TEXT_CHARS) for text in ordered]),
        key=key,
        height=table_height(len(ordered)),
        hide_index=True,
        on_select=lambda: _take_ticked(key, ordered, field),
        selection_mode="single-row",
        column_config={
            "query": st.column_config.TextColumn(width="large"),
            "agreement": st.column_config.ProgressColumn(
                width="small", format="%.2f", min_value=0, max_value=1
            ),
            "different first hits": st.column_config.NumberColumn(
                width="small", help="How many different rows the contenders rank first."
            ),
        },
        alt="Queries by how far the contenders agree",
    )
    download_table("Queries", lambda: table(ordered), f"{session.corpus.name}-disputed-queries")


def _take_ticked(key: str, queries: list[str], field: str) -> None:
    """Ask for the query that was ticked, before the field is drawn."""
    place = next(iter(st.session_state[key].selection.rows), None)
    if place is not None and place < len(queries):
        st.session_state[field] = queries[place]
