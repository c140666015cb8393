"""The categories that a person types."""

from __future__ import annotations

import streamlit as st

from explorer.classification.categories import Category, categories_of
from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images
from explorer.errors import QueryError
from explorer.ui.shell.text import show_error

_MOST_LABELS = 30  # of a label column that are suggested
_KEY, _SUGGESTED = "categories", "categories-suggested"
_LONGEST = 4_000  # characters: a link holds them
_EXAMPLES = "billing: invoices, refunds, prices\nlogin: passwords, locked accounts\nother"
_IMAGE_EXAMPLES = "dog\nbicycle\nbeach: a beach with people in the sun"


def choose_categories(corpus: Corpus) -> tuple[Category, ...] | None:
    """Draw the box for categories, filled with the labels where there are few; None if it cannot be used."""
    suggested = _suggested(corpus)
    before = st.session_state.get(_SUGGESTED)
    if before is not None and before != suggested and st.session_state.get(_KEY) == before:
        st.session_state[_KEY] = suggested  # it was of the rows before, and nobody changed it
    st.session_state[_SUGGESTED] = suggested
    typed = st.text_area(
        "Categories, one per line",
        suggested,
        height=160,
        max_chars=_LONGEST,
        key=_KEY,
        bind="query-params",
        placeholder=_IMAGE_EXAMPLES if has_images(corpus) else _EXAMPLES,
        help="A name, and after a colon what belongs there. Descriptions help where names are vague.",
    )
    if not typed.strip():
        st.info(
            "Type at least two categories, one per line: each row goes to the one it is closest to. "
            "After a colon you can describe what belongs there.",
            icon=":material/category:",
        )
        return None
    try:
        return categories_of(typed.splitlines())
    except QueryError as error:
        show_error(error)
        return None


def _suggested(corpus: Corpus) -> str:
    """The labels, if they are few and can be categories as they are."""
    labels = sorted(name for name, _ in corpus.label_sizes)
    if not 2 <= len(labels) <= _MOST_LABELS:
        return ""
    try:
        names = [one.name for one in categories_of(labels)]
    except QueryError:
        return ""
    return "\n".join(labels) if names == labels else ""
