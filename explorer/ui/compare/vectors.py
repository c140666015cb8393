"""Whether a comparison has the vectors that a view needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from explorer.comparison.contenders.contender import Contender


def vectors_known(contenders: Iterable[Contender]) -> bool:
    """Whether no contender comes from a saved comparison, which has figures only."""
    from explorer.comparison.files.saved_contender import SavedContender

    return not any(isinstance(contender, SavedContender) for contender in contenders)


def say_without_vectors(what: str) -> None:
    """Draw that a view is to come.

    Args:
        what: What is to come, as the beginning of a sentence in the singular.
    """
    st.info(
        f"{what} is available once the contenders are encoded: this comparison was opened from a file, which "
        "has no vectors.",
        icon=":material/hourglass:",
    )
