import pytest

from explorer.encode.engines import embedding_servers
from explorer.encode.engines.batch_requests import BatchRequests
from explorer.encode.engines.embedding_servers import EmbeddingServer
from explorer.errors import EncodeError, ModelNotFoundError, SettingError, UnusableModelError
from explorer.settings import settings
from tests.encode.engines.local_services import own_server
from tests.inference_server import MODEL, Answer, LocalInference


def test_an_answer_without_end_is_not_read_to_its_end(server, monkeypatch):
    monkeypatch.setattr(embedding_servers, "_ANSWER_BYTES", 10_000)
    server.encode = lambda _texts: Answer(body=b"[" + b" " * 1_000_000)
    with BatchRequests(own_server()) as requests, pytest.raises(EncodeError, match="something else"):
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
        embedding_servers.embedding_servers()
    assert "hunter2" not in str(caught.value)


def test_no_servers_is_no_error():
    assert embedding_servers.embedding_servers() == {}
