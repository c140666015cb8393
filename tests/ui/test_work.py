import uuid

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui import work


def page(key: str, fails: bool):
    import time

    import streamlit as st

    import explorer
    from explorer.encode.spec import EncoderSpec
    from explorer.errors import DataError
    from explorer.ui.session import Session
    from explorer.ui.work import job_panel, result_or_progress

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus(["a"]), [EncoderSpec()])
    session = st.session_state["session"]

    def compute(_say):
        time.sleep(0.2)
        if fails:
            raise DataError("It went wrong.")
        return "the answer"

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    found = result_or_progress(session, key, "Something", compute)
    time.sleep(0.5)
    st.text(str(found))
    job_panel(session)


@pytest.mark.parametrize("fails", [False, True])
def test_what_ends_while_the_rest_of_the_page_is_drawn_is_shown_without_another_click(fails, monkeypatch):
    monkeypatch.setattr(work, "_SOON_SECONDS", 0.0)
    app = AppTest.from_function(page, args=(uuid.uuid4().hex, fails), default_timeout=20).run()
    assert not app.exception
    assert app.session_state["runs"] == 2
    if fails:
        assert "It went wrong" in app.error[0].value
    else:
        assert app.text[0].value == "the answer"


def audit_page(key: str):
    import streamlit as st

    import explorer
    from explorer.encode.spec import EncoderSpec
    from explorer.ui.session import Session
    from explorer.ui.work import audit_or_progress, job_panel

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus([key]), [EncoderSpec()])
    session = st.session_state["session"]
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    audit_or_progress(session, session.corpus, EncoderSpec("/nowhere/at/all"))
    job_panel(session)


def test_a_count_that_fails_is_shown_once_and_not_begun_again_by_itself(monkeypatch):
    monkeypatch.setattr(work, "_SOON_SECONDS", 0.0)
    app = AppTest.from_function(audit_page, args=(uuid.uuid4().hex,), default_timeout=20).run()
    assert not app.exception
    for _ in range(3):
        app.run()
    assert len(app.error) == 1
    assert app.session_state["runs"] <= 5
    assert [button.label for button in app.button] == ["Try again"]


def here_page(key: str):
    import threading

    import streamlit as st

    import explorer
    from explorer.encode.jobs import registry
    from explorer.encode.spec import EncoderSpec
    from explorer.ui.session import Session
    from explorer.ui.work import job_panel, show_here

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus(["a"]), [EncoderSpec()])
        st.session_state["go"], st.session_state["elsewhere"] = threading.Event(), False
    session, go = st.session_state["session"], st.session_state["go"]
    job = registry().submit(key, "Something", lambda _say: go.wait(), lane="a test", visitor=key)
    st.session_state["job"] = job
    if job.ended:
        st.text("done")
    elif not st.session_state["elsewhere"]:
        show_here(session, job)
    job_panel(session)


def test_a_job_shown_in_a_place_of_its_own_is_never_shown_at_the_top():
    app = AppTest.from_function(here_page, args=(uuid.uuid4().hex,), default_timeout=20).run()
    assert not app.exception
    assert [button.label for button in app.button] == ["Cancel"]
    app.session_state["elsewhere"] = True  # another page, which has no place for it
    assert not app.run().button
    app.session_state["go"].set()
    app.session_state["job"].wait()
    app.run()
    assert not app.exception
    assert app.text[0].value == "done"
