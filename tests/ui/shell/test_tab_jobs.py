import threading
import uuid

import pytest
from streamlit.testing.v1 import AppTest

from explorer.jobs.registry import Lane, registry
from explorer.ui.shell import job_progress


def page(visitor: str):
    import streamlit as st

    import explorer
    from explorer.encode.spec import LocalModel
    from explorer.session.session import Session
    from explorer.ui.shell.tab_jobs import ask_hub

    session = Session(visitor, explorer.open_corpus(["a"]), [LocalModel()])
    words = st.text_input("Words")
    st.text(str(ask_hub(session, "search", words, "Searching", lambda _say: f"found {words}")))


@pytest.fixture
def visitor():
    """A visitor whose last question to the Hub takes until the test has ended."""
    name, go, begun = uuid.uuid4().hex, threading.Event(), threading.Event()

    def work(_say):
        begun.set()
        go.wait(60)

    job = registry().submit(uuid.uuid4(), "Slow", work, lane=Lane.HUB, visitor=name)
    assert begun.wait(60)
    yield name, go
    go.set()
    assert job.wait(60)


def test_words_that_were_typed_over_are_not_searched_for(visitor, monkeypatch):
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 0.0)
    name, go = visitor
    app = AppTest.from_function(page, args=(name,), default_timeout=60).run()
    for words in ("v", "ve", "vec"):
        app.text_input[0].set_value(words).run()
        assert not app.exception
    (_, search) = registry().awaited_by(name)
    assert search.key == ("search", "vec")
    go.set()
    assert search.wait(60)
    assert app.run().text[0].value == "found vec"
