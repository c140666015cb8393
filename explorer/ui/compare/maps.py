"""Maps of contenders, side by side or turning into each other: where each of them places the same rows."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st

from explorer.analysis.projection import Projection, project
from explorer.analysis.space import Space
from explorer.analysis.specs import MapSpec
from explorer.analysis.trust import trust
from explorer.comparison.maps.alignment import AlignedMap, align
from explorer.jobs.progress import OnProgress
from explorer.share.map.colouring import Colouring, column_colouring
from explorer.share.map.map_names import group_names
from explorer.share.map.point_colours import point_colours
from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene, make_scene, row_text
from explorer.ui.compare.digest import digest
from explorer.ui.compare.joined_lists import LISTS, join_lists
from explorer.ui.compare.map_rows import mapped_rows
from explorer.ui.compare.matched_clusters import choose_k, cluster_names, matched_or_progress
from explorer.ui.compare.pair import agreement_of_pair
from explorer.ui.compare.row_lists import listed_row
from explorer.ui.compare.spaces_shown import choose_spaces
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.items import item_html, thumbnail_address
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.map_view.component import Images, map_view
from explorer.ui.widgets.rows_on_map import pick, selected_points
from explorer.ui.widgets.selected_rows import show_selected_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explorer.comparison.comparison import Comparison
    from explorer.session.session import Session

_FEWEST = 3  # rows whose map can be wrong
_NEAREST = 5
_MAPS = "compare-maps"
_LAYOUT, _COLOUR, _METHOD = "compare-map-layout", "compare-colour", "compare-map-method"
_ORIGIN = "compared maps"
_COLUMN = "column:"  # prefix in links for a metadata column
_METHODS = {"umap": "UMAP", "pca": "PCA"}
_LAYOUTS = {"panels": "Side by side", "morph": "Morph"}
_SPECS = {"umap": MapSpec(), "pca": MapSpec("pca")}


@dataclass(frozen=True, eq=False)
class _Map:
    """The map of a contender, and its trustworthiness; None with too few rows."""

    projection: Projection
    trustworthiness: float | None


def show_maps(session: Session, comparison: Comparison) -> None:
    """Draw a map for each chosen contender, and below them the rows selected on any of them."""
    places = choose_spaces(comparison, "A map")
    if not places:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = linked_choice("Method", _METHODS, key=_METHOD, width=150)
        layout = linked_choice("Layout", _LAYOUTS, key=_LAYOUT, width=150) if len(places) > 1 else "panels"
        colour = _choose_colour(comparison, places)
        k = choose_k(comparison.corpus) if colour == "cluster" else 0
    mapped = mapped_rows(comparison)
    maps = [_map_or_progress(session, comparison, place, _SPECS[method], mapped) for place in places]
    ready = [each for each in maps if each is not None]
    colouring = _colouring(session, comparison, places, mapped, colour, k)
    if len(ready) < len(maps) or colouring is None:
        return
    _draw(session, comparison, places, ready, mapped, colouring, morph=layout == "morph")
    _show_selection(session, comparison, places)


def _choose_colour(comparison: Comparison, places: list[int]) -> str:
    corpus = comparison.corpus
    choices = {
        **({"label": f"Label ({corpus.label})"} if corpus.label else {}),
        **({"agreement": "Agreement of the first two"} if len(places) > 1 else {}),
        "cluster": f"Cluster in {comparison.names[places[0]]}",
        **{_COLUMN + name: f"Column: {name}" for name in corpus.metadata},
        "none": "One colour",
    }
    if st.session_state.get(_COLOUR) not in choices:
        st.session_state.pop(_COLOUR, None)  # of other rows
    return linked_choice("Colour", choices, key=_COLOUR, width=260)


def _map_or_progress(
    session: Session, comparison: Comparison, place: int, spec: MapSpec, mapped: NDArray[np.int64]
) -> _Map | None:
    """The map of a contender, of all rows the same as on the map page; None while it is being made."""
    space = cast("Space", comparison.contenders[place].space)
    rows = len(mapped)

    def work(on_progress: OnProgress) -> _Map:
        index = space.index if rows == len(space) else space.index.subset(mapped)
        made = project(index, spec, on_progress=on_progress)
        if rows < _FEWEST:
            return _Map(made, None)
        return _Map(made, trust(index, made, on_progress=on_progress).trustworthiness)

    return session_result_or_progress(
        session,
        ("map of a contender", spec, space.fingerprint, digest(mapped.tobytes())),
        f"Map of {rows:,} rows: {comparison.names[place]}",
        work,
        lane=analysis_lane(rows),
        here=True,
    )


def _colouring(
    session: Session,
    comparison: Comparison,
    places: list[int],
    mapped: NDArray[np.int64],
    colour: str,
    k: int,
) -> Colouring | None:
    """What the colours of the mapped rows show; None while it is being computed."""
    found = matched_or_progress(session, comparison, places, k) if colour == "cluster" else None
    if colour == "cluster" and found is None:
        return None

    def of_all() -> Colouring:
        corpus = comparison.corpus
        if colour == "label" and corpus.labels is not None:
            return Colouring(corpus.label or "label", groups=corpus.labels)
        if colour == "agreement":
            agreement = agreement_of_pair(comparison, (places[0], places[1]))
            numbers = np.full(len(corpus), np.nan)
            numbers[agreement.rows] = agreement.values
            return Colouring("agreement", numbers=numbers)
        if found is not None:
            names = cluster_names(found, 0)
            groups = [names[label] for label in found.labels[0].tolist()]
            return Colouring("cluster", groups=groups, order=list(names.values()))
        if colour.startswith(_COLUMN):
            column = colour.removeprefix(_COLUMN)
            return column_colouring(column, corpus.table[column])
        return Colouring("")

    return kept(
        session,
        "compared-colouring",
        (comparison, colour, tuple(places), mapped.tobytes(), found),
        lambda: _of_rows(of_all(), mapped),
    )


def _of_rows(colouring: Colouring, rows: NDArray[np.int64]) -> Colouring:
    """The colours of some rows."""
    groups = None if colouring.groups is None else [colouring.groups[row] for row in rows.tolist()]
    numbers = None if colouring.numbers is None else colouring.numbers[rows]
    return Colouring(colouring.title, groups, numbers, colouring.order)


def _draw(
    session: Session,
    comparison: Comparison,
    places: list[int],
    maps: list[_Map],
    mapped: NDArray[np.int64],
    colouring: Colouring,
    *,
    morph: bool,
) -> None:
    corpus, names = comparison.corpus, [comparison.names[place] for place in places]
    first = maps[0].projection.coordinates
    aligned = kept(
        session,
        "compared-maps",
        tuple(maps),
        lambda: [align(each.projection.coordinates, first) for each in maps],
    )
    _say_what_to_see(names, [found.similarity for found in aligned], maps, morph=morph)
    map_view(
        _scene(session, names, maps, aligned, colouring, morph=morph),
        key=_MAPS,
        name=f"{corpus.name}-maps",
        selected=selected_points(session, mapped),
        tip=lambda point: row_text(corpus, int(mapped[point]), colouring.value(point)),
        on_pick=functools.partial(pick, session, mapped, _ORIGIN),
        images=None
        if corpus.images is None
        else Images(lambda point: thumbnail_address(corpus, int(mapped[point]))),
    )
    if len(mapped) < len(corpus):
        st.caption(
            f"The maps are made of {len(mapped):,} of {len(corpus):,} rows: those that were measured, and "
            "others chosen at random. A lasso selects these rows only."
        )
        if session.selection is not None:
            elsewhere = int((~np.isin(session.selection.rows, mapped)).sum())
            if elsewhere:
                st.caption(
                    f"Of the selected rows, {elsewhere:,} {'is' if elsewhere == 1 else 'are'} not among them."
                )
    if colouring.numbers is not None and np.isnan(colouring.numbers).any():
        st.caption("Rows without a value are grey.")


def _scene(
    session: Session,
    names: list[str],
    maps: list[_Map],
    aligned: list[AlignedMap],
    colouring: Colouring,
    *,
    morph: bool,
) -> Scene:
    """What the maps show, made again only when something of it has changed."""
    positions = kept(
        session,
        "compared-positions",
        (aligned,),
        lambda: Positions.of(*(found.coordinates for found in aligned)),
    )
    titles = tuple(map(_title, names, maps))
    heading = f"{session.corpus.name} · {len(positions):,} rows"

    def make() -> Scene:
        colours = point_colours(colouring)
        return make_scene(
            positions,
            colouring.title,
            colours,
            heading=heading,
            panels=("",) if morph else titles,
            morph=names if morph else (),
            names=group_names(positions, colours),
        )

    return kept(session, "compared-scene", (positions, colouring, titles, heading, morph), make)


def _title(name: str, made: _Map) -> str:
    return name if made.trustworthiness is None else f"{name} · trust {made.trustworthiness:.2f}"


def _say_what_to_see(names: list[str], similarities: list[float], maps: list[_Map], *, morph: bool) -> None:
    told = ["Rows that lie close together on one map and apart on another are seen differently."]
    shown = list(map(markdown, names))
    if len(shown) > 1:
        fits = [
            f"{name} {similarity:.2f}"
            for name, similarity in zip(shown[1:], similarities[1:], strict=True)
            if np.isfinite(similarity)
        ]
        others = "The other is" if len(shown) == 2 else "The others are"
        how = f" Procrustes similarity, 1 for the same map: {', '.join(fits)}." if fits else ""
        told.append(
            f"{others} rotated, mirrored, moved and scaled to lie over that of {shown[0]}.{how} Beyond that, "
            "places and distances cannot be compared between maps."
        )
    if maps[0].trustworthiness is not None:
        each = ", ".join(f"{name} {made.trustworthiness:.2f}" for name, made in zip(shown, maps, strict=True))
        told.append(
            "Trust is trustworthiness: how few of the neighbours on a map are far apart in the full space; 1 "
            f"is perfect{f': {each}' if morph else ''}."
        )
    if maps[0].projection.fallback == "few":
        told.append("With so few rows, the maps are made by PCA.")
    st.caption(" ".join(told))


def _show_selection(session: Session, comparison: Comparison, places: list[int]) -> None:
    selection = session.selection
    if selection is None:
        st.caption(
            "Draw around points of any map to select these rows in all of them. Point at a row to see where "
            "it lies on the others, click it to see its nearest rows in each contender. Double-click to "
            "reset the view."
        )
    elif len(selection) > 1:
        show_selected_rows(session, comparison.corpus, selection, key="compare-map-selection")
    else:
        _show_nearest(session, comparison, places, int(selection.rows[0]))


def _show_nearest(session: Session, comparison: Comparison, places: list[int], row: int) -> None:
    """Draw a row and, for each map, its nearest rows in the full space."""
    corpus, sides = comparison.corpus, [comparison.contenders[place] for place in places]

    def work(on_progress: OnProgress) -> list[list[int]]:
        asked = np.array([row])
        return [
            side.neighbors(asked, _NEAREST, on_progress=on_progress).indices[0].tolist() for side in sides
        ]

    key = ("nearest rows", row, tuple(side.fingerprint for side in sides))
    st.header(f"Row {row + 1:,} and its nearest rows", anchor=False)
    with st.container(border=True):
        st.html(item_html(corpus, row))
    found = session_result_or_progress(session, key, "Finding the nearest rows", work, here=True)
    if found is None:
        return
    with st.container(key=LISTS):
        columns = st.columns(len(sides), gap="medium")
        for at, (side, near, column) in enumerate(zip(sides, found, columns, strict=True)):
            with column:
                st.subheader(markdown(side.name), anchor=False)
                for rank, neighbor in enumerate(near, start=1):
                    lists = sum(neighbor in other for other in found)
                    mark = f"in {lists} of {len(found)}"
                    st.html(listed_row(corpus, at, neighbor, rank, mark, shared=1 < lists == len(found)))
        join_lists()
