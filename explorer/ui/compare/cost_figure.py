"""The figure of cost against quality."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from explorer.comparison.numbers import NO_INTERVAL, has_interval
from explorer.numbers import percent
from explorer.ui.widgets.figures import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from explorer.comparison.compression.measured import SweptMeasure
    from explorer.comparison.compression.size_sweep import SizeSweep

_GREEN = "#009E73"  # Okabe and Ito's third colour
_COLOURS = {"float32": BLUE, "int8": ORANGE, "binary": _GREEN}
_SYMBOLS = {"all": "star", "first": "circle", "pca": "square"}
_BESIDE = {"all": "top center", "first": "middle right", "pca": "middle left"}
_NAMES = {"all": "all dimensions", "first": "first dimensions", "pca": "PCA"}
_ASIDE = {"all": 1.0, "first": 1.05, "pca": 0.95}  # so that intervals of the same size do not hide each other


def cost_figure(found: SizeSweep, measure: SweptMeasure, *, narrow: bool = False) -> go.Figure:
    """Draw a measure of each form with its interval against bytes a vector.

    Colours are precisions, symbols say how dimensions were left out, and numbers are those that are left; on
    a phone they would lie on the intervals, and are left out.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for precision, colour in _COLOURS.items():
        own = [at for at, form in enumerate(found.forms) if form.stored_as == precision]
        figure.add_trace(
            go.Scatter(
                x=[found.forms[at].bytes_per_vector * _ASIDE[found.forms[at].method] for at in own],
                y=measure.value[own],
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": np.nan_to_num(measure.high - measure.value)[own],
                    "arrayminus": np.nan_to_num(measure.value - measure.low)[own],
                    "thickness": 1.5,
                    "width": 4,
                },
                mode="markers" if narrow else "markers+text",
                marker={
                    "color": colour,
                    "size": [15 if found.forms[at].method == "all" else 10 for at in own],
                    "symbol": [_SYMBOLS[found.forms[at].method] for at in own],
                },
                text=[f"{found.forms[at].dims:,}" for at in own],
                textposition=[_BESIDE[found.forms[at].method] for at in own],
                textfont={"size": 12},
                cliponaxis=False,
                customdata=[_hover(found, measure, at) for at in own],
                hovertemplate="%{customdata}<extra></extra>",
                showlegend=False,
            )
        )
        figure.add_trace(_legend(precision, colour, "circle"))
    for method, name in _NAMES.items():
        figure.add_trace(_legend(name, GREY, _SYMBOLS[method]))
    figure.add_hline(y=float(measure.value[0]), line_dash="dash", line_width=1, line_color=GREY)
    sizes = sorted({form.bytes_per_vector for form in found.forms})
    figure.update_layout(
        height=460,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        xaxis={
            "title": "bytes a vector",
            "type": "log",
            "tickvals": sizes,
            "ticktext": [f"{size:,}" for size in sizes],
            "fixedrange": True,
            "range": [np.log10(sizes[0]) - 0.15, np.log10(sizes[-1]) + 0.15],
        },
        yaxis={"title": html.escape(measure.measure.name), "fixedrange": True},
    )
    return figure


def _legend(name: str, colour: str, symbol: str) -> go.Scatter:
    """A line of the legend without points: colours and symbols are explained apart."""
    import plotly.graph_objects as go

    marker = {"color": colour, "symbol": symbol, "size": 10}
    return go.Scatter(x=[None], y=[None], mode="markers", marker=marker, name=name)


def _hover(found: SizeSweep, measure: SweptMeasure, at: int) -> str:
    form = found.forms[at]
    low, high = measure.low[at], measure.high[at]
    ends = f"{low:.3f} to {high:.3f}"
    interval = f" ({ends if has_interval(low, high) else f'–, {NO_INTERVAL[0].lower()}{NO_INTERVAL[1:]}'})"
    kept = f"<br>{percent(found.recall.value[at])} of the nearest rows kept"
    if measure is found.recall:
        kept = ""  # said by the measure
        interval = interval if at else ""  # of the full vectors by themselves
    return (
        f"<b>{form.name}</b><br>{form.bytes_per_vector:,} bytes a vector<br>"
        f"{html.escape(measure.measure.name)} {measure.value[at]:.3f}{interval}{kept}"
    )
