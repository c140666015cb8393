import statistics

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import explorer
from explorer.analysis.text_profile import profile_texts
from tests.analysis.test_languages import SENTENCES


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=12))
def test_lengths_and_languages_are_those_of_a_plain_count(texts):
    profile = profile_texts(texts)
    count = len if profile.unit == "characters" else lambda text: len(text.split())
    assert profile.lengths.tolist() == [count(text) for text in texts]
    assert profile.median == int(statistics.median(map(count, texts)) if texts else 0)
    assert profile.sample.tolist() == list(range(len(texts)))
    assert sum(one.rows for one in profile.languages) == sum(map(bool, profile.codes))


def test_languages_are_shares_of_the_rows_that_can_be_told():
    texts = [SENTENCES["en"], SENTENCES["de"], SENTENCES["en"], "12"]
    profile = profile_texts(texts)
    assert profile.codes == ("en", "de", "en", "")
    assert [(one.code, one.rows) for one in profile.languages] == [("en", 2), ("de", 1)]
    assert [one.share for one in profile.languages] == [2 / 3, 1 / 3]


def test_texts_without_spaces_between_words_are_measured_in_characters():
    profile = profile_texts([SENTENCES["ja"], "電話", "荷物"])
    assert profile.unit == "characters"
    assert profile.lengths.tolist() == [len(SENTENCES["ja"]), 2, 2]


def test_of_many_rows_a_random_sample_is_read_and_all_are_measured():
    texts = [f"{SENTENCES['en']} {number}" for number in range(50)]
    profile, again = (profile_texts(texts, sample=10, seed=1) for _ in range(2))
    assert len(profile.lengths) == 50
    assert len(set(profile.sample.tolist())) == len(profile.codes) == 10
    assert np.all(np.diff(profile.sample) > 0)
    assert profile.sample.tolist() == again.sample.tolist()
    assert profile.sample.tolist() != list(range(10))


def test_the_sample_of_tickets_is_mostly_english():
    profile = profile_texts(explorer.open_corpus("support-tickets").texts)
    assert profile.unit == "words"
    assert profile.languages[0].code == "en"
    assert 0.9 < profile.languages[0].share < 1
