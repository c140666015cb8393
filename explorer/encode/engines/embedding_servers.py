"""Servers with OpenAI's embeddings API that the host has set up, each as a `Service`."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from explorer.encode.engines.refusals import Refusal
from explorer.encode.engines.server_answers import fetch, plain_vectors_in, service_info_in, vectors_in
from explorer.encode.engines.services import ANSWER_SECONDS, Secret, ServiceInfo
from explorer.errors import ModelNotFoundError, SettingError
from explorer.settings import EMBEDDING_KEY, secret, settings

_ANSWER_BYTES = 1 << 26  # 32 vectors of 16,384 dimensions take 12 MB
_INFO_BYTES = 100_000
_INFO_SECONDS = 5.0
# Optional parameters, dropped once a server rejects a request because of one. All three servers support
# base64, which takes at most half the bytes of decimals. With -1, vLLM truncates a text to what its model
# reads, and rejects it otherwise (vllm/renderers/params.py, TokenizeParams). text-embeddings-inference 1.9
# and Ollama ignore this parameter on this route and truncate by default: the former unless started with
# `--auto-truncate false` (router/src/http/server.rs, openai_embed), and then its own route `/embed` has a
# parameter for it; the latter always (server/routes.go, EmbedHandler; middleware/openai.go drops ours).
_EXTRAS = {"encoding_format": "base64", "truncate_prompt_tokens": -1}
_SERVER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SERVED_MODEL = re.compile(r"[\w./:@-]{1,200}")  # Ollama's have a colon: nomic-embed-text:v1.5


class EmbeddingServer:
    """A server with OpenAI's `/v1/embeddings`, such as text-embeddings-inference, vLLM or Ollama.

    Args:
        server: One of the names in EXPLORER_EMBEDDING_SERVERS; never a URL.
        model: The model's name on that server.

    Raises:
        ModelNotFoundError: No server has that name, or the model's name is not valid.
        SettingError: EXPLORER_EMBEDDING_SERVERS cannot be read.
    """

    def __init__(self, server: str, model: str) -> None:
        servers = embedding_servers()
        if server not in servers:
            known = f"Available: {', '.join(servers)}." if servers else "This host has set up none."
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
        self._truncate_on_request = False  # as the server last reported
        self._extras = dict(_EXTRAS)  # those this server accepts; several threads may drop one

    def identity(self) -> dict[str, str]:
        """See `Service.identity`; the address appears only as a digest, since visitors may see it."""
        address = blake2b(self._url.encode(), digest_size=8).hexdigest()
        return {"service": "openai", "server": self._server, "address": address, "model": self.model}

    def info(self) -> ServiceInfo:
        """Request `/info` of text-embeddings-inference; empty for other servers, which do not have it."""
        content = fetch(f"{self._base}/info", self._key, seconds=_INFO_SECONDS, most=_INFO_BYTES)
        info = service_info_in(content, self.model) if isinstance(content, bytes) else ServiceInfo()
        self._truncate_on_request = not info.truncates
        return info

    def request(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """See `Service.request`."""
        if self._truncate_on_request:
            return self._request_truncated(texts)
        extras = self._extras
        body = {"model": self.model, "input": texts, **extras}
        answer = fetch(self._url, self._key, seconds=ANSWER_SECONDS, most=_ANSWER_BYTES, body=body)
        if isinstance(answer, Refusal) and answer.too_long:
            unknown = [name for name in extras if name in answer.message]
            if unknown:
                self._extras = {name: value for name, value in extras.items() if name not in unknown}
                return self.request(texts)
        return vectors_in(answer, len(texts)) if isinstance(answer, bytes) else answer

    def _request_truncated(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """The same by a route of text-embeddings-inference where truncation can be requested."""
        url, body = f"{self._base}/embed", {"inputs": texts, "truncate": True}
        answer = fetch(url, self._key, seconds=ANSWER_SECONDS, most=_ANSWER_BYTES, body=body)
        return plain_vectors_in(answer) if isinstance(answer, bytes) else answer


def embedding_servers() -> dict[str, str]:
    """The embedding servers the host offers, from EXPLORER_EMBEDDING_SERVERS.

    Returns:
        The URL of each server's embeddings route, by the server's name. A URL that ends in `/embeddings` is
        taken as it is; `/v1/embeddings` is added to any other.

    Raises:
        SettingError: An entry is not `name=http://host:port`.
    """
    servers: dict[str, str] = {}
    for position, entry in enumerate(
        filter(None, map(str.strip, settings().embedding_servers.split(","))), 1
    ):
        name, _, url = (part.strip() for part in entry.partition("="))
        # The value is not shown, since it may contain a password by mistake.
        if not _SERVER_NAME.fullmatch(name) or name in servers or not _is_base_url(url):
            raise SettingError(
                f"Entry {position} is not name=http://host:port.",
                where="EXPLORER_EMBEDDING_SERVERS",
                fix="Names consist of lower-case letters, digits and hyphens, and are unique; a key goes "
                "into its own variable.",
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
