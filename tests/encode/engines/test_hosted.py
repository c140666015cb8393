import logging
import pickle
import threading
import time

import numpy as np
import pytest

from explorer.encode.batches import plan_batches
from explorer.encode.encoder import open_encoder
from explorer.encode.engines import hosted, services
from explorer.encode.engines.hosted import RemoteEngine
from explorer.encode.engines.services import EmbeddingServer, InferenceProviders, Secret, embedding_servers
from explorer.encode.spec import EncoderSpec
from explorer.errors import (
    EncodeError,
    JobCancelledError,
    ModelChangedError,
    ModelError,
    ModelNotFoundError,
    SettingError,
    UnusableModelError,
)
from explorer.settings import settings
from tests.inference_server import DIMS, MODEL, Answer, LocalInference, by_length, talk_to

TOKEN = "hf_" + "verysecret" * 3
KEY = "sk-" + "alsosecret" * 3


@pytest.fixture
def server(monkeypatch):
    """A server of both kinds; the real clients talk to it."""
    from huggingface_hub import close_session

    local = LocalInference()
    talk_to(local, monkeypatch)
    monkeypatch.setattr(hosted, "_TICK", 0.05)
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"here={local.url}, the-other={local.url}/v1/")
    monkeypatch.setenv("EXPLORER_EMBEDDING_KEY_THE_OTHER", KEY)
    settings.cache_clear()
    yield local
    local.close()
    close_session()


def providers():
    return InferenceProviders(MODEL, Secret(TOKEN))


def own_server():
    return EmbeddingServer("the-other", MODEL)


@pytest.fixture(params=[providers, own_server], ids=["providers", "openai"])
def engine(request, server, cache):
    made = RemoteEngine(request.param(), cache)
    yield made
    made.stop()


def encode(engine, texts):
    """As the runner does: batches started ahead, collected in order."""
    tokens = engine.tokenize(texts)
    plan = plan_batches(tokens.lengths, engine.token_budget)
    out = np.empty((len(texts), engine.dims), dtype=np.float32)
    started = []
    for batch in plan:
        started.append((batch, engine.start(tokens.batch(batch))))
        if len(started) == engine.in_flight:
            first, collect = started.pop(0)
            out[first] = collect()
    for batch, collect in started:
        out[batch] = collect()
    return out


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


def test_each_protocol_is_spoken_as_it_is_written(server, cache):
    for service in (providers(), own_server(), EmbeddingServer("here", MODEL)):
        engine = RemoteEngine(service, cache)
        assert engine.start(["a"])().tolist() == [[1, 1, 2, 3]]
        engine.stop()
    assert server.paths == [
        f"/hf-inference/models/{MODEL}/pipeline/feature-extraction",
        "/v1/embeddings",
        "/v1/embeddings",
    ]
    assert server.bodies[0] == {"inputs": ["a"], "truncate": True}
    assert server.bodies[1] == {"model": MODEL, "input": ["a"], "encoding_format": "float"}
    assert server.tokens == [f"Bearer {TOKEN}", f"Bearer {KEY}", None]


def test_the_published_hits_come_through_a_server_with_the_published_model(engine, server, cache, published):
    model = open_encoder(EncoderSpec(precision="float32"), [], cache)
    server.encode = lambda texts: model.encode_queries(texts).tolist()
    numbers = published["published"]
    vectors = encode(engine, published["texts"])
    assert list(vectors.shape) == numbers["shape"]
    np.testing.assert_allclose(vectors[0, :3], numbers["first_row_head"], atol=1e-5)
    scores = vectors @ encode(engine, [numbers["query"]])[0]
    best = np.argsort(-scores)[:5]
    assert best.tolist() == [hit["corpus_id"] for hit in numbers["hits"]]
    np.testing.assert_allclose(scores[best], [hit["score"] for hit in numbers["hits"]], atol=1e-5)


