import pytest

import explorer
from explorer.data.opening import open_corpus
from explorer.errors import ColumnError, TooLargeError
from explorer.settings import settings

MAILS = {
    "id": [1, 2, 3, 4],
    "subject": ["Refund", "", None, " "],
    "body": ["Where is my money?", "No subject here.", "Neither here.", "\t"],
    "queue": ["a", "b", "a", "b"],
}


def test_columns_are_joined_in_order_by_an_empty_line_without_what_is_empty():
    corpus = open_corpus(MAILS, text=["subject", "body"], label="queue")
    assert corpus.texts == ["Refund\n\nWhere is my money?", "No subject here.", "Neither here."]
    assert (corpus.text, corpus.label, corpus.empty_rows) == ("subject + body", "queue", 1)
    assert corpus.metadata == ("id", "subject", "body")
    assert corpus.row(0)["subject"] == "Refund"
    assert open_corpus(MAILS, text=["body", "subject"]).texts[0] == "Where is my money?\n\nRefund"


def test_one_column_in_a_list_is_that_column():
    assert open_corpus(MAILS, text=["body"]).fingerprint == open_corpus(MAILS, text="body").fingerprint


def test_a_sample_and_a_file_are_joined_too(tmp_path):
    songs = open_corpus("song-moods", text=["title", "description"])
    assert songs.texts[0] == f"{songs.row(0)['title']}\n\n{songs.row(0)['description']}"
    path = tmp_path / "mails.csv"
    path.write_text("subject,body,subject + body\nA,B,C\n", encoding="utf-8")
    corpus = open_corpus(path, text=["subject", "body"])
    assert corpus.texts == ["A\n\nB"]
    assert corpus.text == "subject + body (2)"


def test_joined_texts_are_encoded_as_such():
    corpus = open_corpus(MAILS, text=("subject", "body"))
    space = explorer.embed(corpus, "tfidf")
    assert space.search("refund money", k=1)[0].row == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ([], "No text column is named"),
        (["body", "body"], "named twice"),
        (["body", "nothing"], "no column"),
        (["body", "id"], "numbers"),
    ],
)
def test_columns_that_cannot_be_joined_say_why(text, said):
    with pytest.raises(ColumnError, match=said):
        open_corpus(MAILS, text=text)


def test_a_joined_column_cannot_be_the_label_and_is_not_guessed_as_it():
    with pytest.raises(ColumnError, match="label"):
        open_corpus(MAILS, text=["subject", "body"], label="body")
    kinds = {"text": ["one", "two", "three", "four"], "label": ["x", "y", "x", "y"]}
    assert open_corpus(kinds, text="text").label == "label"
    assert open_corpus(kinds, text=["label", "text"]).label is None


def test_a_joined_text_is_no_longer_than_a_cell_may_be(monkeypatch):
    monkeypatch.setenv("EXPLORER_MAX_CELL_CHARS", "20")
    settings.cache_clear()
    with pytest.raises(TooLargeError, match="24 characters") as raised:
        open_corpus({"a": ["x", "y" * 11], "b": ["x", "z" * 11]}, text=["a", "b"])
    assert "row 2" in str(raised.value)


def test_one_column_is_read_of_a_dataset_on_the_hub():
    with pytest.raises(ColumnError, match="one text column"):
        open_corpus("owner/dataset", text=["a", "b"])
