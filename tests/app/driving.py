"""Helpers to drive pages without a browser."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, Element, Selectbox

from explorer.jobs.registry import registry
from explorer.session.session import Session
from tests.conftest import ROOT


def open_app(page: str = "pages/search.py", **parameters: str) -> AppTest:
    """A session of its own, as if a link to a page had been followed."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=600)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.switch_page(page).run()
    assert not app.exception
    app._page_hash = ""  # from now on the page is the one that the app has gone to
    return app


def finished(app: AppTest, seconds: float = 300) -> AppTest:
    """The page once all work is done; the polling that a browser does is done here."""
    deadline = time.monotonic() + seconds
    while True:
        while _under_way():
            assert time.monotonic() < deadline, "the work never ended"
            time.sleep(0.05)
        app.run()
        assert not app.exception
        # What was shown may have begun more work, which may have ended since it was drawn.
        if not _under_way() and not progress_lines(app):
            return app
        assert time.monotonic() < deadline, "the page never showed its end"


def driven_until(app: AppTest, shown: Callable[[], bool], seconds: float = 300) -> AppTest:
    """The page once it shows something while work goes on; the polling that a browser does is done here."""
    deadline = time.monotonic() + seconds
    while not shown():
        assert time.monotonic() < deadline, "it was never shown"
        app.run()
        assert not app.exception
    return app


def _under_way() -> bool:
    return any(not job.wait(0) for job in registry()._jobs.values())


def unescaped(text: str) -> str:
    """A text without what keeps Markdown from reading it."""
    return text.replace("\\", "").replace("\u2060", "")


def said(elements: Sequence[Element]) -> str:
    """What captions, messages or other elements say."""
    return " ".join(unescaped(element.value) for element in elements)


def error(app: AppTest) -> str:
    """The only error on the page."""
    assert len(app.error) == 1
    return unescaped(app.error[0].value)


def open_rows(app: AppTest) -> str:
    """Which rows the header says are open."""
    box = next(box for box in app.selectbox if box.label == "Open rows")
    return str(box.options[box.index])


def session_of(app: AppTest) -> Session:
    """The session of the tab."""
    session: Session = app.session_state["explorer-session"]
    return session


def encoder_choice(app: AppTest) -> Selectbox:
    """The list in the header with the encoders that are open."""
    return next(box for box in app.selectbox if box.label == "Encoder")


def labels(app: AppTest) -> list[str]:
    """The labels of all buttons."""
    return [unescaped(button.label) for button in app.button]


def button(app: AppTest, beginning: str) -> Button:
    """The first button whose label begins so."""
    return next(button for button in app.button if unescaped(button.label).startswith(beginning))


def metric(app: AppTest, label: str) -> str:
    """The value under a label."""
    return next(element.value for element in app.metric if element.label == label)


def figure(app: AppTest) -> dict[str, Any]:
    """The first figure."""
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def html_texts(app: AppTest) -> list[str]:
    """What the page draws as HTML, in order."""
    return [element.proto.body for element in app.get("html")]


def with_open(app: AppTest, part: str) -> AppTest:
    """The page with what is in a popover or an expander of that key, until that is closed."""
    app.session_state[part] = True
    return finished(app)


def open_share(app: AppTest) -> AppTest:
    """The page with what is behind Share, until that is closed."""
    return with_open(app, "share-open")


def progress_lines(app: AppTest) -> list[str]:
    """What is said of the work that is shown."""
    return [text for text in html_texts(app) if '<div class="job-progress">' in text]


def cluster_sizes(app: AppTest) -> list[int]:
    """The rows of each cluster in the table of clusters."""
    table = next(frame.value for frame in app.dataframe if {"cluster", "rows"} <= set(frame.value.columns))
    return [int(rows) for rows in table["rows"]]


def select(app: AppTest, kind: str, selection: dict[str, object], position: int = 0) -> AppTest:
    """The page after something was picked in a figure or a table, as a browser reports it.

    Args:
        app: The page.
        kind: `plotly_chart` or `dataframe`.
        selection: What is picked.
        position: Of the figure or table among those of its kind that can be picked in.
    """
    elements = [element for element in app.get(kind) if element.proto.selection_mode]
    states = app._tree.get_widget_states()
    state = states.widgets.add()
    state.id = elements[position].proto.id
    state.string_value = json.dumps({"selection": selection})
    app._run(states)
    return app


def open_with_rows(corpus, spec):
    """The app with rows that nobody else has."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=600)
    app.session_state["explorer-session"] = Session(uuid.uuid4().hex, corpus, [spec])
    return app.switch_page("pages/search.py").run()
