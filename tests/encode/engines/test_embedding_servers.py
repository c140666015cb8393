import json

import numpy as np
import pytest

from explorer.encode.engines import embedding_servers
from explorer.encode.engines.batch_requests import BatchRequests
from explorer.encode.engines.embedding_servers import EmbeddingServer
from explorer.encode.engines.server_answers import service_info_in, vectors_in
from explorer.encode.engines.services import ServiceInfo
from explorer.errors import EncodeError, ModelNotFoundError, SettingError, UnusableModelError
from explorer.settings import settings
from tests.encode.engines.local_services import own_server
from tests.inference_server import MODEL, Answer, LocalInference, by_length

# What text-embeddings-inference 1.9 says: `Info` of its router/src/lib.rs.
INFO = {
    "model_id": MODEL,
    "model_sha": "fca14538aa9956a46526bd1d0d11d69e19b5a101",
    "model_dtype": "float16",
    "served_model_name": MODEL,
    "model_type": {"embedding": {"pooling": "mean"}},
    "max_concurrent_requests": 512,
    "max_input_length": 512,
    "max_batch_tokens": 16384,
    "max_batch_requests": None,
    "max_client_batch_size": 8,
    "auto_truncate": True,
    "tokenization_workers": 4,
    "version": "1.9.3",
    "sha": None,
    "docker_label": None,
}


def test_an_answer_without_end_is_not_read_to_its_end(server, monkeypatch):
    monkeypatch.setattr(embedding_servers, "_ANSWER_BYTES", 10_000)
    server.encode = lambda _texts: Answer(body=b"[" + b" " * 1_000_000)
    with (
        BatchRequests(own_server()) as requests,
        pytest.raises(EncodeError, match="something other than vectors"),
    ):
        requests.start(["a"])()


def test_redirects_are_not_followed_with_the_hosts_key(server):
    other = LocalInference()
    server.encode = lambda _texts: Answer(307, headers={"Location": f"{other.url}/v1/embeddings"})
    with BatchRequests(own_server()) as requests, pytest.raises(UnusableModelError, match="redirects"):
        requests.start(["a"])()
    assert other.asked == []
    other.close()


def test_a_stranger_names_a_server_and_never_an_address(server):
    with pytest.raises(ModelNotFoundError, match="No embedding server has that name"):
        EmbeddingServer(server.url, MODEL)
    with pytest.raises(ModelNotFoundError, match="not a valid model name"):
        EmbeddingServer("here", "a model\n")


def test_a_server_the_host_has_not_set(server):
    with pytest.raises(ModelNotFoundError, match="Available: here, the-other"):
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
        embedding_servers.embedding_servers()
    assert "hunter2" not in str(caught.value)


def test_no_servers_is_no_error():
    assert embedding_servers.embedding_servers() == {}


@pytest.mark.parametrize("format", ["base64", "float"])
def test_vectors_come_as_base64_or_as_decimals(server, format):
    vectors = [[0.1, -2.5, 3e-8, 7.0], [1.0, 2.0, 3.0, 4.0]]
    server.encode = lambda _texts: vectors
    if format == "float":
        data = [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]
        server.encode = lambda _texts: Answer(body={"data": data})
    with BatchRequests(own_server()) as requests:
        came = requests.start(["a", "b"])()
    np.testing.assert_array_equal(came, np.array(vectors, np.float32))
    assert server.bodies[-1]["encoding_format"] == "base64"


@pytest.mark.parametrize("embedding", ["AAAA", "AAA", "~~~~", "AACAPw=="])
def test_base64_that_is_no_vector_is_refused(embedding):
    data = [{"index": 0, "embedding": "AACAPwAAAEA="}, {"index": 1, "embedding": embedding}]
    assert vectors_in(json.dumps({"data": data}).encode(), 2) is None
    assert vectors_in(json.dumps({"data": data[:1]}).encode(), 1).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("word", ["truncate_prompt_tokens", "encoding_format"])
@pytest.mark.parametrize("form", ["plain", "OpenAI", "FastAPI"])
def test_a_server_that_knows_no_such_word_is_asked_without_it_from_then_on(server, word, form):
    message = f"Unrecognized request argument supplied: {word}"
    refused = {
        "plain": Answer(422, message.encode(), {"Content-Type": "text/plain"}),
        "OpenAI": Answer(400, {"error": {"message": message}}),
        # What pydantic says where a model forbids fields that it does not know.
        "FastAPI": Answer(
            422,
            {"detail": [{"loc": ["body", word], "msg": "Extra inputs are not permitted", "input": -1}]},
        ),
    }[form]
    server.encode = lambda texts: refused if word in server.bodies[-1] else by_length(texts)
    with BatchRequests(own_server()) as requests:
        assert requests.start(["abc"])()[0, 0] == 3
        assert requests.start(["abcd"])()[0, 0] == 4
    assert [word in body for body in server.bodies] == [True, False, False]
    assert requests.cut == []


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("", "/v1/embeddings"),
        ("/", "/v1/embeddings"),
        ("/v1", "/v1/embeddings"),
        ("/v1/embeddings", "/v1/embeddings"),
        ("/embeddings", "/embeddings"),
        ("/openai/v2/embeddings/", "/openai/v2/embeddings"),
        ("/tei", "/tei/v1/embeddings"),
    ],
)
def test_an_address_may_name_the_whole_path(server, monkeypatch, address, asked):
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"here={server.url}{address}")
    settings.cache_clear()
    with BatchRequests(EmbeddingServer("here", MODEL)) as requests:
        requests.start(["a"])()
    assert server.paths == [asked]


def test_what_text_embeddings_inference_says_of_itself_is_read(server):
    assert own_server().info() == ServiceInfo()  # no such page
    server.info = INFO
    assert own_server().info() == ServiceInfo(
        8, 512, 512, truncates=True, served_model="", revision=INFO["model_sha"]
    )
    server.info = {**INFO, "auto_truncate": False, "model_id": "other/model", "model_sha": None}
    assert own_server().info() == ServiceInfo(
        8, 512, 512, truncates=False
    )  # by its served name it is the one
    server.info["served_model_name"] = "other/model"
    assert own_server().info().served_model == "other/model"


def test_a_server_that_cuts_only_if_it_is_asked_to_is_asked_by_its_own_route(server):
    server.info = {**INFO, "auto_truncate": False}
    service = own_server()
    service.info()
    with BatchRequests(service) as requests:
        assert requests.start(["abc", "de"])().tolist() == [[3, 1, 2, 3], [2, 1, 2, 3]]
        server.encode = lambda _texts: Answer(body=b'{"no": "vectors"}')
        with pytest.raises(EncodeError, match="something other than vectors"):
            requests.start(["abc"])()
    assert server.paths == ["/embed", "/embed"]
    assert server.bodies[0] == {"inputs": ["abc", "de"], "truncate": True}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"<html>", b"{}", b"[" * 100_000, b'{"model_id": 7, "max_input_length": "x"}'],
)
def test_what_is_no_such_page_says_nothing(content):
    assert service_info_in(content, MODEL) == ServiceInfo()
