"""Rows in categories of one's own: what is in each, and which rows are in doubt."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.classification.categories import NONE
from explorer.classification.predictions import NONE_OF_THESE, Predictions
from explorer.numbers import percent
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.ui.classify.categories import choose_categories
from explorer.ui.classify.examples import show_examples
from explorer.ui.classify.labels import show_against_labels
from explorer.ui.classify.ways import EXAMPLES, choose_ways, predictions_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.item_words import text_word
from explorer.ui.widgets.shown_rows import ShownRows, choose_shown_rows
from explorer.ui.widgets.thumbnail_column import thumbnail_column
from explorer.ui.widgets.to_map import offer_on_map

_DOUBTFUL = 200  # rows listed
_MOST_NAMES = 60  # characters of a column's name


def show_classify(session: Session, space: Space) -> None:
    """Draw the categories, the ways to classify, and what comes of it."""
    shown_rows = choose_shown_rows(session, space)
    categories = choose_categories(space.corpus)
    if categories is None:
        return
    names = tuple(one.name for one in categories)
    ways = choose_ways(session)
    predictions = predictions_or_progress(session, space, shown_rows, categories, ways)
    if EXAMPLES in ways:
        show_examples(session, shown_rows, names, predictions)
    if predictions is None:
        return
    threshold = _choose_threshold(predictions)
    _show_categories(session, shown_rows, predictions, threshold)
    _show_columns(session, shown_rows, predictions, threshold)
    _show_doubtful(session, shown_rows, predictions, threshold)
    if space.corpus.labels is not None and not predictions.several:
        show_against_labels(session, shown_rows, predictions, threshold)


def _choose_threshold(predictions: Predictions) -> float:
    about = (
        "A category applies to a row if its probability is at least this."
        if predictions.several
        else f"Rows whose likeliest category is less probable than this are “{NONE}”."
    )
    kind = "applies-from" if predictions.several else "none-below"
    return st.slider(
        "Applies from" if predictions.several else "None of these below",
        0.0,
        1.0,
        0.5 if predictions.several else 0.0,
        0.01,
        key=kind,
        width=420,
        bind="query-params",
        help=about,
    )


def _members(predictions: Predictions, threshold: float) -> list[tuple[str, NDArray[np.int64]]]:
    """The categories, and last those in none, each with its rows (places among the shown rows)."""
    if predictions.several:
        applying = predictions.applying(threshold)
        found = [(name, np.flatnonzero(applying[:, at])) for at, name in enumerate(predictions.categories)]
        return [*found, (NONE, np.flatnonzero(~applying.any(axis=1)))]
    assigned = predictions.assigned(threshold)
    found = [(name, np.flatnonzero(assigned == at)) for at, name in enumerate(predictions.categories)]
    return [*found, (NONE, np.flatnonzero(assigned == NONE_OF_THESE))]


def _show_categories(
    session: Session, shown_rows: ShownRows, predictions: Predictions, threshold: float
) -> None:
    members = [one for one in _members(predictions, threshold) if len(one[1]) or one[0] != NONE]
    members.sort(key=lambda one: (one[0] == NONE, -len(one[1])))
    places = {name: at for at, name in enumerate(predictions.categories)}
    corpus, total = shown_rows.space.corpus, max(1, len(shown_rows))

    def surest(name: str, rows: NDArray[np.int64]) -> int | None:
        if name == NONE or not len(rows):
            return None
        return int(rows[predictions.probabilities[rows, places[name]].argmax()])

    surest_rows = [surest(name, rows) for name, rows in members]
    thumbnails = thumbnail_column(corpus, surest_rows)
    shares = [100 * len(rows) / total for _, rows in members]
    event = st.dataframe(
        {
            "category": [name for name, _ in members],
            "rows": [len(rows) for _, rows in members],
            "share": shares,
            "mean probability": [
                float(predictions.confidence[rows].mean())
                if name == NONE
                else float(predictions.probabilities[rows, places[name]].mean())
                if len(rows)
                else None
                for name, rows in members
            ],
            **thumbnails.values,
            "surest row": ["" if row is None else corpus.captions[row] for row in surest_rows],
        },
        column_config={
            "rows": st.column_config.NumberColumn(format="localized"),
            "share": st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=max(1.0, *shares), help="Of all rows shown."
            ),
            "mean probability": st.column_config.NumberColumn(format="%.2f"),
            "surest row": st.column_config.TextColumn(width="large"),
            **thumbnails.config,
        },
        row_height=thumbnails.row_height,
        hide_index=True,
        height="content",
        placeholder="–",
        # Ticks are of places: in another order they would be of other categories.
        key=f"categories-table-{hash(tuple(name for name, _ in members))}",
        on_select="rerun",
        selection_mode="multi-row",
        alt="Categories with their rows, share, mean probability and the row that is surest",
    )
    picked = [members[at] for at in event.selection.rows if at < len(members)]
    st.caption(
        f"By {markdown(predictions.source)}. Click the left edge of a category, or press Shift and Space on "
        "it, to select its rows."
    )
    rows = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(rows for _, rows in picked)]))
    if not len(rows):
        return
    origin = " and ".join(f"“{name}”" for name, _ in picked)
    with st.container(horizontal=True):
        st.button(
            f"Select these {len(rows):,} rows",
            icon=":material/select_all:",
            on_click=session.select,
            args=(shown_rows.rows[rows], f"category {origin}"),
        )
        offer_on_map(session, shown_rows.rows[rows], f"category {origin}", key="categories-on-map")


def _columns(predictions: Predictions, threshold: float) -> dict[str, list[object]]:
    """What is kept of the predictions: the category and its probability, or those that apply."""
    if predictions.several:
        applying = predictions.applying(threshold)
        names = np.array(predictions.categories, dtype=object)
        return {
            "category": [", ".join(names[line]) or NONE for line in applying],
            **{
                f"probability of {name}": column.tolist()
                for name, column in zip(names, predictions.probabilities.T, strict=True)
            },
        }
    assigned = predictions.assigned(threshold)
    return {
        "category": [NONE if at == NONE_OF_THESE else predictions.categories[at] for at in assigned],
        "probability": predictions.confidence.tolist(),
    }


def _show_columns(
    session: Session, shown_rows: ShownRows, predictions: Predictions, threshold: float
) -> None:
    """Draw how to keep the categories: as columns of the rows, or in a file."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Keep as a column", "category", max_chars=_MOST_NAMES, key="category-column", width=220
        )
        st.button(
            "Add the column",
            type="primary",
            icon=":material/add_column_right:",
            disabled=not name.strip(),
            on_click=_add_columns,
            args=(session, shown_rows, predictions, threshold, name.strip()),
            help="Then it can colour the map, is a filter, and is in every download.",
        )
        download_table(
            "Download the categories",
            lambda: rows_table(session.corpus, shown_rows.rows, _columns(predictions, threshold)),
            f"{session.corpus.name}-categories",
            about="Every row with its category and probability.",
        )


