"""Colours of a map, distinguishable on a light and a dark ground."""

from __future__ import annotations

# Each at least 3:1 against white and against the dark theme's ground, as WCAG 2.2 asks of graphics (1.4.11).
HUES = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#7B5FD0",
    "#B07D00",
    "#D6455D",
    "#008B9A",
    "#6B8E23",
    "#A05195",
)
GREY = "#8C8C8C"
ACCENT = "#D55E00"  # of a grey group while its name in the legend is pointed at
# Viridis (matplotlib), at nine places. Of it, each ground has the part that stands out from it at least 3:1,
# from what stands out least, for low numbers, to what does most.
_VIRIDIS = (
    "#440154",
    "#472D7B",
    "#3B528B",
    "#2C728E",
    "#21918C",
    "#28AE80",
    "#5EC962",
    "#ADDC30",
    "#FDE725",
)


_LIGHT, _DARK = (0.58, 0.0), (0.36, 1.0)


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour such as #0072B2, 0 to 255."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def scale_colours(count: int) -> tuple[list[str], list[str]]:
    """Colours of a scale of numbers, from low to high, on a light and on a dark ground."""
    light, dark = (
        [_viridis(first + (last - first) * number / max(1, count - 1)) for number in range(count)]
        for first, last in (_LIGHT, _DARK)
    )
    return light, dark


def _viridis(share: float) -> str:
    at = share * (len(_VIRIDIS) - 1)
    first = min(int(at), len(_VIRIDIS) - 2)
    mixed = (
        round(a + (b - a) * (at - first))
        for a, b in zip(rgb(_VIRIDIS[first]), rgb(_VIRIDIS[first + 1]), strict=True)
    )
    return "#{:02X}{:02X}{:02X}".format(*mixed)
