"""The map in three dimensions, drawn by plotly."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.share.map.colouring import Colouring, scale_ends
from explorer.share.map.palette import GREY, HUES, scale_colours
from explorer.share.map.point_colours import point_colours
from explorer.ui.widgets.figures import short

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.typing import PlotlyState

TraceRows = Sequence[NDArray[np.int64] | None]

PLOTLY_TOOLS = {
    "displaylogo": False,
    "scrollZoom": True,
    "toImageButtonOptions": {"scale": 2, "filename": "map"},
}
_NAME_CHARS = 28
_HOVER_CHARS = 90
_HOVER_BYTES = 1_500_000  # larger texts would dominate what is sent
_FEW_POINTS = 6_000  # up to this many are drawn large
_LARGE, _SMALL = {"size": 6, "opacity": 0.8}, {"size": 3, "opacity": 0.6}
_GRID = 2**15 - 1
_SHADES = 32  # of a scale of numbers


def solid_figure(
    coordinates: NDArray[np.float32],
    rows: NDArray[np.int64],
    colouring: Colouring,
    captions: Sequence[str],
    *,
    marked: NDArray[np.float32] | None = None,
    selected: NDArray[np.int64] | None = None,
    visible: NDArray[np.bool_] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw a map in three dimensions.

    Args:
        coordinates: float32, shape (rows, 3).
        rows: Their numbers in the corpus, from 0, int64, shape (rows,).
        colouring: What the colours show.
        captions: Hover texts, used unless they are too large to send.
        marked: Coordinates of points that were found, shape (marked, 3).
        selected: Points that are selected, int64, shape (selected,).
        visible: Which points are drawn, shape (rows,); None for all.
        dark: Whether the ground is dark, which has a scale of numbers of its own.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    places, marks = _on_grid(coordinates, marked)
    hover = _hover_texts(captions)
    size = _LARGE if len(places) <= _FEW_POINTS else _SMALL
    for name, members, look in _layers(colouring, len(places), visible, dark=dark):
        shown = None if hover is None else [hover[row] for row in members.tolist()]
        figure.add_trace(_points(places[members], rows[members], shown, name, size | look))
    if selected is not None and len(selected):
        figure.add_trace(_marks(places[selected], "selected", GREY))
    if marks is not None and len(marks):
        figure.add_trace(_marks(marks, "found", "#d00000"))
    for axis in ("xaxis", "yaxis", "zaxis"):  # their units mean nothing
        figure.update_scenes({axis: {"showticklabels": False, "title": ""}})
    figure.update_layout(
        height=680,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode="orbit",
        # Below the map: beside it, it would leave no room for the map on a phone. A long legend scrolls.
        legend={
            "itemsizing": "constant",
            "title": {"text": html.escape(colouring.title)},
            "orientation": "h",
            "y": 0,
            "yanchor": "top",
            "maxheight": 0.2,
        },
        hoverlabel={"align": "left"},
        uirevision="map",
    )
    return figure


def trace_rows(figure: go.Figure) -> list[NDArray[np.int64] | None]:
    """The rows of the corpus behind each trace of a map, from 0; None for marks."""
    return [
        None if trace.customdata is None else np.asarray(trace.customdata, dtype=np.int64) - 1
        for trace in figure.data
    ]


def picked_rows(state: PlotlyState, rows_of: TraceRows) -> list[int]:
    """The rows of the corpus that were picked in a figure, from 0.

    Args:
        state: What the browser reported.
        rows_of: The rows behind each trace of the figure as it was drawn; see `trace_rows`.
    """
    return [
        int(of_trace[place])
        for point in state.selection.points
        if (of_trace := rows_of[point["curve_number"]]) is not None
        and (place := point["point_index"]) < len(of_trace)
    ]


def _layers(
    colouring: Colouring, total: int, visible: NDArray[np.bool_] | None, *, dark: bool
) -> Iterator[tuple[str, NDArray[np.int64], dict[str, Any]]]:
    """What is drawn, grey first: a name, "" for none; the points; and plotly's style of their markers."""
    drawn = np.ones(total, dtype=bool) if visible is None else visible
    if colouring.numbers is not None:
        known = np.isfinite(colouring.numbers)
        yield from _some("", ~known & drawn, {"color": GREY})
        low, high = scale_ends(colouring.numbers[known])  # of all points: filters change no colour
        known &= drawn
        numbers = colouring.numbers[known]
        look = {
            "color": numbers.astype(np.float32),
            "colorscale": scale_colours(_SHADES)[dark],
            "cmin": low if low < high else None,
            "cmax": high if low < high else None,
            "showscale": True,
            "colorbar": {"title": {"text": html.escape(colouring.title), "side": "right"}, "thickness": 12},
        }
        yield from _some("", known, look)
        return
    colours = point_colours(colouring)
    entries = np.ones(total, dtype=np.uint8) if colours.categories is None else colours.categories
    own = [group for group in colours.legend if group["colour"] != GREY]
    if colours.categories is None:
        yield from _some("", drawn & (entries == 1), {"color": HUES[0]})
    else:
        rest = ~np.isin(entries, [group["entry"] for group in own])
        yield from _some("other groups" if colours.greys else "(none)", drawn & rest, {"color": GREY})
    for group in own:
        yield from _some(group["name"], drawn & (entries == group["entry"]), {"color": group["colour"]})


