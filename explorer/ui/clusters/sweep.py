"""How many clusters: k-means over several k, and the k that suits best, if any does."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from explorer.analysis.cluster_stability import STABLE
from explorer.analysis.clusters import Sweep, SweepPoint, sweep
from explorer.analysis.space import Space
from explorer.session.session import Session
from explorer.ui.clusters.link import forget_linked_edits
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets import figures
from explorer.ui.widgets.figure_table import figure_table
from explorer.ui.widgets.figure_words import sweep_words
from explorer.ui.widgets.shown_rows import choose_shown_rows

_SWEEP_K = (2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)
_FURTHER_K = (60, 80, 100, 150, 200)  # while the silhouette rises
MOST_K = _FURTHER_K[-1]
"""The most clusters that can be asked for."""
_NO_STRUCTURE = 0.25  # of a silhouette: Kaufman and Rousseeuw, Finding groups in data, 1990


def show_sweep(session: Session, space: Space) -> None:
    """Draw k-means over several k, and offer the k that suits best, if any does."""
    shown_rows = choose_shown_rows(session, space)
    space = shown_rows.space
    rows = len(space) - space.corpus.repeated
    ks, further = (tuple(k for k in some if k < rows) for some in (_SWEEP_K, _FURTHER_K))
    if not ks:
        st.info("There are too few distinct rows to compare.", icon=":material/workspaces:")
        return
    found = result_or_progress(
        session,
        ("sweep", shown_rows.key, ks),
        "Comparing numbers of clusters",
        lambda report: sweep(space.index, ks, further=further, on_progress=report),
        lane=analysis_lane(len(space)),
    )
    if found is None:
        return
    st.plotly_chart(
        figures.sweep(found),
        key="sweep",
        config={"displayModeBar": False},
        alt=sweep_words(found),
    )
    figure_table("sweep-table", "Silhouette and inertia by number of clusters", lambda: _sweep_table(found))
    st.caption(
        "Silhouette: how much closer rows are to their own cluster than to the next, from −1 to 1. "
        "Stability: the adjusted Rand index between the clusters and those of resampled rows, 1 for the same "
        f"and 0 for chance. Both computed on {len(found.sample):,} rows. Inertia: the sum of squared "
        "distances to the centroids."
    )
    _suggest(found)


def _suggest(found: Sweep) -> None:
    """Draw the suggested k, or why there is none."""
    points = {point.k: point for point in found.points}
    if found.best_k is None:
        return
    best = points[found.best_k]
    figure = f"silhouette {best.silhouette:.3f}, stability {best.stability:.2f}"
    if found.suggested_k is not None:
        highest = f"The silhouette is highest at **k = {best.k:,}** ({figure})."
        if _is_weak(best):
            st.markdown(f"{highest} Both are low: no number of clusters stands out.")
            return
        st.markdown(highest)
        st.button(f"Use k = {best.k}, the highest silhouette", type="primary", on_click=_use, args=(best.k,))
    elif best.k == found.points[-1].k:
        st.info(
            "Weak structure, still rising: the silhouette is highest at the end of the range, "
            f"k = {best.k:,} ({figure}). More clusters would fit better still, so no number is recommended.",
            icon=":material/trending_up:",
        )
    else:
        st.info(
            f"The silhouette is highest at the start of the range, k = {best.k:,} ({figure}), and falls from "
            "there: the rows may part in two, or not at all. The Clusters view says whether there are gaps.",
            icon=":material/trending_down:",
        )


def _sweep_table(found: Sweep) -> pa.Table:
    points = found.points
    return pa.table(
        {
            "k": [point.k for point in points],
            "silhouette": pa.array([point.silhouette for point in points], pa.float64()),
            "stability": [point.stability for point in points],
            "inertia": [point.inertia for point in points],
        }
    )


def _is_weak(point: SweepPoint) -> bool:
    return (point.silhouette or 0) <= _NO_STRUCTURE and point.stability < STABLE


def _use(k: int) -> None:
    forget_linked_edits()
    st.session_state["method"] = "k-means"
    st.session_state["clusters"] = k
    st.session_state["clusters-view"] = "Clusters"
