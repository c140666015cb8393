"""The words of a text, as TF-IDF and BM25 count them."""

from __future__ import annotations

import re
import unicodedata

_MAX_WORDS = 512  # words read of a text, about as many as embedding models read

# Chinese, Japanese, Thai, Lao, Burmese and Khmer have no spaces between words: each character counts as a
# word, and bigrams stand for the real words, as in Lucene's CJKBigramFilter.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Kana and Han characters, as a range of a regular expression."""
_UNSPACED = f"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff{CJK}"
# Vowel signs and accents that Python does not count as parts of words: Hebrew, Arabic, the scripts of India.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:[^\W{_UNSPACED}]|[{_MARKS}])+")


def split_words(text: str) -> list[str]:
    """The first 512 words of a text, in lower case and in Unicode's normal form NFKC."""
    # At 20 characters a word, more than any language has on average, the rest is never read.
    normal = unicodedata.normalize("NFKC", text[: 20 * _MAX_WORDS]).casefold()
    return _WORD.findall(normal)[:_MAX_WORDS]
