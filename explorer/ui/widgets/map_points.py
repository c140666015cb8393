"""Points of maps as plotly takes them, small to send, and the rows behind those that were picked."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.ui.shell.text import shortened

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.typing import PlotlyState

TraceRows = Sequence[NDArray[np.int64] | None]

NAME_CHARS = 28
_ASIDE = 0.002  # share of points on each side that can be outside the initial view
_HOVER_CHARS = 90
_HOVER_BYTES = 1_500_000  # larger texts would dominate what is sent
_FEW_POINTS = 6_000  # up to this many are drawn large
_GRID = 2**15 - 1


def trace_rows(figure: go.Figure) -> list[NDArray[np.int64] | None]:
    """The rows of the corpus behind each trace of a map, from 0; None for marks and contours."""
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


def point_size(count: int) -> dict[str, float]:
    """The size and opacity of the markers of so many points."""
    return {"size": 6, "opacity": 0.8} if count <= _FEW_POINTS else {"size": 3, "opacity": 0.6}


def on_grid(
    coordinates: NDArray[np.float32], marked: NDArray[np.float32] | None
) -> tuple[NDArray[np.int16], NDArray[np.int16] | None]:
    """Coordinates as two-byte integers: half the size to send, and finer than any screen."""
    low = coordinates.min(axis=0)
    scale = _GRID / (float((coordinates.max(axis=0) - low).max()) or 1.0)

    def placed(points: NDArray[np.float32]) -> NDArray[np.int16]:
        grid: NDArray[np.int16] = np.rint((points - low) * scale).astype(np.int16)
        return grid

    return placed(coordinates), None if marked is None else placed(marked)


def hover_texts(texts: Sequence[str], most: int = _HOVER_BYTES) -> list[str] | None:
    """The beginnings of texts; None if they take more than some number of bytes, too large to send."""
    shown, size = [], 0
    for text in texts:
        beginning = short(text, _HOVER_CHARS)
        size += len(beginning.encode("utf-8", "surrogatepass"))
        if size > most:
            return None
        shown.append(beginning)
    return shown


def points_trace(
    coordinates: NDArray[np.int16],
    rows: NDArray[np.int64],
    texts: Sequence[str] | None,
    name: str,
    marker: dict[str, Any],
) -> Any:  # noqa: ANN401 - one of plotly's two kinds of scatter
    """Points of a map as a trace, which carries the numbers of their rows.

    Args:
        coordinates: Places `on_grid`, int16, shape (points, 2) or (points, 3).
        rows: Their rows in the corpus, from 0, int64, shape (points,).
        texts: Their hover texts; None to show the numbers of the rows.
        name: What the legend calls them; "" for points that it leaves out.
        marker: plotly's style of their markers.
    """
    import plotly.graph_objects as go

    value = " %{marker.color:.3f}" if "colorscale" in marker else ""
    shared = {
        "x": coordinates[:, 0],
        "y": coordinates[:, 1],
        "mode": "markers",
        "name": short(name, NAME_CHARS) or "rows",
        "marker": marker,
        "customdata": (rows + 1).astype(np.int32),
        "text": texts,
        "hovertemplate": f"%{{text}}<extra>row %{{customdata}}{value}</extra>"
        if texts is not None
        else f"{short(name, NAME_CHARS)} row %{{customdata}}{value}<extra></extra>",
        "showlegend": bool(name),
    }
    if coordinates.shape[1] == 3:
        return go.Scatter3d(z=coordinates[:, 2], **shared)
    return go.Scattergl(**shared)


def view_of(coordinates: np.ndarray) -> tuple[list[float], list[float]]:
    """The initial axis ranges: a few outliers must not shrink everything else."""
    low, high = np.quantile(coordinates.astype(np.float64), (_ASIDE, 1 - _ASIDE), axis=0)
    margin = np.maximum(high - low, 1e-6) * 0.15
    low, high = (
        np.maximum(low - margin, coordinates.min(0) - margin / 3),
        np.minimum(high + margin, coordinates.max(0) + margin / 3),
    )
    return [float(low[0]), float(high[0])], [float(low[1]), float(high[1])]


def marks_trace(marked: np.ndarray) -> Any:  # noqa: ANN401
    """Rings around points to highlight, at places `on_grid`, shape (points, 2) or (points, 3)."""
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


def short(text: str, most: int) -> str:
    """A text on one line, cut, and escaped, since plotly reads some HTML."""
    return html.escape(shortened(text, most))


def map_tools(name: str) -> dict[str, object]:
    """Plotly's options of a map: zooming with the wheel, and a picture of a given file name to download."""
    return {
        "displaylogo": False,
        "scrollZoom": True,
        "toImageButtonOptions": {"scale": 2, "filename": name},
    }
