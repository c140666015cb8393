"""How far to trust a map, measured beside PCA's."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from explorer.analysis.projection import Projection, pca, project
from explorer.analysis.space import Space
from explorer.analysis.specs import MapSpec
from explorer.analysis.trust import Stability, Trust, stability, trust
from explorer.jobs.progress import OnProgress, Progress
from explorer.session.session import Session
from explorer.ui.map.choice import map_lane
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.shown_rows import ShownRows

_TRUST_HELP = "Whether neighbours on the map are also close in the full space. 1 is perfect."
_CONTINUITY_HELP = "Whether neighbours in the full space are also close on the map. 1 is perfect."
_STABILITY_HELP = (
    "How much of each point's neighbourhood on the map stays the same across seeds. 1 means all of it."
)
_SEEDS = 3
_ASKED = "explorer-map-stability"  # session key: the maps whose stability was asked for


def trust_or_progress(
    session: Session, shown_rows: ShownRows, spec: MapSpec, projection: Projection
) -> tuple[Trust, Trust | None] | None:
    """Trust in a map, and in PCA's for comparison (None if it is PCA's); None while it is being measured."""
    index = shown_rows.space.index

    def work(report: OnProgress) -> tuple[Trust, Trust | None]:
        found = trust(index, projection, on_progress=report)
        if projection.method == "pca":
            return found, None
        other = pca(index, spec.dims, metric=spec.pca_metric)
        return found, trust(index, other, metric=projection.metric, on_progress=report)

    return result_or_progress(
        session,
        ("trust", shown_rows.key, spec),
        "Checking how far to trust the map",
        work,
        lane=analysis_lane(len(shown_rows)),
    )


def show_trust(
    session: Session, shown_rows: ShownRows, spec: MapSpec, projection: Projection
) -> Trust | None:
    """Draw trustworthiness and continuity of a map and of PCA's, and its stability on request.

    Returns:
        How far the map can be trusted; None with too few rows, or while it is being measured.
    """
    if len(shown_rows) < 3:
        return None
    found = trust_or_progress(session, shown_rows, spec, projection)
    if found is None:
        return None
    st.header("How far to trust it", anchor=False)
    held = _stability_or_progress(session, shown_rows, spec, projection)
    this, other = found
    with st.grid(3, min_column_width=150):
        for name, measure, about in (
            ("Trustworthiness", "trustworthiness", _TRUST_HELP),
            ("Continuity", "continuity", _CONTINUITY_HELP),
        ):
            beside = None if other is None else f"PCA: {getattr(other, measure):.3f}"
            value = f"{getattr(this, measure):.3f}"
            st.metric(name, value, beside, delta_color="off", delta_arrow="off", help=about)
        if held is not None:
            st.metric(f"Stability over {held.maps} seeds", f"{held.overlap:.3f}", help=_STABILITY_HELP)
    sampled = (
        f"a sample of {len(this.rows):,} of {this.total:,} rows"
        if len(this.rows) < this.total
        else "all rows"
    )
    st.caption(f"Over {this.k} neighbours, exact for {sampled}.")
    return this


def _stability_or_progress(
    session: Session, shown_rows: ShownRows, spec: MapSpec, projection: Projection
) -> Stability | None:
    """How alike maps of other seeds are; made only on request, as each takes as long as the first."""
    if projection.method == "pca":
        return None
    asked = st.session_state.setdefault(_ASKED, set())
    this = (shown_rows.space.fingerprint, spec)
    if this not in asked:
        st.button(
            "Compare with maps of other seeds",
            icon=":material/casino:",
            on_click=asked.add,
            args=(this,),
            help=f"Makes {_SEEDS - 1} more maps, each taking as long as this one did.",
        )
        return None
    return result_or_progress(
        session,
        ("stability", shown_rows.key, spec),
        "Comparing maps of other seeds",
        lambda report: _stability(shown_rows.space, spec, projection, report),
        lane=map_lane(spec, len(shown_rows)),
    )


def _stability(space: Space, spec: MapSpec, projection: Projection, report: OnProgress) -> Stability:
    maps = [projection]
    for number in range(1, _SEEDS):

        def numbered(progress: Progress, number: int = number) -> None:
            report(
                replace(
                    progress,
                    phase=f"Map {number} of {_SEEDS - 1}: {progress.phase.lower()}",
                    fraction=(number - 1 + progress.fraction) / (_SEEDS - 1),
                )
            )

        other = replace(spec, seed=spec.seed + number)
        maps.append(project(space.index, other, labels=space.corpus.labels, on_progress=numbered))
    return stability(maps)
