"""The script of a text: the letters that most of it is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

_OTHER = "other"  # any script that is not told
_READ = 400  # characters of a text
# The scripts that are told, by the first word of the Unicode names of their letters: the standard library
# does not have Unicode's property of the script.
_SAME_WORD = (
    "Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati "
    "Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Mongolian Ethiopic Cherokee "
    "Javanese Balinese Sundanese Tifinagh Bopomofo Hangul Hiragana Katakana Yi Nko"
)
_SCRIPTS = {script.upper(): script for script in _SAME_WORD.split()} | {
    "CJK": "Han",
    "IDEOGRAPHIC": "Han",
    "CANADIAN": "Canadian Aboriginal",
}
_NO_LETTERS = frozenset("µℵℶℷℸ")  # symbols that count as letters, of units and of numbers
_SHARED = "MODIFIER"  # signs that letters of several scripts have beside them, such as a raised comma
_JAPANESE = ("Hiragana", "Katakana")  # which are mixed with Han
_LEAST_KANA = 0.2  # of kana and Han in a Japanese text; Chinese ones have single kana, as in names of shops


def scripts_of(texts: Iterable[str]) -> list[str]:
    """The script that most letters of each text are in, by its first 400 characters; empty without letters.

    Scripts are those of Unicode that many people write today, such as Latin, Cyrillic, Arabic or Hangul;
    others are `other`. A text is Japanese, not Han, if a fifth of its kana and Han letters or more are kana.
    Letters in another form, such as full width or mathematical bold, are those that they stand for (NFKC).
    """
    return [_script(text[:_READ]) for text in texts]


def _script(text: str) -> str:
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else ""
    counts: Counter[str] = Counter()
    for letter, count in Counter(filter(str.isalpha, text)).items():
        counts[_of_letter(letter)] += count
    counts.pop("", None)
    kana = sum(counts.pop(script, 0) for script in _JAPANESE)
    if kana:
        japanese = kana >= _LEAST_KANA * (kana + counts["Han"])
        counts["Japanese" if japanese else "Han"] = kana + counts.pop("Han", 0)
    return max(counts, key=lambda script: (counts[script], script), default="")


@cache
def _of_letter(letter: str) -> str:
    """The script of a letter; empty for one without a name, and for signs of no script."""
    plain = unicodedata.normalize("NFKC", letter)[0]
    word = unicodedata.name(plain, "").partition(" ")[0].partition("-")[0]
    if not word or letter in _NO_LETTERS or word == _SHARED:
        return ""
    return _SCRIPTS.get(word, _OTHER)
