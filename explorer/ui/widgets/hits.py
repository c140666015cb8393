"""Ranked hits: as cards, and as a table to download."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import pyarrow as pa
import streamlit as st

from explorer.analysis.space import Hit, Space
from explorer.share.export import rows_table
from explorer.tensor import Metric
from explorer.ui.shell.text import shortened
from explorer.ui.widgets.items import item_html

_META_CHARS = 120


def show_hits(space: Space, hits: Sequence[Hit], metric: Metric, more_like: Callable[[int], None]) -> None:
    """Draw hits as cards, best first.

    Args:
        space: The space that was searched.
        hits: The hits.
        metric: The metric of their scores.
        more_like: Called with the row whose "More like this" was pressed.
    """
    for rank, hit in enumerate(hits, start=1):
        with st.container(border=True):
            told, action = st.columns([5, 1], gap="small")
            told.html(
                _head(space, rank, hit, metric) + item_html(space.corpus, hit.row) + _metadata(space, hit.row)
            )
            action.button(
                "More like this",
                key=f"more-{hit.row}",
                icon=":material/join_inner:",
                type="tertiary",
                on_click=more_like,
                args=(hit.row,),
            )


def hits_table(
    space: Space, queries: Sequence[str], hits: Sequence[Sequence[Hit]], metric: Metric
) -> pa.Table:
    """Hits as a table: query, rank, score and percentile, then the columns of `rows_table`."""
    listed = [
        (query, rank, hit)
        for query, found in zip(queries, hits, strict=True)
        for rank, hit in enumerate(found, start=1)
    ]
    return rows_table(
        space.corpus,
        [hit.row for _, _, hit in listed],
        {
            "query": [query for query, _, _ in listed],
            "rank": [rank for _, rank, _ in listed],
            "score": [hit.score for _, _, hit in listed],
            "percentile": [space.percentile(hit.score, metric) for _, _, hit in listed],
        },
    )


def score_words(space: Space, score: float, metric: Metric) -> str:
    """What a score means in this corpus, compared with random pairs of rows."""
    percentile = space.percentile(score, metric)
    if percentile is None:
        return ""
    if percentile >= 99.95:
        return (
            "closer than all but 0.05 % of random pairs"
            if percentile < 100
            else "closer than any random pair"
        )
    return f"closer than {percentile:.1f} % of random pairs"


def _head(space: Space, rank: int, hit: Hit, metric: Metric) -> str:
    score = f"distance {-hit.score:.3f}" if metric == "euclidean" else f"{hit.score:.3f}"
    labels = space.corpus.labels
    label = ""
    if labels is not None and labels[hit.row]:
        label = f'<span style="{_LABEL_STYLE}">{html.escape(labels[hit.row])}</span>'
    return (
        f'<div style="{_HEAD_STYLE}"><b>{rank}</b><b style="font-variant-numeric: tabular-nums">{score}</b>'
        f'<span style="opacity: .7">{score_words(space, hit.score, metric)}</span>{label}</div>'
    )


def _metadata(space: Space, row: int) -> str:
    values = space.corpus.row(row)
    parts = [
        f"<b>{html.escape(name)}</b> {html.escape(shortened(str(values[name]), _META_CHARS))}"
        for name in space.corpus.metadata
        if values[name] not in (None, "")
    ]
    parts.insert(0, f"<b>row</b> {row + 1:,}")
    return f'<div dir="auto" style="{_META_STYLE}">{" · ".join(parts)}</div>'


_HEAD_STYLE = "display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; margin-bottom: .4rem"
_META_STYLE = "font-size: .85em; opacity: .75; margin-top: .5rem; overflow-wrap: anywhere"
_LABEL_STYLE = (
    "border: 1px solid color-mix(in srgb, currentColor 35%, transparent); border-radius: 1rem;"
    " padding: 0 .6rem; font-size: .85em; overflow-wrap: anywhere"
)
