import logging
import threading
import time

import pytest

from explorer.encode.engines import batch_requests, embedding_servers, inference_providers
from explorer.encode.engines.batch_requests import BatchRequests
from explorer.encode.engines.embedding_servers import EmbeddingServer
from explorer.errors import EncodeError, JobCancelledError, ModelError, ModelNotFoundError
from tests.encode.engines.local_services import KEY, TOKEN, own_server, providers
from tests.inference_server import DIMS, MODEL, Answer, by_length


@pytest.fixture
def requests(service):
    with BatchRequests(service) as made:
        yield made


@pytest.mark.slow
def test_a_model_that_is_loading_and_a_limit_are_waited_for_visibly(service, server):
    server.prepared += [
        Answer(503, {"error": f"Model {MODEL} is currently loading", "estimated_time": 0.3}),
        Answer(429, {"error": "slow down"}, {"Retry-After": "2"}),
    ]
    sentences = []
    began = time.monotonic()
    with BatchRequests(service, sentences.append) as requests:
        assert requests.start(["abc"])().shape == (1, DIMS)
    assert time.monotonic() - began >= 2.3
    assert len(server.asked) == 3
    assert "The server is loading the model; trying again in 1 s" in sentences
    slower = [
        line
        for line in sentences
        if line.startswith("The server is rate-limiting requests; trying again in ")
    ]
    assert slower[0].endswith("2 s")
    assert slower[-1].endswith("1 s")  # it counts down


@pytest.mark.slow
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
def test_what_passes_is_tried_again(requests, server, trouble):
    server.prepared += [trouble, trouble]
    assert requests.start(["abc"])()[0, 0] == 3
    assert len(server.asked) == 3


@pytest.mark.slow
def test_what_does_not_pass_ends_after_eight_tries_and_says_what_the_server_said(requests, server):
    server.encode = lambda _texts: Answer(500, {"error": "the GPU is on fire."})
    with pytest.raises(EncodeError, match=r"status 500; up to 8 tries failed: the GPU is on fire"):
        requests.start(["abc"])()
    assert len(server.asked) == 8


def test_a_server_that_asks_for_more_patience_than_we_have_is_left_at_once(requests, server):
    server.encode = lambda _texts: Answer(429, {}, {"Retry-After": "4000"})
    with pytest.raises(EncodeError, match="asks for a wait of 4,000 s"):
        requests.start(["abc"])()
    assert len(server.asked) == 1


def test_a_call_that_hangs_is_left_in_the_end(requests, server, monkeypatch):
    monkeypatch.setattr(batch_requests, "_DEADLINE_SECONDS", 0.2)
    server.prepared += [Answer(seconds=2.0)]
    with pytest.raises(EncodeError, match="did not answer"):
        requests.start(["abc"])()


def test_a_server_that_does_not_answer_is_given_up(requests, server, monkeypatch):
    monkeypatch.setattr(batch_requests, "_TRIES", 2)
    server.close()
    with pytest.raises(EncodeError, match="did not answer"):
        requests.start(["abc"])()


@pytest.mark.slow
def test_a_slow_answer_is_not_waited_for_without_end(server, monkeypatch, requests):
    for module in (embedding_servers, inference_providers):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    server.prepared += [Answer(seconds=2.0)]
    assert requests.start(["abc"])()[0, 0] == 3
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("vectors", "problem"),
    [
        ([[1.0, 2.0], [1.0]], "different lengths"),
        ([[1.0, float("nan")], [1.0, 2.0]], "not numbers"),
        ([[1.0, None], [1.0, 2.0]], "not numbers"),
        ([[1.0, 1e39], [1.0, 2.0]], "not numbers"),
        ([["a", "b"], ["c", "d"]], "different lengths|something other"),
        ([[], []], "shape"),
        ([[[1.0, 2.0]] * 3, [[1.0, 2.0]] * 3], "a vector for each token"),
    ],
    ids=["ragged", "nan", "null", "huge", "words", "empty", "tokens"],
)
def test_what_is_no_vector_is_refused(requests, server, vectors, problem):
    server.encode = lambda _texts: vectors
    with pytest.raises(EncodeError, match=problem):
        requests.start(["a", "b"])()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"\xff\xfe", b"null", b"7", b'{"data": 3}', b"{}", b"[]"]
)
def test_nonsense_is_refused(requests, server, body):
    server.encode = lambda _texts: Answer(body=body)
    with pytest.raises(EncodeError, match="The server returned"):
        requests.start(["a", "b"])()


