import threading
import uuid

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from explorer.errors import ModelError
from explorer.jobs.registry import Lane, registry
from explorer.ui.shell import job_progress
from tests.tiny_model import save_tiny_model


def page(key: str, fails: bool, early: bool = True):
    import threading
    from types import SimpleNamespace

    import streamlit as st

    import explorer
    from explorer.encode.spec import LocalModel
    from explorer.errors import DataError
    from explorer.jobs.registry import registry
    from explorer.session.session import Session
    from explorer.ui.shell.job_progress import job_panel, result_or_progress

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus(["a"]), [LocalModel()])
    session = st.session_state["session"]
    session.spaces[session.encoder] = SimpleNamespace(fingerprint=key)

    draft = threading.Event()

    def compute(_say):
        draft.wait()
        if fails:
            raise DataError("It went wrong.")
        return "the answer"

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    found = result_or_progress(session, key, "Something", compute)
    st.session_state["draft"] = draft
    if early:
        draft.set()
        for job in registry().awaited_by(key):  # the rest of the page takes longer than the work
            job.wait()
    st.text(str(found))
    job_panel(session)


@pytest.mark.parametrize("fails", [False, True])
def test_what_ends_while_the_rest_of_the_page_is_drawn_is_shown_without_another_click(fails, monkeypatch):
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 0.0)
    app = AppTest.from_function(page, args=(uuid.uuid4().hex, fails), default_timeout=60).run()
    assert not app.exception
    assert app.session_state["runs"] == 2
    if fails:
        assert "It went wrong" in app.error[0].value
    else:
        assert app.text[0].value == "the answer"


def test_what_ends_while_the_panel_is_drawn_is_shown_without_another_click(monkeypatch):
    listed = job_progress._followed

    def late(session, panel):
        job = session.results[(session.visitor, session.visitor)]
        st.session_state["draft"].set()
        job.wait()
        return listed(session, panel)

    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 0.0)
    monkeypatch.setattr(job_progress, "_followed", late)
    app = AppTest.from_function(page, args=(uuid.uuid4().hex, False, False), default_timeout=60).run()
    assert not app.exception
    assert app.text[0].value == "the answer"


def waiting_page(key: str):
    import streamlit as st

    import explorer
    from explorer.encode.spec import LocalModel
    from explorer.jobs.registry import Lane, registry
    from explorer.session.session import Session
    from explorer.ui.shell.job_progress import job_panel, other_jobs

    session = Session(key, explorer.open_corpus([key]), [LocalModel()])
    go = st.session_state["go"]
    registry().submit(key, "Something", lambda _report: go.wait(60), lane=Lane.QUICK, visitor=key)
    job_panel(session)
    other_jobs(session)


def test_the_browser_has_drawn_the_page_when_it_asks_again(monkeypatch):
    told, fragments = [], []

    def fragment(follow, run_every):
        def first(*given):
            fragments.append((run_every, lambda: follow(*given)))
            follow(*given)

        return first

    warm = iter([False, False, True])
    monkeypatch.setattr(job_progress, "is_warm", lambda: next(warm))
    monkeypatch.setattr(job_progress, "page_is_drawn", lambda: told.append(None))
    monkeypatch.setattr(job_progress.st, "fragment", fragment)
    monkeypatch.setattr(job_progress.st, "rerun", lambda: told.append("rerun"))
    app = AppTest.from_function(waiting_page, args=(uuid.uuid4().hex,), default_timeout=60)
    app.session_state["go"] = go = threading.Event()
    app.run()
    assert not app.exception
    (seconds, again), *_ = fragments
    assert (seconds, told) == (job_progress._FIRST_POLL_SECONDS, [])
    monkeypatch.setattr(job_progress, "_draw", lambda *_: None)
    monkeypatch.setattr(job_progress, "_drawn", lambda drawn=app.session_state[job_progress._DRAWN]: drawn)
    again()  # and now the imports are done, so that the page is drawn again, with slower polls
    go.set()
    assert told == [None, "rerun"]


def audit_page(key: str, folder: str):
    import streamlit as st

    import explorer
    from explorer.encode.spec import LocalModel
    from explorer.session.session import Session
    from explorer.ui.shell.job_progress import job_panel
    from explorer.ui.widgets.token_audit import audit_or_progress

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus([key]), [LocalModel()])
    session = st.session_state["session"]
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    audit_or_progress(session, session.corpus, LocalModel(folder))
    job_panel(session)


