"""A choice that links carry by a short word of its own, so that they outlive the wording on the screen."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def linked_choice(
    label: str,
    choices: Mapping[str, str],
    *,
    key: str,
    width: int,
    older: Mapping[str, str] | None = None,
    help: str | None = None,
) -> str:
    """Draw a select box that is in the link too; give what is chosen. The first choice is not in the link.

    Streamlit's own binding puts what the screen shows into the link.

    Args:
        label: Its label.
        choices: What links call each choice, and what the screen shows for it.
        key: Its name in the link.
        width: In pixels.
        older: What older links call choices, and what links call them now.
        help: Shown beside the label on request.
    """
    asked = st.query_params.get(key)
    if key not in st.session_state and asked is not None:
        word = asked if asked in choices else (older or {}).get(asked)
        if word in choices:
            st.session_state[key] = word
    chosen: str = st.selectbox(
        label,
        list(choices),
        format_func=choices.__getitem__,
        key=key,
        width=width,
        persist_state="session",
        help=help,
    )
    if chosen == next(iter(choices)):
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen
