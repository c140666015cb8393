"""How contenders differ by one measure: a forest plot and the same in words."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.numbers import NO_INTERVAL, has_interval, units
from explorer.ui.compare.figures_in_words import p_text, signed
from explorer.ui.widgets.figures import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from explorer.comparison.comparison import Comparison
    from explorer.comparison.measure import Measure
    from explorer.comparison.statistics.differences import Difference

_LEADER, _ALL = "Against the best", "All pairs"
_ROW_PIXELS = 68


@dataclass(frozen=True)
class _Line:
    """A difference as it is drawn: first minus second."""

    first: str
    second: str
    difference: float
    low: float
    high: float
    p_holm: float
    significant: bool

    @property
    def words(self) -> str:
        """Whether the two differ."""
        if math.isnan(self.low):
            return "too few units to tell"
        return "differs" if self.significant else "cannot tell apart"


def show_differences(comparison: Comparison) -> None:
    """Draw the differences of all pairs, or of the best contender to each other one, by a chosen measure."""
    measures = list(dict.fromkeys(each.measure for each in comparison.found))
    if not measures:
        return
    st.header("Differences", anchor=False)
    basis = comparison.verdict.basis
    usual = measures.index(basis) if basis in measures else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [measure.name for measure in measures]
        chosen = st.selectbox(
            "Measure",
            names,
            index=usual,
            key=f"compare-measure-{hash(tuple(names))}",
            width=240,
            help="The measure whose differences are shown.",
        )
        which = st.segmented_control(
            "Pairs",
            [_LEADER, _ALL],
            default=_LEADER,
            required=True,
            key="compare-pairs",
            persist_state="session",
            help="The best is the contender with the best value.",
        )
    measure = measures[names.index(chosen)]
    lines = _lines(comparison, measure, only_leader=which != _ALL)
    if not lines:
        st.caption("Fewer than two contenders have this measure.")
        return
    st.plotly_chart(
        forest_plot(lines, measure.in_sentence),
        key="compare-forest",
        config={"displayModeBar": False},
        alt=f"Differences in {measure.in_sentence} with 95 % confidence intervals",
    )
    one = next(each for each in comparison.found if each.measure == measure)
    family = one.family
    st.caption(
        f"From {units(measure, one.n, one.independent)}. Lines are 95 % confidence intervals. "
        "P-values are of the paired permutation test, "
        f"adjusted by Holm for {family} difference{'' if family == 1 else 's'}. Two contenders differ "
        "if p is below 0.05 and the interval excludes zero."
    )


def _lines(comparison: Comparison, measure: Measure, *, only_leader: bool) -> list[_Line]:
    found = [each for each in comparison.found if each.measure == measure]
    if only_leader:
        leader = comparison.best_first(measure)[0]
        found = [each for each in found if leader in (each.first, each.second)]
        lines = [_line(comparison, each, swap=each.second == leader) for each in found]
    else:
        lines = [_line(comparison, each, swap=each.difference < 0) for each in found]
    return sorted(lines, key=lambda line: -abs(line.difference))


def _line(comparison: Comparison, each: Difference, *, swap: bool) -> _Line:
    names, sign = comparison.names, -1 if swap else 1
    first, second = (each.second, each.first) if swap else (each.first, each.second)
    low, high = sorted((sign * each.low, sign * each.high))
    return _Line(
        names[first], names[second], sign * each.difference, low, high, each.p_holm, each.significant
    )


def forest_plot(lines: Sequence[_Line], measure: str) -> go.Figure:
    """Draw differences with their intervals, one below the other, each with its names and its figures."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for word, colour, symbol in (("differs", BLUE, "circle"), ("other", ORANGE, "diamond-open")):
        own = [
            (at, line) for at, line in enumerate(lines) if (line.words == "differs") == (word == "differs")
        ]
        figure.add_trace(
            go.Scatter(
                x=[line.difference for _, line in own],
                y=[at for at, _ in own],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [_reach(line.high - line.difference) for _, line in own],
                    "arrayminus": [_reach(line.difference - line.low) for _, line in own],
                    "thickness": 2,
                    "width": 6,
                },
                mode="markers",
                marker={"color": colour, "size": 11, "symbol": symbol, "line": {"width": 2, "color": colour}},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    for at, line in enumerate(lines):
        figure.add_annotation(
            text=_told(line),
            x=0,
            xref="paper",
            xanchor="left",
            y=at,
            yshift=23,
            showarrow=False,
            align="left",
            hovertext=None if has_interval(line.low, line.high) else NO_INTERVAL,
        )
        # The line of no difference, in pieces, so that it does not cross words.
        figure.add_shape(
            type="line",
            x0=0,
            x1=0,
            y0=at - 0.1,
            y1=at + 0.3,
            line={"dash": "dot", "width": 1, "color": GREY},
        )
    figure.update_layout(
        height=_ROW_PIXELS * len(lines) + 70,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        dragmode=False,
        xaxis={"title": f"difference in {html.escape(measure)}", "fixedrange": True, "zeroline": False},
        yaxis={
            "visible": False,
            "fixedrange": True,
            "range": [len(lines) - 0.6, -0.75],
        },
    )
    return figure


def _reach(length: float) -> float:
    return 0.0 if math.isnan(length) else length


def _told(line: _Line) -> str:
    """A difference in words, in two short lines' worth of text."""
    names = f"{html.escape(line.first)} − {html.escape(line.second)}"
    ends = f"{signed(line.low, 3)} to {signed(line.high, 3)}" if has_interval(line.low, line.high) else "–"
    figures = f"{signed(line.difference, 3)} ({ends}), {p_text(line.p_holm)}"
    return f"<b>{names}</b><br>{figures}: <b>{line.words}</b>"
