"""How contenders differ by one measure: a forest plot and the same in words."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from explorer.comparison.numbers import NO_INTERVAL, has_interval, units
from explorer.session.session import Session
from explorer.ui.compare.figures_in_words import p_text, signed
from explorer.ui.compare.window_width import is_narrow, watch_width
from explorer.ui.widgets.figures import BLUE, GREY, ORANGE
from explorer.ui.widgets.kept import kept

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from explorer.comparison.comparison import Comparison
    from explorer.comparison.measure import Measure
    from explorer.comparison.statistics.differences import Difference

_LEADER, _ALL = "Against the best", "All pairs"
_ROW_PIXELS, _NARROW_ROW_PIXELS = 52, 76
_WIDTH = 900  # pixels
_LETTER_PIXELS = 5.4  # of the text beside a line, on average
_TICKS = 5


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
    def names(self) -> str:
        """The two contenders, other people's text."""
        return f"{self.first} − {self.second}"

    @property
    def figures(self) -> str:
        """The difference, its interval and its p-value."""
        known = has_interval(self.low, self.high)
        ends = f"{signed(self.low, 3)} to {signed(self.high, 3)}" if known else "–"
        return f"{signed(self.difference, 3)} ({ends}), {p_text(self.p_holm)}"

    @property
    def words(self) -> str:
        """Whether the two differ."""
        if math.isnan(self.low):
            return "too few units to tell"
        return "differs" if self.significant else "cannot tell apart"


def show_differences(session: Session, comparison: Comparison) -> None:
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
    narrow = is_narrow()
    watch_width(narrow=narrow)
    st.plotly_chart(
        kept(
            session,
            "compare-forest",
            (comparison, chosen, which, narrow),
            lambda: forest_plot(lines, measure.in_sentence, narrow=narrow),
        ),
        key="compare-forest",
        width=_WIDTH,
        config={"displayModeBar": False},
        alt=_forest_words(lines, measure.in_sentence),
    )
    one = next(each for each in comparison.found if each.measure == measure)
    family = one.family
    measured = units(measure, one.n, one.independent, len(comparison.corpus))
    st.caption(
        f"From {measured}. Lines are 95 % confidence intervals. "
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


def _forest_words(lines: Sequence[_Line], measure: str) -> str:
    """What the forest plot shows: how many pairs differ, and each difference with its interval."""
    differ = sum(line.words == "differs" for line in lines)
    parts = (
        f"{line.first} minus {line.second} {signed(line.difference, 3)}"
        + (
            ""
            if math.isnan(line.low)
            else f" ({signed(line.low, 3, plus=False)} to {signed(line.high, 3, plus=False)})"
        )
        for line in lines
    )
    pairs = f"{len(lines):,} pair{'' if len(lines) == 1 else 's'}"
    return (
        f"Differences in {measure} with 95 % confidence intervals; {differ:,} of {pairs} "
        f"differ: {'; '.join(parts)}."
    )


def forest_plot(lines: Sequence[_Line], measure: str, *, narrow: bool = False) -> go.Figure:
    """Draw differences with their intervals, one below the other, each with its names and its figures.

    Args:
        lines: The differences.
        measure: What they are of, in a sentence.
        narrow: Whether it is for a phone, where names and figures are above each line and not beside it.
    """
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
            xanchor="left" if narrow else "right",
            xshift=0 if narrow else -12,
            y=at,
            yshift=29 if narrow else 0,
            showarrow=False,
            align="left",
            hovertext=None if has_interval(line.low, line.high) else NO_INTERVAL,
        )
        if narrow:  # the line of no difference, in pieces, so that it does not cross words
            _add_zero(figure, at - 0.1, at + 0.3)
    if not narrow:
        _add_zero(figure, -0.5, len(lines) - 0.5)
    ends = [end for line in lines for end in (line.low, line.difference, line.high) if not math.isnan(end)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    aside = 0.05 * (high - low) or 0.5
    figure.update_layout(
        height=(_NARROW_ROW_PIXELS if narrow else _ROW_PIXELS) * len(lines) + 70,
        margin={"l": 0 if narrow else _margin(lines), "r": 0, "t": 8, "b": 0},
        dragmode=False,
        xaxis={
            "title": f"difference in {html.escape(measure)}",
            "fixedrange": True,
            "zeroline": False,
            "range": [low - aside, high + aside],
            "tickvals": ticks_with_zero(low, high),
        },
        yaxis={
            "visible": False,
            "fixedrange": True,
            "range": [len(lines) - (0.6 if narrow else 0.5), -0.75 if narrow else -0.5],
        },
    )
    return figure


def _add_zero(figure: go.Figure, top: float, bottom: float) -> None:
    """Draw the line of no difference."""
    line = {"dash": "dot", "width": 1, "color": GREY}
    figure.add_shape(type="line", x0=0, x1=0, y0=top, y1=bottom, line=line)


def _margin(lines: Sequence[_Line]) -> int:
    """The room of what is told beside the lines, in pixels."""
    letters = max(len(text) for line in lines for text in (line.names, f"{line.figures}: {line.words}"))
    return round(min(letters * _LETTER_PIXELS + 24, _WIDTH / 2))


def ticks_with_zero(low: float, high: float) -> list[float]:
    """A few round numbers in a range, with zero, which the range is widened to have."""
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return [0.0]
    least = (high - low) / _TICKS
    power = 10 ** math.floor(math.log10(least))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= least)
    return [step * at for at in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _reach(length: float) -> float:
    return 0.0 if math.isnan(length) else length


def _told(line: _Line) -> str:
    """A difference in words, in two lines."""
    return f"<b>{html.escape(line.names)}</b><br>{line.figures}: <b>{line.words}</b>"
