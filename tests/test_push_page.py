"""A page is published as a static Space; the real client talks to a Hub on this machine."""

from __future__ import annotations

import re

import pytest
import yaml

import explorer
from explorer.errors import AccessError, HubUnreachableError, NameTakenError, PushError
from explorer.share.push_page import page_card, title_of
from tests.data.failing import failure
from tests.hub_pushes import TOKEN, Repository

HOSTILE = "a | <b>x</b> --- sdk: docker"


@pytest.fixture
def page(tmp_path):
    rows = {"body": ["a red bicycle", "an apple pie", "a late parcel", "the sea"], "kind": list("abab")}
    space = explorer.embed(explorer.open_corpus(rows, text="body", label="kind", name="mine"), "tfidf")
    explorer.save_map(space, tmp_path / "map.html")
    return tmp_path / "map.html"


def push(page, name="me/map", **options):
    return explorer.push_page(page, name, **{"licence": "cc0-1.0", "token": TOKEN, **options})


def front_matter(card):
    return yaml.safe_load(card.split("---\n")[1])


@pytest.mark.slow
def test_a_page_becomes_a_private_static_space_and_pushing_again_adds_a_version(page, push_hub):
    pushed = push(page)
    assert pushed.address == f"{push_hub.url}/spaces/me/map"
    assert push_hub.spaces["me/map"].private
    folder = push_hub.newest_page("me/map")
    assert (folder / "index.html").read_bytes() == page.read_bytes()
    card = front_matter((folder / "README.md").read_text(encoding="utf-8"))
    assert card["sdk"] == "static"
    assert card["app_file"] == "index.html"
    assert card["license"] == "cc0-1.0"
    assert card["title"] == "mine · 4 rows"
    assert not push_hub.pushed  # datasets have names of their own
    again = push(page)
    assert again.commit != pushed.commit
    assert "is there and private" in failure(PushError, push, page, private=False).what
    assert TOKEN not in "".join(map(repr, push_hub.bodies_received.values()))


@pytest.mark.slow
def test_an_upload_that_breaks_off_is_pushed_again_over_the_welcome_of_the_hub(page, push_hub):
    commit = "/api/spaces/me/map/commit/main"
    push_hub.refused[commit] = (500, f"oh [{TOKEN}]")
    error = failure(HubUnreachableError, push, page)
    assert "push again" in error.fix
    assert TOKEN not in repr(error)
    assert b"Welcome" in (push_hub.newest_page("me/map") / "index.html").read_bytes()
    push_hub.refused[commit] = (403, "no")
    assert "may not write to this Space" in failure(AccessError, push, page).what
    push_hub.refused.clear()
    push(page)
    assert (push_hub.newest_page("me/map") / "index.html").read_bytes() == page.read_bytes()


def test_somebodys_own_space_is_never_overwritten(page, push_hub, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "index.html").write_text("mine")
    (tmp_path / "own" / "README.md").write_text("---\nsdk: static\n---\n")
    push_hub.spaces["me/map"] = Repository(
        True, {"1" * 40: tmp_path / "own"}, ["initial commit", "Update index.html"]
    )
    error = failure(NameTakenError, push, page)
    assert "a Space of this name that is not a page pushed from Explorer" in error.what
    assert error.other == "me/map-2"
    assert (tmp_path / "own" / "index.html").read_text() == "mine"


def test_only_pages_that_explorer_made_are_published(tmp_path, push_hub):
    (tmp_path / "diary.html").write_text("<title>Diary</title>")
    for content in (tmp_path / "diary.html", b"", b"<title>x</title>"):
        assert "save_map" in failure(PushError, push, content).fix
    assert "licence" in failure(PushError, push, tmp_path / "diary.html", licence="mine").what
    with pytest.raises(FileNotFoundError):
        push(tmp_path / "missing.html")
    assert not push_hub.requests


def test_without_a_token_it_says_how_to_sign_in(page, push_hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    error = failure(AccessError, push, page, token=None)
    assert "takes Spaces only from people who are signed in" in error.what
    assert not push_hub.requests


def test_a_hostile_title_is_text_in_the_card():
    card = page_card(HOSTILE, "mit")
    assert front_matter(card)["sdk"] == "static"
    assert front_matter(card)["title"] == HOSTILE
    assert "<b>" not in re.split(r"\n---\n", card)[-1]
    head = b'<meta name="generator" content="Explorer"><title>a &lt;b&gt;\n x</title>'
    assert title_of(head, "here") == "a <b> x"
