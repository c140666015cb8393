import numpy as np
import pytest

import explorer
from explorer.classification.by_examples import classify_by_examples
from explorer.classification.by_similarity import classify_by_similarity
from explorer.encode.spec import OwnVectors, Tfidf
from tests.app.driving import (
    button,
    encoder_choice,
    error,
    figure,
    finished,
    html_texts,
    open_app,
    open_rows,
    open_with_rows,
    said,
    select,
    session_of,
)
from tests.app.test_compare_views import labelled
from tests.tiny_model import save_pair_model

LINES = "billing: invoices, refunds and prices\ndelivery: parcels\nlogin"


def classify(**parameters):
    return finished(open_app("pages/classify.py", precision="float32", **parameters))


def table(app, column):
    return next(one.value for one in app.dataframe if column in one.value.columns)


def ways_of(app):
    return next(group for group in app.button_group if group.key == "ways")


@pytest.fixture(scope="module")
def tickets():
    return explorer.embed("support-tickets", precision="float32")


def test_the_labels_are_the_categories_at_first_and_every_row_has_one(tickets):
    app = classify(corpus="support-tickets")
    names = sorted(set(tickets.corpus.labels))
    assert app.text_area[0].value.splitlines() == names
    expected = classify_by_similarity(tickets, names)
    counts = dict(zip(names, np.bincount(expected.likeliest, minlength=len(names)), strict=True))
    shown = table(app, "surest row")
    assert dict(zip(shown["category"], shown["rows"], strict=True)) == counts
    assert shown["rows"].tolist() == sorted(counts.values(), reverse=True)
    accuracy = np.mean(
        [names[at] == label for at, label in zip(expected.likeliest, tickets.corpus.labels, strict=True)]
    )
    assert next(one.value for one in app.metric if one.label == "Accuracy") == f"{100 * accuracy:.1f} %"
    doubtful = table(app, "likeliest")
    assert doubtful["row"].tolist() == (np.argsort(expected.margins, kind="stable")[:200] + 1).tolist()


def test_a_threshold_leaves_rows_out_and_the_figures_follow():
    app = classify(corpus="support-tickets")
    accuracy = [one.value for one in app.metric]
    app.slider(key="none-below").set_value(0.6).run()
    finished(app)
    shown = table(app, "surest row")
    assert shown["category"].tolist()[-1] == "none of these"
    assert shown["rows"].sum() == 624
    assert shown["rows"].tolist()[-1] > 100
    assert [one.value for one in app.metric] != accuracy


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("one", "One category is given."),
        ("a\nA", "Two categories are called “A”."),
        ("\n".join(f"c{number}" for number in range(200)), "200 categories are too many."),
        ("a:\nb", "Category “a” has nothing after its colon."),
    ],
)
def test_categories_that_cannot_be_used_are_named_and_stay_in_the_box(typed, told):
    app = classify(corpus="medicare-faq", categories=typed)
    assert told in error(app)
    assert app.text_area[0].value == typed
    assert not app.dataframe


def test_without_labels_the_page_says_what_to_type():
    app = classify(corpus="medicare-faq")
    assert "Type at least two categories" in said(app.info)
    app.text_area[0].set_value("premiums and costs\nsigning up").run()
    shown = table(finished(app), "surest row")
    assert shown["rows"].sum() == 13
    assert not app.metric


def test_categories_become_a_column_that_colours_filters_and_is_kept(tickets):
    app = classify(corpus="support-tickets", categories=LINES)
    session = session_of(app)
    session.select([1, 2, 3], "a test")
    vectors = session.spaces[session.encoder].index
    app.text_input(key="category-column").set_value("queue").run()  # which there is already
    button(app, "Add the column").click().run()
    finished(app)
    names = session.corpus.table.column_names
    assert names[-2:] == ["queue 2", "queue probability 2"]
    assert open_rows(app) == "support-tickets · 624 rows"
    expected = classify_by_similarity(tickets, LINES.splitlines())
    assert session.corpus.table["queue 2"].to_pylist() == [
        expected.categories[at] for at in expected.likeliest
    ]
    assert session.selection.rows.tolist() == [1, 2, 3]
    assert session.spaces[session.encoder].index is vectors
    app.switch_page("pages/map.py").run()
    app.selectbox(key="colour").select("Column: queue 2").run()
    finished(app)
    assert not app.error
    app.switch_page("pages/data.py").run()
    finished(app)
    assert "support-tickets · open" in html_texts(app)
    assert not [button for button in app.button if button.proto.type == "primary"]
    assert not [link for link in app.get("page_link") if "Looking at" in link.proto.label]
    app.radio(key=next(box.key for box in app.radio if box.label == "Sample")).set_value("medicare-faq").run()
    assert "Preview of medicare-faq · not open yet" in html_texts(finished(app))