def test_no_thread_is_left_once_all_is_answered(engine, server):
    encode(engine, ["x" * length for length in range(1, 101)])
    left = [thread for thread in threading.enumerate() if thread.name.startswith("remote")]
    for thread in left:
        thread.join(60)
    assert not [thread for thread in left if thread.is_alive()]


def test_a_model_that_is_loading_and_a_limit_are_waited_for_visibly(engine, server):
    server.prepared += [
        Answer(503, {"error": f"Model {MODEL} is currently loading", "estimated_time": 0.3}),
        Answer(429, {"error": "slow down"}, {"Retry-After": "2"}),
    ]
    told = []
    engine.on_wait = told.append
    began = time.monotonic()
    assert engine.start(["abc"])().shape == (1, DIMS)
    assert time.monotonic() - began >= 2.3
    assert len(server.asked) == 3
    assert "The server is loading the model; trying again in 1 s" in told
    slower = [line for line in told if line.startswith("The server asks to go slower; trying again in ")]
    assert slower[0].endswith("2 s")
    assert slower[-1].endswith("1 s")  # it counts down


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(500, {"error": "CUDA out of memory"}),
        Answer(502, b"<html>Bad gateway</html>"),
        Answer(504),
        Answer(200, [[1.0] * DIMS], cut=True),
        Answer(503, {"error": {"message": "overloaded"}}, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    ],
    ids=["500", "502", "504", "closes half way", "503"],
)
def test_what_passes_is_tried_again(engine, server, trouble):
    server.prepared += [trouble, trouble]
    assert engine.start(["abc"])()[0, 0] == 3
    assert len(server.asked) == 3


def test_what_does_not_pass_ends_after_eight_tries_and_says_what_the_server_said(engine, server):
    server.encode = lambda _texts: Answer(500, {"error": "the GPU is on fire."})
    with pytest.raises(EncodeError, match=r"status 500, and it was asked up to 8 times: the GPU is on fire"):
        engine.start(["abc"])()
    assert len(server.asked) == 8


def test_a_server_that_asks_for_more_patience_than_we_have_is_left_at_once(engine, server):
    server.encode = lambda _texts: Answer(429, {}, {"Retry-After": "4000"})
    with pytest.raises(EncodeError, match="asked for 4,000 s more"):
        engine.start(["abc"])()
    assert len(server.asked) == 1


def test_the_limits_that_the_hub_tells_in_its_own_header_are_kept(server, cache):
    server.prepared += [Answer(429, {}, {"ratelimit": '"inference";r=0;t=1'})]
    began = time.monotonic()
    engine = RemoteEngine(providers(), cache)
    assert engine.start(["abc"])().shape == (1, DIMS)
    assert time.monotonic() - began >= 1
    engine.stop()


def test_a_call_that_hangs_is_left_in_the_end(engine, server, monkeypatch):
    monkeypatch.setattr(hosted, "_HANGING", 0.2)
    server.prepared += [Answer(seconds=2.0)]
    with pytest.raises(EncodeError, match="did not answer"):
        engine.start(["abc"])()


def test_a_server_that_does_not_answer_is_given_up(engine, server, monkeypatch):
    monkeypatch.setattr(hosted, "_TRIES", 2)
    server.close()
    with pytest.raises(EncodeError, match="did not answer"):
        engine.start(["abc"])()


