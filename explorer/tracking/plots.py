"""Figures with their intervals as a picture, SVG, which MLflow shows."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.comparison.numbers import has_interval, interval, number

_ROW, _NAMES, _PLOT, _FIGURES = 26, 300, 360, 170
_TOP, _BOTTOM, _EDGE = 40, 30, 10
_NAME_CHARS = 45


@dataclass(frozen=True)
class Mark:
    """A figure in a picture.

    Attributes:
        name: What it is of.
        value: Its value.
        low: Low end of the 95 % interval; NaN for none.
        high: High end.
    """

    name: str
    value: float
    low: float
    high: float


def interval_plot(title: str, marks: Sequence[Mark]) -> str:
    """A picture with a line for each figure: its name, a dot with the interval, and the numbers.

    Args:
        title: What is shown.
        marks: The figures; those that are NaN are left out.
    """
    shown = [mark for mark in marks if not math.isnan(mark.value)]
    values = [each for mark in shown for each in (mark.value, mark.low, mark.high) if not math.isnan(each)]
    least, most = min(values, default=0.0), max(values, default=1.0)
    reach = (most - least) or 1.0

    def place(value: float) -> float:
        return round(_NAMES + _EDGE + (_PLOT - 2 * _EDGE) * (value - least) / reach, 1)

    width, height = _NAMES + _PLOT + _FIGURES, _TOP + _ROW * len(shown) + _BOTTOM
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_EDGE}" y="22" font-weight="bold" fill="#111827">{_text(title)}</text>',
    ]
    for at, mark in enumerate(shown):
        middle = _TOP + _ROW * at + _ROW / 2
        lines.append(f'<text x="{_EDGE}" y="{middle + 4}" fill="#111827">{_text(mark.name)}</text>')
        if has_interval(mark.low, mark.high):
            lines.append(
                f'<line x1="{place(mark.low)}" x2="{place(mark.high)}" y1="{middle}" y2="{middle}" '
                'stroke="#1d4ed8" stroke-width="2"/>'
            )
        lines.append(f'<circle cx="{place(mark.value)}" cy="{middle}" r="4.5" fill="#1d4ed8"/>')
        told = " ".join(filter(None, (number(mark.value), _in_brackets(mark))))
        lines.append(f'<text x="{_NAMES + _PLOT}" y="{middle + 4}" fill="#111827">{_text(told)}</text>')
    axis = height - _BOTTOM / 2 + 4
    lines += [
        f'<text x="{place(least)}" y="{axis}" fill="#6b7280">{number(least)}</text>',
        f'<text x="{place(least + reach)}" y="{axis}" text-anchor="end" fill="#6b7280">'
        f"{number(least + reach)}</text>",
        "</svg>",
    ]
    return "\n".join(lines)


def _in_brackets(mark: Mark) -> str:
    ends = interval(mark.low, mark.high)
    return f"({ends})" if ends else ""


def _text(text: str) -> str:
    return html.escape(text if len(text) <= _NAME_CHARS else f"{text[: _NAME_CHARS - 1]}…")
