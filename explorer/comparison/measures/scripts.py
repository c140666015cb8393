"""The script of a text: the letters that most of it is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

_READ = 400  # characters of a text
# What the Unicode names of letters begin with, where that is not the name of their script.
_SCRIPTS = {"CJK": "Han", "FULLWIDTH": "Latin", "HALFWIDTH": "Katakana", "MODIFIER": "Latin"}
_JAPANESE = ("Hiragana", "Katakana")  # which are mixed with Han


def scripts_of(texts: Iterable[str]) -> list[str]:
    """The script that most letters of each text are in, by its first 400 characters; empty without letters.

    Scripts are those of Unicode, such as Latin, Cyrillic, Arabic or Hangul; texts with kana are Japanese.
    """
    return [_script(text[:_READ]) for text in texts]


def _script(text: str) -> str:
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else ""
    counts: Counter[str] = Counter()
    for letter, count in Counter(filter(str.isalpha, text)).items():
        counts[_of_letter(letter)] += count
    kana = sum(counts.pop(script, 0) for script in _JAPANESE)
    if kana:
        counts["Japanese"] = kana + counts.pop("Han", 0)
    counts.pop("", None)
    return max(counts, key=lambda script: (counts[script], script), default="")


@cache
def _of_letter(letter: str) -> str:
    """The script of a letter, by the first word of its Unicode name; empty for one without a name."""
    word = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    return _SCRIPTS.get(word, word.capitalize())
