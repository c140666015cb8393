import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from explorer.analysis.function_words import _FUNCTION_WORDS, is_function_word

# What scikit-learn lists as well, although rows can be about it, and what it leaves out.
CONTENT = {
    "amount", "bill", "bottom", "call", "cry", "detail", "empty", "fill", "fire", "front", "full", "interest",
    "mill", "mine", "move", "name", "serious", "side", "sincere", "system", "thick", "thin", "top",
}  # fmt: skip
MORE = {"did", "does", "doing", "don", "just", "shall"}


def test_the_list_is_that_of_scikit_learn_without_words_that_rows_can_be_about():
    assert _FUNCTION_WORDS == ENGLISH_STOP_WORDS - CONTENT | MORE


@pytest.mark.parametrize("word", ["for", "i'm", "don’t", "couldn't"])
def test_function_words_and_contractions_are_told(word):
    assert is_function_word(word)


@pytest.mark.parametrize("word", ["refund", "bill", "o'clock", "für", "猫"])
def test_other_words_are_not(word):
    assert not is_function_word(word)
