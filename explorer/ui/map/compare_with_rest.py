"""The selected rows beside the rest: words and values that tell them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import streamlit as st

from explorer.analysis.contrast import contrast
from explorer.session.selection import Selection
from explorer.session.session import Session
from explorer.ui.map.actions import done
from explorer.ui.shell.text import as_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.percentages import PERCENT, in_percent

_VALUES = 30


@st.dialog("The selected rows and the rest", width="large", on_dismiss=done)
def compare_with_rest(
    session: Session, selection: Selection, words: tuple[Sequence[str], Sequence[str]] | None
) -> None:
    """Draw what tells the selected rows from the others.

    Args:
        session: The session with the rows.
        selection: The selected rows.
        words: The distinctive words of the selected rows, and of the rest; None while they are being counted.
    """
    corpus = session.corpus
    rest = len(corpus) - len(selection)
    if not rest:
        st.info("All rows are selected, so there is no rest to compare them with.")
        return
    for column, title, count, found in zip(
        st.columns(2), ("Selected", "The rest"), (len(selection), rest), words or ((), ()), strict=True
    ):
        with column:
            st.subheader(f"{title}: {count:,} rows", anchor=False)
            none = "They are being counted." if words is None else "No word is clearly more frequent here."
            shown = as_html(", ".join(found)) if found else none
            st.html(f"<b>Distinctive words</b>{shown}")
    inside = np.zeros(len(corpus), dtype=bool)
    inside[selection.rows] = True
    shares = kept(session, "contrast", (corpus, selection.key), lambda: contrast(corpus, inside, _VALUES))
    if not shares:
        st.caption("No label or other column with a few different values can be compared.")
        return
    percentages = ("Selected", "The rest", "Difference")
    table = pa.table(
        {
            "Column": [share.column for share in shares],
            "Value": [share.value or "(none)" for share in shares],
            "Selected": [share.inside for share in shares],
            "The rest": [share.outside for share in shares],
            "Difference": [share.inside - share.outside for share in shares],
        }
    )
    st.dataframe(
        in_percent(table, percentages),
        column_config=dict.fromkeys(percentages, st.column_config.NumberColumn(format=PERCENT)),
        hide_index=True,
        alt="Shares of values among the selected rows and the rest",
    )
