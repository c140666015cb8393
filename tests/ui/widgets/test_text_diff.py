import html
import re
import time

from hypothesis import given
from hypothesis import strategies as st

from explorer.ui.widgets.text_diff import differing_html


def shown(markup, without):
    """The words of a text when its `ins` or its `del` are left out."""
    kept = re.sub(rf"<{without} [^>]*>.*?</{without}>", "", markup, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", kept)).split()


def marked(markup, element):
    return [html.unescape(text) for text in re.findall(rf"<{element} [^>]*>(.*?)</{element}>", markup)]


def test_words_that_differ_are_marked_and_others_are_not():
    markup = differing_html("Hi, the lamp is red", "Hello, the lamp is not red")
    assert (marked(markup, "ins"), marked(markup, "del")) == (["Hi"], ["Hello", "not"])


def test_equal_texts_have_no_marks():
    markup = differing_html("the same\n text", "the same\n text")
    assert "<ins" not in markup
    assert "<del" not in markup


@given(
    st.text("ab <&>.\n漢字", max_size=40),
    st.text("ab <&>.\n漢字", max_size=40),
)
def test_both_texts_can_be_read_back(text, other):
    markup = differing_html(text, other)
    assert "".join(shown(markup, "del")) == "".join(text.split())
    assert "".join(shown(markup, "ins")) == "".join(other.split())


def test_words_that_are_gone_do_not_stick_to_others():
    markup = differing_html("Do I start over?", "Do I start over? Thanks")
    assert shown(markup, "ins") == ["Do", "I", "start", "over?", "Thanks"]


def test_nothing_is_put_before_a_mark_that_ends_a_sentence():
    markup = differing_html("What is it?", "What is it and who can get it?")
    assert re.sub(r"<[^>]+>", "", markup) == "What is it and who can get it?"


def test_markup_in_texts_is_shown_as_typed():
    markup = differing_html("<script>x</script> a", "<img src=x onerror=y> a")
    assert not re.search(r"<(script|img)", markup)


def test_scripts_without_spaces_are_compared_by_characters():
    assert marked(differing_html("猫が好き", "犬が好き"), "ins") == ["猫"]


def test_texts_that_are_too_long_are_not_compared():
    started = time.perf_counter()
    assert differing_html("word " * 601, "word") is None
    assert differing_html("word", "word " * 601) is None
    assert differing_html("word " * 600, "other " * 600) is not None
    assert time.perf_counter() - started < 2
