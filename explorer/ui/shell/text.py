"""Drawing other people's text exactly as typed, never as Markdown, LaTeX or HTML."""

from __future__ import annotations

import html
import re

import streamlit as st

from explorer.errors import ExplorerError, GatedError

_SHOWN_CHARS = 1_000  # longer texts are folded: ten hits of 5,000 characters each would be unreadable
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&^=:])")
# What turns the direction of text, until it is ended: in a name it would turn the rest of our sentence.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_WORD_JOINER = "\u2060"  # invisible; breaks `:emoji:` codes, which Markdown replaces even when escaped


def markdown(text: str) -> str:
    """Escape other people's text for a place that takes only Markdown, such as an error box.

    Controls of direction are left out.
    """
    flat = " ".join(_DIRECTIONS.sub("", text).split())
    return _SPECIAL.sub(r"\\\1", flat).replace(":", f":{_WORD_JOINER}")


def quoted(prompt: str) -> str:
    """A prompt as a part of a sentence, which is still to be escaped."""
    return "“" + prompt.replace("\n", "\\n") + "”" if prompt else "nothing"


def as_html(text: str, most: int = _SHOWN_CHARS) -> str:
    """Other people's text as HTML that shows it as typed; direction is detected.

    Args:
        text: The text.
        most: Longer texts, in characters, are folded.
    """
    if len(text) <= most:
        return whole_html(text)
    head, rest = text[:most], text[most:]
    return (
        f'<div dir="auto" style="{_TEXT_STYLE}">{html.escape(head)}…</div>'
        f"<details><summary>All {len(text):,} characters</summary>"
        f'<div dir="auto" style="{_TEXT_STYLE}">{html.escape(head + rest)}</div></details>'
    )


def whole_html(text: str) -> str:
    """Other people's text as HTML that shows it as typed and unfolded, however long."""
    return typed_html(html.escape(text))


def typed_html(markup: str) -> str:
    """HTML in which other people's text is escaped already, shown as that text was typed."""
    return f'<div dir="auto" style="{_TEXT_STYLE}">{markup}</div>'


def show_error(error: ExplorerError) -> None:
    """Draw an error: what went wrong, where, and what to do; for a gated repository, a link to its terms."""
    where = f"**{markdown(error.where)}** — " if error.where else ""
    st.error(f"{where}{markdown(error.what)} {markdown(error.fix)}", icon=":material/error:")
    if isinstance(error, GatedError) and error.page:
        st.link_button(
            "Read the terms on the Hub", error.page, icon=":material/open_in_new:", type="tertiary"
        )


_TEXT_STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5"
