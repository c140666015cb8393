"""Similarity in figures: heatmaps of rows and of groups, and the scores that are usual."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explorer.analysis.heatmaps import (
    GroupSimilarity,
    Order,
    distributions,
    group_similarity,
    heatmap,
)
from explorer.analysis.space import Space
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.similarity.duplicates import choose_threshold
from explorer.ui.widgets import figures
from explorer.ui.widgets.clustering import clusters_or_progress
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.row_choice import choose_row_numbers
from explorer.ui.widgets.shown_rows import shown_rows_of

_ORDERS: dict[Order, str] = {
    "similarity": "By similarity",
    "label": "By label",
    "as given": "As in the corpus",
}
_NAMED_CELLS = 40  # rows on a side, up to which the axes show names


def show_heatmap(session: Session, space: Space) -> None:
    """Draw a heatmap of chosen rows, and the clicked pair side by side."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rows = choose_row_numbers(session, "Rows", "rows")
        columns = None
        if st.toggle("Against other rows", key="against", persist_state="session"):
            columns = choose_row_numbers(session, "Against", "columns")
        orders = [order for order in _ORDERS if order != "label" or space.corpus.labels is not None]
        order = st.selectbox(
            "Order", orders, format_func=_ORDERS.__getitem__, key="order", width=180, bind="query-params"
        )
    if not len(rows) or (columns is not None and not len(columns)):
        st.info("No rows are chosen.", icon=":material/grid_on:")
        return
    shown = ("heatmap", rows.tobytes(), None if columns is None else columns.tobytes(), order)
    drawn = result_or_progress(
        session,
        shown,
        f"Heatmap of {len(rows):,} rows",
        lambda _report: heatmap(space, rows, columns, order=order),
    )
    if drawn is None:
        return
    captions = space.corpus.captions
    names = [[f"{row + 1}. {captions[row]}" for row in side] for side in (drawn.rows, drawn.columns)]
    picked = st.plotly_chart(
        figures.heatmap(drawn.scores, *names, show_names=max(map(len, names)) <= _NAMED_CELLS),
        key=f"heatmap-{hash((space.fingerprint, shown))}",  # a click in another heatmap does not carry over
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt="Heatmap of the similarity of the chosen rows",
    )
    place = next(iter(picked.selection.point_indices), None)
    if place is None:
        apart = drawn.scores.copy()
        apart[drawn.rows[:, None] == drawn.columns[None, :]] = -np.inf
        place = int(apart.argmax())
        heading = "The closest pair here"
        if not np.isfinite(apart).any():
            return
    else:
        heading = "The pair you clicked"
    down, across = divmod(place, drawn.scores.shape[1])
    st.header(f"{heading}: {drawn.scores[down, across]:.3f}", anchor=False)
    for column, row in zip(st.columns(2), (drawn.rows[down], drawn.columns[across]), strict=True):
        with column.container(border=True, height="stretch"):
            st.caption(f"Row {row + 1:,}")
            st.html(item_html(space.corpus, int(row)))


def show_groups(session: Session, space: Space) -> None:
    """Draw the mean similarity between labels, or between clusters."""
    corpus = space.corpus
    kinds = [*(["label"] if corpus.labels is not None else []), "cluster"]
    kind = st.segmented_control(
        "Groups",
        kinds,
        format_func=lambda kind: f"Labels ({corpus.label})" if kind == "label" else "Clusters",
        default=kinds[0],
        required=True,
        key="groups-of",
        bind="query-params",
    )
    kind = kind or kinds[0]  # a link may leave it empty
    found = _labels(session, space) if kind == "label" else _clusters(session, space)
    if found is None:
        return
    means, names = found
    names = [f"{name} ({size:,})" for name, size in zip(names, means.sizes, strict=True)]
    st.plotly_chart(
        figures.heatmap(means.scores, names, names, show_names=len(names) <= _NAMED_CELLS * 2),
        key="groups",
        config={"displayModeBar": False},
        alt=f"Heatmap of the mean similarity between {kind}s",
    )
    st.caption(
        f"The mean cosine over all pairs of rows from two {kind}s; on the diagonal, over all pairs of "
        f"different rows within one {kind}."
    )


def _labels(session: Session, space: Space) -> tuple[GroupSimilarity, list[str]] | None:
    labels = space.corpus.labels or []
    found = result_or_progress(
        session,
        ("groups", space.corpus.label),
        "Similarity between labels",
        lambda _report: group_similarity(space.index, labels),
    )
    return None if found is None else (found, [str(name) or "(no label)" for name in found.groups])


def _clusters(session: Session, space: Space) -> tuple[GroupSimilarity, list[str]] | None:
    """Similarity between the clusters that the clusters page shows."""
    shown_rows = shown_rows_of(session, space)
    clusters = clusters_or_progress(session, shown_rows)
    if clusters is None:
        return None
    found = result_or_progress(
        session,
        ("groups of clusters", shown_rows.key, clusters.spec),
        "Similarity between clusters",
        lambda _report: group_similarity(shown_rows.space.index, clusters.clustering.labels),
    )
    return None if found is None else (found, [clusters.names[int(label)] for label in found.groups])


def show_usual_scores(session: Session, space: Space) -> None:
    """Draw the scores of random pairs and of nearest neighbours, and what a threshold would find."""
    threshold = choose_threshold()
    found = result_or_progress(
        session,
        ("distributions",),
        "Usual scores",
        lambda report: distributions(space.index, on_progress=report),
    )
    if found is None:
        return
    st.plotly_chart(
        figures.score_distributions(found.random, found.nearest.ravel(), threshold),
        key="distributions",
        config={"displayModeBar": False},
        alt="Histogram of the similarity of random pairs and of nearest neighbours",
    )
    rows = f"{len(found.rows):,} {'randomly drawn ' if len(found.rows) < len(space) else ''}rows"
    st.caption(f"{len(found.random):,} random pairs, and the nearest neighbour of {rows}.")
    if np.isnan(found.chance):
        return
    # Above the point where the two histograms separate, rows are about the same thing. Near-duplicates score
    # far higher: a threshold at that point would take every row's nearest neighbour for a duplicate.
    close = found.close_rows(threshold)
    st.caption(
        f"99 % of random pairs score below {found.chance:.2f}. A pair that scores higher is related, but "
        "need not be a near-duplicate: near-duplicates often form a second peak at the right end. Set the "
        "threshold in the gap before it."
    )
    st.caption(
        f"At {threshold:.2f} or above, {close:,} of the {rows} "
        f"({close / len(found.rows):.1%}) have a near-duplicate."
    )
