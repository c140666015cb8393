"""A choice that links carry as a short stable word, so that they survive changes of the screen's wording."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def linked_choice(
    label: str,
    choices: Mapping[str, str],
    *,
    key: str,
    width: int,
    control: str | None = None,
    drawn: bool = True,
    older: Mapping[str, str] | None = None,
    help: str | None = None,
) -> str:
    """Draw a select box bound to the link and return the choice. The first choice is left out of the link.

    Streamlit's own binding would put the displayed wording into the link.

    Args:
        label: Its label.
        choices: The word for each choice in links, and its wording on the screen.
        key: Its name in the link.
        width: In pixels.
        control: The key of the select box, if it is not `key`. One with a new key shows what the link says.
        drawn: Whether it is drawn; if not, as in a closed popover, the choice is what it was.
        older: Words of older links, and the current words for them.
        help: The tooltip of the label.
    """
    asked = st.query_params.get(key, "")
    words = list(choices)
    word = asked if asked in choices else (older or {}).get(asked, "")
    # Not set in the session state: that would be sent to the browser once, and if the next run overtakes it,
    # the browser shows the first choice and sends that back.
    index = words.index(word) if word in choices else 0
    if drawn:
        chosen: str = st.selectbox(
            label,
            words,
            index=index,
            format_func=choices.__getitem__,
            key=control or key,
            width=width,
            persist_state="session",
            help=help,
        )
    else:
        before = str(st.session_state.get(control or key))
        chosen = before if before in choices else words[index]
    put_in_link(key, chosen, words[0])
    return chosen


def put_in_link(key: str, word: str, usual: str) -> None:
    """Put a choice into the link; the usual one is left out of it."""
    if word == usual:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != word:
        st.query_params[key] = word
