"""Servers with OpenAI's embeddings API that the host names, each as a `Service`."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from explorer.encode.engines.refusals import Refusal
from explorer.encode.engines.server_answers import fetch, plain_vectors_in, terms_in, vectors_in
from explorer.encode.engines.services import ANSWER_SECONDS, Secret, Terms
from explorer.errors import ModelNotFoundError, SettingError
from explorer.settings import EMBEDDING_KEY, secret, settings

_ANSWER_BYTES = 1 << 26  # 32 vectors of 16,384 dimensions take 12 MB
_INFO_BYTES = 100_000
_INFO_SECONDS = 5.0
# What is asked for, and left out once a server refuses a request for it. All three know base64, which takes
# half the bytes of decimals or less. vLLM cuts a text to what its model reads where the other is -1, and
# refuses it else (vllm/renderers/params.py, TokenizeParams). text-embeddings-inference 1.9 and Ollama have no
# word for it on this route, ignore this one, and cut by themselves: the first unless it was started with
# `--auto-truncate false` (router/src/http/server.rs, openai_embed), and then its own route `/embed` has one;
# the second always (server/routes.go, EmbedHandler; middleware/openai.go passes nothing of it on).
_EXTRAS = {"encoding_format": "base64", "truncate_prompt_tokens": -1}
_SERVER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SERVED_MODEL = re.compile(r"[\w./:@-]{1,200}")  # Ollama's have a colon: nomic-embed-text:v1.5


class EmbeddingServer:
    """A server of the host's with OpenAI's `/v1/embeddings`: text-embeddings-inference, vLLM, Ollama.

    Args:
        server: One of the names in EXPLORER_EMBEDDING_SERVERS; never a URL.
        model: The model's name on that server.

    Raises:
        ModelNotFoundError: No server has that name, or no model could have.
        SettingError: EXPLORER_EMBEDDING_SERVERS cannot be read.
    """

    def __init__(self, server: str, model: str) -> None:
        servers = embedding_servers()
        if server not in servers:
            known = f"There are {', '.join(servers)}." if servers else "This host has set none."
            raise ModelNotFoundError("No embedding server has that name.", where=server[:64], fix=known)
        if not _SERVED_MODEL.fullmatch(model):
            raise ModelNotFoundError("That is not a valid model name.", where=model[:64])
        self.name = f"the server {server}"
        self.model = model
        self._server = server
        self._url = servers[server]
        key = secret(EMBEDDING_KEY + server.upper().replace("-", "_"))
        self._key = Secret(key) if key else None
        self._base = self._url.removesuffix("/embeddings").removesuffix("/v1")
        self._has_to_cut = False  # as it said last
        self._extras = dict(_EXTRAS)  # what this server takes of them; several threads may drop one

    def identity(self) -> dict[str, str]:
        """What the vectors depend on; the address only as a digest, since visitors may see this."""
        address = blake2b(self._url.encode(), digest_size=8).hexdigest()
        return {"service": "openai", "server": self._server, "address": address, "model": self.model}

    def terms(self) -> Terms:
        """What `/info` of text-embeddings-inference says; other servers have no such page."""
        answer = fetch(f"{self._base}/info", self._key, seconds=_INFO_SECONDS, most=_INFO_BYTES)
        terms = Terms() if not isinstance(answer, bytes) else terms_in(answer, self.model)
        self._has_to_cut = not terms.cuts
        return terms

    def ask(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Vectors of some texts as the server gives them, or a `Refusal`."""
        if self._has_to_cut:
            return self._ask_to_cut(texts)
        extras = self._extras
        asked = {"model": self.model, "input": texts, **extras}
        answer = fetch(self._url, self._key, seconds=ANSWER_SECONDS, most=_ANSWER_BYTES, asked=asked)
        if isinstance(answer, Refusal) and answer.too_long:
            unknown = [name for name in extras if name in answer.said]
            if unknown:
                self._extras = {name: value for name, value in extras.items() if name not in unknown}
                return self.ask(texts)
        return vectors_in(answer, len(texts)) if isinstance(answer, bytes) else answer

    def _ask_to_cut(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """The same of a text-embeddings-inference that cuts only if it is asked to: by its own route."""
        url, asked = f"{self._base}/embed", {"inputs": texts, "truncate": True}
        answer = fetch(url, self._key, seconds=ANSWER_SECONDS, most=_ANSWER_BYTES, asked=asked)
        return plain_vectors_in(answer) if isinstance(answer, bytes) else answer


def embedding_servers() -> dict[str, str]:
    """The embedding servers the host offers, from EXPLORER_EMBEDDING_SERVERS.

    Returns:
        The URL that embeddings are asked of, by the server's name: one that ends in `/embeddings` as it was
        given, any other with `/v1/embeddings` added.

    Raises:
        SettingError: An entry is not `name=http://host:port`.
    """
    servers: dict[str, str] = {}
    for position, entry in enumerate(
        filter(None, map(str.strip, settings().embedding_servers.split(","))), 1
    ):
        name, _, url = (part.strip() for part in entry.partition("="))
        # The value is not shown: by mistake there may be a password in it.
        if not _SERVER_NAME.fullmatch(name) or name in servers or not _is_base_url(url):
            raise SettingError(
                f"Entry {position} is not name=http://host:port.",
                where="EXPLORER_EMBEDDING_SERVERS",
                fix="Names are lower-case letters, digits and hyphens, each once; a key goes into "
                "a variable of its own.",
            )
        url = url.rstrip("/")
        servers[name] = url if url.endswith("/embeddings") else f"{url.removesuffix('/v1')}/v1/embeddings"
    return servers


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        bare = parts.port != 0 and parts.username is None and not parts.query and not parts.fragment
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare
