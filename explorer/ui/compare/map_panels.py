"""Maps of several contenders as the panels of one figure, with one legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.ui.widgets.colouring import Colouring, layers_of
from explorer.ui.widgets.map_points import (
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

_TITLE_CHARS = 60
_NARROW_TITLE_CHARS = 44
_HOVER_BYTES = 600_000  # of all panels: the figure is sent again with each selection
_PANEL_PIXELS = 420
_NARROW_PANEL_PIXELS = 330
_TITLE_PIXELS, _LEGEND_PIXELS = 36, 100
_FRAME = "#8c8c8c"
_EDGE = 0.003


@dataclass(frozen=True, eq=False)
class Panel:
    """One map of the figure.

    Attributes:
        title: Its title, other people's text.
        coordinates: The points of the drawn rows, float64, shape (rows, 2).
    """

    title: str
    coordinates: NDArray[np.float64]


def panels_figure(
    panels: Sequence[Panel],
    rows: NDArray[np.int64],
    colouring: Colouring,
    captions: Sequence[str],
    *,
    selected: NDArray[np.int64] | None = None,
    narrow: bool = False,
) -> go.Figure:
    """Draw maps of the same rows side by side, or below each other, with the same section of the plane.

    Args:
        panels: One to four maps, laid over each other.
        rows: The drawn rows in the corpus, from 0, int64, shape (rows,).
        colouring: What the colours of these rows show.
        captions: Their hover texts, used unless they are too large to send.
        selected: Rows of the corpus to highlight in all panels.
        narrow: Whether the panels are below each other.
    """
    from plotly.subplots import make_subplots

    across = 1 if narrow else {1: 1, 3: 3}.get(len(panels), 2)
    down = -(-len(panels) // across)
    height = down * (_NARROW_PANEL_PIXELS if narrow else _PANEL_PIXELS)
    titles = [short(panel.title, _NARROW_TITLE_CHARS if narrow else _TITLE_CHARS) for panel in panels]
    figure = make_subplots(
        down,
        across,
        subplot_titles=titles,
        horizontal_spacing=0.02,
        vertical_spacing=_TITLE_PIXELS / height if down > 1 else 0,
    )
    together, _ = on_grid(np.concatenate([panel.coordinates for panel in panels]).astype(np.float32), None)
    hover = hover_texts(captions, _HOVER_BYTES // len(panels))
    layers = layers_of(colouring, len(rows))
    size = point_size(len(rows) * len(panels))
    for at, places in enumerate(np.split(together, len(panels))):
        cell: dict[str, Any] = {"row": at // across + 1, "col": at % across + 1}
        for layer, (name, members, look) in enumerate(layers):
            texts = None if hover is None else [hover[member] for member in members.tolist()]
            once = {"showscale": at == 0} if "colorscale" in look else {}
            trace = points_trace(places[members], rows[members], texts, name, size | look | once)
            trace.legendgroup = str(layer)
            trace.showlegend = bool(name) and at == 0
            if selected is not None and len(selected):
                trace.selectedpoints = np.flatnonzero(np.isin(rows[members], selected)).astype(np.int32)
            figure.add_trace(trace, **cell)
        if selected is not None and len(selected) == 1:
            ring = marks_trace(places[np.isin(rows, selected)])
            ring.showlegend = False
            figure.add_trace(ring, **cell)
    figure.update_annotations(yshift=5)  # titles, which would touch the frames
    _frame(figure, together)
    figure.update_layout(
        height=height + _TITLE_PIXELS + _LEGEND_PIXELS,
        # Streamlit's own pad would move the frames away from their panels.
        margin={"l": 0, "r": 0, "t": _TITLE_PIXELS, "b": _LEGEND_PIXELS, "pad": 0},
        dragmode="lasso",
        legend={
            "itemsizing": "constant",
            "title": {"text": short(colouring.title, _TITLE_CHARS)},
            "orientation": "h",
            "y": -8 / height,
            "yanchor": "top",
            "bgcolor": "rgba(0, 0, 0, 0)",
            "maxheight": _LEGEND_PIXELS - 8,
        },
        hoverlabel={"align": "left"},
    )
    return figure


def _frame(figure: go.Figure, together: NDArray[np.int16]) -> None:
    """Give all panels a frame and the same section, which moves in all of them together."""
    across, up = view_of(together)
    shared = {
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "linecolor": _FRAME,
    }
    figure.update_xaxes(**shared, matches="x", range=across)
    figure.update_yaxes(**shared, matches="y", range=up)
    figure.layout.xaxis.matches = figure.layout.yaxis.matches = None
    figure.layout.yaxis.update(scaleanchor="x")
    for axis in figure.select_xaxes():  # at the very edge of the figure, a frame would not be seen
        axis.domain = [max(axis.domain[0], _EDGE), min(axis.domain[1], 1 - _EDGE)]
