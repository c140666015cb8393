"""The map as a figure: points, their colours, names at centres, contours."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.ui.shell.text import shortened

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Paul Tol's and Okabe and Ito's colours, which colour-blind readers can distinguish; further groups of eight
# repeat them with another marker, since no palette has 45 distinguishable colours.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933")
_MARKERS = ("circle", "square", "diamond", "cross", "triangle-up", "star")
_GREY = "#8c8c8c"
_MAX_GROUPS = 48
_ASIDE = 0.002  # share of points on each side that can be outside the initial view
_HOVER_CHARS = 90
_HOVER_BYTES = 1_500_000  # larger texts would dominate what is sent
_FEW_POINTS = 6_000  # up to this many are drawn large
_NAME_CHARS = 28
_GRID = 2**15 - 1
_ASIDE_COLOUR = 0.01  # share of numbers on each side clipped to the end of the scale
_CONTOUR_CELLS = 60


@dataclass(frozen=True, eq=False)
class Colouring:
    """What the colours of a map show.

    Attributes:
        title: The title of the legend.
        groups: The group of each row, "" for none; None if colours show numbers.
        numbers: A number for each row, NaN for none; None if colours show groups.
    """

    title: str
    groups: Sequence[str] | None = None
    numbers: NDArray[np.float64] | None = None


def map_figure(
    coordinates: NDArray[np.float32],
    rows: NDArray[np.int64],
    colouring: Colouring,
    captions: Sequence[str],
    *,
    names: bool = True,
    narrow: bool = False,
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
        narrow: Whether it is for a phone, where fewer names fit.
        contours: Whether density contours are drawn.
        marked: Coordinates of points to highlight, shape (marked, dims).
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    flat = coordinates.shape[1] == 2
    places, marks = _on_grid(coordinates, marked)
    centres: list[tuple[str, np.ndarray]] = []
    if contours and flat:
        figure.add_trace(_contours(places))
    hover = _hover(captions)
    size = {"size": 6, "opacity": 0.8} if len(places) <= _FEW_POINTS else {"size": 3, "opacity": 0.6}
    for name, members, look in _layers(colouring, len(places)):
        shown = None if hover is None else [hover[row] for row in members.tolist()]
        figure.add_trace(_points(places[members], rows[members], shown, name, size | look))
        if names and flat and name:
            centres.append((name, np.median(places[members], axis=0)))
    if centres:
        _name_centres(figure, centres, places, (340, 340) if narrow else (700, 500))
    if marks is not None and len(marks):
        figure.add_trace(_marks(marks))
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x" if flat else None)
    if flat:
        figure.layout.xaxis.range, figure.layout.yaxis.range = _view(places)
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


def trace_rows(figure: go.Figure) -> list[NDArray[np.int64] | None]:
    """The rows of the corpus behind each trace of a map, from 0; None for marks and contours."""
    return [
        None if trace.customdata is None else np.asarray(trace.customdata, dtype=np.int64) - 1
        for trace in figure.data
    ]


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


def _hover(texts: Sequence[str]) -> list[str] | None:
    """The beginnings of texts; None if they are too large to send."""
    shown, size = [], 0
    for text in texts:
        short = _short(text, _HOVER_CHARS)
        size += len(short.encode("utf-8", "surrogatepass"))
        if size > _HOVER_BYTES:
            return None
        shown.append(short)
    return shown


def _layers(colouring: Colouring, total: int) -> list[tuple[str, np.ndarray, dict[str, Any]]]:
    """The layers in drawing order: a name ("" for none), the points, and their style."""
    if colouring.numbers is None:
        return _grouped(np.array(colouring.groups if colouring.groups is not None else [""] * total))
    known = np.isfinite(colouring.numbers)
    numbers = colouring.numbers[known]
    # A few outliers must not give all other values the same colour.
    low, high = np.quantile(numbers, (_ASIDE_COLOUR, 1 - _ASIDE_COLOUR)) if len(numbers) else (0.0, 0.0)
    look: dict[str, Any] = {
        "color": numbers.astype(np.float32),
        "colorscale": "Viridis",
        "cmin": float(low) if low < high else None,
        "cmax": float(high) if low < high else None,
        "showscale": True,
        "colorbar": {"title": html.escape(colouring.title), "thickness": 12},
    }
    layers: list[tuple[str, np.ndarray, dict[str, Any]]] = [
        ("", np.flatnonzero(~known), {"color": _GREY}),
        ("", np.flatnonzero(known), look),
    ]
    return [layer for layer in layers if len(layer[1])]


def _points(
    coordinates: NDArray[np.int16],
    rows: NDArray[np.int64],
    texts: Sequence[str] | None,
    name: str,
    marker: dict[str, Any],
) -> Any:  # noqa: ANN401 - one of plotly's two kinds of scatter
    import plotly.graph_objects as go

    value = " %{marker.color:.3f}" if "colorscale" in marker else ""
    shared = {
        "x": coordinates[:, 0],
        "y": coordinates[:, 1],
        "mode": "markers",
        "name": _short(name, _NAME_CHARS) or "rows",
        "marker": marker,
        "customdata": (rows + 1).astype(np.int32),
        "text": texts,
        "hovertemplate": f"%{{text}}<extra>row %{{customdata}}{value}</extra>"
        if texts is not None
        else f"{_short(name, _NAME_CHARS)} row %{{customdata}}{value}<extra></extra>",
        "showlegend": bool(name),
    }
    if coordinates.shape[1] == 3:
        return go.Scatter3d(z=coordinates[:, 2], **shared)
    return go.Scattergl(**shared)


def _view(coordinates: np.ndarray) -> tuple[list[float], list[float]]:
    """The initial axis ranges: a few outliers must not shrink everything else."""
    low, high = np.quantile(coordinates.astype(np.float64), (_ASIDE, 1 - _ASIDE), axis=0)
    margin = np.maximum(high - low, 1e-6) * 0.15
    low, high = (
        np.maximum(low - margin, coordinates.min(0) - margin / 3),
        np.minimum(high + margin, coordinates.max(0) + margin / 3),
    )
    return [float(low[0]), float(high[0])], [float(low[1]), float(high[1])]


def _name_centres(
    figure: go.Figure,
    centres: Sequence[tuple[str, np.ndarray]],
    coordinates: np.ndarray,
    pixels: tuple[int, int],
) -> None:
    """Draw names at the centres of groups, large groups first, skipping names that would overlap."""
    (left, right), (bottom, top) = _view(coordinates)
    # A pixel of a map of about that many, as a share of the map's own size.
    across, up = (right - left) / pixels[0], (top - bottom) / pixels[1]
    taken: list[tuple[float, float, float]] = []
    for name, (x, y) in centres:
        text = _short(name, _NAME_CHARS)
        half = len(text) * 3.6 * across
        if any(abs(x - ox) < half + other and abs(y - oy) < 18 * up for ox, oy, other in taken):
            continue
        taken.append((float(x), float(y), half))
        figure.add_annotation(
            x=float(x), y=float(y), text=text, showarrow=False,
            # On the page, style.css gives it the theme's colours, and a new theme's at once.
            font={"size": 11, "weight": 600, "shadow": "auto"},
        )  # fmt: skip


def _grouped(groups: np.ndarray) -> list[tuple[str, np.ndarray, dict[str, Any]]]:
    """Groups by size, each with its rows and style; rows in no group or a small one in grey."""
    names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = [place for place in np.argsort(-sizes, kind="stable") if names[place]]
    found = []
    kept = order[:_MAX_GROUPS]
    rest = np.flatnonzero(~np.isin(group, kept))
    if len(rest):
        found.append(("other" if len(order) > _MAX_GROUPS else "", rest, {"color": _GREY}))
    for number, place in enumerate(kept):
        look = {
            "color": _COLOURS[number % len(_COLOURS)],
            "symbol": _MARKERS[number // len(_COLOURS) % len(_MARKERS)],
        }
        found.append((str(names[place]), np.flatnonzero(group == place), look))
    return found


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


def _marks(marked: np.ndarray) -> Any:  # noqa: ANN401
    import plotly.graph_objects as go

    shared = {
        "x": marked[:, 0],
        "y": marked[:, 1],
        "mode": "markers",
        "name": "found",
        "marker": {"size": 13, "symbol": "circle-open", "color": "#d00000", "line": {"width": 2}},
        "hoverinfo": "skip",
    }
    if marked.shape[1] == 3:
        return go.Scatter3d(z=marked[:, 2], **shared)
    return go.Scattergl(**shared)


def _short(text: str, most: int) -> str:
    """A text on one line, cut, and escaped, since plotly reads some HTML."""
    return html.escape(shortened(text, most))
