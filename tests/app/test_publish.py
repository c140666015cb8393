"""Publishing to the Hub on the page, to a Hub on this machine."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

import explorer
from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.encode.spec import LocalModel, Tfidf
from explorer.hub.pushed_repo import DATASET
from explorer.jobs.registry import registry
from explorer.ui.data.hub_search import OPENED
from tests.app.driving import (
    button,
    error,
    finished,
    open_app,
    open_rows,
    open_share,
    open_with_rows,
    said,
)
from tests.app.test_saved_space import opened as opened_file
from tests.app.test_saved_space import saved, session_of
from tests.hub_pushes import TOKEN, Person
from tests.image_archives import drawn_archive

WORDS = "words.parquet"
FILE = DATASET.file
FILE_NAME = "mine.csv"
NAME = f"publish-name-{FILE_NAME}"


@pytest.fixture
def hub(push_hub):
    registry()._jobs.clear()
    yield push_hub
    registry()._jobs.clear()


@pytest.fixture
def dialog(hub):
    """The dialog over three rows of words, with a token."""
    app = open_share(opened_file(saved(model="tfidf"), WORDS))
    button(app, "Publish to the Hub").click().run()
    return with_token(app)


def with_token(app, token=TOKEN):
    next(field for field in app.text_input if field.label.startswith("Hugging Face token")).set_value(
        token
    ).run()
    return finished(app)


def licence(app):
    return next(box for box in app.selectbox if box.label == "Licence of the rows")


def private(app):
    return next(toggle for toggle in app.toggle if toggle.label == "Private")


def columns(app):
    return next(box for box in app.multiselect if box.label.startswith("Columns besides"))


def agreement(app):
    return next(box for box in app.checkbox if "right to publish" in box.label)


def licensed(app):
    licence(app).set_value("cc-by-4.0").run()
    return app


def go_button(app):
    return next(one for one in app.button if one.label.startswith("Publish") and " row" in one.label)


def go(app):
    """Press the button that publishes."""
    go_button(app).click().run()
    return finished(app)


def test_nothing_goes_without_a_licence_and_it_is_private_by_default(dialog, hub):
    assert dialog.text_input(key=NAME).value == "me/mine"
    assert licence(dialog).value is None
    assert go_button(dialog).label == "Publish 3 rows as a private dataset"
    assert go_button(dialog).disabled
    assert "only you can read it" in said(dialog.markdown)
    assert "What the rows are called goes too: mine.csv." in said(dialog.markdown)
    licensed(dialog)
    assert not go_button(dialog).disabled
    assert not hub.pushed
    go(dialog)
    assert "me/mine is on the Hub, as a private dataset." in said(dialog.success)
    assert hub.pushed["me/mine"].private
    shown = " ".join(block.value for block in dialog.code)
    for way in ('explorer.open_space("me/mine")', 'load_dataset("me/mine", split="train")', "read_parquet"):
        assert way in shown
    assert TOKEN not in str(dialog.query_params)


def test_what_becomes_public_is_confirmed_again_when_it_changes(dialog, hub):
    licensed(dialog)
    private(dialog).set_value(False).run()
    assert go_button(dialog).label == "Publish 3 rows for everyone"
    assert go_button(dialog).disabled
    agreement(dialog).check().run()
    assert not go_button(dialog).disabled
    columns(dialog).set_value(["kind"]).run()
    assert go_button(dialog).disabled
    agreement(dialog).check().run()
    go(dialog)
    assert not hub.pushed["me/mine"].private
    assert pq.read_schema(hub.newest("me/mine") / FILE).names == ["body", "kind", "embedding"]


def test_other_rows_are_agreed_to_again_even_if_they_are_as_many(dialog):
    licensed(dialog)
    session_of(dialog).select([0], "a test")
    dialog.run()
    next(one for one in dialog.segmented_control if one.label == "Rows").set_value("selected").run()
    private(dialog).set_value(False).run()
    agreement(dialog).check().run()
    assert not go_button(dialog).disabled
    session_of(dialog).select([2], "a test")
    dialog.run()
    assert go_button(dialog).label == "Publish 1 row for everyone"
    assert go_button(dialog).disabled
    assert not agreement(dialog).value


def test_no_choice_is_carried_over_to_other_rows(hub):
    app = finished(
        open_with_rows(explorer.open_corpus({"body": ["one", "two", "six"]}, name=FILE_NAME), Tfidf())
    )
    button(open_share(app), "Publish to the Hub").click().run()
    licensed(with_token(app))
    private(app).set_value(False).run()
    agreement(app).check().run()
    rows = {"body": ["four", "five", "nine"], "salary": [1, 2, 3]}
    session_of(app).open(explorer.open_corpus(rows, text="body", name=FILE_NAME), Tfidf())
    finished(app)
    assert licence(app).value is None
    assert private(app).value
    assert columns(app).value == ["salary"]
    assert go_button(app).disabled


def test_the_page_and_the_dialog_ask_for_a_token_at_once(hub):
    app = finished(open_app("pages/data.py"))
    app.segmented_control(key="rows-from").set_value("Hub").run()
    app.session_state[OPENED] = "me/nothing"
    finished(app.run())
    button(open_share(app), "Publish to the Hub").click().run()
    assert not app.exception
    fields = [field.label for field in app.text_input if "token" in field.label]
    assert sorted(fields) == ["Hugging Face token", "Hugging Face token that can write"]
    with_token(app)
    assert not [field for field in app.text_input if "token" in field.label]


def test_only_the_selected_rows_go(dialog, hub):
    session_of(dialog).select([2, 0], "a test")
    dialog.run()
    licensed(dialog)
    choice = next(one for one in dialog.segmented_control if one.label == "Rows")
    choice.set_value("selected").run()
    assert go_button(dialog).label == "Publish 2 rows as a private dataset"
    assert "can be searched for rows like a row, but not for a text." in said(dialog.caption)
    go(dialog)
    assert pq.read_table(hub.newest("me/mine") / FILE)["body"].to_pylist() == [
        "a late parcel",
        "the sea",
    ]


def test_a_name_that_is_taken_is_left_alone_and_another_is_offered(dialog, hub, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train.csv").write_text("a\n1\n")
    hub.datasets["me/mine"] = tmp_path / "other"
    go(licensed(dialog))
    assert "You have a dataset of this name" in error(dialog)
    button(dialog, "Use me/mine-2").click().run()
    finished(dialog)
    assert dialog.text_input(key=NAME).value == "me/mine-2"
    assert licence(dialog).value == "cc-by-4.0"
    go(dialog)
    assert "me/mine-2 is on the Hub" in said(dialog.success)
    assert not hub.pushed.keys() & {"me/mine"}


def test_a_fault_keeps_what_was_chosen_and_can_be_tried_again(dialog, hub):
    hub.refused["/api/datasets/me/mine/commit/main"] = (500, "oh dear")
    go(licensed(dialog))
    assert "push again" in error(dialog)
    hub.refused.clear()
    button(dialog, "Try again").click().run()
    go(finished(dialog))
    assert "me/mine is on the Hub" in said(dialog.success)


def test_tokens_that_cannot_write_are_told_before_anything_is_chosen(hub, monkeypatch):
    monkeypatch.setenv("EXPLORER_INFERENCE_TOKEN", "hf_of_the_host")
    hub.people["hf_reads"] = Person("me", role="read")
    app = open_share(opened_file(saved(model="tfidf"), WORDS))
    button(app, "Publish to the Hub").click().run()
    with_token(app, "hf_nobody")
    assert "does not accept this token" in error(app)
    button(app, "Forget the token").click().run()
    with_token(app, "hf_reads")
    assert "can only read" in error(app)
    assert not any("hf_of_the_host" in one for one in hub.authorizations)


def test_a_private_space_opens_with_the_tabs_token_and_for_nobody_else(dialog, hub):
    go(licensed(dialog))
    other = finished(open_app("pages/data.py"))
    other.segmented_control(key="rows-from").set_value("Hub").run()
    other.session_state[OPENED] = "me/mine"
    finished(other.run())
    assert "nothing with that name, or it is private" in error(other)
    with_token(other)
    button(other, "Open the space").click().run()
    finished(other)
    assert "Saved space: TF-IDF" in said(other.caption)
    button(other, "Use 3 rows").click().run()
    finished(other)
    assert open_rows(other) == "mine.csv · 3 rows"
    third = finished(open_app("pages/data.py"))
    third.segmented_control(key="rows-from").set_value("Hub").run()
    third.session_state[OPENED] = "me/mine"
    finished(third.run())
    assert "nothing with that name, or it is private" in error(third)


def test_a_space_with_too_many_rows_is_offered_like_any_dataset(dialog, hub, bound):
    private(dialog).set_value(False).run()
    licensed(dialog)
    agreement(dialog).check().run()
    go(dialog)
    bound("EXPLORER_MAX_ROWS", 2)
    other = finished(open_app("pages/data.py"))
    other.segmented_control(key="rows-from").set_value("Hub").run()
    other.session_state[OPENED] = "me/mine"
    finished(other.run())
    assert "cannot be opened as one: me/mine: The space has 3 rows; up to 2 are opened." in said(
        other.caption
    )
    assert button(other, "Read")


def test_of_images_the_summary_says_that_they_go_and_what_does_not(hub, tiny_clip):
    corpus = make_corpus(read_file(drawn_archive(), "shapes.zip"))
    app = finished(open_with_rows(corpus, LocalModel(str(tiny_clip), precision="float32")))
    button(open_share(app), "Publish to the Hub").click().run()
    app = licensed(with_token(app))
    assert "**64 rows**: the columns file, label, **64 images**, and vectors of **32 dimensions**, about" in (
        said(app.markdown)
    )
    assert "The images themselves go, with everything that can be seen on them. Their metadata" in (
        said(app.markdown)
    )
    assert "Their texts are the names of the files, and go too." in said(app.markdown)
    go(app)
    assert "me/shapes is on the Hub, as a private dataset." in said(app.success)
    assert pq.read_schema(hub.newest("me/shapes") / FILE).names == ["file", "label", "image", "embedding"]


def test_too_many_images_cannot_be_published_and_it_says_why(hub, tiny_clip, bound):
    corpus = make_corpus(read_file(drawn_archive(side=400), "shapes.zip"))
    app = finished(open_with_rows(corpus, LocalModel(str(tiny_clip), precision="float32")))
    button(open_share(app), "Publish to the Hub").click().run()
    bound("EXPLORER_MAX_FILE_MB", 1)
    app = licensed(with_token(app))
    assert "MB or more; up to 1 MB are opened." in error(app)
    assert go_button(app).disabled
