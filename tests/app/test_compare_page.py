import uuid
from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import packed
from explorer.encode.engines.generations import CANARY
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.session.contender_link import contender_parameter
from explorer.session.contenders import contenders_of
from explorer.settings import settings
from explorer.ui.compare import views
from tests.app.driving import finished, html_texts, open_app, open_with_rows, session_of
from tests.hub_server import LocalHub, talk_to
from tests.inference_server import MODEL as SERVED
from tests.inference_server import Answer, LocalInference, by_length

MODEL, WORDS, BM25 = ContenderSpec(LocalModel()), ContenderSpec(Tfidf()), ContenderSpec(None)
HOSTILE = "<b>bold</b> **md** $x$"


def compared(**parameters):
    return finished(open_app("pages/compare.py", **{"corpus": "medicare-faq", **parameters}))


def with_rows(corpus, spec):
    """The page over rows that nobody else has."""
    return finished(open_with_rows(corpus, spec).switch_page("pages/compare.py").run())


def comparison_of(app):
    return session_of(app).comparison.shown[1]


def press(app, label):
    next(button for button in app.button if button.label.replace("\\", "") == label).click().run()
    return finished(app)


def chips(app):
    return [
        button.label.replace("\\", "") for button in app.button if (button.key or "").startswith("contender-")
    ]


def shown(app):
    return " ".join(html_texts(app))


def messages(app):
    every = [*app.error, *app.warning, *app.info, *app.caption, *app.markdown]
    return " ".join(element.value for element in every).replace("\\", "").replace("\u2060", "")


def test_without_a_click_the_encoder_is_compared_with_words_and_the_verdict_comes_first():
    app = compared(corpus="song-moods")
    assert chips(app) == ["all-MiniLM-L6-v2", "TF-IDF", "BM25"]
    verdict = next(text for text in html_texts(app) if "on these rows" in text)
    assert "all-MiniLM-L6-v2" in verdict
    assert "labels" in verdict
    body = shown(app)
    assert body.index(verdict) < body.index("<table")
    assert [header.value for header in app.header][:2] == ["Quality", "Proxies"]
    assert "k-NN accuracy" in body
    for plain in ("nearest rows share the label", "parts of a row find each other", "some rows are near all"):
        assert f">{plain}</div>" in body  # below the terms, without a pointer
    overlap = next(values.measure for values in comparison_of(app).values if "overlap" in values.measure.name)
    assert f"chance {overlap.chance:.2f}" in body
    assert "How often these proxies were right" in [part.label for part in app.expander]
    trials = next(text for text in html_texts(app) if "pairs ordered as by labels" in text)
    assert "85 %" in trials
    assert "61 % to 97 %" in trials
    assert "rows" in messages(app)
    assert app.query_params.get("with") is None


def test_a_variant_is_one_click_away_is_in_the_link_and_cannot_be_added_twice():
    app = press(compared(), "int8")
    small = ContenderSpec(LocalModel(), stored_as="int8")
    assert contenders_of(session_of(app)) == (MODEL, WORDS, BM25, small)
    assert "all-MiniLM-L6-v2 · int8" in chips(app)
    assert app.query_params["with"] == ["", "model=tfidf", "model=bm25", "stored_as=int8"]
    assert "all-MiniLM-L6-v2 · int8" in shown(app)
    again = next(button for button in app.button if button.label == "int8")
    assert again.disabled
    assert again.help == "It is in the comparison."


def test_contenders_are_removed_and_the_usual_ones_come_back():
    app = press(compared(), "TF-IDF")
    assert chips(app) == ["all-MiniLM-L6-v2", "BM25"]
    app = press(app, "BM25")
    assert "two contenders or more" in messages(app)
    assert "<table" not in shown(app)
    app = press(app, "all-MiniLM-L6-v2")
    assert "nothing to compare yet" in messages(app)
    app = press(app, "Back to the usual contenders")
    assert chips(app) == ["all-MiniLM-L6-v2", "TF-IDF", "BM25"]
    assert "<table" in shown(app)


