import numpy as np
import pytest

import explorer
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.tokens import count_tokens
from explorer.errors import DataError, UnusableModelError
from explorer.share.export import rows_table

LONG = [
    " ".join(
        f"Ticket {n}: the antidisestablishmentarian camera of J. Smith (no. {n}) is offline."
        for n in range(90)
    ),
    "永和九年，岁在癸丑，暮春之初，会于会稽山阴之兰亭，修禊事也。" * 60,
    "ÀÉÎõü naïve coöperation — https://example.com/" + "a/very/long/path" * 90,
    "😀🎉" * 600,
    "short",
]


@pytest.mark.parametrize("by", ["sentences", "windows"])
@pytest.mark.parametrize("prompt", ["", "passage: "])
def test_nothing_is_cut_off_once_texts_are_split(by, prompt):
    corpus = explorer.open_corpus(LONG)
    files = find_model(BUNDLED_MODEL)
    assert (count_tokens(files, corpus.texts, prompt=prompt) > files.max_length).sum() >= 3
    split = explorer.split_passages(corpus, by=by, prompt=prompt)
    assert count_tokens(files, split.texts, prompt=prompt).max() <= files.max_length
    for row, text in enumerate(corpus.texts, 1):
        parts = [part for part, of in zip(split.texts, split.source_rows, strict=True) if of == row]
        assert "".join("".join(parts).split()) == "".join(text.split())


def test_windows_of_tokens_overlap():
    corpus = explorer.open_corpus(LONG[:1])
    split = explorer.split_passages(corpus, by="windows", size=60, overlap=20)
    whole = corpus.texts[0]
    at = [whole.index(text) for text in split.texts]
    files = find_model(BUNDLED_MODEL)
    for text, start, following in zip(split.texts, at, at[1:], strict=False):
        repeated = whole[following : start + len(text)]
        assert 0 < count_tokens(files, [repeated])[0] - 2 <= 20


def test_words_are_counted_without_a_model():
    corpus = explorer.open_corpus(["one two three four", "five"])
    split = explorer.split_passages(corpus, None, by="windows", size=3)
    assert split.texts == ["one two three", "four", "five"]


def test_passages_are_searched_and_exported_with_their_rows():
    corpus = explorer.open_corpus({"text": [LONG[0], "short"], "label": ["a", "b"]}, label="label")
    split = explorer.split_passages(corpus)
    space = explorer.embed(split, precision="float32")
    assert len(space.vectors) == len(split)
    table = rows_table(split, np.array([1, len(split) - 1]), {})
    assert table["source_row"].to_pylist() == [1, 2]
    assert table["passage"].to_pylist() == [2, 1]
    assert not [name for name in table.column_names if "(corpus" in name]


def test_what_cannot_be_split_says_why():
    corpus = explorer.open_corpus(["one two three four"])
    split = explorer.split_passages(corpus, None, size=2)
    with pytest.raises(DataError, match="passages already"):
        explorer.split_passages(split, None, size=2)
    with pytest.raises(DataError, match="size"):
        explorer.split_passages(corpus, None)


def test_a_prompt_that_leaves_no_room_for_a_text_is_refused():
    corpus = explorer.open_corpus(["one two three four"])
    with pytest.raises(UnusableModelError, match="the prompt takes them all"):
        explorer.split_passages(corpus, prompt="very " * 300)
