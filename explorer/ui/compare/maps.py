"""Maps of contenders side by side: where each of them places the same rows."""

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
from explorer.comparison.maps.alignment import align
from explorer.jobs.progress import OnProgress
from explorer.ui.compare.digest import digest
from explorer.ui.compare.joined_lists import LISTS, join_lists
from explorer.ui.compare.linked_panels import is_narrow, link_panels
from explorer.ui.compare.map_panels import Panel, panels_figure
from explorer.ui.compare.map_rows import drawn_rows, mapped_rows
from explorer.ui.compare.matched_clusters import choose_k, cluster_names, matched_or_progress
from explorer.ui.compare.pair import agreement_of_pair
from explorer.ui.compare.row_lists import listed_row
from explorer.ui.compare.spaces_shown import choose_spaces
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.shell.text import as_html, markdown
from explorer.ui.widgets.colouring import Colouring, column_colouring
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.map_points import TraceRows, map_tools, picked_rows, trace_rows
from explorer.ui.widgets.point_clicks import watch_clicks
from explorer.ui.widgets.selected_rows import show_selected_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from streamlit.typing import PlotlyState

    from explorer.comparison.comparison import Comparison
    from explorer.session.session import Session

_FEWEST = 3  # rows whose map can be wrong
_NEAREST = 5
_CHART, _COLOUR, _METHOD = "compare-maps", "compare-colour", "compare-map-method"
_DRAWN = "explorer-compare-maps-drawn"  # session key: the number of the figure, and the selection it shows
_COLUMN = "column:"  # prefix in links for a metadata column
_METHODS = {"umap": "UMAP", "pca": "PCA"}
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
        colour = _choose_colour(comparison, places)
        k = choose_k(comparison.corpus) if colour == "cluster" else 0
    mapped = mapped_rows(comparison)
    maps = [_map_or_progress(session, comparison, place, _SPECS[method], mapped) for place in places]
    ready = [each for each in maps if each is not None]
    colouring = _colouring(session, comparison, places, colour, k)
    if len(ready) < len(maps) or colouring is None:
        return
    _draw(session, comparison, places, ready, mapped, colouring)
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
    session: Session, comparison: Comparison, places: list[int], colour: str, k: int
) -> Colouring | None:
    """What the colours of all rows show; None while it is being computed."""
    corpus = comparison.corpus
    if colour == "label" and corpus.labels is not None:
        return Colouring(corpus.label or "label", groups=corpus.labels)
    if colour == "agreement":
        agreement = agreement_of_pair(comparison, (places[0], places[1]))
        numbers = np.full(len(corpus), np.nan)
        numbers[agreement.rows] = agreement.values
        return Colouring("agreement", numbers=numbers)
    if colour == "cluster":
        found = matched_or_progress(session, comparison, places, k)
        if found is None:
            return None
        names = cluster_names(found, 0)
        groups = [names[label] for label in found.labels[0].tolist()]
        return Colouring("cluster", groups=groups, order=list(names.values()))
    if colour.startswith(_COLUMN):
        column = colour.removeprefix(_COLUMN)
        return column_colouring(column, corpus.table[column].to_pylist())
    return Colouring("")


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
) -> None:
    names, corpus, selection = comparison.names, comparison.corpus, session.selection
    first = maps[0].projection.coordinates
    aligned = [align(each.projection.coordinates, first) for each in maps]
    rows = drawn_rows(comparison, mapped, len(maps), None if selection is None else selection.rows)
    at = np.searchsorted(mapped, rows)
    panels = [
        Panel(_title(names[place], each), found.coordinates[at])
        for place, each, found in zip(places, maps, aligned, strict=True)
    ]
    _say_what_to_see(comparison, places, [found.similarity for found in aligned], maps)
    narrow = is_narrow()
    figure = panels_figure(
        panels,
        rows,
        _of_rows(colouring, rows),
        [corpus.captions[row] for row in rows.tolist()],
        selected=None if selection is None else selection.rows,
        narrow=narrow,
    )
    chart = _chart_key(session)
    st.plotly_chart(
        figure,
        key=chart,
        on_select=functools.partial(_pick, session, chart, trace_rows(figure)),
        selection_mode=("points", "box", "lasso"),
        config=map_tools("maps"),
        alt="Maps of the rows, one for each contender",
    )
    link_panels(chart, narrow=narrow)
    watch_clicks(chart, functools.partial(_click, session))
    if len(rows) < len(corpus):
        of = "all" if len(mapped) == len(corpus) else f"{len(mapped):,}"
        st.caption(
            f"{len(rows):,} of {len(corpus):,} rows are drawn, chosen at random; the maps are made of {of}. "
            "A lasso selects drawn rows only."
        )
    if colouring.numbers is not None and np.isnan(colouring.numbers[rows]).any():
        st.caption("Rows without a value are grey.")
    if all(trace.text is None for trace in figure.data):
        st.caption("With this many rows, hovering shows the row number; click a point to read its text.")


def _title(name: str, made: _Map) -> str:
    return name if made.trustworthiness is None else f"{name} · trust {made.trustworthiness:.2f}"


def _say_what_to_see(
    comparison: Comparison, places: list[int], similarities: list[float], maps: list[_Map]
) -> None:
    told = ["Rows that lie close together on one map and apart on another are seen differently."]
    if len(places) > 1:
        first, *names = [markdown(comparison.names[place]) for place in places]
        fits = [
            f"{name} {similarity:.2f}"
            for name, similarity in zip(names, similarities[1:], strict=True)
            if np.isfinite(similarity)
        ]
        others = "The other is" if len(places) == 2 else "The others are"
        how = f" Procrustes similarity, 1 for the same map: {', '.join(fits)}." if fits else ""
        told.append(
            f"{others} rotated, mirrored, moved and scaled to lie over that of {first}.{how} Beyond that, "
            "places and distances cannot be compared between maps."
        )
    if maps[0].trustworthiness is not None:
        told.append(
            "Trust is trustworthiness: how few of the neighbours on a map are far apart in the full space; 1 "
            "is perfect."
        )
    if maps[0].projection.fallback == "few":
        told.append("With so few rows, the maps are made by PCA.")
    st.caption(" ".join(told))


def _chart_key(session: Session) -> str:
    """The key of the figure, another one for each selection.

    The browser remembers a lasso by the key and the figure, so one that was cleared would come back.
    """
    revision, drawn = st.session_state.get(_DRAWN, (0, None))
    if session.selection is not drawn:
        revision += 1
    st.session_state[_DRAWN] = (revision, session.selection)
    return f"{_CHART}-{revision}"


def _pick(session: Session, chart: str, rows_of: TraceRows) -> None:
    """Select the rows that were picked in any of the maps; called before the page is drawn."""
    rows = picked_rows(cast("PlotlyState", st.session_state[chart]), rows_of)
    if rows:
        session.select(rows, "maps side by side")


def _click(session: Session, number: int) -> None:
    """Select the row of a clicked point, numbered from 1; called before the page is drawn."""
    if 1 <= number <= len(session.corpus):
        session.select([number - 1], "maps side by side")


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
        st.html(as_html(corpus.items[row]))
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
