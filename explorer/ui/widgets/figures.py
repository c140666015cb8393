"""Figures of numbers that are computed elsewhere."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.data.tables.values import shortened

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from explorer.analysis.clusters import Sweep
    from explorer.encode.tokens import TokenAudit

# Okabe and Ito's palette, which colour-blind readers can distinguish.
BLUE, ORANGE = "#0072B2", "#D55E00"
GREY = "#808080"  # of lines, which are black by default: in the dark they would not be seen
_SCALE = "Cividis"  # even steps in lightness, and the same for colour-blind readers
_NAME_CHARS = 60
_MARGIN = {"l": 0, "r": 0, "t": 24, "b": 0}
_EXACT_CELLS = 400_000  # a larger heatmap is sent as whole hundredths: a quarter of the bytes
_HEATMAP_HEIGHT = 620
_SQUARE_HEIGHT = 720  # of one without names: squares of the width of `SQUARE_WIDTH`, and the scale above them
SQUARE_WIDTH = 600
"""Pixels that a square heatmap without names takes, scale and all."""
_NAME_HEIGHT = 18  # pixels a name takes beside a row
_CLICK_CELLS = 40_000
_NAMES_BELOW = 4
_IMAGE = 0.08  # the largest share of a heatmap's side that an image on an axis takes
_IMAGE_OF_CELL = 0.9  # the share of a cell's width or height
_IMAGE_PIXELS = 56  # left for images between the heatmap and the names


def token_histogram(audit: TokenAudit) -> go.Figure:
    """A histogram of tokens per row; rows longer than the encoder's limit have another colour."""
    import plotly.graph_objects as go

    edges, counts = token_bins(audit)
    width = int(edges[1])
    limit = audit.max_length
    cut = np.zeros(len(counts), dtype=bool) if limit is None else edges[:-1] > limit
    figure = go.Figure(
        go.Bar(
            x=edges[:-1] + width / 2,
            y=counts,
            width=width * 0.9,
            marker_color=np.where(cut, ORANGE, BLUE),
            customdata=np.stack([edges[:-1], edges[1:] - 1], axis=1),
            hovertemplate="%{customdata[0]:,} to %{customdata[1]:,} tokens: %{y:,} rows<extra></extra>",
        )
    )
    if limit is not None and limit <= edges[-1]:
        figure.add_vline(
            x=limit, line_dash="dot", annotation_text=f"the encoder reads {limit:,}", line_color=ORANGE
        )
    figure.update_layout(
        height=220,
        margin=_MARGIN,
        xaxis={"title": "tokens in a row", "tickformat": ",d"},
        yaxis={"title": "rows", "tickformat": ",d", "dtick": 1 if counts.max(initial=0) <= 5 else None},
        showlegend=False,
        bargap=0,
    )
    return figure


