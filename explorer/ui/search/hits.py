"""Hits as the search page shows them: images as a grid, all others as rows that open."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.analysis.space import Space
from explorer.data.images.image_rows import has_only_images
from explorer.ui.search.found import Found
from explorer.ui.search.hit_grid import show_grid
from explorer.ui.search.hit_rows import show_rows

_DRAWN = 100  # each is several elements


def show_hits(space: Space, found: Found, more_like: Callable[[int], None]) -> None:
    """Draw hits, best first; each can be ticked, and opens to all that is known of it.

    Args:
        space: The space that was searched.
        found: The hits.
        more_like: Called with the row whose "More like this" was pressed.
    """
    draw = show_grid if has_only_images(space.corpus) else show_rows
    draw(space, found, found.hits[:_DRAWN], more_like)
    if len(found.hits) > _DRAWN:
        st.caption(
            f"The first {_DRAWN:,} of {len(found.hits):,} hits; selection and download have all of them."
        )
