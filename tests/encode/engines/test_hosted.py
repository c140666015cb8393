import threading

import numpy as np
import pytest

from explorer.encode.batches import plan_batches
from explorer.encode.engines import hosted
from explorer.encode.engines.embedding_servers import EmbeddingServer
from explorer.encode.engines.hosted import HostedEngine
from explorer.encode.engines.inference_providers import InferenceProviders
from explorer.encode.engines.services import Secret
from explorer.encode.spec import LocalModel
from explorer.errors import ModelChangedError
from tests.encode.engines.local_services import own_server, providers
from tests.encode.opening import open_for
from tests.inference_server import DIMS, MODEL, by_another_model, by_length


@pytest.fixture
def engine(service, cache):
    return HostedEngine(service, cache)


def encode(engine, texts):
    """As the runner does: batches started ahead, collected in order."""
    tokens = engine.tokenize(texts)
    plan = plan_batches(tokens.lengths, engine.token_budget)
    out = np.empty((len(texts), engine.dims), dtype=np.float32)
    started = []
    with engine.run() as run:
        for batch in plan:
            started.append((batch, run.start(tokens.batch(batch))))
            if len(started) == engine.in_flight:
                first, collect = started.pop(0)
                out[first] = collect()
        for batch, collect in started:
            out[batch] = collect()
    return out


@pytest.mark.slow
def test_vectors_come_in_the_order_of_the_texts_in_bounded_batches(engine, server):
    texts = ["x" * length for length in range(1, 301)]

    two_at_once = threading.Event()

    def beside_another(asked):
        if server.most_at_once > 1:
            two_at_once.set()
        if len(asked) > 1:
            assert two_at_once.wait(60)
        return by_length(asked)

    server.encode = beside_another
    vectors = encode(engine, texts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (300, DIMS)
    assert vectors[:, 0].tolist() == list(range(1, 301))
    assert max(map(len, server.asked)) == 32
    assert len(server.asked) == hosted.requests_for(texts) + 1  # and one to know the model by
    assert 1 < server.most_at_once <= 4


def test_long_texts_share_a_request_with_fewer_others(engine, server):
    texts = ["x" * 10_000] * 9 + ["short"]
    encode(engine, texts)
    assert max(sum(map(len, asked)) for asked in server.asked) <= 4 * engine.token_budget + 32


@pytest.mark.slow
def test_the_published_hits_come_through_a_server_with_the_published_model(service, server, cache, published):
    model = open_for(LocalModel(precision="float32"), cache)
    server.encode = lambda texts: model.encode_queries(texts).tolist()
    engine = HostedEngine(service, cache)
    numbers = published["published"]
    vectors = encode(engine, published["texts"])
    assert list(vectors.shape) == numbers["shape"]
    np.testing.assert_allclose(vectors[0, :3], numbers["first_row_head"], atol=1e-5)
    scores = vectors @ encode(engine, [numbers["query"]])[0]
    best = np.argsort(-scores)[:5]
    assert best.tolist() == [hit["corpus_id"] for hit in numbers["hits"]]
    np.testing.assert_allclose(scores[best], [hit["score"] for hit in numbers["hits"]], atol=1e-5)


@pytest.mark.slow
def test_no_thread_is_left_once_all_is_answered(engine, server):
    before = threading.enumerate()  # those of other tests may still wait for a server of theirs
    encode(engine, ["x" * length for length in range(1, 101)])
    left = [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("hosted") and thread not in before
    ]
    for thread in left:
        thread.join(60)
    assert not [thread for thread in left if thread.is_alive()]


def test_dimensions_that_change_are_refused(engine, server):
    assert engine.dims == DIMS
    server.encode = lambda texts: [[1.0] * 7] * len(texts)
    with engine.run() as run, pytest.raises(ModelChangedError, match="7 dimensions where it gave 4"):
        run.start(["a"])()


def test_the_identity_tells_services_apart_and_holds_no_secret(server, cache):
    services = [providers(), own_server(), EmbeddingServer("here", MODEL), EmbeddingServer("here", "b")]
    identities = [str(HostedEngine(service, cache).identity()) for service in services]
    assert len(set(identities)) == 4
    another = InferenceProviders(MODEL, Secret("hf_another"))
    assert str(HostedEngine(another, cache).identity()) == identities[0]
    assert not [text for text in identities if "secret" in text or server.url in text]


def test_a_model_is_asked_for_once_whoever_confirms_it_within_a_minute(engine, server, monkeypatch):
    assert len(server.asked) == 1
    for _ in range(2):
        with engine.run() as run:
            run.confirm()
    assert len(server.asked) == 1
    with engine.run() as run:
        run.confirm(again=True)
    assert len(server.asked) == 2
    monkeypatch.setattr(hosted, "_TRUSTED", 0.0)
    with engine.run() as run:
        run.confirm()
    assert len(server.asked) == 3


def test_what_one_run_learns_of_the_answers_is_not_said_of_another(engine, server):
    turns = iter([by_another_model, by_another_model])
    server.encode = lambda texts: next(turns, by_length)(texts)
    with engine.run() as one, engine.run() as other:
        with pytest.raises(ModelChangedError):
            one.confirm(again=True)
        other.confirm(again=True)  # the model of before is back
        assert one.notes == other.notes
    assert len(one.notes) == 1
