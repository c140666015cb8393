import html
import re

from hypothesis import given
from hypothesis import strategies as st

from explorer.encode.words import split_words
from explorer.ui.widgets.marked_words import common_words, is_worth_marking, marked_html


def marked(text, *words):
    return re.findall("<mark>(.*?)</mark>", marked_html(text, words))


def test_words_and_their_forms_are_marked_in_any_case():
    text = "Refunds? A refund; REFUNDED, unrefund."
    assert marked(text, "refund") == ["Refunds", "refund", "REFUNDED"]
    assert marked("Ｐarcel parcel", "parcel") == ["Ｐarcel", "parcel"]
    assert marked(text) == []


def test_words_that_only_begin_like_one_of_the_query_are_not_marked():
    assert marked("The camera came, and cameras come.", "came") == ["came"]
    assert marked("The camera came, and cameras come.", "camera") == ["camera", "cameras"]


def test_scripts_without_spaces_are_marked_by_characters():
    assert marked("猫が好き", *split_words("猫")) == ["猫"]


@given(st.text("ab <&>\"'.\n漢é", max_size=40), st.lists(st.text("ab<", min_size=1, max_size=3), max_size=3))
def test_the_text_is_shown_as_typed(text, words):
    markup = marked_html(text, words)
    assert html.unescape(re.sub("</?mark>", "", markup)) == text
    assert not re.search("<(?!/?mark>)", markup)


def test_common_words_are_those_in_more_than_a_quarter_of_the_rows():
    texts = ["The cat", "the dog the", "the end", "a bird"] * 50
    assert common_words(texts) == {"the"}
    assert common_words([]) == frozenset()
    assert common_words(["alone"]) == {"alone"}


def test_short_common_and_function_words_are_not_worth_marking():
    words = ["the", "for", "at", "vat", "猫", "b" * 40]
    assert [word for word in words if is_worth_marking(word, frozenset({"the"}))] == ["vat", "猫", "b" * 40]
