"""Images and captions as points on two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.ui.widgets.figures import BLUE, ORANGE

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from numpy.typing import NDArray

_HEIGHT = 380


def gap_figure(title: str, coordinates: NDArray[np.float32]) -> go.Figure:
    """The points of one space.

    Args:
        title: What the space is.
        coordinates: Images, then as many captions, shape (2 × rows, 2); see `gap_coordinates`.
    """
    import plotly.graph_objects as go

    half = len(coordinates) // 2
    figure = go.Figure()
    for name, colour, symbol, own in (
        ("images", BLUE, "circle", coordinates[:half]),
        ("captions", ORANGE, "x", coordinates[half:]),
    ):
        marker = {"color": colour, "symbol": symbol, "size": 5, "opacity": 0.7}
        figure.add_trace(
            go.Scattergl(x=own[:, 0], y=own[:, 1], name=name, mode="markers", marker=marker, hoverinfo="skip")
        )
    figure.update_layout(
        title=title,
        height=_HEIGHT,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        legend={"orientation": "h", "y": -0.02},
        xaxis={"showticklabels": False, "zeroline": False},
        yaxis={"showticklabels": False, "zeroline": False, "scaleanchor": "x"},
    )
    return figure
