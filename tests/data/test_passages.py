import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.corpus import PassageSpec
from explorer.data.opening import open_corpus
from explorer.data.passage_rows import corpus_of_passages
from explorer.data.passages import (
    WORDS,
    check_spec,
    split_texts,
)
from explorer.errors import DataError, TooLargeError
from explorer.settings import settings

SPECS = st.one_of(
    st.builds(PassageSpec, st.just("sentences"), st.integers(1, 12)),
    st.integers(1, 12).flatmap(
        lambda size: st.builds(
            PassageSpec, st.just("windows"), st.just(size), overlap=st.integers(0, size // 2)
        )
    ),
)
TEXTS = st.text(
    st.sampled_from([*"ab.!? \n\t", "。", "語", "é", "ก", "😀", "\u0301", "a", " ", " "]),
    min_size=1,
    max_size=120,
).filter(lambda text: bool(text.strip()))


def passages_of(text, spec, units=WORDS):
    spans = split_texts([text], spec, units)
    return [(int(start), int(end)) for start, end in zip(spans.starts, spans.ends, strict=True)]


def texts_of(text, spec, units=WORDS):
    return [text[start:end] for start, end in passages_of(text, spec, units)]


@given(TEXTS, SPECS)
def test_passages_cover_a_text_in_order_and_none_is_too_long(text, spec):
    places = passages_of(text, spec)
    counts = WORDS.count([text[start:end] for start, end in places])
    assert counts.max() <= spec.size
    covered = 0
    for start, end in places:
        assert not text[covered:start].strip()  # only spaces are between passages
        assert start < end
        assert end > covered  # each brings something that was not there before
        if spec.overlap == 0:
            assert start >= covered
        elif start < covered:
            assert WORDS.count([text[start:covered]])[0] <= spec.overlap
        covered = end
    assert not text[covered:].strip()
    if WORDS.count([text])[0] <= spec.size:
        assert places == [(0, len(text))]


def test_windows_overlap_by_what_is_asked():
    text = " ".join(f"w{n}" for n in range(20))
    assert texts_of(text, PassageSpec("windows", 8, 3)) == [
        "w0 w1 w2 w3 w4 w5 w6 w7",
        "w5 w6 w7 w8 w9 w10 w11 w12",
        "w10 w11 w12 w13 w14 w15 w16 w17",
        "w15 w16 w17 w18 w19",
    ]
    assert texts_of(text, PassageSpec("windows", 8)) == [
        "w0 w1 w2 w3 w4 w5 w6 w7",
        "w8 w9 w10 w11 w12 w13 w14 w15",
        "w16 w17 w18 w19",
    ]


def test_sentences_stay_whole_and_as_many_as_fit_are_together():
    text = "One two three. Four five! Six seven eight nine? Ten."
    assert texts_of(text, PassageSpec("sentences", 5)) == [
        "One two three. Four five!",
        "Six seven eight nine? Ten.",
    ]
    # One that does not fit is divided, and nothing of it is lost.
    assert texts_of(text, PassageSpec("sentences", 3)) == [
        "One two three.",
        "Four five!",
        "Six seven eight",
        "nine? Ten.",
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It costs 3.50 a month. Really.", ["It costs 3.50 a month.", "Really."]),
        ("See J. Smith about it. Go.", ["See J. Smith about it.", "Go."]),
        ("Some, e.g. these, stay. Go.", ["Some, e.g. these, stay.", "Go."]),
        ("He said “stop.” She went.", ["He said “stop.”", "She went."]),
        ("今日は雨。明日は晴れ！「本当？」はい。", ["今日は雨。", "明日は晴れ！", "「本当？」", "はい。"]),
        ("यह एक है। वह दो है।", ["यह एक है।", "वह दो है।"]),
        ("A heading\n\nIts text\ngoes on", ["A heading", "Its text\ngoes on"]),
        ("Привет, мир. Как дела?", ["Привет, мир.", "Как дела?"]),
    ],
)
def test_where_sentences_end(text, sentences):
    size = int(WORDS.count(sentences).max())
    found = texts_of(text, PassageSpec("sentences", size))
    assert all(any(sentence in passage for passage in found) for sentence in sentences), found
    ends = np.cumsum([len(sentence.replace(" ", "")) for sentence in sentences]).tolist()
    cuts = np.cumsum([len(passage.replace(" ", "").strip()) for passage in found]).tolist()
    assert [cut for cut in cuts if cut not in ends] == [] or "\n" in text


