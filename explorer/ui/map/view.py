"""The map page: a space in two or three dimensions, the rows selected on it, and how far to trust it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.placing import place
from explorer.analysis.projection import Projection, pca, project
from explorer.analysis.space import Hit, Space
from explorer.analysis.specs import MapSpec
from explorer.data.corpus import Corpus
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.ui.map.choice import MapLook, choose_map, map_lane
from explorer.ui.map.colour import colouring_of
from explorer.ui.map.figure import map_figure
from explorer.ui.map.selection import chosen_points, click, pick, points_of
from explorer.ui.map.trust import show_trust
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.shell.queries import query_vectors_or_progress
from explorer.ui.shell.text import shortened
from explorer.ui.widgets.colouring import Colouring
from explorer.ui.widgets.downloads import download_file, download_table
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.map_points import map_tools, trace_rows
from explorer.ui.widgets.map_view.component import map_view
from explorer.ui.widgets.map_view.scene import Places, make_scene
from explorer.ui.widgets.selected_rows import show_selected_rows
from explorer.ui.widgets.shown_rows import ShownRows, choose_shown_rows

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MARKED = 30
_SOLID = "map-3d"
_PLACES = "explorer-map-places"
_NEIGHBOURS_SHOWN = 8
_HTML_HELP = "One file that works offline."
_TIP_CHARS = 300
_TIP_HEAD_CHARS = 80


def show_map(session: Session, space: Space) -> None:
    """Draw the map, and below it the selected rows."""
    shown_rows = choose_shown_rows(session, space)
    spec, look = choose_map(space.corpus)
    projection, ready = _projection(session, shown_rows, spec)
    if projection is None:
        return
    found = query_vectors_or_progress(session, [space], (look.query,)) if look.query else None
    query = None if found is None else found[0]
    colouring = colouring_of(session, shown_rows, look, spec, projection, query)
    marked = None if query is None else _marked_or_progress(session, shown_rows, spec, projection, query)
    figure = functools.partial(_figure, shown_rows, look, projection, colouring, marked)
    near = _near_selected(session, space)
    if projection.dims == 2:
        _draw_flat(session, shown_rows, look, projection, colouring, marked, near)
    else:
        _draw_solid(session, figure())
    if not ready:
        st.caption("A PCA map, shown until UMAP is ready.")
    elif projection.fallback == "few":
        st.caption("A PCA map: there are too few rows for UMAP.")
    elif projection.fallback == "equal":
        st.caption("All rows have the same vector, so all points coincide.")
    if projection.recall is not None and projection.recall < 1:
        st.caption(f"Approximate neighbours, {projection.recall:.1%} recall (sampled).")
    if projection.supervised:
        st.caption("Supervised: the labels separate the groups, so the gaps between them say little.")
    if projection.densmap and look.query:
        st.caption("densMAP has no transform: the text is placed among its nearest rows.")
    _picked(session, space.corpus, near)
    _downloads(session, shown_rows, projection, figure)
    if ready:
        show_trust(session, shown_rows, spec, projection)


def _projection(session: Session, shown_rows: ShownRows, spec: MapSpec) -> tuple[Projection | None, bool]:
    """The requested map, a PCA map until it is ready, or None; and whether it is the requested one."""
    if spec.method != "pca":
        found = result_or_progress(
            session,
            ("map", shown_rows.key, spec),
            f"UMAP of {len(shown_rows):,} rows",
            lambda report: project(
                shown_rows.space.index, spec, labels=shown_rows.space.corpus.labels, on_progress=report
            ),
            lane=map_lane(spec, len(shown_rows)),
        )
        if found is not None:
            return found, True
    quick = result_or_progress(
        session,
        ("pca", shown_rows.key, spec.dims, spec.pca_metric),
        "PCA",
        lambda _report: pca(shown_rows.space.index, spec.dims, metric=spec.pca_metric),
    )
    return quick, spec.method == "pca"


def _draw_flat(
    session: Session,
    shown_rows: ShownRows,
    look: MapLook,
    projection: Projection,
    colouring: Colouring,
    marked: NDArray[np.float32] | None,
    near: list[Hit],
) -> None:
    """Draw a map in two dimensions."""
    corpus, places = shown_rows.space.corpus, _places(projection)

    def tip(point: int) -> tuple[str, str]:
        shown = shortened(colouring.value(point), _TIP_HEAD_CHARS)
        head = f"row {int(shown_rows.rows[point]) + 1:,}" + (f" · {shown}" if shown else "")
        return head, shortened(corpus.captions[point], _TIP_CHARS)

    map_view(
        make_scene(
            places,
            colouring,
            names=look.names,
            contours=look.contours,
            found=None if marked is None else places.placed(marked),
        ),
        key="map",
        name=f"{corpus.name}-map",
        chosen=chosen_points(session, shown_rows),
        lines=points_of(shown_rows, [hit.row for hit in near]),
        tip=tip,
        on_pick=functools.partial(pick, session, shown_rows),
    )


def _places(projection: Projection) -> Places:
    """The points of a map, made once for as long as it is shown."""
    kept = st.session_state.get(_PLACES)
    if kept is None or kept[0] is not projection:
        kept = st.session_state[_PLACES] = (projection, Places.of(projection.coordinates))
    places: Places = kept[1]
    return places


def _draw_solid(session: Session, figure: go.Figure) -> None:
    """Draw a map in three dimensions, where a click selects a row."""
    st.plotly_chart(
        figure,
        key=_SOLID,
        on_select=functools.partial(click, session, _SOLID, trace_rows(figure)),
        selection_mode="points",
        config=map_tools("map"),
        alt="Map of the rows",
    )


def _figure(
    shown_rows: ShownRows,
    look: MapLook,
    projection: Projection,
    colouring: Colouring,
    marked: NDArray[np.float32] | None,
) -> go.Figure:
    return map_figure(
        projection.coordinates,
        shown_rows.rows,
        colouring,
        shown_rows.space.corpus.captions,
        names=look.names,
        contours=look.contours,
        marked=marked,
    )


def _marked_or_progress(
    session: Session, shown_rows: ShownRows, spec: MapSpec, projection: Projection, query: NDArray[np.float32]
) -> NDArray[np.float32] | None:
    """The coordinates of the query on the map, and of the rows closest to it.

    None while umap-learn places it, which is work for its process; any other placing takes no time.
    """
    space = shown_rows.space
    if projection.has_transform:
        placed = result_or_progress(
            session,
            ("placed", shown_rows.key, spec, query.tobytes()),
            "Placing the text on the map",
            lambda report: place(space.index, projection, query, on_progress=report),
        )
    else:
        placed = place(space.index, projection, query)
    if placed is None:
        return None
    hits = space.index.search(query, min(_MARKED, len(space)), space.similarity_metric)
    return np.concatenate([placed, projection.coordinates[hits.indices[0]]])


def _near_selected(session: Session, space: Space) -> list[Hit]:
    """The rows nearest to a single selected one in the full space, best first; none for other selections."""
    selection = session.selection
    if selection is None or len(selection) != 1:
        return []
    return space.similar_to(int(selection.rows[0]), _NEIGHBOURS_SHOWN)


def _picked(session: Session, corpus: Corpus, near: list[Hit]) -> None:
    selection = session.selection
    if selection is None:
        st.caption(
            "Draw around points to select them; click one to see what is near it in the full space. "
            "The wheel zooms, a double-click shows the whole map."
        )
        return
    if len(selection) == 1:
        row = int(selection.rows[0])
        with st.container(border=True):
            st.html(f"<b>row {row + 1:,}</b>{item_html(corpus, row)}")
            st.caption("Nearest in the full space")
            for hit in near:
                st.html(f"<b>{hit.score:.3f}</b> row {hit.row + 1:,}{item_html(corpus, hit.row)}")
        return
    show_selected_rows(session, corpus, selection, key="map-selection")


def _downloads(
    session: Session, shown_rows: ShownRows, projection: Projection, make_figure: Callable[[], go.Figure]
) -> None:
    names = ("x", "y", "z")[: projection.dims]
    columns = {name: projection.coordinates[:, place] for place, name in enumerate(names)}
    corpus = session.corpus
    with st.container(horizontal=True):
        download_table(
            "Coordinates", lambda: rows_table(corpus, shown_rows.rows, columns), f"{corpus.name}-map"
        )
        download_file(
            "Interactive map (HTML)",
            lambda: make_figure().to_html(include_plotlyjs=True).encode(),
            f"{corpus.name}-map.html",
            about=_HTML_HELP,
        )
