"""Whether the clusters are real, in a few sentences: gaps between groups, and how stable the clusters are."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explorer.analysis.cluster_stability import DISSOLVED, STABLE, ClusterStability, Runs, cluster_stability
from explorer.analysis.cluster_structure import ClusterStructure
from explorer.data.tables.values import count
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.widgets.cluster_gaps import HEADS, structure_or_progress, structure_words
from explorer.ui.widgets.clustering import Clusters
from explorer.ui.widgets.shown_rows import ShownRows


def stability_or_progress(
    session: Session, shown_rows: ShownRows, clusters: Clusters
) -> ClusterStability | None:
    """How stable the clusters as found are; None while it is being measured, and for HDBSCAN."""
    clustering = clusters.found.clustering
    if clustering.method != "k-means":
        return None
    index = shown_rows.space.index
    return session_result_or_progress(
        session,
        (("cluster stability", shown_rows.key, clusters.spec), session.spaces[session.encoder].fingerprint),
        "Clustering again, to see how stable the clusters are",
        lambda report: cluster_stability(index, clustering, on_progress=report),
        lane=analysis_lane(len(shown_rows)),
        here=True,
    )


def show_verdict(session: Session, shown_rows: ShownRows, clusters: Clusters) -> ClusterStability | None:
    """Draw whether the rows form clusters, and how stable these are as they were found.

    Returns:
        The latter; None if it is not known.
    """
    # The progress has a border of its own, and about the same height: what is below stays where it is.
    structure = structure_or_progress(session, shown_rows, clusters.spec.metric)
    if structure is None:
        return None
    stability = stability_or_progress(session, shown_rows, clusters)
    if stability is None and clusters.clustering.method == "k-means":
        return None
    head, icon = HEADS[structure.structure]
    with st.container(border=True, key="cluster-verdict"):
        st.markdown(f"{icon} **{head}** {structure_words(structure, clusters.clustering.k)}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if stability is not None:
                st.markdown(_stability_words(stability), width="content")
            with st.popover(
                "How this was found", type="tertiary", width="content", key="how-found", on_change="rerun"
            ) as popover:
                if popover.open:
                    _explain(structure, stability)
        if stability is not None and not all(origin.is_found for origin in clusters.origins):
            st.caption(
                f"Stability is that of the {count(len(stability.clusters), 'cluster')} that k-means found: "
                "clusters merged or split by hand have none. Gaps are about the rows, not the clusters."
            )
    return stability


def _stability_words(found: ClusterStability) -> str:
    known = found.clusters[~np.isnan(found.clusters)]
    stable, lost = int((known >= STABLE).sum()), int((known < DISSOLVED).sum())
    k = len(found.clusters)
    verb = "comes" if stable == 1 else "come"
    back = f"{stable:,} of {count(k, 'cluster')} {verb} back"
    if stable + lost < k:
        back += f", {k - stable - lost:,} in part"
    back += f", {lost:,} not"
    rand = f"{_runs(found.seeds)} over seeds, {_runs(found.resamples)} over resamples"
    return f"When rows are drawn anew, {back}. Adjusted Rand between runs: {rand}."


def _runs(runs: Runs) -> str:
    return f"{runs.mean:z.2f} ({runs.low:z.2f} to {runs.high:z.2f})".replace("-", "−")


def _explain(structure: ClusterStructure, stability: ClusterStability | None) -> None:
    st.markdown(
        "**Gaps.** k-means cuts any rows into clusters, also one cloud. So groups and the directions between "
        "them are taken from one random half of the rows, and the other half shows whether there are fewer "
        "rows between two groups than in both. Where there are no gaps, structure is found in at most 5 % of "
        "cases. Groups of few rows, and groups that overlap, can be missed. "
        "*Clear*: in at least 9 of 10 halves; *weak*: in at least 5. "
        f"{structure.rows:,} distinct rows were used."
    )
    if stability is None:
        st.markdown("Stability is measured for k-means only.")
        return
    st.markdown(
        f"**Stability.** k-means ran again from {stability.seeds.runs} other starts, and on "
        f"{stability.resamples.runs} samples of {stability.rows:,} rows, drawn with repeats. The adjusted "
        "Rand index is 1 for the same clusters and 0 for chance; the mean is shown, with the 10th and 90th "
        "percentiles. A cluster comes back if its Jaccard index with the most similar new one, the share of "
        f"rows they have in common, is {STABLE} or more on average; below {DISSOLVED} it does not (Hennig, "
        "2007). A long cloud without gaps can be cut in the same way every time: stable clusters need not be "
        "real."
    )
