"""How the rows are spread over their labels."""

from __future__ import annotations

import html

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.tables.values import count, shortened
from explorer.numbers import percent
from explorer.ui.shell.text import markdown

_SHOWN = 8
_CHARS = 40


def show_labels(corpus: Corpus) -> None:
    """Draw the largest labels with their numbers of rows, and how even the labels are."""
    st.header("Labels", anchor=False)
    if corpus.label is None or not corpus.label_sizes:
        st.markdown("These rows have no labels.")
        if corpus.metadata:
            st.page_link("pages/data.py", label="Choose a label column", icon=":material/label:")
        return
    sizes, total = corpus.label_sizes, len(corpus)
    (_, largest), (smallest_name, smallest) = sizes[0], sizes[-1]
    unlabelled = total - sum(rows for _, rows in sizes)
    told = f"**{len(sizes):,}** label{'' if len(sizes) == 1 else 's'} in *{markdown(corpus.label)}*"
    if len(sizes) > 1 and largest == smallest:
        told += f", each with {count(largest, 'row')}"
    elif len(sizes) > 1:
        told += (
            f"; the largest has {largest / smallest:,.1f} times the rows of the smallest, "
            f"{markdown(shortened(smallest_name, _CHARS))} ({smallest:,})"
        )
    if unlabelled:
        told += f"; {unlabelled:,} row{' has' if unlabelled == 1 else 's have'} none"
    st.markdown(f"{told}.")
    lines = [
        f'<div class="label"><span class="name" dir="auto">{html.escape(shortened(name, _CHARS))}</span>'
        f'<span class="bar"><span style="width: {100 * rows / largest:.1f}%"></span></span>'
        f'<span class="rows">{rows:,} · {percent(rows / total)}</span></div>'
        for name, rows in sizes[:_SHOWN]
    ]
    st.html(f'<div class="labels-of-overview">{"".join(lines)}</div>')
    st.page_link(
        "pages/map.py",
        label="See them on the map" if len(sizes) <= _SHOWN else f"See all {len(sizes):,} on the map",
        icon=":material/scatter_plot:",
        query_params={"colour": "label"},
    )