def test_a_passage_that_has_more_units_alone_than_within_its_text_is_divided():
    class Longer:
        """Counts one unit more for each text that does not begin with the first word."""

        name = "test units"

        def count(self, texts):
            return WORDS.count(texts) + np.array([not text.startswith("w0") for text in texts])

        def spans(self, texts):
            return WORDS.spans(texts)

    text = " ".join(f"w{n}" for n in range(20))
    found = texts_of(text, PassageSpec("windows", 6), Longer())
    assert " ".join(found) == text
    assert Longer().count(found).max() <= 6


ROWS = {
    "id": ["a", "b", "c", "d"],
    "body": ["one two three four five", "short", "", "six seven eight nine"],
    "queue": ["x", "y", "x", "y"],
}


def test_passages_are_rows_with_the_columns_of_their_row():
    whole = open_corpus(ROWS, text="body", label="queue")
    spec = PassageSpec("windows", 2)
    split = corpus_of_passages(whole, spec, split_texts(whole.texts, spec))
    assert split.texts == ["one two", "three four", "five", "short", "six seven", "eight nine"]
    assert split.labels == ["x", "x", "x", "y", "y", "y"]
    assert split.source_rows.tolist() == [1, 1, 1, 2, 4, 4]
    assert split.row(4) == {"id": "d", "body": "six seven", "queue": "y", "passage": 1, "source_row": 4}
    assert split.table["passage"].to_pylist() == [1, 2, 3, 1, 1, 2]
    assert (split.total_rows, split.empty_rows) == (4, 1)
    assert split.whole is whole
    assert whole.whole is whole
    assert "2 rows of 3 have more than 2 words: there are 6 passages" in split.notes[-1]
    assert split.take(np.array([1])).split_from is None


def test_columns_of_those_names_keep_theirs():
    whole = open_corpus({"text": ["one two three"], "passage": ["p"], "source_row": ["s"]}, text="text")
    spec = PassageSpec("windows", 2)
    split = corpus_of_passages(whole, spec, split_texts(whole.texts, spec))
    assert split.row(1) == {
        "text": "three",
        "passage": "p",
        "source_row": "s",
        "passage (2)": 2,
        "source_row (2)": 1,
    }


def test_more_passages_than_rows_may_be_are_refused(monkeypatch):
    monkeypatch.setenv("EXPLORER_MAX_ROWS", "10")
    settings.cache_clear()
    with pytest.raises(TooLargeError, match="over 10 passages"):
        split_texts(["w " * 50], PassageSpec("windows", 2))


def test_columns_that_would_take_too_much_memory_are_refused(monkeypatch):
    monkeypatch.setenv("EXPLORER_MAX_FILE_MB", "1")
    settings.cache_clear()
    whole = open_corpus({"text": ["w " * 3000], "other": ["x" * 2000]}, text="text")
    spec = PassageSpec("windows", 2)
    with pytest.raises(TooLargeError, match="2 MB"):
        corpus_of_passages(whole, spec, split_texts(whole.texts, spec))


@pytest.mark.parametrize(
    "spec",
    [
        PassageSpec("chapters", 10),
        PassageSpec("windows", 0),
        PassageSpec("windows", 10, 6),
        PassageSpec("windows", 10, -1),
        PassageSpec("sentences", 10, 2),
    ],
)
def test_what_cannot_be_split_so_says_why(spec):
    with pytest.raises(DataError):
        check_spec(spec)
