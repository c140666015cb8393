"""Queries to a hosted model: asked once, in nobody's way, and never beside rows of another model."""

import pytest

from explorer.encode.encoder import Encoder
from explorer.settings import settings
from tests.app.driving import driven_until, finished, html_texts, open_app, session_of
from tests.inference_server import (
    MODEL,
    Answer,
    LocalInference,
    by_a_wider_model,
    by_another_model,
    by_length,
)


@pytest.fixture
def server(monkeypatch):
    local = LocalInference()
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"team={local.url}")
    monkeypatch.setattr("explorer.encode.engines.batch_requests._FIRST_WAIT", 0.02)
    settings.cache_clear()
    yield local
    local.close()


@pytest.fixture
def app(server):
    return finished(open_app(corpus="medicare-faq", provider="team", model=MODEL))


def ask(app, query):
    return app.text_input(key="q").set_value(query).run()


def cards(app):
    return [text for text in html_texts(app) if "<b>row</b>" in text]


def test_a_query_is_asked_once_whatever_is_changed_and_wherever_it_is_shown(app, server):
    finished(ask(app, "a card"))
    assert len(cards(app)) == 10
    asked = len(server.asked)
    app.number_input(key="k").set_value(3).run()
    app.selectbox(key="metric").set_value("euclidean").run()
    assert len(cards(app)) == 3
    ask(app, "another one")
    finished(app)
    finished(ask(app, "a card"))
    app.switch_page("pages/map.py").run()
    app.text_input(key="map-query").set_value("a card").run()
    finished(app)
    assert server.asked.count(["a card"]) == 1
    assert server.asked[asked:] == [["another one"]]


def test_a_reloaded_tab_does_not_ask_again(server, monkeypatch):
    monkeypatch.setattr("explorer.ui.shell.session.identify_visitor", lambda: "the same browser")
    link = {"corpus": "medicare-faq", "provider": "team", "model": MODEL, "q": "a card"}
    for _ in range(2):
        assert len(cards(finished(open_app(**link)))) == 10
    assert server.asked.count(["a card"]) == 1


@pytest.mark.usefixtures("hasty_pages")
def test_a_server_that_is_busy_leaves_the_page_to_its_visitor(app, server):
    server.encode = lambda _texts: Answer(503, {"error": "overloaded"}, {"Retry-After": "30"})
    ask(app, "a card")
    driven_until(app, lambda: any("status 503" in caption.value for caption in app.caption))
    assert any("is being encoded" in caption.value for caption in app.caption)
    next(button for button in app.button if button.label == "Cancel").click().run()
    finished(app)
    assert any("was stopped" in info.value for info in app.info)
    server.encode = by_length
    next(button for button in app.button if button.label == "Start again").click().run()
    assert len(cards(finished(app))) == 10


@pytest.mark.usefixtures("hasty_pages")
def test_a_query_that_another_takes_the_place_of_is_given_up(app, server):
    server.encode = lambda _texts: Answer(503, {"error": "overloaded"}, {"Retry-After": "30"})
    ask(app, "first")
    driven_until(app, lambda: any("status 503" in caption.value for caption in app.caption))
    server.encode = by_length
    assert len(cards(finished(ask(app, "second")))) == 10


def test_what_a_server_refuses_is_said_and_not_asked_again_by_itself(app, server):
    server.encode = lambda _texts: Answer(404, {"error": "gone"})
    finished(ask(app, "a card"))
    asked = len(server.asked)
    app.run()
    app.run()
    assert "not served" in app.error[0].value.replace("\\", "")
    assert len(server.asked) == asked
    server.encode = by_length
    next(button for button in app.button if button.label == "Try again").click().run()
    assert len(cards(finished(app))) == 10


@pytest.mark.parametrize("model", [by_another_model, by_a_wider_model], ids=["as wide", "wider"])
def test_a_model_that_changed_is_said_and_the_rows_are_encoded_again(app, server, model, monkeypatch):
    monkeypatch.setattr("explorer.encode.engines.hosted._CONFIRMED_SECONDS", 0.0)
    server.encode = model
    finished(ask(app, "a card"))
    said = app.warning[0].value.replace("\\", "").replace("\u2060", "")
    assert f"The model behind {MODEL} by the server team has changed since" in said
    assert "The rows are being encoded again" in said
    assert not app.error
    assert len(cards(app)) == 10
    session = session_of(app)
    assert session.spaces[session.encoder].dims == len(model(["x"])[0])


def test_rows_are_encoded_again_for_one_query_once_and_then_at_the_push_of_a_button(app, server, monkeypatch):
    monkeypatch.setattr("explorer.encode.engines.hosted._CONFIRMED_SECONDS", 0.0)
    encode_queries = Encoder.encode_queries
    turns = 0

    def in_turns(*args):
        nonlocal turns
        turns += 1
        server.encode = by_another_model if turns % 2 else by_length
        return encode_queries(*args)

    monkeypatch.setattr(Encoder, "encode_queries", in_turns)
    finished(ask(app, "a card"))
    assert turns == 2
    assert "has changed since" in app.error[0].value
    app.run()
    assert turns == 2
    monkeypatch.setattr(Encoder, "encode_queries", encode_queries)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert len(cards(finished(app))) == 10
