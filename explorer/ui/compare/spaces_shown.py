"""Which contenders the views of maps and of clusters show: some of those with vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.compare.vectors import say_without_vectors, vectors_known

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison

MOST = 4
_KEY = "compare-spaces"
_USUAL = "explorer-compare-usual-spaces"


def choose_spaces(comparison: Comparison, what: str) -> list[int]:
    """Draw the choice of contenders with vectors.

    Args:
        comparison: The comparison.
        what: What they are needed for, as the beginning of a sentence in the singular.

    Returns:
        The positions of those chosen, in the order of the comparison; none where that is said instead.
    """
    places = {side.name: at for at, side in enumerate(comparison.contenders) if side.space is not None}
    if not places:
        if vectors_known(comparison.contenders):
            st.info(f"{what} needs a contender with vectors. Add one above.", icon=":material/scatter_plot:")
        else:
            say_without_vectors(what)
        return []
    usual = list(places)[:MOST]
    _forget_what_is_gone(places, usual)
    chosen = st.multiselect(
        "Shown contenders",
        list(places),
        default=usual,
        max_selections=MOST,
        key=_KEY,
        bind="query-params",
        help=f"Up to {MOST} contenders with vectors. The first is the one that the others are matched with.",
    )
    if not chosen:
        st.caption("Choose a contender.")
    return sorted(places[name] for name in chosen)


def _forget_what_is_gone(places: dict[str, int], usual: list[str]) -> None:
    """Drop a choice of contenders that are no longer there, or that nobody made and is no longer usual."""
    before = st.session_state.get(_USUAL)
    st.session_state[_USUAL] = usual
    chosen = st.session_state.get(_KEY)
    if chosen is not None and (not set(chosen) <= set(places) or (chosen == before and before != usual)):
        del st.session_state[_KEY]
