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
from tests.encode.engines.test_embedding_servers import INFO
from tests.encode.opening import open_for
from tests.inference_server import DIMS, MODEL, Answer, by_another_model, by_length


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
    with engine.run() as run, pytest.raises(ModelChangedError, match="now have 7 dimensions, not 4"):
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
    monkeypatch.setattr(hosted, "_CONFIRMED_SECONDS", 0.0)
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
    assert len(one.notes) == 2


def run_once(engine, texts):
    """Encode texts as a run does, confirmed; gives the notes."""
    with engine.run() as run:
        run.confirm(again=True)
        run.start(texts)()
        return run.notes


def test_a_server_that_says_its_limits_is_never_sent_more(server, cache):
    server.info = {**INFO, "max_client_batch_size": 8, "max_concurrent_requests": 512}
    encode(HostedEngine(own_server(), cache), ["x" * length for length in range(1, 31)])
    assert max(map(len, server.asked)) == 8
    server.asked.clear()
    server.info = {**INFO, "max_client_batch_size": 100, "max_concurrent_requests": 20}
    engine = HostedEngine(own_server(), cache)
    run_once(engine, ["a"])  # what is known of it is asked again
    encode(engine, ["x" * length for length in range(1, 31)])
    assert 3 < max(map(len, server.asked)) <= 5  # four requests are under way at once


def test_another_revision_behind_a_name_is_noticed_though_its_vectors_are_alike(server, cache):
    server.info = INFO
    before = HostedEngine(own_server(), cache)
    run_once(before, ["a"])
    server.info = {**INFO, "model_sha": "e" * 40}
    with before.run() as run, pytest.raises(ModelChangedError, match=f"revision is now {'e' * 40}, not "):
        run.confirm(again=True)
    after = HostedEngine(own_server(), cache)
    assert after.identity()["generation"] != before.identity()["generation"]
    run_once(after, ["a"])
    server.info = INFO
    with after.run() as run, pytest.raises(ModelChangedError, match="Encode the rows again"):
        run.confirm(again=True)
    assert HostedEngine(own_server(), cache).identity() == before.identity()  # its vectors are found again


def test_a_server_that_stops_saying_its_revision_is_the_same_one(server, cache):
    server.info = INFO
    engine = HostedEngine(own_server(), cache)
    server.info = None
    run_once(engine, ["a"])
    assert HostedEngine(own_server(), cache).identity() == engine.identity()


@pytest.mark.parametrize(
    ("info", "note"),
    [
        (None, "may have been cut; the server does not report it"),
        (
            INFO,
            "Only the first 512 tokens of a text were read; the server does not report which texts it cut.",
        ),
    ],
)
def test_what_is_cut_silently_is_said(server, cache, info, note):
    server.info = info
    notes = run_once(HostedEngine(own_server(), cache), ["a"])
    assert note in notes[-1]
    assert len(notes) == 2


@pytest.mark.slow
def test_a_long_row_is_cut_and_named_and_ends_no_run(engine, server):
    server.encode = lambda texts: (
        Answer(413, {"error": "too long"}) if max(map(len, texts)) > 600 else by_length(texts)
    )
    rows = ["short", "<b>long</b> " + "x" * 9_000, "another"]
    with engine.run() as run:
        vectors = run.start(rows)()
        assert vectors[[0, 2], 0].tolist() == [5, 7]
        assert f"the first {vectors[1, 0]:,.0f} of 9,012 characters" in run.notes[-1]
        assert run.notes[-1].startswith("1 text was too long for the server and cut")


def test_a_server_that_runs_another_model_than_it_is_asked_for_is_said(server, cache):
    server.info = {**INFO, "model_id": "other/model", "served_model_name": "other/model"}
    notes = run_once(HostedEngine(own_server(), cache), ["a"])
    note = "The server runs other/model, whichever model is requested. Request it by that name, so that "
    assert note + "texts get its own prompts." in notes
