import time

import pytest

from explorer.encode.engines.batch_requests import BatchRequests
from explorer.encode.engines.inference_providers import InferenceProviders
from explorer.encode.engines.services import Secret
from explorer.errors import ModelNotFoundError
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
    with BatchRequests(service) as requests, pytest.raises(ModelNotFoundError, match="not served"):
        requests.start(["a"])()
    assert server.asked == []


@pytest.mark.slow
def test_the_limits_that_the_hub_tells_in_its_own_header_are_kept(server):
    server.prepared += [Answer(429, {}, {"ratelimit": '"inference";r=0;t=1'})]
    began = time.monotonic()
    with BatchRequests(providers()) as requests:
        assert requests.start(["abc"])().shape == (1, DIMS)
    assert time.monotonic() - began >= 1
