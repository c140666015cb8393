"""How many rows say nearly the same as another, with the closest groups."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import streamlit as st

from explorer.analysis.duplicates import DuplicateGroup
from explorer.analysis.odd_rows import MOST_ROWS, Isolation
from explorer.data.images.image_rows import has_images
from explorer.data.tables.values import shortened
from explorer.numbers import percent, threshold_text
from explorer.session.session import Session
from explorer.ui.overview.sentences import NEAR
from explorer.ui.widgets.close_pairs import (
    LOWEST,
    USUAL_FALSE,
    close_pairs_or_progress,
    lost_words,
    shares_of,
)
from explorer.ui.widgets.image_strip import strip_html
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows

_SHOWN = 5
_CHARS = 90
_IMAGES = 5  # of each group
_VIEW = "Near-duplicates"


def show_duplicates(session: Session, rows: ShownRows, isolation: Isolation | None) -> bool:
    """Draw how many rows have a near-duplicate, and the largest groups of them.

    Args:
        session: The visitor's session.
        rows: The open rows, all of them.
        isolation: How close rows are to their nearest; None while that is computed.

    Returns:
        Whether rows at `NEAR` are known to stand out as near-duplicates.
    """
    st.header("Near-duplicates", anchor=False)
    if len(rows) > MOST_ROWS:
        some, advised = isolation is not None and _show_share(rows, isolation), None
    else:
        some, advised = _show_groups(session, rows)
    lost = lost_words(rows.space)
    if some and lost:
        st.caption(lost)
    st.page_link(
        "pages/similarity.py",
        label="Compare and remove them" if some else "See the closest pairs",
        icon=":material/content_copy:",
        query_params=_link(isolation, advised),
    )
    return advised is not None and advised <= NEAR and not lost


def _link(isolation: Isolation | None, advised: float | None) -> dict[str, str]:
    """What the Similarity page shows: a threshold that has pairs, or the advised one if that is higher."""
    if isolation is not None and len(isolation.similarities):
        closest = float(isolation.similarities.max())
        if closest < LOWEST:
            return {"view": "Heatmap"}  # no threshold finds a pair; it lists the closest
        if closest < NEAR:
            return {"view": _VIEW, "threshold": f"{math.floor(100 * closest) / 100:.2f}"}
    if advised is not None and advised > NEAR:
        return {"view": _VIEW, "threshold": f"{advised:.2f}"}
    return {"view": _VIEW}


def _show_share(rows: ShownRows, isolation: Isolation) -> bool:
    """Draw the share of rows that are so close to another; return whether there are any."""
    checked, close = len(isolation.rows), isolation.close(NEAR)
    drawn = " drawn at random" if checked < len(rows) else ""
    st.markdown(
        f"**{percent(close / checked)}** of {checked:,} rows{drawn} have another row at a similarity of "
        f"{NEAR:.2f} or above."
    )
    return close > 0


def _show_groups(session: Session, rows: ShownRows) -> tuple[bool, float | None]:
    """Draw the largest groups of near-duplicates.

    Returns:
        Whether there are any, as far as is known, and the threshold that is advised, if there is one.
    """
    pairs = close_pairs_or_progress(session, rows, NEAR, here=True)
    if pairs is None:
        return False, None
    threshold = pairs.reached(NEAR)
    found = kept(session, "near-duplicates", (pairs,), lambda: pairs.duplicates(threshold))
    if not found.groups:
        st.markdown(f"No two rows are at {threshold_text(threshold)} or above.")
        return False, None
    left = int(found.keep.sum())
    st.markdown(
        f"**{len(found.groups):,} groups** at {threshold_text(threshold)} or above; with one row kept of "
        f"each, {len(rows):,} → **{left:,}** rows."
    )
    shares = shares_of(session, pairs)
    advised = shares.advised(USUAL_FALSE)
    if shares.known and (advised is None or advised > threshold):
        st.caption(_doubt(advised))
    _list_groups(rows, found.groups[:_SHOWN])
    return True, advised


def _doubt(advised: float | None) -> str:
    false = f"false pairs at {100 * USUAL_FALSE:.0f} %"
    if advised is None:
        return f"They may not be near-duplicates: no threshold keeps {false}, so they do not stand out."
    return f"Some may not be near-duplicates: {advised:.2f} is the lowest threshold that keeps {false}."


def _list_groups(rows: ShownRows, groups: Sequence[DuplicateGroup]) -> None:
    corpus = rows.space.corpus
    if has_images(corpus):
        for group in groups:
            st.html(strip_html(corpus, group.rows[:_IMAGES].tolist(), numbered=True))
        return
    lines = [
        f"<li><b>{len(group):,} rows</b> {html.escape(shortened(corpus.captions[group.kept], _CHARS))}</li>"
        for group in groups
    ]
    st.html(f'<ul class="rows-of-overview" dir="auto">{"".join(lines)}</ul>')
