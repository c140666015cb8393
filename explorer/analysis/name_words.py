"""Which words can stand in the name of a group of rows, and which are forms of one another."""

from __future__ import annotations

import functools

_LONGEST = 24  # characters; longer ones are codes, or sentences of languages that do not separate words
# What scikit-learn lists as well, although rows can be about it.
_CONTENT = frozenset([
    "amount", "bill", "bottom", "call", "cry", "detail", "empty", "fill", "fire", "front", "full", "interest",
    "mill", "mine", "move", "name", "serious", "side", "sincere", "system", "thick", "thin", "top",
])  # fmt: skip
_MORE = frozenset(["did", "does", "doing", "don", "just", "shall"])  # what it leaves out
_ENDING = 3  # letters by which a longer form can differ from the shorter, as "cities" from "city"


def can_name(word: str) -> bool:
    """Whether a word says something by itself: not an English function word, and not very long.

    Function words are those of scikit-learn's `ENGLISH_STOP_WORDS`, with contractions such as "don't". In
    other languages only their even distribution gives them away.

    Args:
        word: A word in lower case, as `words_of` gives it.
    """
    plain = word.replace("’", "'")
    head = plain.partition("'")[0]
    return len(word) <= _LONGEST and head not in _function_words() and not plain.endswith("n't")


def are_alike(one: str, other: str) -> bool:
    """Whether two words look like forms of one word, such as "city" and "cities".

    They start alike: all but one letter of the shorter, at least three, and all but three of the longer.
    No language's grammar is known, so that a few are taken for alike that are not, such as "plant" and
    "plane": for a name, another word can be had. Where each counts, see `word_stems.stem`.
    """
    short, long = sorted((one, other), key=len)
    start = max(3, len(short) - 1, len(long) - _ENDING)
    return one == other or (start <= len(short) and short[:start] == long[:start])


@functools.cache
def _function_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return (frozenset(ENGLISH_STOP_WORDS) - _CONTENT) | _MORE
