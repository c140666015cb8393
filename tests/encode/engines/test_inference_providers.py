import time

import pytest

from explorer.encode.engines.batch_requests import BatchRequests
from explorer.encode.engines.inference_providers import InferenceProviders
from explorer.encode.engines.services import Secret
from explorer.errors import ModelNotFoundError, SettingError
from explorer.settings import settings
from tests.encode.engines.local_services import TOKEN, providers
from tests.inference_server import DIMS, MODEL, Answer


@pytest.mark.parametrize("model", ["http://127.0.0.1/steal", "../etc", "a/b/c", ""])
def test_a_stranger_names_a_model_and_never_an_address(server, model):
    with pytest.raises(ModelNotFoundError):
        InferenceProviders(model, Secret(TOKEN))


def test_a_provider_that_makes_no_embeddings(server):
    with pytest.raises(ModelNotFoundError, match="hf-inference"):
        InferenceProviders(MODEL, Secret(TOKEN), "groq")


def test_a_model_the_hub_does_not_have(server):
    service = InferenceProviders("tiny/other", Secret(TOKEN))
    with BatchRequests(service) as requests, pytest.raises(ModelNotFoundError, match="no model by that name"):
        requests.start(["a"])()
    assert server.asked == []


def test_why_the_client_asks_nobody_is_passed_on(server, monkeypatch):
    from huggingface_hub.inference._providers import PROVIDERS

    def refuse(model):
        raise ValueError(f"Model {model} is not supported by provider hf-inference ({TOKEN}).")

    helper = PROVIDERS["hf-inference"]["feature-extraction"]
    monkeypatch.setattr(helper, "_prepare_mapping_info", refuse)
    with BatchRequests(providers()) as requests, pytest.raises(ModelNotFoundError) as caught:
        requests.start(["a"])()
    assert f"Model {MODEL} is not supported by provider hf-inference" in caught.value.what
    assert TOKEN not in str(caught.value)


def test_the_hosts_organisation_is_billed(server, monkeypatch):
    def billed():
        settings.cache_clear()
        with BatchRequests(providers()) as requests:
            requests.start(["a"])()
        return {name.lower(): value for name, value in server.headers[-1].items()}.get("x-hf-bill-to")

    assert billed() is None
    monkeypatch.setenv("EXPLORER_INFERENCE_BILL_TO", "the-company")
    assert billed() == "the-company"
    monkeypatch.setenv("EXPLORER_INFERENCE_BILL_TO", "no name\r\nX: 1")
    with pytest.raises(SettingError, match="EXPLORER_INFERENCE_BILL_TO"):
        billed()


@pytest.mark.slow
def test_the_limits_that_the_hub_tells_in_its_own_header_are_kept(server):
    server.prepared += [Answer(429, {}, {"ratelimit": '"inference";r=0;t=1'})]
    began = time.monotonic()
    with BatchRequests(providers()) as requests:
        assert requests.start(["abc"])().shape == (1, DIMS)
    assert time.monotonic() - began >= 1
