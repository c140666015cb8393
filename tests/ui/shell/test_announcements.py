import json

from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    from explorer.ui.shell.announcements import announce, say_announced

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    if st.session_state["runs"] == 1:
        announce("2 hits for <b>.")
        announce("Done: a map.")
    say_announced()


def told(app: AppTest) -> str:
    """The text that the component got."""
    component = app.get("bidi_component")[0].proto
    return json.loads(component.json)["text"]


def test_what_a_run_announces_is_said_by_that_run_as_it_is_and_not_again():
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert told(app) == "2 hits for <b>. Done: a map."
    assert told(app.run()) == ""
