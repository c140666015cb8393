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
        # The link of a page to which the menu leads says nothing: then the choice is that of last time.
        before = st.session_state.get(control or key, word or st.session_state.get(_last(key)))
        chosen = str(before) if before in choices else words[index]
    st.session_state[_last(key)] = chosen
    put_in_link(key, chosen, words[0])
    return chosen


def _last(key: str) -> str:
    """Where the last choice of this tab is kept, since that of a control that is not drawn is not."""
    return f"{key}-last"


def put_in_link(key: str, word: str, usual: str) -> None:
    """Put a choice into the link; the usual one is left out of it."""
    if word == usual:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != word:
        st.query_params[key] = word
