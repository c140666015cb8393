"""Hits that are images: a grid of thumbnails, each of which opens large."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.analysis.space import Hit, Space
from explorer.errors import ExplorerError
from explorer.ui.search.found import Found
from explorer.ui.search.hit_parts import columns_html, offer_more, show_tick
from explorer.ui.search.hit_scores import bar_html, meaning_of, ranks_html, short_meaning_of, weak_html
from explorer.ui.shell.text import show_error, whole_html
from explorer.ui.widgets.items import card_html, image_cells, image_html, large_address, thumbnail_address
from explorer.ui.widgets.score_words import score_text


def show_grid(space: Space, found: Found, hits: Sequence[Hit], more_like: Callable[[int], None]) -> None:
    """Draw hits as a grid, best first; see `show_hits`.

    Args:
        space: The space that was searched.
        found: What was found.
        hits: The hits to draw, the first of those found.
        more_like: Called with the row whose "More like this" was pressed.
    """
    with st.container(key="hits"):
        cells = image_cells("hits")
    for rank, hit in enumerate(hits, start=1):
        with cells.cell(), st.container(gap="xsmall"):
            head = _head_html(space, found, rank, hit)
            st.html(card_html(space.corpus, hit.row, head, meaning_of(space, found, hit)))
            with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
                show_tick(found, hit)
                if st.button(
                    f"Open image {hit.row + 1:,}",
                    key=f"open-{hit.row}",
                    icon=":material/open_in_full:",
                    type="tertiary",
                    help="Larger, with all its columns",
                ):
                    st.dialog(f"Image {hit.row + 1:,}", width="large")(_show_large)(space, found, hit)
                offer_more(hit, more_like)


def _head_html(space: Space, found: Found, rank: int, hit: Hit) -> str:
    """The rank and score of a hit, and in few words what it means."""
    score, words = score_text(hit.score, found.metric), short_meaning_of(space, found, hit)
    closer = f'<div class="closer">{words}</div>' if words else ""
    return (
        f'<div class="head"><b>{rank}</b> <b>{score}</b>'
        f"{bar_html(found, hit)}{weak_html(found, hit)}{ranks_html(hit)}{closer}</div>"
    )


def _show_large(space: Space, found: Found, hit: Hit) -> None:
    """Draw an image at the size of the screen, with its caption, its score and its columns."""
    corpus, text = space.corpus, space.corpus.texts[hit.row]
    try:
        address = large_address(corpus, hit.row)
    except ExplorerError as error:
        show_error(error)
        address = thumbnail_address(corpus, hit.row)
    score = score_text(hit.score, found.metric)
    st.html(
        f'<div class="explorer-large">{image_html(address, text)}{whole_html(text)}'
        f"<p><b>{score}</b> {meaning_of(space, found, hit)}</p>{columns_html(corpus, hit.row)}</div>"
    )
