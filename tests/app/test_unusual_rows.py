"""Every page with rows that are few, equal, or strangely labelled: a sensible picture or a clear word."""

import numpy as np
import pytest

from explorer.settings import settings
from tests.app.driving import finished, html_texts, open_app, session_of

PAGES = ("search", "similarity", "clusters", "map")
MIXED = (
    b"text,kind,price,mixed\nfirst note,a,1,x\nsecond note,b,NaN,2\nthird note,,3,\nfourth,a,inf,2026-01-01\n"
)


def opened(name, content, monkeypatch, tiny_model):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tiny_model.parent))
    settings.cache_clear()
    app = finished(open_app("pages/data.py", model="tiny", precision="float32"))
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").upload(name, content, "application/octet-stream")
    finished(app)
    next(button for button in app.button if button.label.startswith("Encode")).click().run()
    return finished(app, seconds=120)


@pytest.mark.parametrize(
    "content",
    [
        b"text\nalone\n",
        b"text\none\ntwo\n",
        b"text\nsame\nsame\nsame\nsame\nsame\nsame\n",
        b"text\na\nb\nc\nd\ne\n",
        MIXED,
    ],
    ids=["one row", "two rows", "all equal", "fewer than neighbours", "mixed columns"],
)
def test_few_equal_and_mixed_rows_have_every_page(content, monkeypatch, tiny_model, drawn):
    app = opened("few.csv", content, monkeypatch, tiny_model)
    for name in PAGES:
        app.switch_page(f"pages/{name}.py").run()
        finished(app)
        assert not app.error, (name, app.error)
        if name == "similarity":
            for view in app.segmented_control(key="view").options:
                app.segmented_control(key="view").set_value(view).run()
                finished(app)
                assert not app.error, (view, app.error)
                assert app.get("plotly_chart") or app.info or app.metric
        if name == "map":
            count = len(session_of(app).corpus)
            assert len(drawn.scene.positions) == count
            for colour in app.selectbox(key="colour").options:
                app.selectbox(key="colour").select(colour).run()
                finished(app)
                assert not app.error, (colour, app.error)
                assert drawn.scene.categories is None or len(drawn.scene.categories.value) == count
            app.text_input(key="map-query").set_value("a note").run()
            app.selectbox(key="colour").select("Similarity to a text").run()
            finished(app)
            assert not app.error
            assert len(drawn.described["found"]) == count
            assert len(drawn.described["query"]) == 1


@pytest.mark.parametrize(
    "content",
    [b"text\nalone\n", b"text\nsame\nsame\n", b"text\na\nb\nc\nd\ne\n"],
    ids=["one row", "two equal rows", "fewer than neighbours"],
)
def test_few_and_equal_rows_have_every_view_of_a_comparison(content, monkeypatch, tiny_model):
    app = opened("few.csv", content, monkeypatch, tiny_model)
    app.switch_page("pages/compare.py").run()
    finished(app)
    for view in app.segmented_control(key="compare-shows").options:
        app.segmented_control(key="compare-shows").set_value(view).run()
        finished(app)
        assert not app.exception, (view, app.exception)
        assert not app.error, (view, app.error)
    assert session_of(app).comparison.shown is not None


def test_ten_thousand_labels_are_still_a_page(monkeypatch, tiny_model, drawn):
    letters = str.maketrans("0123456789", "abcdefghij")
    lines = ["text,label", *(f"cat {str(n).translate(letters)} sat,name {n}" for n in range(10_000))]
    app = opened("labels.csv", "\n".join(lines).encode(), monkeypatch, tiny_model)
    assert session_of(app).corpus.label is None  # guessed: no two rows share one
    next(box for box in app.selectbox if "abel column" in box.label).select("label").run()
    next(button for button in app.button if button.label.startswith("Encode")).click().run()
    finished(app)
    assert session_of(app).corpus.label == "label"
    app.query_params["map-method"] = "PCA"
    for name in ("search", "clusters", "map"):
        app.switch_page(f"pages/{name}.py").run()
        finished(app)
        assert not app.error, (name, app.error)
    app.selectbox(key="colour").select("Label (label)").run()
    finished(app)
    assert drawn.described["legend"][-1]["name"] == "9,746 more groups"
    assert len(drawn.scene.description.value) < 100_000
    app.switch_page("pages/similarity.py").run()
    app.segmented_control(key="view").set_value("Between groups").run()
    finished(app)
    (error,) = app.error
    assert "10,000 groups are too many for one heatmap" in error.value


NAMED_LIKE_COLOURS = (
    "cluster",
    "Cluster",
    "trust",
    "similarity",
    "nothing",
    "One colour",
    "Column: trust",
)


def test_columns_named_like_a_colouring_are_coloured_by_their_own_values(monkeypatch, tiny_model, drawn):
    header = ",".join(("text", "topic", *NAMED_LIKE_COLOURS))
    rows = [",".join((f"row {n}", f"t{n % 2}", *(f"{c}{n % 2}" for c in "abcdefg"))) for n in range(8)]
    app = opened("names.csv", "\n".join((header, *rows)).encode(), monkeypatch, tiny_model)
    app.query_params["map-method"] = "PCA"
    app.switch_page("pages/map.py").run()
    for letter, column in zip("abcdefg", NAMED_LIKE_COLOURS, strict=True):
        app.selectbox(key="colour").select(f"Column: {column}").run()
        finished(app)
        assert {group["name"] for group in drawn.described["legend"]} == {f"{letter}0", f"{letter}1"}
    app.selectbox(key="colour").select("Cluster").run()
    finished(app)
    assert not {"a0", "b0"} & {group["name"] for group in drawn.described["legend"]}


def test_a_selection_and_its_focus_end_with_their_corpus(monkeypatch, tiny_model, drawn):
    app = opened("few.csv", b"text\na\nb\nc\nd\ne\n", monkeypatch, tiny_model)
    session = session_of(app)
    session.select(np.array([1, 2, 4]), "a test")
    session.focus_on(session.selection)
    app.switch_page("pages/map.py").run()
    finished(app)
    assert any("Only <b>3 rows</b>" in text for text in html_texts(app))
    app.switch_page("pages/data.py").run()
    app.segmented_control(key="rows-from").set_value("Sample").run()
    app.radio(key="sample").set_value("medicare-faq").run()
    next(button for button in app.button if button.label.startswith("Encode")).click().run()
    finished(app)
    app.switch_page("pages/map.py").run()
    finished(app)
    assert not any("Only <b>" in text or "<b>Selection</b>" in text for text in html_texts(app))
    assert len(drawn.scene.positions) == 13