def token_bins(audit: TokenAudit) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The bins of the histogram: the lowest number of tokens of each and of the one after; its rows."""
    top = int(audit.lengths.max(initial=1))
    width = max(1, -(-top // 40))
    edges = np.arange(0, top + width + 1, width)
    return edges, np.histogram(audit.lengths, bins=edges)[0]


def heatmap(
    scores: np.ndarray,
    row_names: Sequence[str],
    column_names: Sequence[str],
    *,
    show_names: bool = False,
    square: bool = False,
    row_images: Sequence[str] = (),
    column_images: Sequence[str] = (),
) -> go.Figure:
    """Draw similarities as a heatmap, one cell per pair; hovering names both rows.

    Args:
        scores: float32, shape (rows, columns); NaN cells stay empty.
        row_names: The names of the rows, other people's text.
        column_names: The names of the columns.
        show_names: Whether the axes show the names too.
        square: Whether cells are squares, as suits a symmetric matrix.
        row_images: Addresses of images to draw beside the rows, "" for none; empty without any.
        column_images: Addresses of images to draw below the columns.
    """
    import plotly.graph_objects as go

    exact = scores.size <= _EXACT_CELLS
    z = scores if exact else np.rint(scores * 100).astype(np.int8)
    # Rows score 1 with themselves: if that were the brightest colour, all others would look alike.
    apart = scores[(scores < 0.9999) & np.isfinite(scores)]
    low, high = (float(edge) for edge in np.quantile(apart, (0.005, 0.995))) if len(apart) else (0.0, 1.0)
    score = "%{z:.3f}" if exact else "%{z} hundredths"
    hover = f"%{{y}}<br>%{{x}}<br><b>{score}</b><extra></extra>"
    picture = go.Heatmap(
        z=z,
        zmin=low if exact else round(low * 100),
        zmax=high if exact else round(high * 100),
        colorscale=_SCALE,
        hovertemplate=hover,
        colorbar={"title": "similarity" if exact else "similarity × 100", "thickness": 12},
    )
    figure = go.Figure(picture)
    if scores.size <= _CLICK_CELLS:
        # Streamlit reports no clicks on heatmaps, but on invisible points over them, which then get hovering.
        figure.data[0].update(hoverinfo="skip", hovertemplate=None)
        across, down = np.meshgrid(np.arange(scores.shape[1]), np.arange(scores.shape[0]))
        figure.add_trace(
            go.Scattergl(
                x=across.ravel().astype(np.float32),
                y=down.ravel().astype(np.float32),
                customdata=scores.ravel(),
                mode="markers",
                marker={"symbol": "square", "size": 8, "opacity": 0},
                hovertemplate=hover.replace("%{z", "%{customdata"),
                showlegend=False,
            )
        )
    # Cells are numbered, so that clicks give numbers; the axes map them to names, which hovering shows.
    for axis, names in ((figure.layout.xaxis, column_names), (figure.layout.yaxis, row_names)):
        # Names below the figure would be slanted and overlap, and mostly repeat those at its side.
        shown = show_names and (axis is figure.layout.yaxis or len(names) <= _NAMES_BELOW)
        axis.labelalias = {str(place): name for place, name in enumerate(_axis_names(names))}
        axis.update(showticklabels=shown, ticks="", showgrid=False, zeroline=False, tickformat="d")
        if shown:
            axis.tickvals = list(range(len(names)))
    figure.layout.yaxis.autorange = "reversed"
    figure.update_layout(
        height=max(
            _SQUARE_HEIGHT if square and not show_names else _HEATMAP_HEIGHT,
            _NAME_HEIGHT * len(row_names) if show_names else 0,
        ),
        margin=_MARGIN,
        clickmode="event+select",
        dragmode=False,
        hoverdistance=-1,
    )
    if square:
        figure.update_xaxes(
            constrain="domain", constraintoward="left", scaleanchor="y", range=[-0.5, scores.shape[1] - 0.5]
        )
        figure.update_yaxes(constrain="domain", constraintoward="top")
        # Above the squares, whose side is what the width leaves on a phone.
        figure.data[0].colorbar.update(
            orientation="h", x=0, xanchor="left", y=1, yanchor="bottom", len=1, title_side="top"
        )
    if any(row_images) or any(column_images):
        _draw_on_axes(figure, row_images, column_images)
    return figure


def _draw_on_axes(figure: go.Figure, row_images: Sequence[str], column_images: Sequence[str]) -> None:
    """Draw images between a heatmap and the names of its rows and columns."""
    beside = {"xref": "x domain", "x": 0, "xanchor": "right", "sizex": _IMAGE, "sizey": _IMAGE_OF_CELL}
    below = {"yref": "y domain", "y": 0, "yanchor": "top", "sizey": _IMAGE, "sizex": _IMAGE_OF_CELL}
    figure.layout.images = [
        *(
            {**beside, "source": image, "yref": "y", "y": place, "yanchor": "middle"}
            for place, image in enumerate(row_images)
            if image
        ),
        *(
            {**below, "source": image, "xref": "x", "x": place, "xanchor": "center"}
            for place, image in enumerate(column_images)
            if image
        ),
    ]
    figure.update_yaxes(ticklabelstandoff=_IMAGE_PIXELS)
    figure.update_xaxes(ticklabelstandoff=_IMAGE_PIXELS)
    figure.update_layout(margin={**_MARGIN, "b": _IMAGE_PIXELS, "l": _IMAGE_PIXELS})


def score_distributions(random: np.ndarray, nearest: np.ndarray, threshold: float) -> go.Figure:
    """Histograms of the scores of random pairs and of nearest neighbours, with the threshold."""
    import plotly.graph_objects as go

    low = float(min(random.min(initial=0), nearest.min(initial=0)))
    edges = np.linspace(low, 1.0, 61)
    figure = go.Figure()
    for name, scores, colour in (("random pairs", random, BLUE), ("nearest neighbours", nearest, ORANGE)):
        counts, _ = np.histogram(scores, bins=edges)
        figure.add_trace(
            go.Bar(
                x=(edges[:-1] + edges[1:]) / 2,
                y=100 * counts / max(1, len(scores)),
                name=name,
                marker_color=colour,
                opacity=0.65,
                hovertemplate="%{x:.2f}: %{y:.1f} %<extra>" + name + "</extra>",
            )
        )
    figure.add_vline(
        x=threshold, line_dash="dot", line_color=GREY, annotation_text=f" threshold {threshold:.2f}"
    )
    figure.update_layout(
        height=340,
        margin=_MARGIN,
        barmode="overlay",
        bargap=0,
        xaxis_title="similarity",
        yaxis={"title": "share of pairs", "ticksuffix": " %"},
        legend={"orientation": "h", "y": 1.12},
    )
    return figure


def false_shares(
    thresholds: np.ndarray, shares: np.ndarray, found: np.ndarray, threshold: float
) -> go.Figure:
    """The estimated share of false pairs by threshold, with the chosen one; NaN shares are left out."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=thresholds,
            y=100 * shares,
            customdata=found,
            mode="lines+markers",
            line_color=BLUE,
            hovertemplate="from %{x:.2f}: %{customdata:,} pairs, %{y:.1f} % false<extra></extra>",
        )
    )
    figure.add_vline(x=threshold, line_dash="dot", line_color=GREY)
    figure.update_layout(
        height=260,
        margin=_MARGIN,
        xaxis={"title": "similarity threshold", "range": [thresholds[0] - 0.01, 1.01]},
        yaxis={"title": "estimated false pairs", "ticksuffix": " %", "range": [-3, 103]},
        showlegend=False,
    )
    return figure


