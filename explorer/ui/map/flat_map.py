"""The map in two dimensions, drawn by our own component, with rows beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.region_names import RegionNames
from explorer.data.images.image_rows import has_images
from explorer.data.tables.values import count
from explorer.session.session import Session
from explorer.share.map.contents import MapContents
from explorer.share.map.page import MapPage
from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene
from explorer.ui.map.actions import act
from explorer.ui.map.choice import MapLook
from explorer.ui.map.compare_with_rest import compare_with_rest
from explorer.ui.map.listed import RowLister
from explorer.ui.map.morph import OtherMap, map_name, other_map_or_progress
from explorer.ui.map.region_names import region_names_or_progress
from explorer.ui.map.shown_map import ShownMap
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.map_view.component import Images, map_view
from explorer.ui.widgets.map_view.events import View
from explorer.ui.widgets.map_view.listed import ListedRows
from explorer.ui.widgets.rows_on_map import pick, points_of, selected_points
from explorer.ui.widgets.selected_rows import words_apart

ORIGIN = "the map"  # of a selection, as pages say it


def draw_flat(session: Session, shown: ShownMap, look: MapLook, doing: str) -> MapPage:
    """Draw a map in two dimensions, with rows beside it; return what can become a file.

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
    contents = _contents(shown, other, regions, look.morph)
    scene = _scene(session, contents, shown, other)
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
        images=Images(lister.image, lister.images) if has_images(corpus) else None,
        lines=points_of(rows, [hit.row for hit in shown.near]),
        tip=lister.tip,
        on_pick=functools.partial(pick, session, rows, ORIGIN),
        listed=listed,
        follow=selection is None and shown.found is None,
        on_act=functools.partial(act, session),
    )
    return MapPage(contents, corpus, rows)


def _fixed(rows: ListedRows, _view: View | None) -> ListedRows:
    return rows


def _contents(
    shown: ShownMap, other: OtherMap | None, regions: RegionNames | None, morph: str
) -> MapContents:
    projection, found = shown.projection, shown.found
    maps: tuple[NDArray[np.floating], ...] = (projection.coordinates,)
    others: list[NDArray[np.float64]] = []
    names: tuple[str, ...] = ()
    if other is not None:
        maps = (*maps, other.coordinates)
        others = [] if other.query is None else [other.query]
        names = (map_name(projection, seeded=morph == "seed"), other.name)
    if found is None:
        return MapContents(maps, shown.colouring, regions, names)
    return MapContents(maps, shown.colouring, regions, names, found.points, np.stack([found.place, *others]))


def _scene(session: Session, contents: MapContents, shown: ShownMap, other: OtherMap | None) -> Scene:
    """What the map shows, made again only when something of it has changed."""
    maps = contents.maps
    positions = kept(session, "positions", maps, lambda: Positions.of(*maps))
    heading = f"{session.corpus.name} · {count(len(positions), 'row')}"
    made_from = (positions, shown.colouring, contents.regions, heading, shown.found, other)
    return kept(session, "scene", made_from, lambda: contents.scene(positions, heading))
