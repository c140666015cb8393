"""A small picture of the map, which leads to the large one."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.projection import Projection, pca, project
from explorer.analysis.specs import MapSpec
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.clustering import Clusters
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.map_view.picture import picture
from explorer.ui.widgets.shown_rows import ShownRows

_UMAP_ROWS = 20_000  # up to this many, UMAP takes seconds; of more, it waits until somebody opens the map
_WIDTH, _HEIGHT = 880, 560  # pixels of the picture
_SHOWN = 560  # pixels: wider, it would only be blurred


def show_small_map(session: Session, rows: ShownRows, clusters: Clusters | None) -> None:
    """Draw the rows as points in the colours of their clusters.

    Args:
        session: The visitor's session.
        rows: All rows.
        clusters: Their clusters; None while they are made.
    """
    st.header("Map", anchor=False)
    projection = _projection_or_progress(session, rows)
    if projection is not None:
        hues = _hues(clusters, len(rows))
        drawn = kept(
            session,
            "small map",
            (projection, clusters and clusters.clustering),
            lambda: picture(projection.coordinates, hues, width=_WIDTH, height=_HEIGHT),
        )
        st.image(drawn, width=_SHOWN, alt=f"{len(rows):,} rows as points, in the colours of the themes")
    st.page_link(
        "pages/map.py",
        label="Open the map",
        icon=":material/scatter_plot:",
        query_params={"colour": "cluster"},
    )


def _projection_or_progress(session: Session, rows: ShownRows) -> Projection | None:
    """UMAP as the Map page makes it, or PCA until it is ready and for many rows."""
    spec, index = MapSpec(), rows.space.index
    key = ("map", rows.key, spec)
    many = len(rows) > _UMAP_ROWS
    if not many or (key, session.spaces[session.encoder].fingerprint) in session.results:
        found = result_or_progress(
            session,
            key,
            f"UMAP of {len(rows):,} rows",
            lambda report: project(index, spec, labels=rows.space.corpus.labels, on_progress=report),
            lane=analysis_lane(len(rows)),
            here=True,
        )
        if found is not None:
            return found
    return result_or_progress(
        session,
        ("pca", rows.key, spec.dims, spec.pca_metric),
        "PCA",
        lambda _report: pca(index, spec.dims, metric=spec.pca_metric),
        here=True,
    )


def _hues(clusters: Clusters | None, rows: int) -> NDArray[np.int64]:
    """The place of each row's colour: clusters are numbered by size, as the map's colours are."""
    return np.zeros(rows, dtype=np.int64) if clusters is None else clusters.clustering.labels