@pytest.mark.parametrize("body", [b'"no"', b"[]", b"7"])
def test_an_error_that_is_no_object_is_an_error_all_the_same(requests, server, body):
    server.encode = lambda _texts: Answer(418, body)
    with pytest.raises(EncodeError):
        requests.start(["a"])()


def test_too_few_vectors_are_refused(requests, server):
    server.encode = lambda texts: [[1.0, 2.0]] * (len(texts) - 1)
    with pytest.raises(EncodeError):
        requests.start(["a", "b", "c"])()


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_is_too_long_is_halved_until_the_text_is_found(requests, server, status):
    def picky(texts):
        if sum(map(len, texts)) > 40:
            return Answer(status, {"error": "input is too long"})
        return [[float(len(text))] for text in texts]

    server.encode = picky
    texts = ["x" * 15] * 8
    assert requests.start(texts)()[:, 0].tolist() == [15] * 8
    with pytest.raises(EncodeError, match=r"the text “long+…” of 203 characters .* input is too long"):
        requests.start([*texts, "long" + "g" * 199])()


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_text_that_is_too_long_is_cut_and_the_others_are_as_they_were(requests, server, status):
    limit = 700

    def picky(texts):
        if any(len(text) > limit for text in texts):
            return Answer(status, {"error": "`inputs` must have less than 512 tokens"})
        return by_length(texts)

    server.encode = picky
    vectors = requests.start(["a", "b" * 5_000, "cc", "d" * 701])()
    assert vectors[[0, 2], 0].tolist() == [1, 2]
    assert [(one.text[0], len(one.text), one.kept) for one in requests.cut] == [
        ("b", 5_000, vectors[1, 0]),
        ("d", 701, vectors[3, 0]),
    ]
    assert all(limit * 7 / 8 <= one.kept <= limit for one in requests.cut)
    assert len(server.asked) < 25


def test_a_text_that_is_refused_for_something_else_is_named_after_few_tries(requests, server):
    server.encode = lambda texts: (
        Answer(400, {"error": "no swearing"}) if any("damn" in text for text in texts) else by_length(texts)
    )
    with pytest.raises(EncodeError, match=r"the text “damn+…” of 300 characters .* no swearing"):
        requests.start(["fine", "damn" + "n" * 296])()
    assert requests.cut == []
    assert len(server.asked) < 8


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_not_let_in(requests, server, status):
    server.encode = lambda _texts: Answer(status, {"error": "Invalid credentials"})
    with pytest.raises(
        ModelError, match=rf"denied access \(status {status}\): Invalid cred.*Check the token"
    ):
        requests.start(["a"])()
    assert len(server.asked) == 1


def test_a_model_that_is_not_served(requests, server):
    server.encode = lambda _texts: Answer(404)
    with pytest.raises(
        ModelNotFoundError, match=r"not served there for embeddings\..*Check the model's name"
    ):
        requests.start(["a"])()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": "The deployment is paused."}, "The deployment is paused"),
        ({"error": {"message": "no such model", "code": 404}}, "no such model"),
        ({"message": "not on this plan"}, "not on this plan"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body"], "msg": "unknown field"}]}, "unknown field"),
        ({"detail": [{"loc": ["body", "input", 0], "msg": "too long"}]}, "input.0: too long"),
        ({"detail": [{"loc": "body", "msg": "too long"}]}, "too long"),
        ({"detail": {"error": "retired on 1 May"}}, "retired on 1 May"),
        ({"error": "x" * 5_000}, "x" * 200),
        ({"error": "a\n\n  b"}, "a b"),
    ],
)
def test_the_reason_a_server_gives_is_passed_on(requests, server, body, reason):
    server.encode = lambda _texts: Answer(404, body)
    with pytest.raises(ModelNotFoundError) as caught:
        requests.start(["a"])()
    assert caught.value.what == f"The model is not served there for embeddings: {reason}."
    assert caught.value.fix == ""


