"""Choosing rows: the selection, one label, the first rows, random rows, or row numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer.analysis.heatmaps import MAX_SIDE
from explorer.errors import ExplorerError, QueryError
from explorer.numbers import number_from
from explorer.session.session import Session
from explorer.ui.shell.text import show_error

_SELECTION, _FIRST, _RANDOM, _LABEL, _TYPED = (
    "Selection",
    "First rows",
    "Random rows",
    "One label",
    "Row numbers",
)
_DEFAULT_ROWS = 100
_SHOWN_CHARS = 40


@dataclass(frozen=True, eq=False)
class RowChoice:
    """The rows that were chosen.

    Attributes:
        rows: Their numbers, from 0, int64, shape (rows,).
        total: How many there are to choose from, such as in the selection.
        of: These, in words.
    """

    rows: np.ndarray
    total: int
    of: str

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return len(self.rows) < self.total


def choose_rows(session: Session, label: str, key: str) -> RowChoice:
    """Draw a choice among the shown rows and return it."""
    total = len(session.corpus)
    among = np.arange(total) if session.shown is None else session.shown.rows
    options = [_FIRST, _RANDOM, _TYPED]
    if session.corpus.labels is not None:
        options.insert(0, _LABEL)
    if session.selection is not None:
        options.insert(0, _SELECTION)
    default = _SELECTION if session.selection is not None else _FIRST
    source = st.selectbox(label, options, index=options.index(default), key=f"{key}-from", width=170)
    rows, what = among, "rows"
    if source == _TYPED:
        typed = st.text_input("Row numbers, such as 1, 5, 20-30", key=f"{key}-typed", width=240)
        try:
            rows = parse_rows(typed or "", total)
        except ExplorerError as error:
            show_error(error)
            rows = np.empty(0, dtype=np.int64)
        left = rows[np.isin(rows, among)]
        if len(left) < len(rows):
            st.caption(f"{len(rows) - len(left):,} of these are not among the shown rows.", width="content")
        return RowChoice(left, len(left), what)
    if source == _SELECTION and session.selection is not None:
        rows, what = np.intersect1d(among, session.selection.rows), "selected rows"
    elif source == _LABEL and session.corpus.labels is not None:
        chosen = st.selectbox("Label", sorted(set(session.corpus.labels)), key=f"{key}-label", width=200)
        rows, what = among[np.array(session.corpus.labels)[among] == chosen], "rows with this label"
    of = f"the {len(rows):,} {what}"
    if len(rows) <= 1:
        return RowChoice(rows, len(rows), of)
    most = min(len(rows), MAX_SIDE)
    count = int(st.number_input("How many", 1, most, min(most, _DEFAULT_ROWS), key=f"{key}-count", width=130))
    if source == _RANDOM:
        drawn = np.sort(np.random.default_rng(0).choice(rows, count, replace=False))
        return RowChoice(drawn, len(rows), of)
    return RowChoice(rows[:count], len(rows), of)


def parse_rows(typed: str, total: int) -> np.ndarray:
    """Parse a list of row numbers such as `1, 5, 20-30` into unique row numbers from 0."""
    rows: list[int] = []
    for part in filter(None, (part.strip() for part in typed.replace(";", ",").split(","))):
        first, dash, last = (side.strip() for side in part.partition("-"))
        low, high = (number_from(side, 1, total) for side in (first, last if dash else first))
        if low is None or high is None or low > high:
            shown = part if len(part) <= _SHOWN_CHARS else f"{part[:_SHOWN_CHARS]}…"
            raise QueryError(
                f"Row numbers are whole numbers from 1 to {total:,}, not {shown}.",
                fix=f"Type numbers from 1 to {total:,} and ranges, such as 1, 5, 20-30.",
            )
        if high - low >= MAX_SIDE or len(rows) > MAX_SIDE:
            raise QueryError(f"These are more than {MAX_SIDE:,} rows.", fix="Choose fewer.")
        rows += range(low - 1, high)
    return np.array(list(dict.fromkeys(rows)), dtype=np.int64)[:MAX_SIDE]
