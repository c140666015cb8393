"""The threshold of near-duplicates: its choice, the pairs that are known, and which threshold is advised."""

from __future__ import annotations

import math

import streamlit as st

from explorer.analysis.duplicates import MOST_PAIRS, ClosePairs
from explorer.analysis.threshold_advice import ThresholdShares
from explorer.data.tables.values import count
from explorer.numbers import percent, threshold_text
from explorer.session.session import Session
from explorer.ui.widgets.close_pairs import LOWEST, USUAL_FALSE, shares_of
from explorer.ui.widgets.item_words import item_word
from explorer.ui.widgets.linked_choice import linked_choice
from explorer.ui.widgets.shown_rows import ShownRows

_KEY = "threshold"
_SHARES = {f"{100 * share:.0f}": f"{100 * share:.0f} %" for share in (USUAL_FALSE, 0.01, 0.1)}
_HELP = (
    "A false pair scores this high although it is no near-duplicate. The estimate continues the rate at "
    "which scores below the threshold thin out; near-duplicates are the pairs above it that exceed that. "
    "Texts from one template, and images of one series, stand out in the same way, so judge by the pairs "
    "themselves."
)


def choose_threshold() -> float:
    """Draw the choice of the lowest score of near-duplicates, shared by all views that use it."""
    return float(
        st.slider(
            "Similarity threshold",
            LOWEST,
            1.0,
            0.9,
            0.01,
            key=_KEY,
            bind="query-params",
            help="The view “Usual scores” shows what each threshold finds, and how much of it is false.",
        )
    )


def threshold_within_bound(close: ClosePairs, chosen: float) -> float:
    """The threshold that is shown; where the chosen one has too many pairs, say so."""
    shown = close.reached(chosen)
    if shown != chosen:
        st.info(
            f"More than {MOST_PAIRS:,} pairs are at {chosen:.2f} or above, so this is what "
            f"{threshold_text(shown)} finds, the lowest threshold with no more.",
            icon=":material/filter_alt:",
        )
    return shown


def show_advice(session: Session, rows: ShownRows, close: ClosePairs, threshold: float) -> None:
    """Draw how many of the pairs at a threshold are false by estimate, and a button for a better one."""
    word = item_word(rows.space.corpus)
    shares = shares_of(session, close)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        most = linked_choice("False pairs, at most", _SHARES, key="false-pairs", width=150, help=_HELP)
        advised = shares.advised(int(most) / 100)
        with st.container(width="stretch"):
            st.caption(
                f"{_at(close, shares, threshold, word)} {_advice(shares, advised, threshold, _SHARES[most])}"
            )
        if advised is not None and advised != threshold:
            st.button(f"Use {advised:.2f}", icon=":material/tune:", on_click=_use, args=(advised,))


def _at(close: ClosePairs, shares: ThresholdShares, threshold: float, word: str) -> str:
    """What is known of the threshold that is chosen."""
    found = close.above(threshold)
    if not found:
        return f"No two different {word}s score {threshold_text(threshold)} or more."
    pairs = f"{count(found, 'pair')} at {threshold_text(threshold)} or above"
    place = shares.place(threshold)
    share = math.nan if place is None else float(shares.shares[place])
    if math.isnan(share):
        return f"{pairs}; too few pairs below it are known to estimate how many are false."
    if share == 1:
        return f"{pairs}: no more than are expected without near-duplicates."
    return f"{pairs}, of which an estimated {percent(share)} are false."


def _advice(shares: ThresholdShares, advised: float | None, threshold: float, most: str) -> str:
    if not shares.known:
        return ""
    place = None if advised is None else shares.place(advised)
    if place is None:
        return f"No threshold keeps false pairs at {most}: near-duplicates do not stand out from other pairs."
    if advised == threshold:
        return f"It is the lowest threshold that keeps them at {most}."
    pairs = count(int(shares.found[place]), "pair")
    return f"The lowest threshold that keeps them at {most} is {advised:.2f}, with {pairs}."


def _use(threshold: float) -> None:
    st.session_state[_KEY] = threshold
