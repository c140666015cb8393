"""A comparison leaves the page as a file, and comes back without anything being encoded."""

from streamlit.elements.lib import policies

import explorer
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.files.opening import open_with_choices
from explorer.comparison.files.saving import Choices, packed
from explorer.encode.spec import Tfidf
from tests.app.driving import finished, html_texts, open_app, open_with_rows, session_of

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


def test_the_page_offers_reports_and_the_comparison():
    app = finished(open_app("pages/compare.py", **SMALL))
    assert [button.proto.label for button in files(app)] == [
        "Report (Markdown)",
        "Comparison",
    ]


def files(app):
    """The buttons of what a comparison is saved to."""
    buttons = app.get("download_button")
    return [one for one in buttons if one.proto.label.startswith(("Report", "Comparison"))]


def test_a_comparison_has_a_name_in_its_report_and_its_files():
    app = finished(open_app("pages/compare.py", **SMALL))
    hostile = "<b>Winter</b> **review**"
    next(box for box in app.text_input if box.label == "Name of the comparison").set_value(hostile).run()
    assert session_of(app).comparison.name == hostile
    assert any("&lt;b&gt;Winter&lt;/b&gt; **review**" in text for text in html_texts(app))
    assert all("Winter" in button.proto.id for button in files(app))
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
    said = next(text for text in html_texts(app) if verdict.verdict.headline in text)
    assert verdict.verdict.details in said
    assert not app.error


def test_options_of_an_opened_comparison_are_shown_and_linked_without_a_warning_and_can_be_changed(
    monkeypatch,
):
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    bodies = [f"late parcel {row}" for row in range(20)]
    rows = {"body": bodies, "group": ["a", "b"] * 10, "more": ["x"] * 20}
    corpus = explorer.open_corpus(rows, text="body")
    words = explorer.embed(corpus, "tfidf")
    made = explorer.compare([words, Bm25Contender(corpus)], k=7, groups="group")
    app = open_with_rows(corpus, Tfidf())
    app.query_params["compare-k"], app.query_params["compare-groups"] = "20", "=more"
    app = finished(app.switch_page("pages/compare.py").run())
    assert (k(app).value, groups(app).value) == (20, "=more")
    for _ in range(2):  # the second time, nothing changes
        app.file_uploader(key=UPLOAD).upload(
            "mine.comparison", packed(made), "application/octet-stream"
        ).run()
        app = finished(app)
        state = session_of(app).comparison
        assert (state.k, state.groups) == (k(app).value, groups(app).value.removeprefix("=")) == (7, "group")
        assert k(app).options == ["5", "7", "10", "20"]
        assert (linked(app, "compare-k"), linked(app, "compare-groups")) == ("7", "=group")
    assert not policies._shown_default_value_warning
    k(app).set_value(10).run()
    groups(app).set_value("-").run()
    app = finished(app)
    assert (session_of(app).comparison.k, session_of(app).comparison.groups) == (10, None)
    assert not {"compare-k", "compare-groups"} & set(app.query_params)
    app.switch_page("pages/search.py").run()
    k(finished(app.switch_page("pages/compare.py").run())).set_value(5).run()
    app.switch_page("pages/search.py").run()
    app = finished(app.switch_page("pages/compare.py").run())
    assert session_of(app).comparison.k == 5
    assert linked(app, "compare-k") == "5"


def linked(app, name):
    """A parameter of the link; AppTest gives some as lists of one."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def k(app):
    return next(one for one in app.segmented_control if one.label == "Neighbours of a row (k)")


def groups(app):
    return next(one for one in app.selectbox if one.label == "Rows that belong together")


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
