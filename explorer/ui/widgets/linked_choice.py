"""A choice that links carry as a short stable word, so that they survive changes of the screen's wording."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.ui.widgets.linked_value import linked_value


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
        drawn: Whether it is drawn; see `linked_value`.
        older: Words of older links, and the current words for them.
        help: The tooltip of the label.
    """
    words = list(choices)

    def draw(word: str) -> str:
        chosen: str = st.selectbox(
            label,
            words,
            # Not set in the session state: that would be sent to the browser once, and if the next run
            # overtakes it, the browser shows the first choice and sends that back.
            index=words.index(word),
            format_func=choices.__getitem__,
            key=control or key,
            width=width,
            persist_state="session",
            help=help,
        )
        return chosen

    linked = st.query_params.get(key, "")
    asked = linked if linked in choices else (older or {}).get(linked)
    return linked_value(
        key, asked, words[0], draw, allowed=choices.__contains__, drawn=drawn, control=control
    )
