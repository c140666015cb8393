"""Marking rows as examples of categories."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explorer.classification.next_to_label import next_to_label
from explorer.classification.predictions import Predictions
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows

_PER_LABEL = 5
_QUEUE = 50
_SKIPPED = "examples-skipped"


def show_examples(
    session: Session, shown_rows: ShownRows, names: tuple[str, ...], predictions: Predictions | None
) -> None:
    """Draw the row to label next, and the examples there are."""
    marked = {row: name for row, name in session.examples.items() if name in names}
    with st.container(border=True):
        row = _next(session, shown_rows, predictions)
        if row is None:
            st.caption("All rows shown are examples.")
        else:
            _ask(session, shown_rows, names, row, predictions)
    counts = [sum(name == one for one in marked.values()) for name in names]
    told = " · ".join(f"{name}: {count:,}" for name, count in zip(names, counts, strict=True) if count)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(marked):,} example{'' if len(marked) == 1 else 's'}. {markdown(told)}")
        labels = session.corpus.labels
        known = {name.casefold(): name for name in names}
        if labels is not None and any(label.casefold() in known for label, _ in session.corpus.label_sizes):
            st.button(
                f"Take {_PER_LABEL} of each label",
                icon=":material/label:",
                type="tertiary",
                on_click=_take_labels,
                args=(session, shown_rows, known),
                help="Random rows of the label column with the name of a category.",
            )
        if marked:
            st.button(
                "Forget the last",
                icon=":material/undo:",
                type="tertiary",
                on_click=_forget_last,
                args=(session, names),
            )
            st.button(
                "Forget all", icon=":material/delete:", type="tertiary", on_click=session.examples.clear
            )


def _next(session: Session, shown_rows: ShownRows, predictions: Predictions | None) -> int | None:
    """The place among the shown rows of the one to label next."""
    marked = np.flatnonzero(np.isin(shown_rows.rows, list(session.examples)))
    queue = kept(
        session,
        "to label",
        (shown_rows.space, predictions, marked.tobytes()),
        lambda: next_to_label(shown_rows.space, marked, predictions, _QUEUE),
    )
    skipped = st.session_state.get(_SKIPPED, ())
    left = [int(place) for place in queue if int(shown_rows.rows[place]) not in skipped]
    return left[0] if left else (int(queue[0]) if len(queue) else None)


def _ask(
    session: Session,
    shown_rows: ShownRows,
    names: tuple[str, ...],
    place: int,
    predictions: Predictions | None,
) -> None:
    number = int(shown_rows.rows[place])
    st.html(f"<b>Which category?</b> · row {number + 1:,}{item_html(shown_rows.space.corpus, place)}")
    key = f"category-of-{number}"
    st.pills(
        "Category",
        names,
        format_func=markdown,
        key=key,
        label_visibility="collapsed",
        on_change=_mark,
        args=(session, number, key),
    )
    guess = "It is typical of the rows shown."
    if predictions is not None:
        best, second = np.argsort(-predictions.probabilities[place], kind="stable")[:2]
        likely = (
            f"{predictions.categories[at]} {percent(float(predictions.probabilities[place, at]))}"
            for at in (best, second)
        )
        guess = f"Guessed: {', '.join(likely)}."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"The row that would teach most. {markdown(guess)}")
        st.button(
            "Skip",
            icon=":material/skip_next:",
            type="tertiary",
            on_click=_skip,
            args=(number,),
        )


def _mark(session: Session, row: int, key: str) -> None:
    name = st.session_state[key]
    if name is not None:
        session.examples.pop(row, None)  # the latest comes last
        session.examples[row] = str(name)


def _forget_last(session: Session, names: tuple[str, ...]) -> None:
    shown = [row for row, name in session.examples.items() if name in names]
    for row in shown[-1:]:
        del session.examples[row]


def _skip(row: int) -> None:
    st.session_state[_SKIPPED] = (*st.session_state.get(_SKIPPED, ()), row)


def _take_labels(session: Session, shown_rows: ShownRows, known: dict[str, str]) -> None:
    """Mark random rows of each label that is called as a category."""
    labels, rng = session.corpus.labels or [], np.random.default_rng(0)
    taken: dict[str, int] = {}
    for row in rng.permutation(shown_rows.rows).tolist():
        name = known.get(labels[row].casefold())
        if name is not None and taken.get(name, 0) < _PER_LABEL:
            session.examples.setdefault(row, name)
            taken[name] = taken.get(name, 0) + 1