def _add_columns(
    session: Session, shown_rows: ShownRows, predictions: Predictions, threshold: float, name: str
) -> None:
    kept = _columns(predictions, threshold)
    found = {name: kept["category"]}
    if not predictions.several:
        found[f"{name} probability"] = kept["probability"]
    columns = {}
    for column, values in found.items():
        whole: list[object] = [None] * len(session.corpus)
        for row, value in zip(shown_rows.rows.tolist(), values, strict=True):
            whole[row] = value
        columns[column] = pa.array(whole)
    added = session.corpus.table.num_columns
    session.add_columns(columns)
    st.toast(
        f"Added the column “{markdown(session.corpus.table.column_names[added])}”.", icon=":material/check:"
    )


def _show_doubtful(
    session: Session, shown_rows: ShownRows, predictions: Predictions, threshold: float
) -> None:
    """Draw the rows in doubt, the most doubtful first; one can be put right as an example."""
    st.header("Most doubtful", anchor=False)
    if predictions.several:
        st.caption("Rows that a category nearly applies to, or nearly does not.")
        doubt = np.abs(predictions.probabilities - threshold).min(axis=1)
    else:
        st.caption("Rows whose two likeliest categories are nearly as likely.")
        doubt = predictions.margins
    two = np.argsort(-predictions.probabilities, axis=1, kind="stable")[:, :2]
    order = np.argsort(doubt, kind="stable")[:_DOUBTFUL]
    names, corpus = predictions.categories, shown_rows.space.corpus
    thumbnails = thumbnail_column(corpus, order.tolist())

    def likely(column: int) -> list[str]:
        return [
            f"{names[two[row, column]]} ({percent(float(predictions.probabilities[row, two[row, column]]))})"
            for row in order
        ]

    told = text_word(corpus)
    event = st.dataframe(
        {
            "row": (shown_rows.rows[order] + 1).tolist(),
            **thumbnails.values,
            told: [corpus.captions[row] for row in order],
            "likeliest": likely(0),
            "next": likely(1),
        },
        column_config={
            "row": st.column_config.NumberColumn(format="localized", width="small"),
            told: st.column_config.TextColumn(width="large"),
            **thumbnails.config,
        },
        row_height=thumbnails.row_height,
        hide_index=True,
        height=280 if thumbnails.row_height is None else 420,
        key=f"doubtful-{hash((names, order.tobytes()))}",
        on_select="rerun",
        selection_mode="multi-row",
        alt="The rows in doubt with their two likeliest categories",
    )
    picked = [int(shown_rows.rows[order[at]]) for at in event.selection.rows if at < len(order)]
    if picked:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Category", names, key="right-category", width=240)
            st.button(
                f"Mark {len(picked):,} as examples of it",
                icon=":material/school:",
                on_click=session.examples.update,
                args=(dict.fromkeys(picked, name),),
                help="They count once rows are classified by examples too.",
            )
