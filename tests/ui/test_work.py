import uuid

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui import work


def page(key: str, fails: bool):
    import threading

    import streamlit as st

    import explorer
    from explorer.encode.jobs import registry
    from explorer.encode.spec import EncoderSpec
    from explorer.errors import DataError
    from explorer.ui.session import Session
    from explorer.ui.work import job_panel, result_or_progress

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus(["a"]), [EncoderSpec()])
    session = st.session_state["session"]

    looked_at = threading.Event()

    def compute(_say):
        looked_at.wait()
        if fails:
            raise DataError("It went wrong.")
        return "the answer"

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    found = result_or_progress(session, key, "Something", compute)
    looked_at.set()
    for job in registry().awaited_by(key):  # the rest of the page takes longer than the work
        job.wait()
    st.text(str(found))
    job_panel(session)


@pytest.mark.parametrize("fails", [False, True])
def test_what_ends_while_the_rest_of_the_page_is_drawn_is_shown_without_another_click(fails, monkeypatch):
    monkeypatch.setattr(work, "_SOON_SECONDS", 0.0)
    app = AppTest.from_function(page, args=(uuid.uuid4().hex, fails), default_timeout=60).run()
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
    app = AppTest.from_function(audit_page, args=(uuid.uuid4().hex,), default_timeout=60).run()
    assert not app.exception
    for _ in range(3):
        app.run()
    assert len(app.error) == 1
    assert app.session_state["runs"] <= 5
    assert [button.label for button in app.button] == ["Try again"]
