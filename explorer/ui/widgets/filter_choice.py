"""Choosing a filter: the column, then the values, the range or the text, with what the column holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import streamlit as st

from explorer.data.filters.specs import (
    MAX_TEXT,
    MAX_VALUES,
    Between,
    Contains,
    During,
    Filter,
    OneOf,
)
from explorer.data.filters.summary import ColumnSummary, Histogram, summarise
from explorer.data.filters.values import filterable, microseconds, moment
from explorer.errors import FilterError
from explorer.session.session import Session
from explorer.ui.shell.text import show_error
from explorer.ui.widgets.filter_words import NONE, moment_words, number_words
from explorer.ui.widgets.kept import kept

_ERROR = "filter-error"
_WHOLE = 2**53  # whole numbers up to this are exact in a browser
_SHORT = dt.timedelta(days=3)  # a column that spans less is filtered by the minute
_DAY_END = dt.time(23, 59)

_Read = Callable[[], Filter | None]  # what was chosen; None for no filter


def choose_filter(session: Session, then: Callable[[], None]) -> None:
    """Draw the choice of a filter, which replaces the one of the same column.

    Args:
        session: The session that is filtered.
        then: Called before the page is drawn again once a filter was chosen.
    """
    corpus = session.corpus
    column = st.selectbox("Column", filterable(corpus), key="filter-column")
    summary = kept(session, f"column: {column}", (corpus,), lambda: summarise(corpus, column))
    active = next((one for one in session.filters if one.column == column), None)
    # Its widgets begin with the active filter, also after that was changed elsewhere.
    key = f"filter-{hash((corpus.fingerprint, column, active))}"
    with st.form(f"{key}-form", border=False):
        read = _CONTROLS[summary.kind](column, summary, active, key)
        st.form_submit_button(
            "Show only these rows",
            type="primary",
            width="stretch",
            on_click=_apply,
            args=(session, column, read, then),
        )
    error = st.session_state.pop(_ERROR, None)
    if error is not None:
        show_error(error)


def _apply(session: Session, column: str, read: _Read, then: Callable[[], None]) -> None:
    try:
        chosen = read()
        kept_ones = {one.column: one for one in session.filters}
        if chosen is None:
            kept_ones.pop(column, None)
        else:
            kept_ones[column] = chosen
        session.filter_by(tuple(kept_ones.values()))
    except FilterError as error:
        st.session_state[_ERROR] = error
    else:
        then()


def _choose_values(column: str, summary: ColumnSummary, active: Filter | None, key: str) -> _Read:
    counts = dict(summary.values)
    chosen = active.values if isinstance(active, OneOf) else ()
    st.multiselect(
        "Values",
        [*counts, *(value for value in chosen if value not in counts)],
        list(chosen),
        format_func=lambda value: f"{value or NONE} · {counts.get(value, 0):,}",
        key=key,
        max_selections=MAX_VALUES,
        placeholder=f"{len(counts):,} different, with their rows",
    )

    def read() -> Filter | None:
        values = tuple(st.session_state[key])
        return OneOf(column, values) if values else None

    return read


def _choose_text(column: str, _summary: ColumnSummary, active: Filter | None, key: str) -> _Read:
    st.text_input(
        "Contains",
        active.text if isinstance(active, Contains) else "",
        key=key,
        max_chars=MAX_TEXT,
        placeholder="Case and accents make no difference",
    )

    def read() -> Filter | None:
        sought = str(st.session_state[key] or "")
        return Contains(column, sought) if sought.strip() else None

    return read


def _choose_numbers(column: str, summary: ColumnSummary, active: Filter | None, key: str) -> _Read:
    low, high = (active.low, active.high) if isinstance(active, Between) else (None, None)
    histogram = summary.histogram
    if histogram is not None:
        ends = number_words(histogram.low), number_words(histogram.high)
        _draw(histogram, ends, low, high)
    whole = histogram is not None and histogram.whole and _fits(histogram.low, histogram.high, low, high)
    with st.container(horizontal=True):
        for label, end, place in (("From", low, "low"), ("To", high, "high")):
            usual = getattr(histogram, place) if histogram is not None else None
            st.number_input(
                label,
                value=_shown(end, whole=whole),
                step=1 if whole else None,
                format="%d" if whole else "%.15g",
                key=f"{key}-{place}",
                placeholder="any" if usual is None else number_words(usual),
            )
    _choose_missing("a number", summary, active, key)

    def read() -> Filter | None:
        ends = [st.session_state[f"{key}-{place}"] for place in ("low", "high")]
        first, last = (None if end is None else float(end) for end in ends)
        missing = bool(st.session_state.get(f"{key}-missing", False))
        if first is None and last is None and (missing or not summary.missing):
            return None
        return Between(column, first, last, missing)

    return read


def _choose_times(column: str, summary: ColumnSummary, active: Filter | None, key: str) -> _Read:
    first, last = (active.first, active.last) if isinstance(active, During) else (None, None)
    histogram = summary.histogram
    lowest, highest = (
        (moment(int(histogram.low)), moment(int(histogram.high)))
        if histogram is not None
        else (dt.datetime.min, dt.datetime.max)
    )
    by_minute = highest - lowest < _SHORT
    if histogram is not None:
        usual = (None, None) if by_minute else (dt.time(), _DAY_END)
        ends = [
            end.date().isoformat() if any(usual) else moment_words(end, dt.time(0, 0, 1))
            for end in (lowest, highest)
        ]
        outer = (None if first is None else microseconds(first), None if last is None else microseconds(last))
        _draw(histogram, (ends[0], ends[1]), *outer)
    reach = [end for end in (lowest, highest, first, last) if end is not None]
    with st.container(horizontal=True):
        for label, end, place in (("From", first, "first"), ("To", last, "last")):
            if by_minute:
                st.datetime_input(
                    label, end, min(reach), max(reach), key=f"{key}-{place}", step=60, format="YYYY-MM-DD"
                )
            else:
                day = None if end is None else end.date()
                days = min(reach).date(), max(reach).date()
                st.date_input(label, day, *days, key=f"{key}-{place}", format="YYYY-MM-DD")
    _choose_missing("a date", summary, active, key)

    def read() -> Filter | None:
        ends = []
        for place, time in (("first", dt.time()), ("last", _DAY_END)):
            end = st.session_state[f"{key}-{place}"]
            if end is not None and not by_minute:
                end = dt.datetime.combine(end, time)
            ends.append(end)
        missing = bool(st.session_state.get(f"{key}-missing", False))
        if ends == [None, None] and (missing or not summary.missing):
            return None
        return During(column, ends[0], ends[1], missing)

    return read


_CONTROLS: dict[str, Callable[[str, ColumnSummary, Filter | None, str], _Read]] = {
    "category": _choose_values,
    "number": _choose_numbers,
    "time": _choose_times,
    "text": _choose_text,
}


def _choose_missing(what: str, summary: ColumnSummary, active: Filter | None, key: str) -> None:
    if summary.missing:
        rows = f"{summary.missing:,} row{'' if summary.missing == 1 else 's'}"
        st.checkbox(
            f"Also the {rows} without {what}",
            isinstance(active, Between | During) and active.missing,
            key=f"{key}-missing",
        )


def _fits(*ends: float | None) -> bool:
    return all(end is None or (end.is_integer() and abs(end) < _WHOLE) for end in ends)


def _shown(end: float | None, *, whole: bool) -> float | None:
    return int(end) if end is not None and whole else end


def _draw(histogram: Histogram, ends: tuple[str, str], low: float | None, high: float | None) -> None:
    """Draw how values are distributed; bars outside of the active range are pale."""
    counts = histogram.counts
    edges = np.linspace(histogram.low, histogram.high, len(counts) + 1)
    bars = []
    for count, left, right in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
        inside = (low is None or right >= low) and (high is None or left <= high)
        height = max(2.0, 44 * count / counts.max()) if count else 0
        bars.append(f'<i style="{_BAR};height:{height:.0f}px;opacity:{0.75 if inside else 0.25}"></i>')
    about = f"Histogram of {int(counts.sum()):,} values from {ends[0]} to {ends[1]}"
    st.html(
        f'<div role="img" aria-label="{about}" style="{_BARS}">{"".join(bars)}</div>'
        f'<div style="{_ENDS}"><span>{ends[0]}</span><span>{ends[1]}</span></div>'
    )


_BARS = "display:flex;align-items:flex-end;gap:1px;height:44px"
_BAR = "flex:1;background:currentColor"
_ENDS = "display:flex;justify-content:space-between;font-size:.8em;opacity:.75"
