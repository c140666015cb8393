"""What is behind Share: made once it is opened, and then what the page is."""

from __future__ import annotations

import pytest

from explorer.data.filters.specs import Contains
from explorer.ui.shell import share
from tests.app.driving import button, finished, labels, open_app, open_share, said, session_of
from tests.app.test_saved_space import opened, saved

SMALL = {"corpus": "medicare-faq", "encoder": "tfidf"}


def popover(app):
    return next(block for block in app.get("popover") if block.proto.popover.label == "Share")


def test_nothing_is_made_or_sent_until_it_is_opened(monkeypatch):
    with monkeypatch.context() as closed:
        closed.setattr(share, "_show_ways", lambda _session: pytest.fail("Share is closed"))
        app = finished(open_app("pages/search.py", **SMALL))
        assert not popover(app).children
    assert "Anyone who can open this app" in said(open_share(app).markdown)


def test_the_link_is_that_of_the_page_as_it_is_now():
    app = open_share(open_app("pages/search.py", **SMALL, q="a new card"))
    assert "q=a+new+card" in app.code[0].value
    assert "filter" not in app.code[0].value
    session_of(app).filter_by([Contains("question", "card")])
    assert "filter" in finished(app).code[0].value


def test_a_token_in_the_address_is_neither_in_the_link_nor_kept():
    app = open_share(open_app("pages/search.py", **SMALL, q="a new card", __sign="eyJsecret"))
    assert "q=a+new+card" in app.code[0].value
    assert "secret" not in app.code[0].value
    assert session_of(app).pages == {"Search": {"q": ("a new card",)}}


def test_the_dialog_that_publishes_takes_its_place():
    app = open_share(opened(saved(model="tfidf"), "words.parquet"))
    button(app, "Publish to the Hub").click().run()
    assert app.text_input(key="hf-own-token")
    assert not popover(app).children
    assert "Publish to the Hub" not in labels(app)
