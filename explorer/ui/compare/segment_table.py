"""Differences by segment as a table, each with its interval drawn."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.comparison.numbers import NO_INTERVAL, has_interval
from explorer.data.tables.values import count
from explorer.ui.compare.figures_in_words import p_text, signed
from explorer.ui.widgets.figures import BLUE, ORANGE

if TYPE_CHECKING:
    from explorer.comparison.measure import Measure
    from explorer.comparison.measures.segments import SegmentDifference

_WIDTH, _NARROW_WIDTH, _HEIGHT = 220, 150, 22  # of an interval, in pixels
_EDGE = 8


def segment_html(
    found: Sequence[SegmentDifference], names: tuple[str, str], measure: Measure, *, narrow: bool = False
) -> str:
    """The table: segment, rows, interval, difference, p, and who is better; wide ones scroll sideways.

    Args:
        found: The differences, first − second.
        names: The two contenders, other people's text.
        measure: What they differ in.
        narrow: Whether it is for a phone: a list with two lines for each segment.
    """
    reach = max((abs(end) for each in found for end in _ends(each)), default=0.0) or 1.0
    first, second = (html.escape(name) for name in names)
    left, right = (first, second) if measure.higher_is_better is False else (second, first)
    width = "100%" if narrow else f"{_WIDTH}px"
    sides = f'<div style="{_SIDES}; width: {width}"><span>← {left}</span><span>{right} →</span></div>'
    if narrow:
        items = "".join(_item(each, names, measure, reach) for each in found)
        return f'{sides}<div role="list">{items}</div>'
    head = (
        f'<th style="{_NAME}">segment</th><th style="{_CELL}">rows</th>'
        f'<th style="{_CELL}">{sides}</th>'
        f'<th style="{_CELL}">difference</th><th style="{_CELL}">p (Holm)</th>'
        f'<th style="{_WORDS}">better</th>'
    )
    lines = "".join(_line(each, names, measure, reach) for each in found)
    return (
        '<div style="overflow-x: auto" tabindex="0" role="group" aria-label="Table, scrolls sideways">'
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _line(each: SegmentDifference, names: tuple[str, str], measure: Measure, reach: float) -> str:
    winner = each.better(measure)
    figures, ends = _figures(each)
    p = p_text(each.p_holm).removeprefix("p = ").replace("p unknown", "–")
    return (
        f'<tr><th scope="row" style="{_NAME}"><div style="{_WHOLE}">{html.escape(each.segment)}</div></th>'
        f'<td style="{_CELL}">{each.n:,}</td>'
        f'<td style="{_CELL}">{_interval(each, reach, winner, _WIDTH)}</td>'
        f'<td style="{_CELL}">{figures}<div style="{_SMALL}">{ends}</div></td><td style="{_CELL}">{p}</td>'
        f'<td style="{_WORDS}">{_words(each, names, winner)}</td></tr>'
    )


def _item(each: SegmentDifference, names: tuple[str, str], measure: Measure, reach: float) -> str:
    """A segment in two lines: its name, rows, and who is better; its interval and figures."""
    winner = each.better(measure)
    figures, ends = _figures(each)
    rows = count(each.n, "row")
    return (
        f'<div role="listitem" style="{_ITEM}">'
        f'<div style="{_LINE_OF_ITEM}"><span style="{_BREAKS}"><b>{html.escape(each.segment)}</b> '
        f'<span style="{_SMALL}">{rows}</span></span><span style="{_BREAKS}; text-align: right">'
        f"{_words(each, names, winner)}</span></div>"
        f'<div style="{_LINE_OF_ITEM}">{_interval(each, reach, winner, _NARROW_WIDTH)}'
        f'<span style="text-align: right">{figures} <span style="{_SMALL}">{ends}, '
        f"{p_text(each.p_holm)}</span></span></div></div>"
    )


def _figures(each: SegmentDifference) -> tuple[str, str]:
    """The difference and its interval, with dashes for what there is not."""
    figures = signed(each.difference, 3) if not math.isnan(each.difference) else "–"
    if not has_interval(each.low, each.high):
        return figures, f'<span title="{NO_INTERVAL}" style="cursor: help">–</span>'
    return figures, f"{signed(each.low, 3)} to {signed(each.high, 3)}"


def _words(each: SegmentDifference, names: tuple[str, str], winner: int | None) -> str:
    """Who is better."""
    if math.isnan(each.low):
        return "too few rows to tell"
    return "cannot tell apart" if winner is None else f"<b>{html.escape(names[winner])}</b>"


def _interval(each: SegmentDifference, reach: float, winner: int | None, width: int) -> str:
    """The interval as a line with its mean as a point, around the dotted line of no difference."""
    if math.isnan(each.difference):
        return ""

    def across(value: float) -> float:
        return width / 2 + value / reach * (width / 2 - _EDGE)

    colour = ORANGE if winner is None else BLUE
    low, high = (across(end) for end in _ends(each))
    fill = "transparent" if winner is None else colour
    # Streamlit drops SVG from HTML.
    return (
        f'<div style="{_PLOT}; width: {width}px" role="img" aria-label="{signed(each.difference, 3)}">'
        f'<div style="{_ZERO}"></div>'
        f'<div style="{_LINE}; left: {low:.1f}px; width: {high - low:.1f}px; background: {colour}"></div>'
        f'<div style="{_POINT}; left: {across(each.difference):.1f}px; border-color: {colour};'
        f' background: {fill}"></div></div>'
    )


def _ends(each: SegmentDifference) -> list[float]:
    ends = (each.low, each.high) if not math.isnan(each.low) else (each.difference, each.difference)
    return [end for end in ends if not math.isnan(end)]


_RULE = "border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent)"
_TABLE = "border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums"
_CELL = f"text-align: right; padding: .25rem .7rem; white-space: nowrap; {_RULE}"
_WORDS = f"text-align: left; padding: .25rem .7rem; min-width: 8rem; {_RULE}"
_SIDES = (
    "display: flex; justify-content: space-between; gap: .6rem; font-size: .85em;"
    " font-weight: 400; white-space: normal; overflow-wrap: anywhere; text-align: left"
)
_NAME = (
    f"text-align: left; padding: .25rem .7rem .25rem 0; {_RULE}; font-weight: 600; position: sticky; left: 0;"
    " backdrop-filter: blur(16px)"
)
_ITEM = f"padding: .4rem 0; font-variant-numeric: tabular-nums; {_RULE}"
_LINE_OF_ITEM = "display: flex; justify-content: space-between; align-items: center; gap: .8rem"
_BREAKS = "overflow-wrap: break-word; min-width: 0"
_WHOLE = "width: max-content; max-width: 10rem; overflow-wrap: break-word"  # words break only if too wide
_PLOT = f"position: relative; flex: none; height: {_HEIGHT}px"
_ZERO = "position: absolute; left: 50%; top: 0; bottom: 0; border-left: 1px dashed #808080"
_LINE = "position: absolute; top: calc(50% - 1px); height: 2px"
_POINT = (
    "position: absolute; top: 50%; width: 7px; height: 7px; border: 2px solid; border-radius: 50%;"
    " box-sizing: content-box; transform: translate(-50%, -50%)"
)
_SMALL = "font-size: .8em; opacity: .8"
