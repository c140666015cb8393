"""One page over the spaces of several encoders: each with its own progress, failure and query."""

import shutil
import threading
import uuid

import pytest
from streamlit.testing.v1 import AppTest

import explorer
from explorer import embedding
from explorer.encode.encoder import Encoder
from explorer.jobs.registry import registry
from explorer.settings import settings
from tests.app.driving import driven_until, finished, html_texts

ROWS = ["the cat sat on the mat", "my order is late", "please help me to pay my bill"]
QUERY = "a cat"


@pytest.fixture
def folder(tmp_path, tiny_model, nothing_loaded):
    """The folder of a model that one test breaks."""
    shutil.copytree(tiny_model, tmp_path / "tiny")
    return tmp_path / "tiny"


def page(visitor: str, rows: list[str], folder: str, query: str):
    import streamlit as st

    import explorer
    from explorer.encode.spec import LocalModel, Tfidf
    from explorer.session.session import Session
    from explorer.ui.shell.job_progress import begin_page, job_panel
    from explorer.ui.shell.queries import query_vectors_or_progress
    from explorer.ui.shell.spaces import spaces_or_progress

    if "session" not in st.session_state:
        specs = [
            LocalModel(precision="float32"),
            Tfidf(),
            LocalModel(folder, precision="float32"),
        ]
        st.session_state["session"] = Session(visitor, explorer.open_corpus(rows), specs)
    session = st.session_state["session"]
    begin_page()
    spaces = spaces_or_progress(session, session.encoders)
    if spaces is not None:
        vectors = query_vectors_or_progress(session, spaces, (query,))
        for space, found in zip(spaces, vectors or [], strict=False):
            st.text(" ".join(str(hit.row) for hit in space.search_vectors(found, 3)[0]))
    job_panel(session)


def opened(folder, rows=ROWS):
    args = (uuid.uuid4().hex, rows, str(folder), QUERY)
    app = AppTest.from_function(page, args=args, default_timeout=600).run()
    assert not app.exception
    return app


def press(app, label):
    return next(button for button in app.button if button.label == label).click().run()


def test_several_encoders_give_each_their_own_space_and_answer(folder):
    app = finished(opened(folder))
    session = app.session_state["session"]
    assert len({space.fingerprint for space in session.spaces.values()}) == 3
    expected = [
        explorer.embed(ROWS, precision="float32").search(QUERY, 3),
        explorer.embed(ROWS, "tfidf").search(QUERY, 3),
        explorer.embed(ROWS, str(folder), precision="float32").search(QUERY, 3),
    ]
    assert [text.value for text in app.text] == [" ".join(str(hit.row) for hit in hits) for hits in expected]


def test_one_that_fails_says_so_and_leaves_the_others(folder, tmp_path):
    folder.rename(tmp_path / "elsewhere")
    app = finished(opened(folder))
    session = app.session_state["session"]
    assert [spec in session.spaces for spec in session.encoders] == [True, True, False]
    assert len(app.error) == 1
    assert not app.text
    app.run()
    assert len(app.error) == 1  # and is not begun again by itself
    (tmp_path / "elsewhere").rename(folder)
    assert len(finished(press(app, "Try again")).text) == 3
    assert not app.error


@pytest.mark.usefixtures("hasty_pages")
def test_each_has_its_own_progress_and_cancel(folder, monkeypatch):
    go, encode = threading.Event(), embedding.encode_corpus
    monkeypatch.setattr(
        embedding, "encode_corpus", lambda *args, **how: (go.wait(300), encode(*args, **how))[1]
    )
    rows = [*ROWS, uuid.uuid4().hex]
    app = opened(folder, rows)
    visitor = app.session_state["session"].visitor

    def under_way():
        return [job.title for job in registry().awaited_by(visitor) if job.title.startswith("Encoding")]

    driven_until(app, lambda: len(under_way()) == 3)
    app.run()
    for title in under_way():
        assert any(title in text for text in html_texts(app))
    assert [button.label for button in app.button] == ["Cancel"] * 3
    app.button[1].click().run()
    assert len(under_way()) == 2
    go.set()
    finished(app)
    assert "was stopped. Finished work is kept" in app.info[0].value.replace("\\", "")
    assert len(app.session_state["session"].spaces) == 2
    press(app, "Resume")
    driven_until(app, lambda: len(app.text) == 3)


def test_a_query_to_a_slow_encoder_holds_up_no_other(folder, monkeypatch):
    go, encode_queries = threading.Event(), Encoder.encode_queries

    def slow(encoder, texts, on_progress=None):
        if encoder.name == folder.name:
            go.wait(300)
        return encode_queries(encoder, texts, on_progress)

    monkeypatch.setattr(Encoder, "encode_queries", slow)
    monkeypatch.setattr("explorer.ui.shell.job_progress._SOON_SECONDS", 0.0)
    app = opened(folder)
    session = app.session_state["session"]

    def known():
        return [session.queries.find(space.encoder, [QUERY]) is not None for space in session.spaces.values()]

    driven_until(app, lambda: sorted(known()) == [False, True, True])
    assert any("being encoded" in caption.value for caption in app.caption)
    go.set()
    driven_until(app, lambda: len(app.text) == 3)


def test_a_query_that_one_encoder_refuses_is_asked_again_of_that_one_alone(folder, monkeypatch):
    from explorer.errors import EncodeError

    asked, broken, encode_queries = [], [True], Encoder.encode_queries

    def counted(encoder, texts, on_progress=None):
        asked.append(encoder.name)
        if encoder.name == folder.name and broken:
            raise EncodeError("It is out of order.")
        return encode_queries(encoder, texts, on_progress)

    monkeypatch.setattr(Encoder, "encode_queries", counted)
    app = finished(opened(folder))
    assert len(app.error) == 1
    broken.clear()
    assert len(finished(press(app, "Try again")).text) == 3
    assert sorted(asked) == sorted([*set(asked), folder.name])


@pytest.fixture(autouse=True)
def _models_anywhere(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path))
    settings.cache_clear()