def _some(
    name: str, members: NDArray[np.bool_], look: dict[str, Any]
) -> Iterator[tuple[str, NDArray[np.int64], dict[str, Any]]]:
    if members.any():
        yield name, np.flatnonzero(members), look


def _on_grid(
    coordinates: NDArray[np.float32], marked: NDArray[np.float32] | None
) -> tuple[NDArray[np.int16], NDArray[np.int16] | None]:
    """Coordinates as two-byte integers: half the size to send, and finer than any screen."""
    low = coordinates.min(axis=0)
    scale = _GRID / (float((coordinates.max(axis=0) - low).max()) or 1.0)

    def placed(points: NDArray[np.float32]) -> NDArray[np.int16]:
        grid: NDArray[np.int16] = np.rint((points - low) * scale).astype(np.int16)
        return grid

    return placed(coordinates), None if marked is None else placed(marked)


def _hover_texts(texts: Sequence[str]) -> list[str] | None:
    """The beginnings of texts; None if they are too large to send."""
    shown, size = [], 0
    for text in texts:
        beginning = short(text, _HOVER_CHARS)
        size += len(beginning.encode("utf-8", "surrogatepass"))
        if size > _HOVER_BYTES:
            return None
        shown.append(beginning)
    return shown


def _points(
    coordinates: NDArray[np.int16],
    rows: NDArray[np.int64],
    texts: Sequence[str] | None,
    name: str,
    marker: dict[str, Any],
) -> go.Scatter3d:
    """Points as a trace, which carries the numbers of their rows; see `_layers` and `_hover_texts`."""
    import plotly.graph_objects as go

    value = " %{marker.color:.3f}" if "colorscale" in marker else ""
    shown = short(name, _NAME_CHARS)
    return go.Scatter3d(
        x=coordinates[:, 0],
        y=coordinates[:, 1],
        z=coordinates[:, 2],
        mode="markers",
        name=shown or "rows",
        marker=marker,
        customdata=(rows + 1).astype(np.int32),
        text=texts,
        hovertemplate=f"{shown} row %{{customdata}}{value}<extra></extra>"
        if texts is None
        else f"%{{text}}<extra>row %{{customdata}}{value}</extra>",
        showlegend=bool(name),
    )


def _marks(marked: NDArray[np.int16], name: str, colour: str) -> go.Scatter3d:
    """Rings around points to highlight."""
    import plotly.graph_objects as go

    return go.Scatter3d(
        x=marked[:, 0],
        y=marked[:, 1],
        z=marked[:, 2],
        mode="markers",
        name=name,
        marker={"size": 13, "symbol": "circle-open", "color": colour, "line": {"width": 2}},
        hoverinfo="skip",
    )
