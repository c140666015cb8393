"""How many rows say nearly the same as another, with the closest groups."""

from __future__ import annotations

import html
import math

import streamlit as st

from explorer.analysis.odd_rows import MOST_ROWS, Isolation
from explorer.data.images.image_rows import has_images
from explorer.data.tables.values import shortened
from explorer.numbers import percent, threshold_text
from explorer.session.session import Session
from explorer.ui.overview.sentences import NEAR
from explorer.ui.widgets.close_pairs import LOWEST, close_pairs_or_progress, lost_words
from explorer.ui.widgets.image_strip import strip_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows

_SHOWN = 5
_CHARS = 90
_IMAGES = 5  # of each group
_SIMILARITY = {"view": "Near-duplicates"}


def show_duplicates(session: Session, rows: ShownRows, isolation: Isolation | None) -> None:
    """Draw how many rows have a near-duplicate, and the largest groups of them.

    Args:
        session: The visitor's session.
        rows: The open rows, all of them.
        isolation: How close rows are to their nearest; None while that is computed.
    """
    st.header("Near-duplicates", anchor=False)
    link = dict(_SIMILARITY)
    if isolation is not None and len(isolation.similarities):
        closest = float(isolation.similarities.max())
        if closest < LOWEST:
            link["view"] = "Heatmap"  # no threshold finds a pair; it lists the closest
        elif closest < NEAR:  # so that the page shows some
            link["threshold"] = f"{math.floor(100 * closest) / 100:.2f}"
    if len(rows) > MOST_ROWS:
        some = isolation is not None and _show_share(rows, isolation)
    else:
        some = _show_groups(session, rows)
    if some and (lost := lost_words(rows.space)):
        st.caption(lost)
    st.page_link(
        "pages/similarity.py",
        label="Compare and remove them" if some else "See the closest pairs",
        icon=":material/content_copy:",
        query_params=link,
    )


def _show_share(rows: ShownRows, isolation: Isolation) -> bool:
    """Draw the share of rows that have a near-duplicate; return whether there are any."""
    checked, close = len(isolation.rows), isolation.close(NEAR)
    drawn = " drawn at random" if checked < len(rows) else ""
    st.markdown(
        f"**{percent(close / checked)}** of {checked:,} rows{drawn} have another row at {NEAR:.2f} or above."
    )
    return close > 0


def _show_groups(session: Session, rows: ShownRows) -> bool:
    """Draw the largest groups of near-duplicates; return whether there are any, as far as is known."""
    pairs = close_pairs_or_progress(session, rows, NEAR, here=True)
    if pairs is None:
        return False
    threshold = pairs.reached(NEAR)
    found = kept(session, "near-duplicates", (pairs,), lambda: pairs.duplicates(threshold))
    if not found.groups:
        st.markdown(f"No two rows are at {threshold_text(threshold)} or above.")
        return False
    left = int(found.keep.sum())
    st.markdown(
        f"**{len(found.groups):,} groups** at {threshold_text(threshold)} or above; with one row kept of "
        f"each, {len(rows):,} → **{left:,}** rows."
    )
    corpus = rows.space.corpus
    if has_images(corpus):
        for group in found.groups[:_SHOWN]:
            st.html(strip_html(corpus, group.rows[:_IMAGES].tolist(), numbered=True))
        return True
    lines = [
        f"<li><b>{len(group):,} rows</b> {html.escape(shortened(corpus.captions[group.kept], _CHARS))}</li>"
        for group in found.groups[:_SHOWN]
    ]
    st.html(f'<ul class="rows-of-overview" dir="auto">{"".join(lines)}</ul>')
    return True