def test_a_link_brings_its_contenders_and_names_what_it_cannot_bring():
    app = open_app()
    app = compared(**{"with": ["stored_as=binary", "model=%2Fetc", "model=bm25"]})
    assert chips(app) == ["all-MiniLM-L6-v2 · binary", "BM25"]
    assert "cannot be opened here: model=%2Fetc" in messages(app)
    assert "<table" in shown(app)
    app = press(app, "Dismiss the message")
    assert "cannot be opened" not in messages(app)


@pytest.mark.usefixtures("no_hub")
def test_a_contender_that_fails_says_why_and_the_others_are_compared():
    app = compared(**{"with": ["", "model=nobody%2Fnothing", "model=bm25"]})
    assert "**nothing** is left out of the comparison" in messages(app)
    assert len(app.error) == 1
    assert any(button.label == "Try again" for button in app.button)
    assert "BM25" in next(text for text in html_texts(app) if "<table" in text)
    app = press(app, "Remove it")
    assert not app.error
    assert chips(app) == ["all-MiniLM-L6-v2", "BM25"]


@pytest.fixture
def server(monkeypatch):
    local = LocalInference()
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"team={local.url}")
    settings.cache_clear()
    yield local
    local.close()


def test_a_server_that_fails_while_comparing_says_so_where_its_figures_would_be_until_a_retry(server):
    known = {*explorer.open_corpus("medicare-faq").texts, CANARY}
    full = Answer(400, {"error": "the disk is full"})
    server.encode = lambda texts: by_length(texts) if known.issuperset(texts) else full
    served = contender_parameter(ContenderSpec(HostedModel("team", SERVED)))
    app = compared(**{"with": ["", served, "model=bm25"]})
    assert "Failed on the two views of rows, and without figures for them: **served**" in messages(app)
    assert len(app.error) == 1
    assert "the disk is full" in app.error[0].value
    cell = next(text for text in html_texts(app) if "two-view MRR" in text and "<table" in text)
    assert "failed</span>" in cell
    assert "the disk is full" in cell
    assert "served is left out: it failed" in shown(app)
    server.encode = by_length
    app = press(app, "Try again")
    assert not app.error
    assert "failed" not in shown(app)
    assert not comparison_of(app).failures


@pytest.mark.usefixtures("no_hub")
def test_when_all_contenders_fail_each_says_why():
    app = compared(**{"with": ["model=nobody%2Fone", "model=nobody%2Ftwo"]})
    assert len(app.error) == 2
    assert "nothing to compare yet" in messages(app)
    assert not app.exception


def test_a_contender_that_needs_a_token_says_so_and_leads_to_the_field():
    app = compared(**{"with": ["", "provider=hf-inference", "model=bm25"]})
    assert "token" in messages(app)
    assert "<table" in shown(app)


def test_more_dimensions_than_there_are_cannot_be_kept():
    app = compared(**{"with": ["", "first=512", "pca=64", "model=bm25"]})
    assert "384 dimensions, so the first 512 cannot be kept" in messages(app)
    assert "PCA gives at most 12 dimensions" in messages(app)
    assert "<table" in shown(app)


@pytest.mark.parametrize("rows", [["alone"], ["one", "two"], ["same", "same"], ["a b c d"] * 13])
def test_tiny_corpora_are_compared_or_told_why_not(rows):
    app = with_rows(explorer.open_corpus(rows), Tfidf())
    assert not app.exception
    assert "<table" in shown(app) or app.error or app.info


def test_own_vectors_without_an_encoder_are_compared():
    rng = np.random.default_rng(0)
    texts = [
        f"a text about number {number} and more words, so that it has two halves" for number in range(30)
    ]
    vectors = [row.tolist() for row in rng.normal(size=(30, 8))]
    corpus = explorer.open_corpus({"body": texts, "vector": vectors}, text="body", vectors="vector")
    app = with_rows(corpus, OwnVectors())
    assert chips(app) == ["vectors in the rows", "TF-IDF", "BM25"]
    assert "<table" in shown(app)
    assert not app.error