def _axis_names(names: Sequence[str]) -> list[str]:
    """Names for an axis: short, and escaped, since plotly reads some HTML."""
    return [short(name, _NAME_CHARS) for name in names]


def sweep(found: Sweep) -> go.Figure:
    """Silhouette, stability and inertia for several k, and the suggested k."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    titles = ("silhouette (higher is better)", "stability (higher is better)", "inertia (lower is tighter)")
    figure = make_subplots(rows=1, cols=3, subplot_titles=titles)
    ks = [point.k for point in found.points]
    for column, values in (
        (1, [point.silhouette for point in found.points]),
        (2, [point.stability for point in found.points]),
        (3, [point.inertia for point in found.points]),
    ):
        figure.add_trace(
            go.Scatter(
                x=ks,
                y=values,
                mode="lines+markers",
                line_color=BLUE,
                hovertemplate="k = %{x:,}: %{y:,.4~r}<extra></extra>",
            ),
            row=1,
            col=column,
        )
    if found.suggested_k is not None:
        figure.add_vline(x=found.suggested_k, line_dash="dot", line_color=ORANGE)
    figure.update_xaxes(title="k")
    figure.update_layout(height=280, margin={**_MARGIN, "t": 40}, showlegend=False)
    return figure


def short(text: str, most: int) -> str:
    """A text on one line, cut, and escaped, since plotly reads some HTML."""
    return html.escape(shortened(text, most))
