"""Going to another page, as a click in the navigation does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import streamlit as st


def go_to(page: str, /, **parameters: str | Sequence[str]) -> NoReturn:
    """Show another page in place of this one.

    Args:
        page: Its script, such as `pages/map.py`.
        parameters: Those of its link; those of this page's link are dropped.
    """
    # Without a mapping, also an empty one, Streamlit refuses where a control of this page is in the link.
    st.switch_page(page, query_params=parameters)
