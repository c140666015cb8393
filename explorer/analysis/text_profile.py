"""What the texts of a corpus are like, before any of them is encoded: lengths, languages, scripts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.languages import languages_of
from explorer.data.passages import UNSPACED

SAMPLE = 2_000
"""The most rows whose language is told."""
_UNSPACED = re.compile(f"[{UNSPACED}]")
_NO_SPACES_SHARE = 0.3  # of a text's characters
_READ = 200  # characters of a text


@dataclass(frozen=True)
class LanguageShare:
    """How many of the sampled rows are in a language.

    Attributes:
        code: Its ISO 639 code.
        rows: Number of these rows.
        share: Their share of the rows whose language could be told, from 0 to 1.
    """

    code: str
    rows: int
    share: float


@dataclass(frozen=True, eq=False)
class TextProfile:
    """What texts are like.

    Attributes:
        unit: What lengths count: words between spaces, or characters where most sampled texts are in a script
            without spaces between words.
        lengths: The length of each text, int64, shape (rows,).
        sample: The rows whose language was looked for, ascending, int64, shape (n,).
        codes: The language of each of these, "" for one that cannot be told, shape (n,).
        languages: The languages of those that can be told, most frequent first, then by code.
    """

    unit: Literal["words", "characters"]
    lengths: NDArray[np.int64]
    sample: NDArray[np.int64]
    codes: tuple[str, ...]
    languages: tuple[LanguageShare, ...]

    @property
    def median(self) -> int:
        """The median length; 0 without texts."""
        return int(np.median(self.lengths)) if len(self.lengths) else 0


def profile_texts(texts: Sequence[str], *, sample: int = SAMPLE, seed: int = 0) -> TextProfile:
    """Measure lengths, and tell the languages of a random sample.

    Args:
        texts: The texts.
        sample: The most rows whose language is told.
        seed: The same seed draws the same rows.
    """
    drawn = np.arange(len(texts))
    if len(drawn) > sample:
        drawn = np.sort(np.random.default_rng(seed).choice(drawn, sample, replace=False))
    looked_at = [texts[row] for row in drawn.tolist()]
    without_spaces = sum(map(_has_no_spaces, looked_at)) * 2 > len(looked_at)
    lengths = map(len, texts) if without_spaces else (len(text.split()) for text in texts)
    codes = tuple(languages_of(looked_at))
    return TextProfile(
        unit="characters" if without_spaces else "words",
        lengths=np.fromiter(lengths, np.int64, len(texts)),
        sample=drawn,
        codes=codes,
        languages=_shares(codes),
    )


def _shares(codes: Sequence[str]) -> tuple[LanguageShare, ...]:
    told = Counter(filter(None, codes))
    return tuple(
        LanguageShare(code, rows, rows / told.total())
        for code, rows in sorted(told.items(), key=lambda item: (-item[1], item[0]))
    )


def _has_no_spaces(text: str) -> bool:
    read = text[:_READ]
    return not read.isascii() and len(_UNSPACED.findall(read)) >= _NO_SPACES_SHARE * len(read)
