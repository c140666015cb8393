"""Models with pickle weights or code of their own on the pages, where the host allows them."""

import json
import shutil

import pytest

from explorer.encode.engines import loaded_models
from explorer.encode.model_facts import look_up, may_run_code
from explorer.jobs.registry import registry
from explorer.session.spaces import shared_indexes
from explorer.settings import settings
from explorer.ui.shell import session as sessions
from tests.app.driving import button, finished, html_texts, open_app, said
from tests.app.test_models_page import FACTS, encoders, nothing_to_press, opened
from tests.hub_server import COMMIT, LocalHub, talk_to
from tests.tiny_model import add_own_code, pickle_weights

OTHER_COMMIT = "89abcdef" * 5


@pytest.fixture
def marker(tmp_path):
    """A file that is only there once code of the model has run."""
    return tmp_path / "marker"


@pytest.fixture
def hub(monkeypatch, tmp_path, tiny_model, marker, nothing_loaded):
    """A Hub with `own/code`, which brings code along.

    Engines and spaces are known by their commit, and this Hub has one commit for all models.
    """
    registry.cache_clear()
    shared_indexes.cache_clear()
    server = LocalHub()
    server.repositories["own/code"] = add_own_code(shutil.copytree(tiny_model, tmp_path / "served"), marker)
    server.facts["own/code"] = {**FACTS, "tags": [*FACTS["tags"], "custom_code"]}
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    yield server
    shared_indexes.cache_clear()
    server.close()


@pytest.fixture
def visitor(monkeypatch):
    """Whose browser the next session is opened in."""
    name = ["first"]
    monkeypatch.setattr(sessions, "identify_visitor", lambda: name[0])
    return name


def allow(monkeypatch, name):
    monkeypatch.setenv(f"EXPLORER_ALLOW_{name}", "yes")
    settings.cache_clear()


def code_box(app, commit=COMMIT):
    return app.checkbox(key=f"model-code-own/code-{commit}")


def confirmed(app):
    code_box(app).check().run()
    button(app, "Download").click().run()
    return finished(app)


def open_space(app):
    return finished(app.switch_page("pages/search.py").run())


def test_code_is_confirmed_by_name_and_commit_and_then_runs(hub, marker, monkeypatch):
    allow(monkeypatch, "REMOTE_CODE")
    app = opened("own/code")
    assert "own/code" in said(app.warning)
    assert COMMIT in said(app.warning)
    assert f"own/code at commit {COMMIT[:8]}" in code_box(app).label
    assert not code_box(app).value
    links = [link.proto.url for link in app.get("link_button")]
    assert f"{hub.url}/own/code/tree/{COMMIT}" in links
    assert nothing_to_press(app)
    confirmed(app)
    assert "This model encodes your rows" in said(app.success)
    assert marker.exists()
    assert (app.query_params["model"], app.query_params["revision"]) == ("own/code", COMMIT)
    assert not [name for name in app.query_params if "code" in name or "trust" in name]


def test_another_commit_is_asked_for_anew(hub, monkeypatch):
    allow(monkeypatch, "REMOTE_CODE")
    app = opened("own/code")
    code_box(app).check().run()
    assert not nothing_to_press(app)
    other = {
        **hub._said("own/code"),
        "sha": OTHER_COMMIT,
        "siblings": [{"rfilename": "model.safetensors", "size": 9}],
    }
    hub.bodies["/api/models/own/code/revision/v2"] = other
    app.text_input(key="model-revision-own/code").set_value("v2").run()
    finished(app)
    assert not code_box(app, OTHER_COMMIT).value
    assert nothing_to_press(app)


def test_a_link_does_not_run_code_in_another_browser_and_a_reload_goes_on_in_ones_own(
    hub, marker, visitor, monkeypatch
):
    allow(monkeypatch, "REMOTE_CODE")
    app = confirmed(opened("own/code"))
    link = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    link.pop("model-id", None)
    marker.unlink()
    loaded_models.loaded().clear()
    visitor[0] = "second"
    other = open_space(open_app(**link))
    assert "custom code" in said(other.error)
    assert "Models page" in said(other.error)
    assert not marker.exists()
    visitor[0] = "first"
    again = open_app(**link)
    assert len(encoders(again)) == 2
    assert not open_space(again).error
    again.text_input(key="q").set_value("refund my order").run()
    assert [text for text in html_texts(finished(again)) if "<b>row</b>" in text]


def test_a_folder_of_the_host_that_names_code_beside_it_is_asked_about(tiny_model, tmp_path, monkeypatch):
    folder = shutil.copytree(tiny_model, tmp_path / "models" / "own")
    config = json.loads((folder / "config.json").read_text())
    facts = look_up(str(folder), None)
    allow(monkeypatch, "REMOTE_CODE")
    assert not may_run_code(facts)
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "own.Own"}}))
    assert may_run_code(facts)
    monkeypatch.delenv("EXPLORER_ALLOW_REMOTE_CODE")
    settings.cache_clear()
    assert not may_run_code(facts)


def test_pickle_weights_are_used_where_they_are_allowed_and_the_page_says_how(
    hub, tiny_model, tmp_path, monkeypatch
):
    allow(monkeypatch, "PICKLE")
    hub.repositories["old/model"] = pickle_weights(shutil.copytree(tiny_model, tmp_path / "old"))
    app = opened("old/model")
    assert "pickle files. Only numbers are read from them" in said(app.caption)
    button(app, "Download").click().run()
    assert "This model encodes your rows" in said(finished(app).success)
