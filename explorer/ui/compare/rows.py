"""The rows on whose neighbours the contenders agree least, and what is near them in two contenders."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from explorer.ui.compare.pair import PAIR, agreement_of_pair, choose_pair, pairs_by_agreement
from explorer.ui.compare.row_lists import show_lists
from explorer.ui.compare.views import VIEW
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import as_html, markdown, shortened
from explorer.ui.widgets.downloads import download_table
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
_TABLE_PIXELS = 282  # seven rows


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
    _show_summary(session, comparison, agreement)
    row = _choose_row(comparison, agreement)
    _show_actions(session, comparison, agreement)
    st.header(f"Row {row + 1:,} and its nearest rows", anchor=False)
    with st.container(border=True):
        st.html(as_html(comparison.corpus.items[row]))
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
        {_ALL: "All contenders", _TWO: "These two"},
        key=_ORDER,
        width=180,
        help="Rows are ordered by the mean Jaccard index of their nearest rows, over all pairs of contenders "
        "or for these two.",
    )


def _show_summary(session: Session, comparison: Comparison, agreement: RowAgreement) -> None:
    """Say what the order means, and what the rows at its head have in common."""
    measured, total = len(agreement.rows), len(comparison.corpus)
    if total == 1:
        st.caption("There is only one row, so it has no nearest rows to agree on.")
        return
    which = f"The {total:,} rows" if measured == total else f"{measured:,} randomly drawn rows of {total:,}"
    none = int((agreement.values == 0).sum())
    st.caption(
        f"{which}, those with the lowest agreement first. Agreement is the Jaccard index of their "
        f"{agreement.k} nearest rows: 1 if the contenders find the same ones, 0 if they have none in common, "
        f"as for {none:,} of them."
    )
    corpus = comparison.corpus
    digest = hashlib.blake2b(agreement.rows.tobytes() + agreement.values.tobytes()).hexdigest()

    def work(_report: object) -> tuple[str, ...]:
        from explorer.comparison.agreement.disagreement import telling_words

        return tuple(word.text for word in telling_words(corpus, agreement))

    key = ("words of rows", corpus.fingerprint, corpus.text, digest)
    words = session_result_or_progress(session, key, "Words of the rows of lowest agreement", work, here=True)
    if words:
        told = ", ".join(f"**{markdown(word)}**" for word in words)
        st.markdown(
            f"Words that tell the rows of lowest agreement apart: {told}",
            help="Words that are more frequent in the fifth of rows with the lowest agreement than in the "
            "others, by class-based TF-IDF.",
        )


def _choose_row(comparison: Comparison, agreement: RowAgreement) -> int:
    """Draw the rows as a table; return the chosen one, from 0: the first unless a person chose another."""
    picked = st.dataframe(
        _table(comparison, agreement),
        key=f"compare-rows-{hash((comparison.names, agreement.rows.tobytes()))}",
        height=_TABLE_PIXELS if len(agreement.rows) > 6 else "content",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "row": st.column_config.NumberColumn(width="small", format="%d", help="Its number."),
            "agreement": st.column_config.ProgressColumn(
                width="small",
                format="%.2f",
                min_value=0,
                max_value=1,
                help="The Jaccard index of its nearest rows: in both, divided by those in either; the mean "
                "over pairs of contenders.",
            ),
            "label": st.column_config.TextColumn(width="small"),
            "text": st.column_config.TextColumn(width="large"),
        },
        alt="Rows by how little the contenders agree on their neighbours",
    )
    place = next(iter(picked.selection.rows), 0)
    st.caption("Tick a row to see its nearest rows; without a tick, the first row is shown.")
    return int(agreement.rows[place if place < len(agreement.rows) else 0])


def _table(comparison: Comparison, agreement: RowAgreement) -> pa.Table:
    import pyarrow as pa

    corpus = comparison.corpus
    rows = agreement.rows.tolist()
    columns = {"row": agreement.rows + 1, "agreement": agreement.values}
    if corpus.labels is not None:
        columns["label"] = np.array([corpus.labels[row] for row in rows], dtype=object)
    texts = [shortened(corpus.captions[row], _TEXT_CHARS) for row in rows]
    return pa.table({name: pa.array(values) for name, values in columns.items()} | {"text": texts})


def _show_actions(session: Session, comparison: Comparison, agreement: RowAgreement) -> None:
    from explorer.comparison.agreement.disagreement import lowest_rows
    from explorer.share.export import rows_table

    lowest = lowest_rows(agreement)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(lowest):
            st.button(
                f"Select the {len(lowest):,} rows of lowest agreement",
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
