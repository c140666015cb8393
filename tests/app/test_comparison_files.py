"""A comparison leaves the page as a file, and comes back without anything being encoded."""

import explorer
from explorer.comparison.files.opening import open_with_choices
from explorer.comparison.files.saving import Choices, packed
from tests.app.driving import finished, html_texts, open_app

SMALL = {"corpus": "medicare-faq", "precision": "float32"}
CHOICES = Choices("my name", ("which card",), {"which card": {0: 1, 2: None}})
UPLOAD = "compare-open-file"


def saved(k=5):
    """The bytes of a comparison of TF-IDF, some of its dimensions and the bundled model, made in Python."""
    corpus = explorer.open_corpus("medicare-faq")
    words = explorer.embed(corpus, "tfidf")
    model = explorer.embed(corpus, precision="float32")
    return packed(explorer.compare([words, words.truncate(8).quantize("int8"), model], k=k), CHOICES)


def opened(content, name="mine.comparison", **parameters):
    app = finished(open_app("pages/compare.py", **{**SMALL, **parameters}))
    app.file_uploader(key=UPLOAD).upload(name, content, "application/octet-stream").run()
    assert not app.exception
    return app


def session_of(app):
    return app.session_state["explorer-session"]


def test_the_page_offers_reports_and_the_comparison():
    app = finished(open_app("pages/compare.py", **SMALL))
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels[:3] == ["Report (HTML)", "Report (Markdown)", "Comparison"]


def test_a_comparison_has_a_name_in_its_report_and_its_files():
    app = finished(open_app("pages/compare.py", **SMALL))
    hostile = "<b>Winter</b> **review**"
    next(box for box in app.text_input if box.label == "Name of the comparison").set_value(hostile).run()
    assert session_of(app).comparison.name == hostile
    assert any("&lt;b&gt;Winter&lt;/b&gt; **review**" in text for text in html_texts(app))
    names = [button.proto.id for button in app.get("download_button")][:3]
    assert all("Winter" in name for name in names)
    app.switch_page("pages/search.py").run()
    finished(app.switch_page("pages/compare.py").run())
    assert session_of(app).comparison.name == hostile


def test_an_opened_comparison_brings_its_contenders_and_options():
    app = opened(saved(k=7))
    state = session_of(app).comparison
    assert (state.name, state.queries, state.answers) == (
        "my name",
        ("which card",),
        {"which card": {0: 1, 2: None}},
    )
    assert state.k == 7
    app = finished(app)
    assert next(box.value for box in app.text_input if box.label == "Name of the comparison") == "my name"
    assert [
        button.label.replace("\\", "") for button in app.button if str(button.key).startswith("contender-")
    ] == [
        "TF-IDF",
        "TF-IDF · 8 dims · int8",
        "all-MiniLM-L6-v2",
    ]
    verdict, _ = open_with_choices(saved(k=7), explorer.open_corpus("medicare-faq"))
    assert any(verdict.verdict.text in text for text in html_texts(app))
    assert not app.error


def test_a_file_of_other_rows_changes_nothing_and_says_so():
    app = opened(saved(), corpus="song-moods")
    (error,) = app.error
    assert "of other rows" in error.value
    assert session_of(app).comparison.contenders is None


def test_a_damaged_file_changes_nothing_and_says_so():
    app = opened(saved()[:-100])
    (error,) = app.error
    assert "cut short or damaged" in error.value
    assert session_of(app).comparison.contenders is None
