"""Choosing rows: the selection, one label, the first rows, random rows, or row numbers."""

from __future__ import annotations

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


def choose_row_numbers(session: Session, label: str, key: str) -> np.ndarray:
    """Draw a choice of rows; return their numbers from 0."""
    total = len(session.corpus)
    options = [_FIRST, _RANDOM, _TYPED]
    if session.corpus.labels is not None:
        options.insert(0, _LABEL)
    if session.selection is not None:
        options.insert(0, _SELECTION)
    default = _SELECTION if session.selection is not None else _FIRST
    source = st.selectbox(label, options, index=options.index(default), key=f"{key}-from", width=170)
    rows = np.arange(total)
    if source == _TYPED:
        typed = st.text_input("Row numbers, such as 1, 5, 20-30", key=f"{key}-typed", width=240)
        try:
            return parse_rows(typed or "", total)
        except ExplorerError as error:
            show_error(error)
            return np.empty(0, dtype=np.int64)
    if source == _SELECTION and session.selection is not None:
        rows = session.selection.rows
    elif source == _LABEL and session.corpus.labels is not None:
        chosen = st.selectbox("Label", sorted(set(session.corpus.labels)), key=f"{key}-label", width=200)
        rows = np.flatnonzero(np.array(session.corpus.labels) == chosen)
    if len(rows) <= 1:
        return rows
    count = st.number_input(
        "How many", 1, min(len(rows), MAX_SIDE), min(len(rows), _DEFAULT_ROWS), key=f"{key}-count", width=130
    )
    if source == _RANDOM:
        return np.sort(np.random.default_rng(0).choice(rows, int(count), replace=False))
    return rows[: int(count)]


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
