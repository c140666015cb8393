"""The rows on whose neighbours the contenders agree least, and what is near them in two contenders."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from explorer.data.tables.values import count, shortened
from explorer.ui.compare.pair import PAIR, agreement_of_pair, choose_pair, pairs_by_agreement
from explorer.ui.compare.row_lists import show_lists
from explorer.ui.compare.table_sizes import BAR_WIDTH, NUMBER_WIDTH, table_height
from explorer.ui.compare.views import VIEW
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.item_words import text_word
from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.linked_choice import linked_choice

if TYPE_CHECKING:
    import pyarrow as pa

    from explorer.comparison.agreement.disagreement import RowAgreement, SideBySide
    from explorer.comparison.comparison import Comparison
    from explorer.session.session import Session
    from explorer.ui.compare.pair import Pair

_ORDER = "compare-rows-by"
_ALL, _TWO = "all", "two"
_TEXT_CHARS = 200


def show_rows(session: Session, comparison: Comparison) -> None:
    """Draw the sampled rows by how little the contenders agree, and one of them with its neighbours."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pair = choose_pair(
            comparison,
            pairs_by_agreement(comparison),
            key=PAIR,
            about="The two contenders whose neighbours are shown. The pair that agrees least comes first.",
        )
        order = _TWO if len(comparison.names) == 2 else _choose_order()
    agreement = comparison.row_agreement if order == _ALL else agreement_of_pair(comparison, pair)
    if not len(agreement.rows):
        st.info("No rows were measured.", icon=":material/info:")
        return
    what = _agreement_of(comparison, pair, order)
    _show_summary(session, comparison, agreement, what)
    row = _choose_row(comparison, agreement, what)
    _show_actions(session, comparison, agreement)
    st.header(f"Row {row + 1:,} and its nearest rows", anchor=False)
    with st.container(border=True):
        st.html(item_html(comparison.corpus, row))
    show_lists(session, comparison, pair, _neighbors_of(comparison, pair, row, agreement.k))


def show_rows_of_pair(word: str) -> None:
    """Show this view with a pair of contenders; to be called before the page is drawn.

    Args:
        word: The pair, as `pair_word` gives it.
    """
    st.session_state[VIEW] = "Rows"
    st.session_state[PAIR] = word
    st.session_state[_ORDER] = _TWO


def _choose_order() -> str:
    return linked_choice(
        "Order by agreement of",
        {_TWO: "These two", _ALL: "All contenders"},
        key=_ORDER,
        width=180,
        help="Rows are ordered by the Jaccard index of their nearest rows in these two contenders, or by its "
        "mean over all pairs of contenders.",
    )


def _agreement_of(comparison: Comparison, pair: Pair, order: str) -> str:
    """What the agreement of a row is the figure of, in a sentence."""
    if order == _TWO:
        first, second = (comparison.names[place] for place in pair)
        return f"the Jaccard index of its nearest rows in {first} and in {second}"
    pairs = math.comb(len(comparison.names), 2)
    return f"the mean, over the {pairs:,} pairs of contenders, of the Jaccard index of its nearest rows"


def _show_summary(session: Session, comparison: Comparison, agreement: RowAgreement, what: str) -> None:
    """Say what the order means, and what the rows at its head have in common."""
    measured, total = len(agreement.rows), len(comparison.corpus)
    if total == 1:
        st.caption("There is only one row, so it has no nearest rows to agree on.")
        return
    which = f"The {total:,} rows" if measured == total else f"{measured:,} randomly drawn rows of {total:,}"
    none = int((agreement.values == 0).sum())
    st.caption(
        f"{which}, those with the lowest agreement first. The agreement of a row is {markdown(what)}: the "
        f"{agreement.k} nearest are found, and it is 1 if they are the same, 0 if none is in both lists"
        f"{f', as for {none:,} of these rows' if none else ''}."
    )
    corpus = comparison.corpus
    digest = hashlib.blake2b(agreement.rows.tobytes() + agreement.values.tobytes()).hexdigest()

    def work(_report: object) -> tuple[str, ...]:
        from explorer.comparison.agreement.disagreement import telling_words

        return telling_words(corpus, agreement)

    key = ("words of rows", corpus.fingerprint, corpus.text, digest)
    words = session_result_or_progress(session, key, "Words of the rows of lowest agreement", work, here=True)
    if words:
        told = ", ".join(f"**{markdown(word)}**" for word in words)
        st.markdown(
            f"Words that tell the rows of lowest agreement apart: {told}",
            help="Words that are more frequent in the fifth of rows with the lowest agreement than in the "
            "others, by class-based TF-IDF, without function words.",
        )


def _choose_row(comparison: Comparison, agreement: RowAgreement, what: str) -> int:
    """Draw the rows as a table; return the chosen one, from 0: the first unless a person chose another."""
    text = text_word(comparison.corpus)
    picked = st.dataframe(
        _table(comparison, agreement, text),
        key=f"compare-rows-{hash((comparison.names, agreement.rows.tobytes()))}",
        height=table_height(len(agreement.rows)),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "row": st.column_config.NumberColumn(
                width=NUMBER_WIDTH, pinned=True, format="%d", help="Its number."
            ),
            "agreement": st.column_config.ProgressColumn(
                width=BAR_WIDTH,
                pinned=True,
                format="%.2f",
                min_value=0,
                max_value=1,
                help=f"{markdown(what[0].upper() + what[1:])}: in both, divided by those in either.",
            ),
            text: st.column_config.TextColumn(width="large"),
            "label": st.column_config.TextColumn(width="small"),
        },
        alt="Rows by how little the contenders agree on their neighbours",
    )
    place = next(iter(picked.selection.rows), 0)
    st.caption("Tick a row to see its nearest rows; without a tick, the first row is shown.")
    return int(agreement.rows[place if place < len(agreement.rows) else 0])


def _table(comparison: Comparison, agreement: RowAgreement, text: str) -> pa.Table:
    import pyarrow as pa

    corpus = comparison.corpus
    rows = agreement.rows.tolist()
    columns = {
        "row": agreement.rows + 1,
        "agreement": agreement.values,
        text: [shortened(corpus.captions[row], _TEXT_CHARS) for row in rows],
    }
    if corpus.labels is not None:
        columns["label"] = [corpus.labels[row] for row in rows]
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def _show_actions(session: Session, comparison: Comparison, agreement: RowAgreement) -> None:
    from explorer.comparison.agreement.disagreement import lowest_rows
    from explorer.share.export import rows_table

    lowest = lowest_rows(agreement)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(lowest):
            st.button(
                f"Select the lowest fifth: {count(len(lowest), 'row')}",
                icon=":material/select_all:",
                on_click=session.select,
                args=(lowest, "rows of lowest agreement"),
                help="The fifth of these rows with the lowest agreement, and those tied with them. The "
                "selection follows you to every page.",
            )
            chosen = session.selection
            if chosen is not None and np.array_equal(chosen.rows, np.sort(lowest)):
                st.page_link("pages/map.py", label="Show them on the map", icon=":material/map:")
        download_table(
            "Rows",
            lambda: rows_table(comparison.corpus, agreement.rows, {"agreement": agreement.values}),
            f"{session.corpus.name}-rows-by-agreement",
        )


def _neighbors_of(comparison: Comparison, pair: Pair, row: int, k: int) -> SideBySide:
    from explorer.comparison.agreement.disagreement import side_by_side

    at = int(np.searchsorted(comparison.sample, row))
    first, second = comparison.neighbors[list(pair), at, :k]
    return side_by_side(row, first, second)
