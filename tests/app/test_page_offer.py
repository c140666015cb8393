"""A page is offered where an analyst looks, made only when asked for, and published to a local Hub."""

from __future__ import annotations

import base64
import json
import re

import pytest

from explorer.jobs.registry import registry
from explorer.share.map.page import MapPage
from tests.app.driving import button, error, finished, open_app, said, session_of
from tests.hub_pushes import TOKEN

SMALL = {"corpus": "medicare-faq", "encoder": "tf-idf", "map-method": "PCA"}


@pytest.fixture
def hub(push_hub):
    registry()._jobs.clear()
    yield push_hub
    registry()._jobs.clear()


def opened(app, kind):
    app.session_state[f"page-{kind}-open"] = True
    return finished(app)


def licence(app):
    return next(box for box in app.selectbox if box.label.startswith("Licence of the"))


def dialog(app):
    button(app, "Publish as a Space").click().run()
    app.text_input(key="hf-own-token").set_value(TOKEN).run()
    finished(app)
    licence(app).set_value("cc-by-4.0").run()
    return app


def go(app):
    button(app, "Publish the page").click().run()
    return finished(app)


def test_nothing_is_made_before_it_is_asked_for_and_only_the_selected_rows_go(hub, monkeypatch):
    with monkeypatch.context() as unasked:
        unasked.setattr(MapPage, "html", lambda *_args, **_how: pytest.fail("nobody asked for it"))
        app = finished(open_app("pages/map.py", **SMALL))
        session_of(app).select([2, 5, 7], "a test")
        opened(app, "map")
        assert "All 13 rows." in said(app.caption)
        rows = next(one for one in app.segmented_control if one.label == "Rows")
        rows.set_value("selected").run()
        assert "3 rows, and nothing about others" in said(app.caption)
        dialog(app)
    assert "only you can read it" in said(app.markdown)
    go(app)
    assert "me/medicare-faq-map is on the Hub, as a private Space." in said(app.success)
    page = (hub.newest_page("me/medicare-faq-map") / "index.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert sorted(data["rows"]) == [3, 6, 8]
    assert len(data["tips"]) == 3
    assert len(base64.b64decode(data["files"]["positions"][0].split(",")[1])) == 3 * 4
    assert "Trustworthiness" in page
    assert TOKEN not in page


def test_what_becomes_public_is_confirmed_again_when_it_changes(hub):
    app = dialog(opened(finished(open_app("pages/map.py", **SMALL)), "map"))
    assert not button(app, "Publish the page").disabled
    next(one for one in app.toggle if one.label == "Private").set_value(False).run()
    assert button(app, "Publish the page for everyone").disabled
    box = next(one for one in app.checkbox if "right to publish" in one.label)
    box.check().run()
    assert not button(app, "Publish the page").disabled
    app.toggle(key="page-map-texts").set_value(False).run()
    assert button(app, "Publish the page").disabled
    assert "No texts of rows." in said(app.caption)
    next(one for one in app.checkbox if "right to publish" in one.label).check().run()
    go(app)
    assert not hub.spaces["me/medicare-faq-map"].private
    page = (hub.newest_page("me/medicare-faq-map") / "index.html").read_text(encoding="utf-8")
    assert '"tips": null' in page


def test_faults_keep_what_was_chosen(hub):
    app = dialog(opened(finished(open_app("pages/map.py", **SMALL)), "map"))
    hub.refused["/api/spaces/me/medicare-faq-map/commit/main"] = (500, "oh dear")
    go(app)
    assert "push again" in error(app)
    hub.refused.clear()
    hub.spaces["me/medicare-faq-map"].titles.append("Update index.html")  # somebody made it their own
    button(app, "Try again").click().run()
    go(finished(app))
    assert "You have a Space of this name that is not a page pushed from Explorer" in error(app)
    button(app, "Use me/medicare-faq-map-2").click().run()
    finished(app)
    assert licence(app).value == "cc-by-4.0"
    go(app)
    assert "me/medicare-faq-map-2 is on the Hub" in said(app.success)


def test_too_many_rows_for_texts_say_what_to_do(monkeypatch):
    monkeypatch.setattr("explorer.share.map.page.MOST_TEXTS", 5)
    app = opened(finished(open_app("pages/map.py", **SMALL)), "map")
    assert "leave out the texts" in error(app)
    assert "Publish as a Space" not in [one.label for one in app.button]
    app.toggle(key="page-map-texts").set_value(False).run()
    assert not app.error
    assert button(app, "Publish as a Space")


def test_a_comparison_is_published_without_the_texts_of_rows(hub):
    app = finished(open_app("pages/compare.py", corpus="medicare-faq", encoder="tf-idf"))
    opened(app, "comparison")
    app.toggle(key="page-comparison-texts").set_value(False).run()
    go(dialog(app))
    page = (hub.newest_page("me/medicare-faq-comparison") / "index.html").read_text(encoding="utf-8")
    assert "Scorecard" in page
    assert "Where they differ: rows" not in page
    captions = session_of(app).corpus.captions
    assert not [text for text in captions if text in page]
