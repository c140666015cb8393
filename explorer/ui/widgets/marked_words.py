"""The words of a query marked in texts that were found."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from explorer.analysis.function_words import is_function_word
from explorer.analysis.word_stems import stem
from explorer.encode.words import CJK, split_words

_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
_SAMPLE = 200  # rows that tell which words are common
_SHORTEST = 3
_COMMON = 0.25  # of the rows have a word that tells none of them from the others, as "the" in English


def common_words(texts: Sequence[str]) -> frozenset[str]:
    """The words in more than a quarter of some texts, in lower case: those of no use in any language."""
    some = texts[:: max(1, len(texts) // _SAMPLE)]
    counts = Counter(word for text in some for word in set(split_words(text)))
    return frozenset(word for word, count in counts.items() if count > _COMMON * len(some))


def is_worth_marking(word: str, common: frozenset[str]) -> bool:
    """Whether a word of a query tells rows apart.

    It is none of the common ones, no function word, as "for", and not of one or two letters, as "at". Scripts
    without spaces are split into characters, which count as words.
    """
    return (
        word not in common and not is_function_word(word) and (len(word) >= _SHORTEST or not word.isascii())
    )


def marked_html(text: str, words: Iterable[str]) -> str:
    """A text as HTML with `mark` elements around words of the stems of some; everything is escaped.

    Args:
        text: Other people's text.
        words: In lower case, as `split_words` gives them.
    """
    wanted = {stem(word) for word in words}
    if not wanted:
        return html.escape(text)
    parts: list[str] = []
    end = 0
    for found in _WORD.finditer(text):
        word = unicodedata.normalize("NFKC", found[0]).casefold()
        if stem(word) in wanted:
            parts += [html.escape(text[end : found.start()]), f"<mark>{html.escape(found[0])}</mark>"]
            end = found.end()
    return "".join([*parts, html.escape(text[end:])])
