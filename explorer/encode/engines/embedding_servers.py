"""Servers with OpenAI's embeddings API that the host names, each as a `Service`."""

from __future__ import annotations

import json
import re
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from explorer.encode.engines.refusals import Refusal, refusal_of
from explorer.encode.engines.services import ANSWER_SECONDS, Secret
from explorer.errors import ModelNotFoundError, SettingError
from explorer.settings import EMBEDDING_KEY, secret, settings

if TYPE_CHECKING:
    import httpx2

_ANSWER_BYTES = 1 << 26  # 32 vectors of 16,384 dimensions take 12 MB
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
        self._url = f"{servers[server]}/v1/embeddings"
        key = secret(EMBEDDING_KEY + server.upper().replace("-", "_"))
        self._key = Secret(key) if key else None

    def identity(self) -> dict[str, str]:
        """What the vectors depend on; the address only as a digest, since visitors may see this."""
        address = blake2b(self._url.encode(), digest_size=8).hexdigest()
        return {"service": "openai", "server": self._server, "address": address, "model": self.model}

    def ask(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Vectors of some texts as the server gives them, or a `Refusal`."""
        import httpx2

        asked = {"model": self.model, "input": texts, "encoding_format": "float"}
        deadline = time.monotonic() + ANSWER_SECONDS  # the client's own bound is for each piece it reads
        content = bytearray()
        headers = {"Authorization": f"Bearer {self._key.reveal()}"} if self._key else {}
        # A connection for each batch: nobody could say when the last one was no longer needed.
        client = httpx2.Client(headers=headers, timeout=ANSWER_SECONDS, follow_redirects=False)
        try:
            with client, client.stream("POST", self._url, json=asked) as response:
                for piece in response.iter_bytes():
                    content += piece
                    if len(content) > _ANSWER_BYTES:
                        return None
                    if time.monotonic() > deadline:
                        return Refusal(None)
        except httpx2.DecodingError:
            return None
        except httpx2.TransportError:
            return Refusal(None)
        if response.status_code != 200:
            read = httpx2.Response(response.status_code, headers=_plain(response), content=bytes(content))
            return refusal_of(read, self._key)
        try:
            data = json.loads(content)["data"]
            ordered = sorted(data, key=lambda item: item["index"])
            if [item["index"] for item in ordered] != list(range(len(texts))):
                return None
            with np.errstate(over="ignore"):
                return np.array([item["embedding"] for item in ordered], dtype=np.float32)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None


def embedding_servers() -> dict[str, str]:
    """The embedding servers the host offers: base URLs by name, from EXPLORER_EMBEDDING_SERVERS.

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
        servers[name] = url.rstrip("/").removesuffix("/v1")
    return servers


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        bare = parts.port != 0 and parts.username is None and not parts.query and not parts.fragment
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare


def _plain(response: httpx2.Response) -> dict[str, str]:
    """The headers that matter of a response that was read and unpacked."""
    return {name: response.headers[name] for name in ("Retry-After",) if name in response.headers}
