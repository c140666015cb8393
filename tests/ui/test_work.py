import uuid

import pytest
from streamlit.testing.v1 import AppTest

from explorer.errors import ModelError
from explorer.ui import work
from tests.tiny_model import save_tiny_model


def page(key: str, fails: bool):
    import time
    from types import SimpleNamespace

    import streamlit as st

    import explorer
    from explorer.encode.spec import EncoderSpec
    from explorer.errors import DataError
    from explorer.ui.session import Session
    from explorer.ui.work import job_panel, result_or_progress

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus(["a"]), [EncoderSpec()])
    session = st.session_state["session"]
    session.spaces[session.encoder] = SimpleNamespace(fingerprint=key)

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


def audit_page(key: str, folder: str):
    import streamlit as st

    import explorer
    from explorer.encode.spec import EncoderSpec
    from explorer.ui.session import Session
    from explorer.ui.work import audit_or_progress, job_panel

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus([key]), [EncoderSpec()])
    session = st.session_state["session"]
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    audit_or_progress(session, session.corpus, EncoderSpec(folder))
    job_panel(session)


def test_a_count_that_fails_is_shown_once_and_not_begun_again_by_itself(monkeypatch, tmp_path):
    def count(*_args, **_options):
        raise ModelError("It went wrong.")

    monkeypatch.setattr("explorer.encode.tokens.count_tokens", count)
    monkeypatch.setattr(work, "_SOON_SECONDS", 0.0)
    folder = str(save_tiny_model(tmp_path / "model"))
    app = AppTest.from_function(audit_page, args=(uuid.uuid4().hex, folder), default_timeout=20).run()
    assert not app.exception
    for _ in range(3):
        app.run()
    assert len(app.error) == 1
    assert app.session_state["runs"] <= 5
    assert [button.label for button in app.button] == ["Try again"]
