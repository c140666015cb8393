"""The map as a figure: points, their colours, names at centres, contours."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.ui.widgets.colouring import Colouring, layers_of
from explorer.ui.widgets.map_points import (
    NAME_CHARS,
    hover_texts,
    marks_trace,
    on_grid,
    point_size,
    points_trace,
    short,
    view_of,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CONTOUR_CELLS = 60
_PIXELS = (700, 500)  # of the map for which names are placed


def map_figure(
    coordinates: NDArray[np.float32],
    rows: NDArray[np.int64],
    colouring: Colouring,
    captions: Sequence[str],
    *,
    names: bool = True,
    contours: bool = False,
    marked: NDArray[np.float32] | None = None,
) -> go.Figure:
    """Draw a map.

    Args:
        coordinates: float32, shape (rows, 2) or (rows, 3).
        rows: Their numbers in the corpus, from 0, int64, shape (rows,).
        colouring: What the colours show.
        captions: Hover texts, used unless they are too large to send.
        names: Whether group names are drawn at the groups' centres.
        contours: Whether density contours are drawn.
        marked: Coordinates of points to highlight, shape (marked, dims).
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    flat = coordinates.shape[1] == 2
    places, marks = on_grid(coordinates, marked)
    centres: list[tuple[str, np.ndarray]] = []
    if contours and flat:
        figure.add_trace(_contours(places))
    hover = hover_texts(captions)
    size = point_size(len(places))
    for name, members, look in layers_of(colouring, len(places)):
        shown = None if hover is None else [hover[row] for row in members.tolist()]
        figure.add_trace(points_trace(places[members], rows[members], shown, name, size | look))
        if names and flat and name:
            centres.append((name, np.median(places[members], axis=0)))
    if centres:
        _name_centres(figure, centres, places)
    if marks is not None and len(marks):
        figure.add_trace(marks_trace(marks))
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x" if flat else None)
    if flat:
        figure.layout.xaxis.range, figure.layout.yaxis.range = view_of(places)
    figure.update_layout(
        height=680,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode="lasso" if flat else "orbit",
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


def _name_centres(
    figure: go.Figure,
    centres: Sequence[tuple[str, np.ndarray]],
    coordinates: np.ndarray,
) -> None:
    """Draw names at the centres of groups, large groups first, skipping names that would overlap."""
    (left, right), (bottom, top) = view_of(coordinates)
    across, up = (right - left) / _PIXELS[0], (top - bottom) / _PIXELS[1]
    taken: list[tuple[float, float, float]] = []
    for name, (x, y) in centres:
        text = short(name, NAME_CHARS)
        half = len(text) * 3.6 * across
        if any(abs(x - ox) < half + other and abs(y - oy) < 18 * up for ox, oy, other in taken):
            continue
        taken.append((float(x), float(y), half))
        figure.add_annotation(
            x=float(x), y=float(y), text=text, showarrow=False,
            font={"size": 11, "weight": 600, "shadow": "auto"},
        )  # fmt: skip


def _contours(coordinates: np.ndarray) -> go.Contour:
    import plotly.graph_objects as go

    counts, x, y = np.histogram2d(coordinates[:, 0], coordinates[:, 1], bins=_CONTOUR_CELLS)
    return go.Contour(
        z=np.log1p(counts.T).astype(np.float32),
        x=((x[:-1] + x[1:]) / 2).astype(np.float32),
        y=((y[:-1] + y[1:]) / 2).astype(np.float32),
        contours={"coloring": "lines"},
        colorscale="Greys",
        showscale=False,
        line={"width": 1},
        opacity=0.6,
        hoverinfo="skip",
    )