def test_another_text_column_of_the_same_rows_is_a_contender():
    rows = {
        "body": [f"my order {n} is late, please help me to find it" for n in range(20)],
        "title": [f"late order {n} {HOSTILE}" for n in range(20)],
    }
    app = press(with_rows(explorer.open_corpus(rows, text="body"), Tfidf()), "title")
    assert chips(app) == ["TF-IDF · body", "BM25", "TF-IDF · title"]
    table = next(text for text in html_texts(app) if "<table" in text)
    assert "TF-IDF · title" in table
    spaces = [one.spaces[Tfidf()] for one in (session_of(app), session_of(app).other_columns["title"])]
    assert [space.corpus.text for space in spaces] == ["body", "title"]
    assert spaces[0].dims != spaces[1].dims or not np.array_equal(spaces[0].vectors, spaces[1].vectors)


def test_other_rows_keep_the_contenders_that_they_can_have():
    rows = {"body": ["one text", "two texts", "three"], "title": ["a", "b", "c"]}
    app = press(with_rows(explorer.open_corpus(rows, text="body"), Tfidf()), "title")
    session_of(app).open(explorer.open_corpus(["x y", "y z", uuid.uuid4().hex]), Tfidf())
    app = finished(app.run())
    assert chips(app) == ["TF-IDF", "BM25"]
    assert "left out: These rows have no column “title”." in messages(app)


def test_checks_find_what_is_wrong_and_add_the_mended_contender():
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(40, 8)) * 0.1 + np.ones(8)).tolist()
    texts = [f"text number {number} about {uuid.uuid4().hex[:6]}" for number in range(40)]
    corpus = explorer.open_corpus({"body": texts, "vector": vectors}, text="body", vectors="vector")
    app = with_rows(corpus, OwnVectors())
    app.segmented_control(key="compare-shows").set_value("Checks").run()
    app = finished(app)
    assert "One direction, shared by all rows" in messages(app)
    assert "mean cosine of two rows" in shown(app)
    assert "No problems found" in messages(app)
    state = session_of(app).comparison
    key, made = state.shown
    state.shown = (key, replace(made, findings=None))
    app = finished(app.run())
    assert "an older Explorer, which kept no checks" in messages(app)
    state.shown = (key, open_comparison(packed(made), corpus))  # without vectors
    app = finished(app.run())
    assert "mean cosine of two rows" in shown(app)
    app = press(app, "Add vectors in the rows · centred")
    assert ContenderSpec(OwnVectors(), centred=True) in contenders_of(session_of(app))
    assert "is in the comparison" in messages(app)


def test_options_are_kept_in_the_link_and_change_the_comparison():
    app = compared()
    app.segmented_control(key="compare-k").set_value(5).run()
    app = finished(app)
    assert session_of(app).comparison.k == 5
    keys = [key for key in session_of(app).results if key[0] == "compare"]
    assert len(keys) == 2
    linked = compared(**{"compare-k": "20"})
    assert session_of(linked).comparison.k == 20


def test_names_and_texts_of_others_are_shown_as_typed():
    rows = {HOSTILE: [f"my order {n} is late, please help me to find it" for n in range(20)]}
    rows["other <i>"] = [f"late {n}" for n in range(20)]
    app = press(with_rows(explorer.open_corpus(rows, text=HOSTILE), Tfidf()), "other <i>")
    assert "<b>bold" not in shown(app)
    assert "other &lt;i&gt;" in shown(app)


def test_every_view_names_a_function_that_draws_it():
    assert all(callable(views.drawing_of(view)) for view in views.VIEWS)


@pytest.fixture
def no_hub(monkeypatch, tmp_path):
    server = LocalHub()
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    server.close()
