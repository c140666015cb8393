"""The choice of two contenders of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import streamlit as st

from explorer.ui.widgets.linked_choice import linked_choice

if TYPE_CHECKING:
    from explorer.comparison.agreement.disagreement import RowAgreement
    from explorer.comparison.comparison import Comparison

Pair = tuple[int, int]

PAIR = "compare-pair"
"""The key of the pair that the views of agreement and of rows share."""
_WIDTH = 420


def pairs_by_agreement(comparison: Comparison) -> list[Pair]:
    """All pairs of contenders, those that agree least on neighbours first."""
    pairs = list(combinations(range(len(comparison.names)), 2))
    found = comparison.agreements.get("jaccard")
    if found is None:
        return pairs
    return sorted(pairs, key=lambda pair: (math.isnan(found.value[pair]), found.value[pair]))


def choose_pair(comparison: Comparison, pairs: Sequence[Pair], *, key: str, about: str) -> Pair:
    """Draw the choice of a pair and return it.

    Args:
        comparison: The comparison.
        pairs: The pairs, one or more; the first is chosen unless a person or a link chose another.
        key: Its name in the link.
        about: The tooltip.
    """
    words = {pair_word(comparison, pair): pair for pair in pairs}
    if st.session_state.get(key) not in words:
        st.session_state.pop(key, None)  # of other contenders
    shown = {word: " and ".join(_names(comparison, pair)) for word, pair in words.items()}
    return words[linked_choice("Contenders", shown, key=key, width=_WIDTH, help=about)]


def agreement_of_pair(comparison: Comparison, pair: Pair) -> RowAgreement:
    """The sampled rows by how little two contenders agree on their neighbours."""
    from explorer.comparison.agreement.disagreement import rows_by_agreement
    from explorer.comparison.measures.neighbors import NeighborLists

    lists = NeighborLists(comparison.sample, comparison.neighbors[list(pair)], len(comparison.corpus))
    return rows_by_agreement(lists, comparison.row_agreement.k)


def pair_word(comparison: Comparison, pair: Pair) -> str:
    """How the link names a pair: by names, since positions change when a contender is removed."""
    return "~".join(_names(comparison, pair))


def _names(comparison: Comparison, pair: Pair) -> list[str]:
    return [comparison.names[place] for place in pair]
