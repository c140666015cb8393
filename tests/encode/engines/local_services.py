"""The two kinds of services, as they are asked of the local server that the fixture `server` gives."""

from __future__ import annotations

from explorer.encode.engines.embedding_servers import EmbeddingServer
from explorer.encode.engines.inference_providers import InferenceProviders
from explorer.encode.engines.services import Secret
from tests.inference_server import MODEL

TOKEN = "hf_" + "verysecret" * 3
KEY = "sk-" + "alsosecret" * 3


def providers():
    return InferenceProviders(MODEL, Secret(TOKEN))


def own_server():
    return EmbeddingServer("the-other", MODEL)
