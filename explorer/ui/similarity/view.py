"""Similarity in figures: a heatmap of groups, and the scores that are usual."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.duplicates import ClosePairs
from explorer.analysis.heatmaps import (
    Distributions,
    GroupPairs,
    GroupSimilarity,
    distributions,
    group_similarity,
)
from explorer.analysis.space import Space
from explorer.numbers import percent, threshold_text
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.similarity.pairs import show_pair
from explorer.ui.similarity.threshold import choose_threshold, show_advice, threshold_within_bound
from explorer.ui.widgets import figures
from explorer.ui.widgets.close_pairs import close_pairs_or_progress, shares_of
from explorer.ui.widgets.clustering import clusters_or_progress
from explorer.ui.widgets.figure_table import figure_table
from explorer.ui.widgets.figure_words import heatmap_words, score_words
from explorer.ui.widgets.shown_rows import ShownRows, shown_rows_of

_NAMED_GROUPS = 50  # up to which the axes show names
_MANY_GROUPS = 20  # from which their names need more room than a phone has
_SHOWN_CONFUSED = 20
_EDGE = 3  # pairs on each side of a threshold


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
    (means, confused), names = found
    labels = [f"{name} ({size:,})" for name, size in zip(names, means.sizes, strict=True)]
    named = len(labels) <= _NAMED_GROUPS
    many = named and len(labels) > _MANY_GROUPS
    # It scrolls sideways (see style.css), by keys from the table below the figure.
    with st.container(key="wide-figure" if many else None):
        st.plotly_chart(
            figures.heatmap(means.scores, labels, labels, show_names=named, square=True),
            key="groups",
            width=1120 if many else _figure_width(labels if named else ()),
            config={"displayModeBar": False},
            alt=heatmap_words(f"Mean similarity between {kind}s", means.scores, names, names),
        )
        figure_table(
            "groups-table",
            f"Mean similarity between {kind}s",
            lambda: pa.table({kind: names, **{name: means.scores[:, at] for at, name in enumerate(names)}}),
        )
    if not named:
        st.caption(f"{len(labels):,} names have no room; the pointer shows them, and so does the table.")
    st.caption(
        f"The mean cosine over all pairs of rows from two {kind}s; on the diagonal, over all pairs of "
        f"different rows within one {kind}. Like {kind}s are side by side."
    )
    if not len(confused):
        return
    st.header("Most confused", anchor=False)
    st.dataframe(
        {
            kind: [names[place] for place in confused.first],
            f"other {kind}": [names[place] for place in confused.second],
            "between": confused.between,
            f"within {kind}": confused.within[:, 0],
            f"within other {kind}": confused.within[:, 1],
            "gap": confused.gap,
        },
        column_config={
            name: st.column_config.NumberColumn(format="%.3f")
            for name in ("between", f"within {kind}", f"within other {kind}", "gap")
        },
        hide_index=True,
        key="confused",
        alt=f"The {kind}s that similarity tells apart least",
    )
    st.caption(
        f"The gap is the mean cosine within the two {kind}s less that between them: near 0, their rows are "
        "as alike across as within."
    )


_Groups = tuple[GroupSimilarity, GroupPairs]


def _labels(session: Session, space: Space) -> tuple[_Groups, list[str]] | None:
    shown_rows = shown_rows_of(session, space)
    labels = shown_rows.space.corpus.labels or []
    found = result_or_progress(
        session,
        ("groups", shown_rows.key, space.corpus.label),
        "Similarity between labels",
        lambda _report: _compared(shown_rows.space, labels),
    )
    return None if found is None else (found, [str(name) or "(no label)" for name in found[0].groups])


def _clusters(session: Session, space: Space) -> tuple[_Groups, list[str]] | None:
    """Similarity between the clusters that the clusters page shows."""
    shown_rows = shown_rows_of(session, space)
    clusters = clusters_or_progress(session, shown_rows)
    if clusters is None:
        return None
    found = result_or_progress(
        session,
        ("groups of clusters", shown_rows.key, clusters.key),
        "Similarity between clusters",
        lambda _report: _compared(shown_rows.space, clusters.clustering.labels),
    )
    return None if found is None else (found, [clusters.names[int(label)] for label in found[0].groups])


def _compared(space: Space, groups: Sequence[str] | NDArray[np.int64]) -> _Groups:
    means = group_similarity(space.index, groups).ordered()
    return means, means.confused(_SHOWN_CONFUSED)


def show_usual_scores(session: Session, space: Space) -> None:
    """Draw the scores of random pairs and of nearest neighbours, and what a threshold would find."""
    threshold = choose_threshold()
    shown_rows = shown_rows_of(session, space)
    found = result_or_progress(
        session,
        ("distributions", shown_rows.key),
        "Usual scores",
        lambda report: distributions(shown_rows.space.index, on_progress=report),
    )
    if found is None:
        return
    st.plotly_chart(
        figures.score_distributions(found.random, found.nearest.ravel(), threshold),
        key="distributions",
        config={"displayModeBar": False},
        alt=score_words(found, threshold),
    )
    figure_table("distributions-table", "Usual scores by share of pairs", lambda: _quantiles(found))
    rows = f"{len(found.rows):,} {'randomly drawn ' if len(found.rows) < len(shown_rows) else ''}rows"
    st.caption(f"{len(found.random):,} random pairs, and the nearest neighbour of {rows}.")
    if np.isnan(found.chance):
        return
    close_rows = found.close_rows(threshold)
    st.caption(
        f"99 % of random pairs score below {found.chance:.2f}. A pair that scores higher is related, but "
        f"need not be a near-duplicate. At {threshold:.2f} or above, {close_rows:,} of the {rows} "
        f"({percent(close_rows / len(found.rows))}) have a near-duplicate."
    )
    close = close_pairs_or_progress(session, shown_rows, threshold)
    if close is None:
        return
    st.header("Which threshold?", anchor=False)
    threshold = threshold_within_bound(close, threshold)
    show_advice(session, shown_rows, close, threshold)
    shares = shares_of(session, close)
    if np.isfinite(shares.shares).any():
        st.plotly_chart(
            figures.false_shares(shares.thresholds, shares.shares, shares.found, threshold),
            key="false-shares",
            config={"displayModeBar": False},
            alt="The estimated share of false pairs by threshold",
        )
    _show_edge(shown_rows, close, threshold)


def _figure_width(names: Sequence[str]) -> int:
    """The pixels that names and squares take across; the scale of a wider figure would be wider too."""
    return min(900, 510 + 6 * max(map(len, names), default=0))


def _show_edge(rows: ShownRows, close: ClosePairs, threshold: float) -> None:
    """Draw the pairs just above and just below a threshold."""
    above, shown = close.above(threshold), threshold_text(threshold)
    sides = (
        (f"Just above {shown}", range(above - 1, max(-1, above - 1 - _EDGE), -1)),
        (f"Just below {shown}", range(above, min(len(close.pairs), above + _EDGE))),
    )
    for column, (heading, places) in zip(st.columns(2), sides, strict=True):
        with column:
            st.subheader(heading, anchor=False)
            for place in places:
                left, right = int(close.pairs.left[place]), int(close.pairs.right[place])
                show_pair(rows, left, right, float(close.pairs.scores[place]))
            if not places:
                st.caption("No pairs are known.")


def _quantiles(found: Distributions) -> pa.Table:
    """The scores below which shares of the pairs are."""
    shares = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    none = np.full(len(shares), np.nan)
    random, nearest = (
        np.quantile(scores, shares) if scores.size else none for scores in (found.random, found.nearest)
    )
    return pa.table(
        {"share below": list(map(percent, shares)), "random pairs": random, "nearest neighbours": nearest}
    )
