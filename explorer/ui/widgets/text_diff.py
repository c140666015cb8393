"""Two texts compared word by word, with what differs marked."""

from __future__ import annotations

import difflib
import html
import re

from explorer.encode.words import CJK
from explorer.ui.shell.text import typed_html

_MOST_WORDS = 600  # of each text: the time grows with the product
_MOST_CHARS = 4_000  # of each: longer ones are folded where they are shown, and a difference is not
# Scripts without spaces are compared by characters. The white space after a word stays with it.
_WORD = re.compile(rf"(?:[{CJK}]|[^\W{CJK}]+|[^\w\s])\s*|\s+")


def differing_html(text: str, other: str) -> str | None:
    """A text as HTML that shows it as typed, with its differences from another.

    Words that only this text has are `ins` elements, underlined; words that only the other has are `del`
    elements, struck through, at their place.

    Args:
        text: The text to show.
        other: The text to compare it with.

    Returns:
        None if one of them is too long to compare.
    """
    if max(len(text), len(other)) > _MOST_CHARS:
        return None
    words, others = _WORD.findall(text), _WORD.findall(other)
    if max(len(words), len(others)) > _MOST_WORDS:
        return None
    matcher = difflib.SequenceMatcher(
        None, [word.strip() for word in others], [word.strip() for word in words], autojunk=False
    )
    parts: list[str] = []
    for kind, start, stop, here, end in matcher.get_opcodes():
        if kind == "equal":
            parts.append(html.escape("".join(words[here:end])))
            continue
        gone, new = "".join(others[start:stop]), "".join(words[here:end])
        # Where the text has no space before words that are gone, they would stick to the word before.
        if (
            gone.strip()
            and start
            and others[start - 1][-1].isspace()
            and here
            and not words[here - 1][-1].isspace()
        ):
            parts.append(" ")
        parts += [_marked("del", gone), " " if gone.strip() and new.strip() else "", _marked("ins", new)]
    return typed_html("".join(parts))


def _marked(element: str, text: str) -> str:
    """Words in an element; of those that the text has, the white space around them stays outside."""
    inside = text.strip()
    if not inside:
        return "" if element == "del" else html.escape(text)
    before, after = ("", "") if element == "del" else text.split(inside, 1)
    return f'{before}<{element} style="{_STYLES[element]}">{html.escape(inside)}</{element}>{after}'


_STYLES = {
    "ins": "background: light-dark(#d3f2dc, #0f4429); text-decoration: underline; border-radius: .2rem",
    "del": "background: light-dark(#fde2de, #5c211c); text-decoration: line-through; border-radius: .2rem",
}
