"""Lists of rows side by side, with a line between the same row in neighbouring lists."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.ui.widgets.items import item_html

LISTS = "compare-lists"
"""The key of the container of all lists."""
_MOST_CHARS, _FOLDED_CHARS = 360, 240
_COMPONENT = st.components.v2.component(
    "explorer_joined_lists", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def place_in(at: int, row: int) -> str:
    """The attributes of an item of a list, by which its row is joined with that of the next list.

    The first child of the item is its head, with some words.

    Args:
        at: The place of its list, from 0.
        row: Its row, from 0.
    """
    return f'data-list="{at}" data-row="{row}"'


def listed_item(corpus: Corpus, row: int) -> str:
    """The item of a row as HTML, folded early, so that the same ranks are at about the same height."""
    length = len(corpus.texts[row])
    return item_html(corpus, row, length if length <= _MOST_CHARS else _FOLDED_CHARS)


def join_lists() -> None:
    """Draw the lines; to be called in the container with the key `LISTS`, below the lists."""
    _COMPONENT(key="compare-joined", data={"lists": LISTS})
