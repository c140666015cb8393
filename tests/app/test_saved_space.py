"""A space leaves the page as a file, and comes back on another visit without a row being encoded."""

import io
import json

import pyarrow.parquet as pq
import pytest

import explorer
from explorer.analysis.space_files import WRITERS, space_bytes
from explorer.data.space_files.facts import KEY
from explorer.encode import models
from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import LocalModel, OwnVectors, Tfidf
from explorer.errors import TrackingSilentError
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    labels,
    open_app,
    open_rows,
    open_share,
    said,
    session_of,
)
from tests.app.test_data_page import upload

ROWS = {"body": ["a late parcel", "an apple", "the sea"], "kind": ["x", "y", "x"], "price": [1, 2, 3]}


def saved(ending=".parquet", model=BUNDLED_MODEL, **options):
    corpus = explorer.open_corpus(ROWS, text="body", label="kind", name="mine.csv")
    return space_bytes(explorer.embed(corpus, model, **options), ending)


def opened(content, name):
    app = upload(finished(open_app("pages/data.py")), name, content)
    button(app, "Use 3 rows").click().run()
    return finished(app)


def searched(app, query):
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value(query).run()
    return " ".join(html_texts(finished(app)))


@pytest.mark.parametrize("ending", WRITERS)
def test_a_saved_space_is_recognised_and_opened_without_a_choice(ending):
    app = opened(saved(ending, precision="float32"), f"elsewhere{ending}")
    assert not app.error
    assert "Saved space: all-MiniLM-L6-v2, 384 dimensions, encoded in float32" in said(app.caption)
    assert "0 texts encoded" in said(app.caption)
    session = session_of(app)
    assert session.encoder == OwnVectors(LocalModel(BUNDLED_MODEL, "float32"))
    assert (session.corpus.name, session.corpus.text, session.corpus.label) == ("mine.csv", "body", "kind")
    assert session.spaces[session.encoder].report.encoded == 0
    assert open_rows(app) == "mine.csv · 3 rows"
    assert "a late parcel" in searched(app, "a delayed package")


def test_what_is_open_can_be_saved_and_the_page_still_knows_it_after_another():
    app = opened(saved(model="tfidf"), "words.parquet")
    assert session_of(app).encoder == OwnVectors(Tfidf())
    app.switch_page("pages/search.py").run()
    finished(app.switch_page("pages/data.py").run())
    assert "Saved space: TF-IDF" in said(app.caption)
    names = [box.proto.label for box in app.get("download_button")]
    assert "Save as Parquet" in names
    app.segmented_control(key="space-format").set_value(".csv").run()
    assert "Save as CSV" in [box.proto.label for box in app.get("download_button")]


def test_a_saved_space_may_be_opened_like_any_table():
    app = upload(finished(open_app("pages/data.py")), "mine.parquet", saved())
    toggle = next(toggle for toggle in app.toggle if toggle.label == "Open it as it was saved")
    toggle.set_value(False).run()
    assert "Text column" in [box.label for box in app.selectbox]
    assert any(label.startswith("Encode 3 rows") for label in labels(app))


def with_model(name):
    """A saved space whose file names another model."""
    content = saved(precision="float32")
    about = json.loads(pq.ParquetFile(io.BytesIO(content)).metadata.metadata[KEY.encode()])
    about["encoder"]["spec"]["model"] = name
    sink = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(content)).replace_schema_metadata({KEY: json.dumps(about)}), sink)
    return sink.getvalue()


@pytest.mark.parametrize("name", ["/etc", "<b>gone</b>", "owner/not-here"])
def test_without_its_model_a_space_maps_and_finds_rows_like_a_row_and_says_so(name):
    app = opened(with_model(name), "mine.parquet")
    session = session_of(app)
    space = session.spaces[session.encoder]
    assert len(space.similar_to(0, k=2)) == 2
    assert "made the vectors" in said(app.caption)
    app.switch_page("pages/search.py").run()
    app.text_input(key="q").set_value("a parcel").run()
    assert "which made the vectors" in error(finished(app))


@pytest.mark.parametrize(("allowed", "told"), [("yes", "downloaded from MLflow"), ("no", "does not have it")])
def test_a_strangers_file_asks_mlflow_for_its_model_only_where_visitors_may(
    allowed, told, bound, monkeypatch
):
    asked = []

    def fetch(name, _on_progress=None):
        asked.append(name)
        raise TrackingSilentError("The server is silent.", where=name, fix="Try again.")

    monkeypatch.setattr(models, "fetch_tracked", fetch)
    bound("EXPLORER_ALLOW_MLFLOW_MODELS", allowed)
    app = upload(finished(open_app("pages/data.py")), "mine.parquet", with_model("models:/faq/1"))
    assert told in said(app.caption)
    assert not asked
    button(app, "Use 3 rows").click().run()
    session = session_of(finished(app))
    assert bool(asked) == (allowed == "yes")
    assert len(session.spaces[session.encoder].similar_to(0, k=2)) == 2


def test_a_space_of_a_newer_version_is_refused_in_words(monkeypatch):
    from explorer.data.space_files import facts

    with monkeypatch.context() as newer:
        newer.setattr(facts, "VERSION", 2)
        content = saved(model="tfidf")
    app = upload(finished(open_app("pages/data.py")), "mine.parquet", content)
    assert "newer Explorer" in error(app)
    assert session_of(app).corpus.sample is not None


def test_the_share_button_has_the_rows_with_their_vectors():
    app = open_share(opened(saved(model="tfidf"), "words.parquet"))
    names = [box.proto.label for box in app.get("download_button")]
    assert "Download the rows with their vectors (Parquet)" in names