@pytest.mark.parametrize("service", [providers, own_server])
def test_a_slow_answer_is_not_waited_for_without_end(server, cache, monkeypatch, service):
    monkeypatch.setattr(services, "_ANSWER_SECONDS", 0.3)
    engine = RemoteEngine(service(), cache)
    server.prepared += [Answer(seconds=2.0)]
    assert engine.start(["abc"])()[0, 0] == 3
    assert len(server.asked) == 2
    engine.stop()


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        ([[1.0, 2.0], [1.0]], "different lengths"),
        ([[1.0, float("nan")], [1.0, 2.0]], "not numbers"),
        ([[1.0, None], [1.0, 2.0]], "not numbers"),
        ([[1.0, 1e39], [1.0, 2.0]], "not numbers"),
        ([["a", "b"], ["c", "d"]], "different lengths|something else"),
        ([[], []], "shape"),
        ([[[1.0, 2.0]] * 3, [[1.0, 2.0]] * 3], "a vector for each token"),
    ],
    ids=["ragged", "nan", "null", "huge", "words", "empty", "tokens"],
)
def test_what_is_no_vector_is_refused(engine, server, vectors, said):
    server.encode = lambda _texts: vectors
    with pytest.raises(EncodeError, match=said):
        engine.start(["a", "b"])()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"\xff\xfe", b"null", b"7", b'{"data": 3}', b"{}", b"[]"]
)
def test_nonsense_is_refused(engine, server, body):
    server.encode = lambda _texts: Answer(body=body)
    with pytest.raises(EncodeError, match="The server gave"):
        engine.start(["a", "b"])()


@pytest.mark.parametrize("body", [b'"no"', b"[]", b"7"])
def test_an_error_that_is_no_object_is_an_error_all_the_same(engine, server, body):
    server.encode = lambda _texts: Answer(418, body)
    with pytest.raises(EncodeError):
        engine.start(["a"])()


def test_too_few_vectors_are_refused(engine, server):
    server.encode = lambda texts: [[1.0, 2.0]] * (len(texts) - 1)
    with pytest.raises(EncodeError):
        engine.start(["a", "b", "c"])()


def test_dimensions_that_change_are_refused(engine, server):
    assert engine.dims == DIMS
    server.encode = lambda texts: [[1.0] * 7] * len(texts)
    with pytest.raises(ModelChangedError, match="7 dimensions where it gave 4"):
        engine.start(["a"])()


def test_an_answer_without_end_is_not_read_to_its_end(server, cache, monkeypatch):
    monkeypatch.setattr(services, "_ANSWER_BYTES", 10_000)
    server.encode = lambda _texts: Answer(body=b"[" + b" " * 1_000_000)
    engine = RemoteEngine(own_server(), cache)
    with pytest.raises(EncodeError, match="something else"):
        engine.start(["a"])()
    engine.stop()


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_is_too_long_is_halved_until_the_text_is_found(engine, server, status):
    def picky(texts):
        if sum(map(len, texts)) > 40:
            return Answer(status, {"error": "input is too long"})
        return [[float(len(text))] for text in texts]

    server.encode = picky
    texts = ["x" * 15] * 8
    assert engine.start(texts)()[:, 0].tolist() == [15] * 8
    with pytest.raises(EncodeError, match=r"the text “long+…” of 203 characters .* input is too long"):
        engine.start([*texts, "long" + "g" * 199])()


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_not_let_in(engine, server, status):
    server.encode = lambda _texts: Answer(status, {"error": "Invalid credentials"})
    with pytest.raises(
        ModelError, match=rf"does not let us in \(status {status}\): Invalid cred.*Check the token"
    ):
        engine.start(["a"])()
    assert len(server.asked) == 1


def test_a_model_that_is_not_served(engine, server):
    server.encode = lambda _texts: Answer(404, {"error": "Not found"})
    with pytest.raises(ModelNotFoundError, match="not served"):
        engine.start(["a"])()


def test_a_model_the_hub_does_not_have(server, cache):
    engine = RemoteEngine(InferenceProviders("tiny/other", Secret(TOKEN)), cache)
    with pytest.raises(ModelNotFoundError, match="not served"):
        engine.start(["a"])()
    assert server.asked == []
    engine.stop()


def test_redirects_are_not_followed_with_the_hosts_key(server, cache):
    other = LocalInference()
    server.encode = lambda _texts: Answer(307, headers={"Location": f"{other.url}/v1/embeddings"})
    engine = RemoteEngine(own_server(), cache)
    with pytest.raises(UnusableModelError, match="redirects"):
        engine.start(["a"])()
    assert other.asked == []
    engine.stop()
    other.close()


