"""Two views of each row, such as its title and its body, which a good encoder finds by each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import words_of
from explorer.data.corpus import Corpus
from explorer.data.tables.python_values import texts
from explorer.encode.words import CJK
from explorer.errors import ColumnError

VIEW_ROWS = 1_000
"""The most rows whose two views are encoded in a comparison."""
_LETTERS = 10  # letters and digits that a view needs: two words or three
_CJK_LETTERS = 3  # that a kana or Han character stands for: words have one or two of them
# Also the ideographic full stop and its kin, after which no space follows.
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])[”’」』）]*|\n+")
_SPACE = re.compile(r"\s+")
_CLAUSE = re.compile(r"(?<=[，、；：])")  # Chinese and Japanese have no spaces
_CJK = re.compile(f"[{CJK}]+")
_TOKEN = re.compile(rf"[{CJK}]+|[^\s{CJK}]+")


@dataclass(frozen=True, eq=False)
class Views:
    """Two views of each of some rows.

    Attributes:
        rows: The rows, ascending, int64, shape (rows,).
        groups: Their groups, int64, shape (rows,).
        left: The first view of each.
        right: The second view of each.
        hidden: Per row, the words that both views have, in lower case; of Chinese and Japanese, the pairs of
            neighbouring characters.
        short: Number of rows left out because a view would be too short without those words.
    """

    rows: NDArray[np.int64]
    groups: NDArray[np.int64]
    left: tuple[str, ...]
    right: tuple[str, ...]
    hidden: tuple[frozenset[str], ...]
    short: int

    def __len__(self) -> int:
        return len(self.rows)

    def masked(self) -> Views:
        """The same views without the words that both have, so that equal words alone find nothing."""
        left, right = (
            tuple(_without(text, words) for text, words in zip(side, self.hidden, strict=True))
            for side in (self.left, self.right)
        )
        return replace(self, left=left, right=right)


def two_views(
    corpus: Corpus,
    rows: NDArray[np.int64],
    groups: NDArray[np.int64],
    columns: tuple[str, str] | None = None,
) -> Views:
    """Two views of each row: two of its columns, or the two halves of its text.

    A text is divided at the sentence end nearest to its middle that leaves both halves long enough, or else
    at the space, or in Chinese and Japanese the comma, nearest to the middle. A view needs ten letters or
    digits besides the words that both have, or four characters of Chinese or Japanese; other rows are left
    out. Words are those of `words_of`. For those of Chinese and Japanese stand pairs of neighbouring
    characters, as in Lucene's CJKBigramFilter. In Thai, Lao, Burmese and Khmer, words cannot be told without
    a dictionary, so only runs between spaces are masked.

    Args:
        corpus: The rows.
        rows: The rows to divide, such as a sample, ascending.
        groups: The group of every row of the corpus.
        columns: The columns of the two views, such as title and body; None for halves.

    Raises:
        ColumnError: There is no such column.
    """
    if columns is None:
        pairs = [_halves(corpus.texts[row]) for row in rows]
    else:
        sides = [_column(corpus, name) for name in columns]
        pairs = [(sides[0][row], sides[1][row]) for row in rows]
    hidden = [frozenset(_words(left)) & frozenset(_words(right)) for left, right in pairs]
    kept = [
        place
        for place, (pair, words) in enumerate(zip(pairs, hidden, strict=True))
        if all(_long_enough(_without(text, words)) for text in pair)
    ]
    return Views(
        rows[kept],
        groups[rows[kept]],
        tuple(pairs[place][0] for place in kept),
        tuple(pairs[place][1] for place in kept),
        tuple(hidden[place] for place in kept),
        len(rows) - len(kept),
    )


def _column(corpus: Corpus, name: str) -> list[str]:
    if name not in corpus.table.column_names:
        raise ColumnError(f"There is no column {name!r}.", where=corpus.name)
    return [value or "" for value in texts(corpus.table[name])]


def _halves(text: str) -> tuple[str, str]:
    text = text.strip()
    for pattern in (_SENTENCE, _SPACE, _CLAUSE):
        ends = [match.end() for match in pattern.finditer(text)]
        for end in sorted(ends, key=lambda end: abs(2 * end - len(text))):
            if _long_enough(text[:end]) and _long_enough(text[end:]):
                return text[:end].strip(), text[end:].strip()
    return text, ""


def _long_enough(text: str) -> bool:
    cjk = sum(map(len, _CJK.findall(text)))
    return sum(character.isalnum() for character in text) + (_CJK_LETTERS - 1) * cjk >= _LETTERS


def _without(text: str, words: frozenset[str]) -> str:
    """A text without some words; punctuation at a word that stays is kept."""
    return " ".join(_TOKEN.sub(lambda token: _left(token[0], words), text).split())


def _left(token: str, words: frozenset[str]) -> str:
    """What is left of a token: of Chinese and Japanese, a space for each character in one of the words."""
    if _CJK.match(token):
        hidden = {at + place for at, pair in enumerate(_pairs(token)) if pair in words for place in range(2)}
        return "".join(" " if at in hidden else character for at, character in enumerate(token))
    found = words_of(token)
    return "" if found and words.issuperset(found) else token


def _words(text: str) -> list[str]:
    """The words of a text, and the pairs of neighbouring characters of its Chinese and Japanese."""
    return [*words_of(_CJK.sub(" ", text)), *(pair for run in _CJK.findall(text) for pair in _pairs(run))]


def _pairs(run: str) -> list[str]:
    """The pairs of neighbouring characters; a character without neighbours is one."""
    return [run[at : at + 2] for at in range(max(1, len(run) - 1))]
