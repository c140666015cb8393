"""The map in two dimensions, drawn by our own component, with rows beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.region_names import RegionNames
from explorer.session.session import Session
from explorer.share.map.map_names import group_names, region_names_on
from explorer.share.map.offline import offline_page
from explorer.share.map.point_colours import point_colours
from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene, make_scene
from explorer.ui.map.actions import act
from explorer.ui.map.choice import MapLook
from explorer.ui.map.compare_with_rest import compare_with_rest
from explorer.ui.map.listed import RowLister
from explorer.ui.map.morph import OtherMap, map_name, other_map_or_progress
from explorer.ui.map.region_names import region_names_or_progress
from explorer.ui.map.shown_map import ShownMap
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.map_view.component import map_view
from explorer.ui.widgets.map_view.events import View
from explorer.ui.widgets.map_view.listed import ListedRows
from explorer.ui.widgets.rows_on_map import pick, points_of, selected_points
from explorer.ui.widgets.selected_rows import words_apart

ORIGIN = "the map"  # of a selection, as pages say it


def draw_flat(session: Session, shown: ShownMap, look: MapLook, doing: str) -> Callable[[], bytes]:
    """Draw a map in two dimensions, with rows beside it; return what makes a file of it.

    Args:
        session: The session with the selection.
        shown: The map.
        look: How it looks.
        doing: What is asked for the selected rows; see `asked`.
    """
    corpus, selection = session.corpus, session.selection
    rows = shown.rows.rows
    query = None if shown.found is None else shown.found.vector
    other = other_map_or_progress(session, shown.rows, shown.spec, shown.projection, look.morph, query)
    regions = None
    if shown.ready:
        regions = region_names_or_progress(session, shown.rows, shown.spec, shown.projection)
    scene = _scene(session, shown, other, regions, look.morph)
    lister = RowLister(corpus, shown.rows, scene, shown.colouring, shown.visible)
    listed: Callable[[View | None], ListedRows]
    if selection is None and shown.found is not None:
        listed = functools.partial(_fixed, lister.of_found(look.query, shown.found))
    elif selection is None:
        listed = lister.of_view
    elif len(selection) == 1:
        listed = functools.partial(_fixed, lister.of_row(int(selection.rows[0]), shown.near))
    else:
        words = words_apart(session, corpus, selection)
        listed = functools.partial(_fixed, lister.of_selection(selection, words[0] if words else ()))
        if doing == "compare":
            compare_with_rest(session, selection, words)
    map_view(
        scene,
        key="map",
        name=f"{corpus.name}-map",
        selected=selected_points(session, rows, shown.visible),
        visible=shown.visible,
        lines=points_of(rows, [hit.row for hit in shown.near]),
        tip=lister.tip,
        on_pick=functools.partial(pick, session, rows, ORIGIN),
        listed=listed,
        follow=selection is None and shown.found is None,
        on_act=functools.partial(act, session),
    )
    return lambda: offline_page(scene, f"{corpus.name}-map", lister.tip, shown.visible)


def _fixed(rows: ListedRows, _view: View | None) -> ListedRows:
    return rows


def _scene(
    session: Session, shown: ShownMap, other: OtherMap | None, regions: RegionNames | None, morph: str
) -> Scene:
    """What the map shows, made again only when something of it has changed."""
    projection, colouring, found = shown.projection, shown.colouring, shown.found
    maps: list[NDArray[np.floating]] = [projection.coordinates]
    if other is not None:
        maps.append(other.coordinates)
    positions = kept(session, "positions", tuple(maps), lambda: Positions.of(*maps))
    heading = f"{session.corpus.name} · {len(positions):,} rows"
    places = None
    if found is not None:
        places = np.stack([found.place, *([] if other is None or other.query is None else [other.query])])

    def make() -> Scene:
        colours = point_colours(colouring)
        names = group_names(positions, colours)
        if regions is not None:
            names += region_names_on(positions, regions, level=1 if names else 0)
        return make_scene(
            positions,
            colouring.title,
            colours,
            heading=heading,
            morph=[] if other is None else [map_name(projection, seeded=morph == "seed"), other.name],
            names=names,
            found=None if found is None else found.points,
            query=places,
        )

    made_from = (positions, colouring, regions, heading, found, other)
    return kept(session, "scene", made_from, make)