def test_examples_are_marked_learned_from_and_forgotten(tickets):
    app = classify(corpus="support-tickets", ways="Examples")
    names = app.text_area[0].value.splitlines()
    assert "Mark at least one row of each of two categories" in said(app.info)
    asked = next(text for text in html_texts(app) if "Which category?" in text)
    for name in names[:2]:
        marked = len(session_of(app).examples)
        groups = [one for one in app.button_group if (one.key or "").startswith("category-of")]
        groups[0].select(name).run()
        finished(app)
        assert list(session_of(app).examples.values())[marked:] == [name]
    assert asked not in html_texts(app)
    session = session_of(app)
    expected = classify_by_examples(tickets, dict(session.examples)).over(names)
    counts = np.bincount(expected.likeliest, minlength=len(names))
    shown = table(app, "surest row")
    assert dict(zip(shown["category"], shown["rows"], strict=True)) == dict(zip(names, counts, strict=True))
    assert "The 2 examples and their near-copies are not counted." in said(app.caption)
    button(app, "Take 5 of each label").click().run()
    finished(app)
    assert len(session.examples) in range(60, 63)
    labels = tickets.corpus.labels
    assert sum(labels[row] == name for row, name in session.examples.items()) >= 58  # two were marked by hand
    button(app, "Forget all").click().run()
    assert not session_of(app).examples


def test_a_doubtful_row_is_put_right():
    app = classify(corpus="support-tickets")
    row = int(table(app, "likeliest")["row"][2]) - 1
    select(app, "dataframe", {"rows": [2], "columns": [], "cells": []}, position=1)
    app.selectbox(key="right-category").select("billing").run()
    button(app, "Mark 1 as examples of it").click().run()
    assert session_of(app).examples == {row: "billing"}


def test_ticked_rows_are_not_others_once_the_order_has_changed():
    app = classify(corpus="support-tickets", ways="Examples")
    button(app, "Take 5 of each label").click().run()
    finished(app)
    select(app, "dataframe", {"rows": [0, 1], "columns": [], "cells": []}, position=1)
    button(app, "Mark 2 as examples of it").click().run()
    finished(app)
    assert not [one for one in app.button if one.label.startswith("Mark ")]


def test_a_suggestion_goes_with_its_rows_and_what_was_typed_stays():
    app = classify(corpus="support-tickets")
    suggested = app.text_area[0].value
    session = session_of(app)
    session.open(explorer.open_corpus("song-moods"), session.encoder)
    finished(app.run())
    assert app.text_area[0].value != suggested
    assert app.text_area[0].value.splitlines() == sorted(set(session.corpus.labels))
    app.text_area[0].set_value("one\ntwo").run()
    session.open(explorer.open_corpus("support-tickets"), session.encoder)
    finished(app.run())
    assert app.text_area[0].value == "one\ntwo"


