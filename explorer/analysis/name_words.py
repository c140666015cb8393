"""Which words can stand in the name of a group of rows, and which are forms of one another."""

from __future__ import annotations

from explorer.analysis.function_words import is_function_word

_LONGEST = 24  # characters; longer ones are codes, or sentences of languages that do not separate words
_ENDING = 3  # letters by which a longer form can differ from the shorter, as "cities" from "city"


def can_name(word: str) -> bool:
    """Whether a word says something by itself: not an English function word, and not very long.

    Args:
        word: A word in lower case, as `words_of` gives it.
    """
    return len(word) <= _LONGEST and not is_function_word(word)


def are_alike(one: str, other: str) -> bool:
    """Whether two words look like forms of one word, such as "city" and "cities".

    They start alike: all but one letter of the shorter, at least three, and all but three of the longer.
    No language's grammar is known, so that a few are taken for alike that are not, such as "plant" and
    "plane": for a name, another word can be had. Where each counts, see `word_stems.stem`.
    """
    short, long = sorted((one, other), key=len)
    start = max(3, len(short) - 1, len(long) - _ENDING)
    return one == other or (start <= len(short) and short[:start] == long[:start])
