"""Sizes, counts and durations as people read them."""

from __future__ import annotations


def readable_size(size: int) -> str:
    """A number of bytes in kB or MB, such as `1.3 MB`."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1_000)):,} kB"
    return f"{size / 1e6:,.1f} MB" if size < 10_000_000 else f"{size / 1e6:,.0f} MB"


def readable_count(number: int) -> str:
    """A count to three significant digits with a unit, such as `22.7 M`."""
    for unit, size in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return str(number)


def readable_duration(seconds: float) -> str:
    """A duration, such as `8 s`, `3 min 20 s` or `1 h 5 min`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
