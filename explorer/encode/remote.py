"""Encoders that run elsewhere: Hugging Face Inference Providers, and servers with OpenAI's embeddings API."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import numpy as np

from explorer.encode.batches import plan_batches
from explorer.encode.tokens import OnCount
from explorer.errors import (
    EncodeError,
    ExplorerError,
    JobCancelledError,
    ModelError,
    ModelNotFoundError,
    SettingError,
    UnusableModelError,
)
from explorer.hub.names import is_model_id
from explorer.settings import EMBEDDING_KEY, secret, settings

if TYPE_CHECKING:
    import httpx2

_BATCH_TEXTS = 32  # what text-embeddings-inference takes in one request unless its host allows more
_BATCH_TOKENS = 8192
_CHARS_PER_TOKEN = 4  # roughly, in English; the server alone knows the number
_IN_FLIGHT = 4
_ANSWER_SECONDS = 60.0  # one request; a model that is being loaded says so before
_ANSWER_BYTES = 1 << 26  # 32 vectors of 16,384 dimensions take 12 MB
_TRIES = 8
_PATIENCE = 300.0  # seconds, all tries of one batch together
_FIRST_WAIT = 0.5  # seconds; doubled with every try
_LONGEST_WAIT = 30.0
_HANGING = 600.0  # seconds until an answer is no longer waited for, whatever the client is doing
_TICK = 0.5  # seconds between two calls of on_wait

_PASSING = {408, 424, 429, 500, 502, 503, 504}  # 424: text-embeddings-inference, when its model fails
_TOO_MUCH = {400, 413, 422}  # servers disagree on what they call a text, or a batch, that is too long

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
class _Refusal:
    """An answer that is not vectors; `status` is None when none came."""

    status: int | None
    said: str = ""  # by the server, without the token
    wait: float | None = None  # seconds the server asks for
    loading: bool = False


class _Service(Protocol):
    name: str
    model: str

    def ask(self, texts: list[str]) -> Any:  # noqa: ANN401 - unchecked, from outside
        """Vectors of some texts as the server gives them, or a `_Refusal`."""
        ...

    def identity(self) -> dict[str, str]: ...


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
        """Vectors of some texts as the server gives them, or a `_Refusal`."""
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
            return _Refusal(404)
        except HfHubHTTPError as error:
            return _refusal(error.response, self._token)
        except (InferenceTimeoutError, httpx2.TransportError):
            return _Refusal(None)
        except OfflineModeIsEnabled:
            return _Refusal(403, "HF_HUB_OFFLINE is set, so nothing is asked")
        except UnicodeDecodeError:
            return None
        except ValueError as error:
            # Of the client's own checks before the request, each names the model; an answer that is no
            # JSON, or ragged, is a ValueError too.
            return _Refusal(404) if self.model in str(error) else None
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
        """Vectors of some texts as the server gives them, or a `_Refusal`."""
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
                        return _Refusal(None)
        except httpx2.DecodingError:
            return None
        except httpx2.TransportError:
            return _Refusal(None)
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


def requests_for(texts: Sequence[str]) -> int:
    """Requests it takes to encode texts, when none has to be made again."""
    return len(plan_batches(RemoteTokens(texts).lengths, _BATCH_TOKENS))


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


class RemoteTokens:
    """Texts a server is going to read; see `tokens.Tokens`.

    Attributes:
        lengths: int32, shape (texts,): tokens as far as they can be guessed without the server's tokenizer,
            and so many at least that no batch has more texts than a server takes.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        guessed = [max(len(text) // _CHARS_PER_TOKEN, _BATCH_TOKENS // _BATCH_TEXTS) for text in texts]
        self.lengths = np.array(guessed, dtype=np.int32)

    def batch(self, positions: np.ndarray) -> list[str]:
        """The texts themselves."""
        return [self._texts[position] for position in positions]


class RemoteEngine:
    """A model that runs elsewhere; see `engine.Engine`. Serves one run at a time.

    Requests that fail for a while (429, 503, a model that is being loaded, a broken connection) are made
    again, up to 8 times and for 5 minutes, after the time the server asks for or twice as long as before.
    A batch that is too long is halved until the text is found.

    Args:
        service: Who is asked.
        on_wait: Called every half second while an answer is waited for, in the thread that waits, with a
            plain sentence of what for; what it raises stops all batches under way and is passed on.

    Attributes:
        kind: `remote`.
        name: Who is asked for which model, for people.
        notes: What the person should know of it.
        token_budget: Tokens a batch may have, roughly.
        in_flight: Batches under way at once.
        on_wait: As above; may be set between runs.
    """

    kind = "remote"
    token_budget = _BATCH_TOKENS
    in_flight = _IN_FLIGHT

    def __init__(self, service: _Service, on_wait: Callable[[str], None] | None = None) -> None:
        self.on_wait = on_wait
        self.name = f"{service.model} by {service.name}"
        self.notes: tuple[str, ...] = (
            f"The texts were sent to {service.name}, which may change its model without saying so.",
        )
        self._service = service
        self._stop = threading.Event()
        self._waiting: tuple[str, float] | None = None  # why the last try failed, and when the next one is
        self._pool = ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="remote")

    @cached_property
    def dims(self) -> int:
        """Dimensions of its vectors, found by one small request."""
        return int(self.start(["dimensions"])().shape[1])

    def identity(self) -> dict[str, str]:
        """What the vectors depend on, without any secret, for a fingerprint."""
        return {"kind": self.kind, **self._service.identity()}

    def tokenize(self, texts: Sequence[str], on_progress: OnCount | None = None) -> RemoteTokens:
        """Guess the lengths of texts; `on_progress` is called once, with (texts, texts)."""
        tokens = RemoteTokens(texts)
        if on_progress:
            on_progress(len(texts), len(texts))
        return tokens

    def start(self, batch: list[str]) -> Callable[[], np.ndarray]:
        """Send a batch of `RemoteTokens.batch`; waiting is left to what this returns.

        Returns:
            A call that waits and gives float32, shape (texts, dims). It raises EncodeError where the server
            gives no vectors, ModelError where it does not let in or does not serve the model, and
            JobCancelledError after `stop`.
        """
        stop = self._stop
        answer = self._pool.submit(self._encode, batch, stop)

        def collect() -> np.ndarray:
            began = time.monotonic()
            try:
                while not wait([answer], _TICK).done:
                    # huggingface_hub looks the model up before it asks, and that has no bound of its own.
                    if time.monotonic() - began > _HANGING:
                        raise self._error(_Refusal(None), [])
                    if self.on_wait is not None:
                        self.on_wait(self._awaited())
                return answer.result()
            except BaseException:
                self.stop()
                raise

        return collect

    def stop(self) -> None:
        """End all batches under way: none is tried again. The engine can be used further."""
        self._stop.set()
        self._stop = threading.Event()
        self._waiting = None

    def _awaited(self) -> str:
        waiting = self._waiting
        if waiting is None:
            return f"Waiting for {self._service.name}"
        trouble, until = waiting
        return f"{trouble}; trying again in {max(1, round(until - time.monotonic()))} s"

    def _encode(self, texts: list[str], stop: threading.Event) -> np.ndarray:
        answer = self._ask_patiently(texts, stop)
        if not isinstance(answer, _Refusal):
            return self._checked(answer, len(texts))
        if answer.status in _TOO_MUCH and len(texts) > 1:
            half = len(texts) // 2
            parts = [self._encode(texts[:half], stop), self._encode(texts[half:], stop)]
            if parts[0].shape[1] != parts[1].shape[1]:
                raise self._no_vectors("vectors of different lengths")
            return np.concatenate(parts)
        raise self._error(answer, texts)

    def _ask_patiently(self, texts: list[str], stop: threading.Event) -> Any:  # noqa: ANN401 - unchecked
        """The answer to texts, be it a `_Refusal`, after as many tries as it takes."""
        began = time.monotonic()
        pause = _FIRST_WAIT
        for attempt in range(1, _TRIES + 1):
            if stop.is_set():
                raise JobCancelledError("Encoding was stopped.")
            answer = self._service.ask(texts)
            if not isinstance(answer, _Refusal) or not (answer.status is None or answer.status in _PASSING):
                return answer
            # Batches that were refused together do not come back together.
            delay = (pause if answer.wait is None else answer.wait) + random.uniform(0, pause / 2)  # noqa: S311
            pause = min(2 * pause, _LONGEST_WAIT)
            if attempt == _TRIES or time.monotonic() - began + delay > _PATIENCE:
                return answer
            self._waiting = (self._trouble(answer), time.monotonic() + delay)
            stop.wait(delay)
            self._waiting = None
        raise AssertionError("the last try returns")

    def _checked(self, answer: Any, texts: int) -> np.ndarray:  # noqa: ANN401 - unchecked
        if answer is None:
            raise self._no_vectors("something else, or vectors of different lengths")
        vectors = np.asarray(answer)
        if vectors.ndim == 3:
            # Which of them are padding or special tokens, only the model knows: no mean of ours is its mean.
            raise self._no_vectors("a vector for each token instead of one for each text")
        if vectors.ndim != 2 or len(vectors) != texts or vectors.shape[1] == 0:
            raise self._no_vectors(f"an array of shape {vectors.shape} for {texts} texts")
        if not np.isfinite(vectors).all():
            raise self._no_vectors("values that are not numbers")
        if vectors.shape[1] != self.__dict__.get("dims", vectors.shape[1]):
            raise self._no_vectors(f"{vectors.shape[1]} dimensions where it gave {self.dims} before")
        return vectors

    def _no_vectors(self, what: str) -> EncodeError:
        return EncodeError(
            f"The server gave {what}.",
            where=self.name,
            fix="Choose a model that is served for sentence embeddings.",
        )

    def _trouble(self, refusal: _Refusal) -> str:
        if refusal.loading:
            return "The server is loading the model"
        if refusal.status is None:
            return "The server did not answer"
        if refusal.status == 429:
            return "The server asks to go slower"
        return f"The server answered with status {refusal.status}"

    def _error(self, refusal: _Refusal, texts: list[str]) -> ExplorerError:
        where = self.name
        said = f": {refusal.said}" if refusal.said else ""
        status = refusal.status
        if status in (401, 403):
            return ModelError(
                f"The server does not let us in (status {status}){said}.",
                where=where,
                fix="Check the token and what it may do.",
            )
        if status == 402:
            return ModelError(f"The account has no credit left{said}.", where=where)
        if status == 404:
            return ModelNotFoundError(
                "The model is not served there for embeddings.", where=where, fix="Check its spelling."
            )
        if status in _TOO_MUCH:
            start = f"{texts[0][:40]}…" if len(texts[0]) > 40 else texts[0]
            return EncodeError(
                f"The server does not take the text “{start}” of {len(texts[0]):,} characters"
                f" (status {status}){said}.",
                where=where,
                fix="Shorten the text or leave it out.",
            )
        if status is not None and 300 <= status < 400:
            return UnusableModelError(
                "The server sends us elsewhere, and redirects are not followed.", where=where
            )
        if status is None or status in _PASSING:
            waited = "" if refusal.wait is None else f" It asked for {refusal.wait:,.0f} s more."
            return EncodeError(
                f"{self._trouble(refusal)}, and it was asked up to {_TRIES} times{said}.{waited}",
                where=where,
                fix="Try again later: what was encoded is kept.",
            )
        return EncodeError(f"The server answered with status {status}{said}.", where=where)


def _plain(response: httpx2.Response) -> dict[str, str]:
    """The headers that matter of a response that was read and unpacked."""
    return {name: response.headers[name] for name in ("Retry-After",) if name in response.headers}


def _refusal(response: httpx2.Response, secret: Secret | None) -> _Refusal:
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
            pause = min(float(estimated), _LONGEST_WAIT)  # an estimate: it may be ready before
    said = " ".join(said.split()).rstrip(".")
    return _Refusal(response.status_code, (secret.hide(said) if secret else said)[:200], pause, loading)
