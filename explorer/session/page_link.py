"""The parameters of a page's link, besides rows and encoder: what a person chose on the page."""

from __future__ import annotations

import re

_OF_PAGES = re.compile(
    r"applies-from|but|categories|cluster-edits|cluster-seed|clusters|clusters-view|colour|compare-[a-z-]+"
    r"|distance|duplicates-list|evaluate-kind|false-pairs|groups-of|image-sentence|inference-model|k|learn-by|like"
    r"|map-[a-z-]+|method|metric|min-size|model-id|morph|none-below|order|q|queries|rerank|rerank-first"
    r"|rerank-model|several|several-categories|template|threshold|variety|view|ways|weight-[a-z]+|with|words|words-count"
)


def is_of_a_page(name: str) -> bool:
    """Whether a page has a parameter of that name.

    An address can have others: whoever serves the app in a frame or behind a proxy puts its tokens there,
    such as `__sign` of a private Space. They are no settings, and nobody else is to get them.
    """
    return _OF_PAGES.fullmatch(name) is not None