def test_an_added_column_does_not_lose_what_a_model_has_read(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    save_pair_model(tmp_path / "models" / "nli", ["contradiction", "entailment", "neutral"])
    app = classify(
        corpus="medicare-faq",
        categories="premiums\nsigning up",
        ways="Inference model",
        **{"inference-model": "nli"},
    )
    button(app, "Read 13 rows with 2 categories").click().run()
    shown = table(finished(app), "surest row")
    button(app, "Add the column").click().run()
    assert table(finished(app), "surest row").equals(shown)


def test_a_cell_of_the_confusion_matrix_opens_its_rows(tickets):
    app = classify(corpus="support-tickets")
    select(app, "dataframe", {"rows": [], "columns": [], "cells": [[2, "delivery"]]}, position=2)
    names = sorted(set(tickets.corpus.labels))
    found = classify_by_similarity(tickets, names)
    rows = [
        row
        for row, label in enumerate(tickets.corpus.labels)
        if label == names[2] and names[found.likeliest[row]] == "delivery"
    ]
    assert f"{len(rows):,} rows of {names[2]} in delivery" in said(app.subheader)
    if rows:
        assert app.dataframe[-1].value[tickets.corpus.text].tolist() == [
            tickets.corpus.texts[row] for row in rows
        ]


def test_an_inference_model_reads_the_rows_once_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    folder = save_pair_model(tmp_path / "models" / "nli", ["contradiction", "entailment", "neutral"])
    app = classify(
        corpus="medicare-faq",
        categories="premiums\nsigning up\ncards",
        ways="Inference model",
        **{"inference-model": "nli"},
    )
    assert not app.dataframe
    button(app, "Read 13 rows with 3 categories").click().run()
    finished(app)
    found = explorer.classify_by_inference(
        session_of(app).corpus.texts, ["premiums", "signing up", "cards"], str(folder)
    )
    shown = table(app, "surest row")
    counts = np.bincount(found.likeliest, minlength=3).tolist()
    assert dict(zip(shown["category"], shown["rows"], strict=True)) == dict(
        zip(found.categories, counts, strict=True)
    )
    app.text_input(key="template").set_value("nothing to fill in").run()
    assert "does not have exactly one" in error(finished(app))


def test_a_model_that_is_none_of_inference_is_named_and_nothing_is_lost(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    save_pair_model(tmp_path / "models" / "feelings", ["good", "bad"])
    app = classify(
        corpus="medicare-faq",
        categories="premiums\nsigning up",
        ways="Inference model",
        **{"inference-model": "feelings"},
    )
    button(app, "Read 13 rows with 2 categories").click().run()
    assert "not trained on natural language inference" in error(finished(app))
    assert app.text_area[0].value == "premiums\nsigning up"


def test_a_visitor_opens_no_folder_outside_the_servers_model_folder(tmp_path):
    folder = save_pair_model(tmp_path / "nli", ["contradiction", "entailment", "neutral"])
    for name in (str(folder), "../nli"):
        app = classify(
            corpus="medicare-faq",
            categories="premiums\nsigning up",
            ways="Inference model",
            **{"inference-model": name},
        )
        assert "model folder has no model by that name" in error(app)
        assert not [one for one in app.button if one.label.startswith("Read 13")]


def test_other_peoples_text_is_only_text():
    app = classify(corpus="medicare-faq", categories="<b>x</b>\n**bold** [a](javascript:1)")
    assert table(app, "surest row")["category"].tolist()
    assert not any("<b>x</b>" in text for text in html_texts(app))


def with_own_vectors():
    """Rows with vectors by nobody knows which model, which TF-IDF encodes too."""
    app = open_with_rows(labelled(), OwnVectors())
    session_of(app).encoders.append(Tfidf())
    return finished(app.switch_page("pages/classify.py").run())


def by_words(app):
    encoder_choice(app).select("TF-IDF").run()
    return finished(app)


def test_vectors_of_the_file_are_classified_by_examples_and_similarity_says_why_it_is_none():
    app = with_own_vectors()
    assert ways_of(app).value == ["Examples"]
    assert "Mark at least one row of each of two categories" in said(app.info)
    button(app, "Take 5 of each label").click().run()
    assert table(finished(app), "surest row")["rows"].sum() == 32
    ways_of(app).set_value(["Similarity", "Examples"]).run()
    assert "categories cannot be encoded" in said(finished(app).info)
    assert table(app, "surest row")["rows"].sum() == 32
    assert not any("So far without" in caption.value for caption in app.caption)
    assert not app.error
    app = by_words(app)
    assert ways_of(app).value == ["Similarity", "Examples"]  # they were chosen
    assert "cannot be encoded" not in said(app.info)


def test_the_usual_way_goes_with_the_encoder():
    app = by_words(with_own_vectors())
    assert ways_of(app).value == ["Similarity"]
    assert table(app, "surest row")["rows"].sum() == 32


def test_a_link_gives_the_ways_of_a_vote_their_weights():
    def voted(**weights):
        link = {"corpus": "support-tickets", "ways": ["Similarity", "Examples"], **weights}
        app = open_app("pages/classify.py", **link)
        button(finished(app), "Take 5 of each label").click().run()
        return finished(app)

    even, uneven = voted(), voted(**{"weight-examples": "0.2"})
    assert [one.value for one in uneven.slider if one.key.startswith("weight-")] == [1.0, 0.2]
    assert "(17 %)" in said(uneven.caption)
    assert not table(uneven, "surest row").equals(table(even, "surest row"))


def test_how_many_examples_are_enough_is_a_sentence_a_figure_and_a_table(tickets):
    app = open_app("pages/classify.py", corpus="support-tickets", precision="float32")
    app.session_state["curve"] = app.session_state["curve-table"] = True
    app = finished(app.run())
    shown = table(app, "examples of each label")
    assert shown["examples of each label"].tolist() == [1, 2, 5, 10, 20]
    gain = 100 * (shown["accuracy"].iloc[-1] - shown["accuracy"].iloc[-2])
    told = f"from 10 to 20, accuracy still rises by {gain:.1f} points"
    assert told in said(app.markdown)
    drawn = figure(app)["data"]
    assert len(drawn) == 3
    assert told in app.get("plotly_chart")[0].proto.alt
    assert (shown["lowest"] <= shown["accuracy"]).all()
