"""The similarity of chosen rows, pair by pair."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.heatmaps import Heatmap, Order, heatmap
from explorer.analysis.space import Space
from explorer.data.images.image_rows import has_images
from explorer.session.session import Session
from explorer.ui.shell.job_progress import result_or_progress
from explorer.ui.widgets import figures
from explorer.ui.widgets.close_pairs import lost_words
from explorer.ui.widgets.figure_table import figure_table
from explorer.ui.widgets.figure_words import heatmap_words
from explorer.ui.widgets.items import item_html, thumbnail_address
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.row_choice import choose_rows

_ORDERS: dict[Order, str] = {
    "similarity": "By similarity",
    "label": "By label",
    "as given": "As in the corpus",
}
_NAMED_ROWS = 40  # on a side, up to which the axes show names
_LISTED_PAIRS = 200
_NAMED_WIDTH = 900  # pixels: names and squares; wider would be empty


def show_heatmap(session: Session, space: Space) -> None:
    """Draw a heatmap of chosen rows, its closest pairs as a table, and the chosen pair side by side."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        down = choose_rows(session, "Rows", "rows")
        across = None
        if st.toggle("Against other rows", key="against", persist_state="session"):
            across = choose_rows(session, "Against", "columns")
        orders = [order for order in _ORDERS if order != "label" or space.corpus.labels is not None]
        order = st.selectbox(
            "Order", orders, format_func=_ORDERS.__getitem__, key="order", width=180, bind="query-params"
        )
    rows, columns = down.rows, None if across is None else across.rows
    if not len(rows) or (columns is not None and not len(columns)):
        st.info("No rows are chosen.", icon=":material/grid_on:")
        return
    shown = ("heatmap", rows.tobytes(), None if columns is None else columns.tobytes(), order)
    drawn = result_or_progress(
        session,
        shown,
        f"Heatmap of {len(rows):,} rows",
        lambda _report: _with_closest(heatmap(space, rows, columns, order=order)),
    )
    if drawn is None:
        return
    cut = [f"{len(side.rows):,} of {side.of}" for side in (down, across) if side is not None and side.is_cut]
    if cut:
        st.caption(f"It shows {' against '.join(cut)}. “How many” shows more of them.")
    _show(session, space, *drawn, f"heatmap-{hash((space.fingerprint, shown))}")


def _with_closest(drawn: Heatmap) -> tuple[Heatmap, NDArray[np.int64]]:
    return drawn, drawn.closest_pairs(_LISTED_PAIRS)


def _show(session: Session, space: Space, drawn: Heatmap, closest: NDArray[np.int64], key: str) -> None:
    """Draw a heatmap. What is chosen in another one, of another key, does not carry over."""
    captions = space.corpus.captions
    names = [[f"{row + 1:,}. {captions[row]}" for row in side] for side in (drawn.rows, drawn.columns)]
    square = np.array_equal(drawn.rows, drawn.columns)
    named = max(map(len, names)) <= _NAMED_ROWS

    beside: list[str] = []
    below: list[str] = []
    if named and has_images(space.corpus):  # in every run: the server keeps only files that a run asks for
        beside = [thumbnail_address(space.corpus, int(row)) for row in drawn.rows]
        below = beside if square else [thumbnail_address(space.corpus, int(row)) for row in drawn.columns]

    def choose(place: int) -> None:
        st.session_state[f"{key}-pair"] = place

    def clicked() -> None:
        for place in st.session_state[key].selection.point_indices[:1]:
            choose(place)

    figure, words = kept(
        session,
        "heatmap",
        (drawn,),
        lambda: (
            figures.heatmap(
                drawn.scores,
                *names,
                show_names=named,
                square=square,
                row_images=beside,
                column_images=below,
            ),
            heatmap_words("Similarity of rows", drawn.scores, *names),
        ),
    )
    # On a phone, names would leave no room beside them: the figure scrolls sideways (see style.css), by keys
    # from the table below it. Of squares without names, style.css cuts what their width leaves below them.
    with st.container(key="wide-figure" if named else None):
        with st.container(key="squares" if square and not named else None):
            st.plotly_chart(
                figure,
                key=key,
                width="stretch" if not square else _NAMED_WIDTH if named else figures.SQUARE_WIDTH,
                on_select=clicked,
                selection_mode="points",
                config={"displayModeBar": False},
                alt=words,
            )
        if len(closest):
            figure_table(
                f"{key}-table",
                f"The {len(closest):,} closest pairs",
                lambda: _pair_table(drawn, closest, names),
                title="The closest pairs as a table",
                on_pick=lambda at: choose(int(closest[at])),
            )
    if not len(closest):
        return
    chosen = st.session_state.get(f"{key}-pair")
    place = int(closest[0]) if chosen is None else chosen
    down, across = divmod(place, drawn.scores.shape[1])
    heading = "The closest pair here" if chosen is None else "The pair you chose"
    st.header(f"{heading}: {drawn.scores[down, across]:.3f}", anchor=False)
    if lost := lost_words(space):
        st.caption(lost)
    for column, row in zip(st.columns(2), (drawn.rows[down], drawn.columns[across]), strict=True):
        with column.container(border=True, height="stretch"):
            st.caption(f"Row {row + 1:,}")
            st.html(item_html(space.corpus, int(row)))


def _pair_table(drawn: Heatmap, places: NDArray[np.int64], names: list[list[str]]) -> pa.Table:
    down, across = np.divmod(places, drawn.scores.shape[1])
    return pa.table(
        {
            "similarity": drawn.scores.ravel()[places],
            "row": [names[0][at] for at in down],
            "other row": [names[1][at] for at in across],
        }
    )