def test_a_count_that_fails_is_shown_once_and_not_begun_again_by_itself(monkeypatch, tmp_path):
    def count(*_args, **_options):
        raise ModelError("It went wrong.")

    monkeypatch.setattr("explorer.encode.tokens.count_tokens", count)
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 0.0)
    folder = str(save_tiny_model(tmp_path / "model"))
    app = AppTest.from_function(audit_page, args=(uuid.uuid4().hex, folder), default_timeout=60).run()
    assert not app.exception
    for _ in range(3):
        app.run()
    assert len(app.error) == 1
    assert app.session_state["runs"] <= 5
    assert [button.label for button in app.button] == ["Try again"]


def slider_page(key: str):
    from types import SimpleNamespace

    import streamlit as st

    import explorer
    from explorer.encode.spec import LocalModel
    from explorer.jobs.registry import Lane
    from explorer.session.session import Session
    from explorer.ui.shell.job_progress import job_panel, result_or_progress

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus(["a"]), [LocalModel()])
    session = st.session_state["session"]
    session.spaces[session.encoder] = SimpleNamespace(fingerprint=key)
    choice = st.slider("Neighbours", 2, 30)
    for kind in ("map", "other"):
        chosen = choice if kind == "map" else 0
        found = result_or_progress(
            session, (kind, chosen), kind, lambda _say, kind=kind: kind, lane=Lane.LONG
        )
        st.text(str(found))
    job_panel(session)


@pytest.fixture
def busy_lane():
    """The lane of long analyses, held up by another visitor until it is set."""
    go = threading.Event()
    begun = threading.Event()

    def work(_say):
        begun.set()
        go.wait(60)

    job = registry().submit(uuid.uuid4(), "Another's", work, lane=Lane.LONG, visitor="another")
    assert begun.wait(60)
    yield go
    go.set()
    assert job.wait(60)


def test_of_what_a_slider_asked_for_only_the_last_is_waited_for(busy_lane, monkeypatch):
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 0.0)
    visitor = uuid.uuid4().hex
    app = AppTest.from_function(slider_page, args=(visitor,), default_timeout=60).run()
    for choice in range(3, 23):
        app.slider[0].set_value(choice).run()
        assert not app.exception
    waiting = registry().awaited_by(visitor)
    assert [job.key[0] for job in waiting] == [("other", 0), ("map", 22)]
    assert [registry().view(job).ahead for job in waiting] == [1, 2]
    app.slider[0].set_value(3).run()  # back again: it is asked for anew, not said to be stopped
    assert not app.info
    busy_lane.set()
    for job in registry().awaited_by(visitor):
        assert job.wait(60)
    app.run()
    assert [text.value for text in app.text] == ["map", "other"]


def test_few_rows_wait_for_nobodys_long_work():
    assert job_progress.analysis_lane(5_000) is Lane.QUICK
    assert job_progress.analysis_lane(5_001) is Lane.LONG


def here_page(key: str):
    import threading

    import streamlit as st

    import explorer
    from explorer.encode.spec import LocalModel
    from explorer.jobs.outcome import outcome_of
    from explorer.jobs.registry import Lane, registry
    from explorer.session.session import Session
    from explorer.ui.shell.job_progress import job_panel, show_outcome

    if "session" not in st.session_state:
        st.session_state["session"] = Session(key, explorer.open_corpus(["a"]), [LocalModel()])
        st.session_state["go"], st.session_state["elsewhere"] = threading.Event(), False
    session, go = st.session_state["session"], st.session_state["go"]
    job = registry().submit(key, "Something", lambda _say: go.wait(), lane=Lane.QUICK, visitor=key)
    st.session_state["job"] = job
    if job.ended:
        st.text("done")
    elif not st.session_state["elsewhere"]:
        show_outcome(session, outcome_of(job, key), key=key, again=lambda: None, here=True)
    job_panel(session)


def test_a_job_shown_in_a_place_of_its_own_is_never_shown_at_the_top():
    app = AppTest.from_function(here_page, args=(uuid.uuid4().hex,), default_timeout=60).run()
    assert not app.exception
    assert [button.label for button in app.button] == ["Cancel"]
    app.session_state["elsewhere"] = True  # another page, which has no place for it
    assert not app.run().button
    app.session_state["go"].set()
    app.session_state["job"].wait()
    app.run()
    assert not app.exception
    assert app.text[0].value == "done"