def test_cancel_cuts_waiting_short(engine, server):
    server.encode = lambda _texts: Answer(429, {}, {"Retry-After": "60"})

    def cancel(_sentence):
        raise JobCancelledError("enough")

    started = [engine.start(["a"]), engine.start(["b"])]
    while len(server.asked) < 2:
        time.sleep(0.01)
    engine.on_wait = cancel
    with pytest.raises(JobCancelledError, match="enough"):
        started[0]()
    engine.on_wait = lambda _sentence: None
    with pytest.raises(JobCancelledError, match="stopped"):
        started[1]()
    server.encode = lambda texts: [[1.0]] * len(texts)
    assert engine.start(["again"])().shape == (1, 1)


@pytest.mark.parametrize("model", ["http://127.0.0.1/steal", "../etc", "a/b/c", ""])
def test_a_stranger_names_a_model_and_never_an_address(server, model):
    with pytest.raises(ModelNotFoundError):
        InferenceProviders(model, Secret(TOKEN))
    with pytest.raises(ModelNotFoundError):
        EmbeddingServer("http://127.0.0.1:9", model)


def test_a_provider_that_makes_no_embeddings(server):
    with pytest.raises(ModelNotFoundError, match="hf-inference"):
        InferenceProviders(MODEL, Secret(TOKEN), "groq")


def test_a_server_the_host_has_not_set(server):
    with pytest.raises(ModelNotFoundError, match="There are here, the-other"):
        EmbeddingServer("elsewhere", MODEL)


@pytest.mark.parametrize(
    "value",
    [
        "http://a:1",
        "a=ftp://b",
        "a=http://user:hunter2@b",
        "a=http://",
        "a=http://b,a=http://c",
        "A=http://b",
        "a=http://b?key=hunter2",
        "a=http://b:99999",
    ],
)
def test_a_list_of_servers_that_cannot_be_read_is_named_but_not_shown(monkeypatch, value):
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", value)
    settings.cache_clear()
    with pytest.raises(SettingError, match="EXPLORER_EMBEDDING_SERVERS") as caught:
        embedding_servers()
    assert "hunter2" not in str(caught.value)


def test_no_servers_is_no_error():
    assert embedding_servers() == {}


def test_the_identity_tells_services_apart_and_holds_no_secret(server, cache):
    engines = [
        RemoteEngine(service, cache)
        for service in (
            providers(),
            own_server(),
            EmbeddingServer("here", MODEL),
            EmbeddingServer("here", "b"),
        )
    ]
    identities = [str(engine.identity()) for engine in engines]
    assert len(set(identities)) == 4
    assert (
        str(RemoteEngine(InferenceProviders(MODEL, Secret("hf_another")), cache).identity()) == identities[0]
    )
    for engine in engines:
        engine.stop()
    assert not [text for text in identities if "secret" in text or server.url in text]


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500])
def test_the_token_is_in_no_log_no_error_and_no_file(engine, server, status, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    server.encode = lambda _texts: Answer(
        status, {"error": f"bad header {server.tokens[-1]}"}, {"Retry-After": "9999"}
    )
    with pytest.raises((EncodeError, ModelError)) as caught:
        engine.start(["a"])()
    seen = [repr(engine), repr(vars(engine)), repr(vars(engine._service)), caplog.text]
    seen += [f"{one} {one!r} {one.args}" for one in chain(caught.value)]
    seen += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert server.tokens[0] in (f"Bearer {TOKEN}", f"Bearer {KEY}")
    assert not [text for text in seen if "secretvery" in text or "secretalso" in text]


def test_a_secret_is_hidden_and_not_stored():
    secret = Secret(f" {TOKEN}\n")
    assert secret.reveal() == TOKEN
    assert TOKEN not in f"{secret} {secret!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize("value", ["", "  ", "hf_secret\nX-Evil: 1", "hf_sécret", "hf secret"])
def test_a_token_that_cannot_be_sent_is_refused_without_being_quoted(value):
    with pytest.raises(ModelError) as caught:
        Secret(value)
    assert not value.strip() or value not in repr(caught.value)
