"""Who runs models elsewhere: Hugging Face Inference Providers, and servers with OpenAI's embeddings API.

Each is asked once here; `remote` asks again and puts the answers together.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import numpy as np

from explorer.errors import ModelError, ModelNotFoundError, SettingError
from explorer.hub.names import is_model_id
from explorer.settings import EMBEDDING_KEY, secret, settings

if TYPE_CHECKING:
    import httpx2

_ANSWER_SECONDS = 60.0  # one request; a model that is being loaded says so before
_ANSWER_BYTES = 1 << 26  # 32 vectors of 16,384 dimensions take 12 MB
LONGEST_WAIT = 30.0  # seconds between two tries

# Those whose feature extraction huggingface_hub 2.4 speaks.
PROVIDERS = ("hf-inference", "deepinfra", "scaleway", "together")
_SERVER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SERVED_MODEL = re.compile(r"[\w./:@-]{1,200}")  # Ollama's have a colon: nomic-embed-text:v1.5


class Secret:
    """A token or key that no log, error or repr shows; `reveal` gives it.

    Raises:
        ModelError: It has characters that cannot be sent.
    """

    def __init__(self, value: str) -> None:
        value = value.strip()
        # httpx2 would quote a header it cannot send in its error.
        if not value or not re.fullmatch(r"[!-~]{1,4096}", value):
            raise ModelError("The token is empty or has characters that no token has.", fix="Copy it again.")
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not stored")

    def reveal(self) -> str:
        """The token itself, for the header of a request."""
        return self._value

    def hide(self, text: str) -> str:
        """A text without the token, should it be in there."""
        return text.replace(self._value, "…")


@dataclass(frozen=True)
class Refusal:
    """An answer that is not vectors.

    Attributes:
        status: Its HTTP status; None when no answer came.
        said: What the server said, without the token.
        wait: Seconds the server asks for; None when it names none.
        loading: Whether the model is being loaded.
    """

    status: int | None
    said: str = ""
    wait: float | None = None
    loading: bool = False


class Service(Protocol):
    """Who is asked for vectors.

    Attributes:
        name: Who it is, for people.
        model: The model it runs.
    """

    name: str
    model: str

    def ask(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Vectors of some texts as the server gives them, or a `Refusal`."""
        ...

    def identity(self) -> dict[str, str]:
        """What the vectors depend on, without any secret."""
        ...


class InferenceProviders:
    """A model run by Hugging Face or a provider behind it, asked through `huggingface_hub`.

    Args:
        model: Hub id.
        token: Of the person who pays. The server's own is never used in its place. Without one nothing can
            be asked, but vectors that are in the cache can be read.
        provider: One of `PROVIDERS`.

    Raises:
        ModelNotFoundError: The model is no Hub id, or the provider none of those.
    """

    def __init__(self, model: str, token: Secret | None, provider: str = "hf-inference") -> None:
        # The client takes a URL for a model too and would send the token there.
        if not is_model_id(model):
            raise ModelNotFoundError("That is no Hub id.", where=model, fix="It has the form owner/name.")
        if provider not in PROVIDERS:
            raise ModelNotFoundError(
                "No provider by that name makes embeddings.",
                where=provider,
                fix=f"There are {', '.join(PROVIDERS)}.",
            )
        self.name = f"Inference Providers ({provider})"
        self.model = model
        self._provider = provider
        self._token = token

    def identity(self) -> dict[str, str]:
        """What the vectors depend on."""
        return {"service": "inference-providers", "provider": self._provider, "model": self.model}

    def ask(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Vectors of some texts as the server gives them, or a `Refusal`."""
        import httpx2
        from huggingface_hub import InferenceClient
        from huggingface_hub.errors import (
            HfHubHTTPError,
            InferenceTimeoutError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
        )

        if self._token is None:
            raise ModelError(
                "Inference Providers need a Hugging Face token.",
                where=self._provider,
                fix="Type yours on the Data page; in Python, give it to explorer.embed.",
            )
        client: Any = InferenceClient(
            provider=self._provider,  # type: ignore[arg-type]  # one of its literals
            token=self._token.reveal(),
            timeout=_ANSWER_SECONDS,
        )
        try:
            # The others speak OpenAI's API, which knows no such parameter.
            truncate = True if self._provider == "hf-inference" else None
            with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused as such
                return client.feature_extraction(texts, truncate=truncate, model=self.model)
        except RepositoryNotFoundError:
            return Refusal(404)
        except HfHubHTTPError as error:
            return _refusal(error.response, self._token)
        except (InferenceTimeoutError, httpx2.TransportError):
            return Refusal(None)
        except OfflineModeIsEnabled:
            return Refusal(403, "HF_HUB_OFFLINE is set, so nothing is asked")
        except UnicodeDecodeError:
            return None
        except ValueError as error:
            # Of the client's own checks before the request, each names the model; an answer that is no
            # JSON, or ragged, is a ValueError too.
            return Refusal(404) if self.model in str(error) else None
        except (AttributeError, KeyError, TypeError):  # the client takes the answer apart without a look
            return None


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
            raise ModelNotFoundError("That is no name of a model.", where=model[:64])
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
        deadline = time.monotonic() + _ANSWER_SECONDS  # the client's own bound is for each piece it reads
        content = bytearray()
        headers = {"Authorization": f"Bearer {self._key.reveal()}"} if self._key else {}
        # A connection for each batch: nobody could say when the last one was no longer needed.
        client = httpx2.Client(headers=headers, timeout=_ANSWER_SECONDS, follow_redirects=False)
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
            return _refusal(read, self._key)
        try:
            data = json.loads(content)["data"]
            ordered = sorted(data, key=lambda item: item["index"])
            if [item["index"] for item in ordered] != list(range(len(texts))):
                return None
            with np.errstate(over="ignore"):
                return np.array([item["embedding"] for item in ordered], dtype=np.float32)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None


def remote_service(provider: str, model: str, token: Secret | None) -> InferenceProviders | EmbeddingServer:
    """Who is asked under the name of a provider: one of `PROVIDERS`, or a server of the host's.

    Raises:
        ModelNotFoundError: There is no such provider or server, or no such name of a model.
    """
    if provider in PROVIDERS:
        return InferenceProviders(model, token, provider)
    return EmbeddingServer(provider, model)


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


def _refusal(response: httpx2.Response, secret: Secret | None) -> Refusal:
    from huggingface_hub.utils._http import parse_ratelimit_headers

    asked = response.headers.get("Retry-After", "").strip()
    pause = float(asked) if re.fullmatch(r"\d{1,9}", asked) else None
    limit = parse_ratelimit_headers(response.headers)  # the Hub's way to say it
    if pause is None and limit is not None and limit.remaining == 0:
        pause = float(limit.reset_in_seconds)
    said, loading = "", False
    try:
        told = response.json()
    except ValueError:
        told = None
    if isinstance(told, dict):
        error = told.get("error") or told.get("message") or ""
        said = str(error.get("message", "") if isinstance(error, dict) else error)
        estimated = told.get("estimated_time")
        loading = response.status_code == 503 and ("loading" in said.lower() or estimated is not None)
        if pause is None and isinstance(estimated, int | float) and 0 <= estimated < 1e9:
            pause = min(float(estimated), LONGEST_WAIT)  # an estimate: it may be ready before
    said = " ".join(said.split()).rstrip(".")
    return Refusal(response.status_code, (secret.hide(said) if secret else said)[:200], pause, loading)
