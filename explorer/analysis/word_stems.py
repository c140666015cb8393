"""The stems of English words: what is left without the endings of number, tense and person."""

from __future__ import annotations

import functools
import re

_ENGLISH = re.compile("[a-z]{3,}")
_VOWELS = "aeiou"


@functools.lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a word, such as `citi` for "city" and "cities"; of one not in English letters, itself.

    Steps 1 and 5 of the algorithm of Porter, An algorithm for suffix stripping, 1980. The steps between take
    away what makes another word of it, such as -ation.

    Args:
        word: In lower case.
    """
    if not _ENGLISH.fullmatch(word):
        return word
    return _without_e(_y_as_i(_without_tense(_without_plural(word))))


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_tense(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    ending = next((ending for ending in ("ed", "ing") if word.endswith(ending)), "")
    left = word.removesuffix(ending)
    if not ending or "v" not in _kinds(left):
        return word
    if left.endswith(("at", "bl", "iz")):
        return f"{left}e"
    if len(left) > 1 and left[-1] == left[-2] and left[-1] not in f"{_VOWELS}lsz":
        return left[:-1]
    return f"{left}e" if _measure(left) == 1 and _is_short(left) else left


def _y_as_i(word: str) -> str:
    return f"{word[:-1]}i" if word.endswith("y") and "v" in _kinds(word[:-1]) else word


def _without_e(word: str) -> str:
    if word.endswith("e"):
        left = word[:-1]
        measure = _measure(left)
        return left if measure > 1 or (measure == 1 and not _is_short(left)) else word
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word


def _kinds(word: str) -> str:
    """Each letter as `c` or `v`: y is a vowel after a consonant."""
    kinds = ""
    for letter in word:
        is_vowel = letter in _VOWELS or (letter == "y" and kinds[-1:] == "c")
        kinds += "v" if is_vowel else "c"
    return kinds


def _measure(word: str) -> int:
    """How often consonants follow vowels."""
    return len(re.findall("v+c+", _kinds(word)))


def _is_short(word: str) -> bool:
    """Whether it ends as "hop" does: consonant, vowel, and a consonant that is not w, x or y."""
    return _kinds(word)[-3:] == "cvc" and word[-1] not in "wxy"