@pytest.mark.parametrize(
    "body", [{"error": {"error": {"error": {"error": {"error": "deep"}}}}}, {"detail": []}, {"error": 7}]
)
def test_a_reason_that_is_no_sentence_is_left_out(requests, server, body):
    server.encode = lambda _texts: Answer(404, body)
    with pytest.raises(ModelNotFoundError, match=r"for embeddings\. Check"):
        requests.start(["a"])()


def test_cancel_cuts_waiting_short(service, server):
    server.encode = lambda _texts: Answer(429, {}, {"Retry-After": "60"})

    def cancel(_sentence):
        if len(server.asked) == 2:
            raise JobCancelledError("enough")

    with BatchRequests(service, cancel) as requests:
        started = [requests.start(["a"]), requests.start(["b"])]
        with pytest.raises(JobCancelledError, match="enough"):
            started[0]()
    for vectors in started:
        with pytest.raises(JobCancelledError, match="stopped"):
            vectors()


def test_a_run_that_ends_stops_no_other(service, server):
    ended = threading.Event()

    def encode(texts):
        if texts == ["first"] and not ended.is_set():
            assert ended.wait(60)
            return Answer(503, {"error": "overloaded", "estimated_time": 0.01})
        return by_length(texts)

    server.encode = encode
    with BatchRequests(service) as one:
        vectors = one.start(["first"])
        with BatchRequests(service) as other:
            other.start(["second"])
        ended.set()
        assert vectors()[0, 0] == len("first")


def test_a_run_hears_only_of_what_it_waits_for_itself(service, server):
    heard_enough = threading.Event()

    def encode(texts):
        if texts == ["busy"]:
            return Answer(503, {"error": "Model is currently loading", "estimated_time": 30})
        assert heard_enough.wait(60)
        return by_length(texts)

    sentences = []

    def hear(sentence):
        sentences.append(sentence)
        if ["busy"] in server.asked and len(sentences) > 3:
            heard_enough.set()

    server.encode = encode
    with BatchRequests(service, hear) as one, BatchRequests(service) as other:
        other.start(["busy"])
        assert one.start(["quick"])()[0, 0] == len("quick")
    assert set(sentences) == {f"Waiting for {service.name}"}


def test_each_protocol_is_spoken_as_it_is_written(server):
    for service in (providers(), own_server(), EmbeddingServer("here", MODEL)):
        with BatchRequests(service) as requests:
            assert requests.start(["a"])().tolist() == [[1, 1, 2, 3]]
    assert server.paths == [
        f"/hf-inference/models/{MODEL}/pipeline/feature-extraction",
        "/v1/embeddings",
        "/v1/embeddings",
    ]
    assert server.bodies[0] == {"inputs": ["a"], "truncate": True}
    assert server.bodies[1] == {
        "model": MODEL,
        "input": ["a"],
        "encoding_format": "base64",
        "truncate_prompt_tokens": -1,
    }
    assert server.tokens == [f"Bearer {TOKEN}", f"Bearer {KEY}", None]


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500])
def test_the_token_is_in_no_log_no_error_and_no_file(requests, server, status, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    server.encode = lambda _texts: Answer(
        status, {"error": f"bad header {server.tokens[-1]}"}, {"Retry-After": "9999"}
    )
    with pytest.raises((EncodeError, ModelError)) as caught:
        requests.start(["a"])()
    seen = [repr(requests), repr(vars(requests)), repr(vars(requests._service)), caplog.text]
    seen += [f"{one} {one!r} {one.args}" for one in chain(caught.value)]
    seen += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert server.tokens[0] in (f"Bearer {TOKEN}", f"Bearer {KEY}")
    assert not [text for text in seen if "secretvery" in text or "secretalso" in text]
