"""How well the categories agree with the labels of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from explorer.classification.against_labels import AgainstLabels, Estimate, against_labels
from explorer.classification.predictions import Predictions
from explorer.comparison.measures.groups import near_copies
from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images
from explorer.errors import ColumnError
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.ui.classify.curve import MOST_ROWS, show_curve
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.figure_table import figure_table
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.selected_rows import show_table_of_rows
from explorer.ui.widgets.shown_rows import ShownRows

_BY_CATEGORY = "Precision, recall and F1 of each category"
_DARKEST = 0.45  # opacity for all rows of a label
_CORNER = "label ↓  category →"


def show_against_labels(
    session: Session, shown_rows: ShownRows, predictions: Predictions, threshold: float
) -> None:
    """Draw accuracy, F1, the figures of each category and the confusion matrix, and the learning curve."""
    corpus = shown_rows.space.corpus
    st.header(f"Against {markdown(corpus.label or 'the labels')}", anchor=False)
    many = len(corpus) > MOST_ROWS
    groups = result_or_progress(
        session,
        ("copies", shown_rows.key),
        "Finding equal images" if has_images(corpus) else "Finding near-copies",
        lambda report: _repeats(corpus) if many else near_copies(corpus, on_progress=report),
        lane=analysis_lane(len(corpus)),
    )
    if groups is None:
        return
    try:
        found = kept(
            session,
            "against labels",
            (predictions, corpus, threshold, groups),
            lambda: against_labels(predictions, corpus.labels or [], threshold=threshold, groups=groups),
        )
    except ColumnError as error:
        st.info(f"{markdown(error.what)} {markdown(error.fix)}", icon=":material/label:")
        return
    with st.container(horizontal=True):
        st.metric(
            "Accuracy",
            percent(found.accuracy.value),
            help="Rows whose category is their label. Rows of another label belong in “none of these”.",
            width="content",
        )
        st.metric(
            "Mean F1",
            f"{found.macro_f1.value:.2f}",
            help="Over the labels, each counting the same.",
            width="content",
        )
    of = "equal images" if has_images(corpus) else "near-copies"
    if many:
        of = "repeats"
    learned = 0 if predictions.learned is None else int(predictions.learned.sum())
    without = f" The {learned:,} examples and their {of} are not counted." if learned else ""
    others = int((found.truth == len(found.names) - 1).sum())
    other = (
        f" The label of {others:,} is no category: only “none of these” is right for them." if others else ""
    )
    st.caption(
        f"95 % intervals: accuracy {_ends(found.accuracy, share=True)}, mean F1 {_ends(found.macro_f1)}. "
        f"Over {len(found.rows):,} rows with a label; {of} count as one.{other}{without}"
    )
    _show_matrix(shown_rows, found)
    figure_table("by-category", _BY_CATEGORY, lambda: _table(found), title=_BY_CATEGORY)
    show_curve(session, shown_rows, groups)


def _repeats(corpus: Corpus) -> NDArray[np.int64]:
    """Rows of the same item, as the same number."""
    _, numbers = np.unique(np.array(corpus.item_keys), return_inverse=True)
    return numbers.astype(np.int64)


def _ends(figure: Estimate, *, share: bool = False) -> str:
    if np.isnan(figure.low):
        return "unknown"
    low, high = ((percent if share else "{:.2f}".format)(end) for end in (figure.low, figure.high))
    return f"{low} to {high}"


def _table(found: AgainstLabels) -> pa.Table:
    columns: dict[str, list[object]] = {
        "category": [one.name for one in found.categories],
        "rows": [one.rows for one in found.categories],
    }
    for name in ("precision", "recall", "f1"):
        figures: list[Estimate] = [getattr(one, name) for one in found.categories]
        title = "F1" if name == "f1" else name
        columns[title] = [None if np.isnan(one.value) else one.value for one in figures]
        columns[f"{title}, 95 % interval"] = [_ends(one) for one in figures]
    return pa.table(columns)


def _show_matrix(shown_rows: ShownRows, found: AgainstLabels) -> None:
    """Draw the confusion matrix; a cell opens its rows."""
    last = len(found.names) - 1
    lines = [at for at in range(last + 1) if found.confusion[at].any()]
    columns = [at for at in range(last + 1) if at < last or found.confusion[:, last].any()]
    titles = dict(enumerate(found.names))
    whole = found.confusion.sum(axis=1)

    def shaded(column: pd.Series) -> list[str]:
        """The share of a label's rows, as a colour that text can be read on."""
        if column.name == _CORNER:
            return [""] * len(column)
        shares = [value / whole[at] for value, at in zip(column, lines, strict=True)]
        return [f"background-color: rgba(11, 107, 203, {_DARKEST * share:.2f})" for share in shares]

    table = pd.DataFrame(
        {
            _CORNER: [titles[at] if at < last else "another label" for at in lines],
            **{titles[at]: found.confusion[lines, at].tolist() for at in columns},
        }
    )
    event = st.dataframe(
        table.style.apply(shaded),
        hide_index=True,
        height="content",
        key=f"confusion-{hash((found.names, tuple(lines), tuple(columns)))}",
        on_select="rerun",
        selection_mode="single-cell",
        alt="Rows by label (down) and category (across)",
    )
    st.caption(
        "Rows by label, down, and category, across; the bluer, the larger the share of the label. Click a "
        "number to see its rows."
    )
    for line, column in event.selection.cells:
        at = next((at for at in columns if titles[at] == column), None)
        if at is None or line >= len(lines):
            continue
        places = found.cell(lines[line], at)
        label = titles[lines[line]] if lines[line] < last else "another label"
        st.subheader(f"{len(places):,} rows of {markdown(label)} in {markdown(titles[at])}", anchor=False)
        if len(places):
            show_table_of_rows(
                shown_rows.space.corpus, places, key="confused-rows", about="The rows of a cell"
            )
