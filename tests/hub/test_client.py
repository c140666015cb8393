import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.errors import (
    FileNotOnHubError,
    GatedError,
    HubSilentError,
    HubUnreachableError,
    NotOnHubError,
)
from explorer.hub import client, contact
from explorer.hub.client import get_bytes, get_json
from tests.hub_server import COMMIT, EVERYTHING, impatient, unanswered


def test_a_silent_hub_is_given_up_and_then_left_alone(hub, monkeypatch):
    hub.silent.add(EVERYTHING)
    impatient(monkeypatch)
    for _ in range(2):
        with pytest.raises(HubSilentError, match="cannot be reached"):
            get_json("/api/models")
    assert not hub.closed.is_set()  # it is silent still
    assert len(hub.requests) == 1
    hub.silent.clear()
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 60.0)
    monkeypatch.setattr(contact, "_PAUSE_SECONDS", 0.0)
    assert len(get_json("/api/models")) == 1


def test_a_hub_that_is_not_there_is_asked_once_and_then_left_alone(hub, monkeypatch):
    from huggingface_hub import get_session

    hub.close()
    with pytest.raises(HubSilentError, match="cannot be reached"):
        get_json("/api/models")
    monkeypatch.setattr(get_session(), "send", lambda *_args, **_options: pytest.fail("it was asked again"))
    with pytest.raises(HubSilentError, match="cannot be reached"):
        get_json("/api/models")


def test_offline_mode_asks_nothing(hub, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubSilentError):
        get_json("/api/models")
    with pytest.raises(HubSilentError):
        get_bytes("tiny/model", "config.json", COMMIT, 0, 10, kind="model")
    assert hub.requests == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [("failing", "status 500"), ("limited", "rate-limiting"), ("nonsense", "other than the Hub")],
)
def test_each_fault_is_told_at_once_in_its_own_words(hub, fault, words):
    getattr(hub, fault).add(EVERYTHING)
    for requests in (1, 2):  # it answers, so it may be asked again at once
        with pytest.raises(HubUnreachableError, match=words) as caught:
            get_json("/api/models")
        assert not isinstance(caught.value, HubSilentError)
        assert len(hub.requests) == requests


def test_what_is_not_there_and_what_is_gated(hub):
    with pytest.raises(NotOnHubError, match=r"other/one: .*nothing with that name"):
        get_json("/api/models/other/one", where="other/one")
    with pytest.raises(FileNotOnHubError, match="does not have this file"):
        get_bytes("tiny/model", "nothing.json", COMMIT, 0, 10, kind="model")
    hub.gated.add("tiny/model")
    with pytest.raises(GatedError, match="gated") as caught:
        get_bytes("tiny/model", "config.json", COMMIT, 0, 10, kind="model")
    assert caught.value.page == f"{hub.url}/tiny/model"
    assert caught.value.page in caught.value.fix


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (
            {"RateLimit": '"api";r=0;t=55', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'},
            "55 seconds",
        ),
        ({"RateLimit": '"api";r=12;t=55', "Retry-After": "7"}, "7 seconds"),
        ({"RateLimit": '"api";r=12;t=55'}, "a few minutes"),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "a few minutes"),
    ],
)
def test_a_rate_limit_says_how_long_it_lasts(hub, headers, words):
    hub.limited.add(EVERYTHING)
    hub.limit_headers = headers
    with pytest.raises(HubUnreachableError, match=f"rate-limiting.*Try again in {words}"):
        get_json("/api/models")


def test_an_answer_without_end_is_cut_off(hub, monkeypatch):
    monkeypatch.setattr(client, "_MAX_JSON_BYTES", 1000)
    hub.bodies["/api/models"] = ["x" * 5000]
    with pytest.raises(HubUnreachableError, match="too long"):
        get_json("/api/models")


def test_json_nested_without_end_is_no_crash(hub):
    hub.bodies["/api/models"] = b"[" * 500_000
    with pytest.raises(HubUnreachableError, match="other than the Hub"):
        get_json("/api/models")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_part_of_a_file_costs_only_that_part(hub, name):
    whole = (hub.repositories["tiny/model"] / name).read_bytes()
    assert get_bytes("tiny/model", name, COMMIT, 10, 60, kind="model") == whole[10:60]
    assert sum(hub.bytes_sent.values()) == 50
    assert get_bytes("tiny/model", name, COMMIT, 0, 10_000_000, kind="model") == whole


def test_the_servers_token_goes_to_the_hub_and_to_no_one_else(hub, monkeypatch, tmp_path):
    from tests.hub_server import LocalHub

    monkeypatch.setenv("HF_TOKEN", "hf_secretsecretsecret")
    get_json("/api/models")
    assert hub.authorizations == ["Bearer hf_secretsecretsecret"]
    storage = LocalHub()
    path = hub.repositories["tiny/model"] / "model.safetensors"
    hub.storage = storage.url
    assert get_bytes("tiny/model", "model.safetensors", COMMIT, 0, 8, kind="model") == path.read_bytes()[:8]
    assert storage.authorizations == [""]
    storage.close()
    hub.limited.add(EVERYTHING)
    with pytest.raises(HubUnreachableError) as caught:
        get_json("/api/models")
    assert "secret" not in repr(caught.value) + str(caught.value)


def test_one_question_without_an_answer_leaves_all_others_to_be_asked(hub):
    hub.silent.add("/api/models")
    unanswered("/api/models", search="slow")
    unanswered("/api/models", search="slow")
    assert len(hub.requests) == 1  # the same one is left alone
    assert get_json("/api/models/tiny/model")["id"] == "tiny/model"
    hub.silent.clear()
    assert len(get_json("/api/models", {"search": "slow"})) == 0


@pytest.mark.slow
def test_once_two_kinds_of_questions_got_no_answer_every_question_is_left_alone(hub):
    hub.silent.add(EVERYTHING)
    unanswered("/api/models")
    unanswered("/api/models", search="other words")
    unanswered("/api/models/tiny/model")
    asked = len(hub.requests)
    unanswered("/api/datasets")
    assert len(hub.requests) == asked == 3
    hub.silent.clear()
    assert get_json("/api/models", insist=True)


def test_a_question_that_takes_too_long_while_bytes_arrive_says_nothing_of_the_hub(hub, monkeypatch):
    hub.silent.add("/api/models")
    path = client.file_path("tiny/model", "model.safetensors", COMMIT, "model")
    with ThreadPoolExecutor(1) as pool, client.stream(path) as response:
        impatient(monkeypatch)
        search = pool.submit(get_json, "/api/models")
        while "GET /api/models" not in hub.requests:
            time.sleep(0.01)
        assert sum(map(len, client.pieces(response, ""))) > 0
        with pytest.raises(HubUnreachableError, match="took too long"):
            search.result()
    hub.silent.clear()
    assert len(get_json("/api/models")) == 1


@pytest.mark.slow
def test_files_are_read_on_whatever_questions_got_no_answer(hub):
    hub.silent |= {"/api/models", "/api/datasets"}
    unanswered("/api/models")
    unanswered("/api/datasets")
    assert len(get_bytes("tiny/model", "model.safetensors", COMMIT, 0, 8, kind="model")) == 8
