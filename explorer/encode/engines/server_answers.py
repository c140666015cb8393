"""One request to a server with OpenAI's embeddings API, and the parsing of its responses."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.encode.engines.refusals import Refusal, refusal_of
from explorer.encode.engines.services import Secret, ServiceInfo
from explorer.hub.json_values import as_count, as_table, as_text

if TYPE_CHECKING:
    import httpx2

_MAX_CHARS = 200  # of a name in a response


def fetch(
    url: str, key: Secret | None, *, seconds: float, most: int, body: dict[str, Any] | None = None
) -> bytes | Refusal | None:
    """The body of a response; a `Refusal`, or None for a body that is too long or cannot be decompressed.

    Args:
        url: The address; redirects are not followed.
        key: Sent as a bearer token; None sends none.
        seconds: Time until the response must be complete.
        most: Bytes that the body may have.
        body: Sent by POST as JSON; None sends a GET.
    """
    import httpx2

    deadline = time.monotonic() + seconds  # the client's own timeout is for each chunk it reads
    content = bytearray()
    headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    # A client for each request: a shared one would need an owner that closes it.
    client = httpx2.Client(headers=headers, timeout=seconds, follow_redirects=False)
    method = "GET" if body is None else "POST"
    try:
        with client, client.stream(method, url, json=body) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > most:
                    return None
                if time.monotonic() > deadline:
                    return Refusal(None)
    except httpx2.DecodingError:
        return None
    except httpx2.TransportError:
        return Refusal(None)
    if response.status_code != 200:
        read = httpx2.Response(response.status_code, headers=_plain(response), content=bytes(content))
        return refusal_of(read, key)
    return bytes(content)


def vectors_in(content: bytes, texts: int) -> Any:  # noqa: ANN401 - unchecked, from outside
    """The vectors, float32, in a response to `texts` texts, as decimals or base64; None if there are none.

    The caller checks their shape and values.
    """
    try:
        data = json.loads(content)["data"]
        ordered = sorted(data, key=lambda item: item["index"])
        if [item["index"] for item in ordered] != list(range(texts)):
            return None
        with np.errstate(over="ignore"):
            return np.array([_vector(item["embedding"]) for item in ordered], dtype=np.float32)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def plain_vectors_in(content: bytes) -> Any:  # noqa: ANN401 - unchecked, from outside
    """The vectors, float32, in a response that is a plain list of them; None if it is not; unchecked too."""
    try:
        with np.errstate(over="ignore"):
            return np.array(json.loads(content), dtype=np.float32)
    except (ValueError, TypeError, RecursionError):
        return None


def _vector(embedding: Any) -> Any:  # noqa: ANN401 - unchecked, from outside
    if not isinstance(embedding, str):
        return embedding
    # Ollama sends little-endian (openai/openai.go, floatsToBase64), the others the order of their machine.
    return np.frombuffer(base64.b64decode(embedding, validate=True), "<f4")


def service_info_in(content: bytes, model: str) -> ServiceInfo:
    """The limits and the model in a response of text-embeddings-inference's `/info`; empty for other servers.

    The fields are those of `Info` in its router/src/lib.rs. The revision is the one it was started with
    (`--revision`): a branch, tag or commit, or none.

    Args:
        content: The body.
        model: The model that is requested. This server runs a single one, whichever is requested.
    """
    try:
        info = as_table(json.loads(content))
    except (ValueError, RecursionError):
        return ServiceInfo()
    tokens = as_count(info.get("max_input_length"))
    names = [as_text(info.get(field), _MAX_CHARS) for field in ("model_id", "served_model_name")]
    if not tokens or not names[0]:
        return ServiceInfo()
    return ServiceInfo(
        max_batch_texts=as_count(info.get("max_client_batch_size")) or None,
        max_concurrent_texts=as_count(info.get("max_concurrent_requests")) or None,
        max_tokens=tokens,
        truncates=info.get("auto_truncate") is not False,
        served_model="" if model in names else names[0],
        revision=as_text(info.get("model_sha"), _MAX_CHARS) or "",
    )


def _plain(response: httpx2.Response) -> dict[str, str]:
    """The headers needed of a response whose body is already decompressed."""
    kept = ("Retry-After", "Content-Type")
    return {name: response.headers[name] for name in kept if name in response.headers}
