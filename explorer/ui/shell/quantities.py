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


def readable_time(seconds: float) -> str:
    """How long a quick piece of work took: `12 ms`, `1.3 s`, and from ten seconds as `readable_duration`."""
    if seconds < 0.9995:
        return f"{max(1, round(1000 * seconds))} ms"
    return f"{seconds:.1f} s" if seconds < 9.95 else readable_duration(seconds)
