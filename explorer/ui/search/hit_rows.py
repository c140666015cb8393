"""Hits that are texts: compact rows, each of which opens to its whole text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.analysis.space import Hit, Space
from explorer.ui.search.found import Found
from explorer.ui.search.hit_parts import columns_html, offer_more, show_tick
from explorer.ui.search.hit_scores import bar_html, meaning_of, ranks_html, weak_html
from explorer.ui.shell.text import whole_html
from explorer.ui.widgets.items import image_html, label_html, thumbnail_address
from explorer.ui.widgets.marked_words import marked_html
from explorer.ui.widgets.score_words import score_text

_TEXT_CHARS = 1_000  # of a longer text, the whole is folded, as in `as_html`


def show_rows(space: Space, found: Found, hits: Sequence[Hit], more_like: Callable[[int], None]) -> None:
    """Draw hits as rows, best first; see `show_hits`.

    Args:
        space: The space that was searched.
        found: What was found.
        hits: The hits to draw, the first of those found.
        more_like: Called with the row whose "More like this" was pressed.
    """
    with st.container(gap=None, key="hits"):
        for rank, hit in enumerate(hits, start=1):
            with st.container(horizontal=True, wrap=False, vertical_alignment="top", gap="xsmall"):
                show_tick(found, hit)
                st.html(_row_html(space, found, rank, hit), width="stretch")
                offer_more(hit, more_like)


def _row_html(space: Space, found: Found, rank: int, hit: Hit) -> str:
    """A hit: its rank, score and text; opened, also what the score means and other columns."""
    corpus, row = space.corpus, hit.row
    score, ranks, weak = score_text(hit.score, found.metric), ranks_html(hit), weak_html(found, hit)
    if ranks and found.metric != "euclidean":  # a distance says what it is
        score = f"{found.metric} {score}"
    kinds = f"explorer-hit{' ranked' if ranks else ''}{' is-weak' if weak else ''}"
    text, address, label = corpus.texts[row], thumbnail_address(corpus, row), label_html(corpus, row)
    image = f"<div>{image_html(address, text)}</div>" if address else ""
    rest = "" if len(text) <= _TEXT_CHARS else "…"
    told = meaning_of(space, found, hit)
    if found.weak is not None and not found.weights:
        told += (
            f" The mark on the bar: what meaningless text reaches ({score_text(found.weak, found.metric)})."
        )
    whole = (
        f"<details><summary>All {len(text):,} characters</summary>{whole_html(text)}</details>"
        if rest
        else ""
    )
    return (
        f'<details class="{kinds}"><summary title="{told}">'
        f"<div><b>{rank}</b> <b>{score}</b>{bar_html(found, hit)}{weak}{ranks}</div>"
        f'{image}<div dir="auto">{label}{marked_html(text[:_TEXT_CHARS], found.words)}{rest}</div>'
        f"</summary>{whole}<p>{told}</p>{columns_html(corpus, row)}</details>"
    )
