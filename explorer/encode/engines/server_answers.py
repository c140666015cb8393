"""One request to a server with OpenAI's embeddings API, and what its answers say."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.encode.engines.refusals import Refusal, refusal_of
from explorer.encode.engines.services import Secret, Terms
from explorer.hub.json_values import as_count, as_table, as_text

if TYPE_CHECKING:
    import httpx2

_MAX_CHARS = 200  # of a name that a server says


def fetch(
    url: str, key: Secret | None, *, seconds: float, most: int, asked: dict[str, Any] | None = None
) -> bytes | Refusal | None:
    """The body of an answer; a `Refusal`, or None for what is too long or cannot be unpacked.

    Args:
        url: Whom to ask; redirects are not followed.
        key: Sent along, if there is one.
        seconds: Until the answer is complete.
        most: Bytes the answer may have.
        asked: Sent as JSON; without it nothing is.
    """
    import httpx2

    deadline = time.monotonic() + seconds  # the client's own bound is for each piece it reads
    content = bytearray()
    headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    # A connection for each request: nobody could say when the last one was no longer needed.
    client = httpx2.Client(headers=headers, timeout=seconds, follow_redirects=False)
    method = "GET" if asked is None else "POST"
    try:
        with client, client.stream(method, url, json=asked) as response:
            for piece in response.iter_bytes():
                content += piece
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
    """The vectors of an answer for so many texts, float32, as decimals or base64; None where there are none.

    Their shape and values are left to be checked.
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
    """The vectors of an answer that is nothing but a list of them; None where it is none."""
    try:
        with np.errstate(over="ignore"):
            return np.array(json.loads(content), dtype=np.float32)
    except (ValueError, TypeError, RecursionError):
        return None


def _vector(embedding: Any) -> Any:  # noqa: ANN401 - unchecked, from outside
    if not isinstance(embedding, str):
        return embedding
    # Little-endian: Ollama says so (openai/openai.go, floatsToBase64); the others send their machine's order.
    return np.frombuffer(base64.b64decode(embedding, validate=True), "<f4")


def terms_in(content: bytes, model: str) -> Terms:
    """What an answer of text-embeddings-inference's `/info` says; nothing where it is another server's.

    It has the fields of `Info` in its router/src/lib.rs. The revision is the one that it was started with
    (`--revision`), so a commit only where the host named one, and none where the host named nothing.

    Args:
        content: The answer.
        model: The model that is asked for. This server runs one, and does so whatever it is asked for.
    """
    try:
        said = as_table(json.loads(content))
    except (ValueError, RecursionError):
        return Terms()
    tokens = as_count(said.get("max_input_length"))
    names = [as_text(said.get(field), _MAX_CHARS) for field in ("model_id", "served_model_name")]
    if not tokens or not names[0]:
        return Terms()
    return Terms(
        batch_texts=as_count(said.get("max_client_batch_size")) or None,
        waiting_texts=as_count(said.get("max_concurrent_requests")) or None,
        max_tokens=tokens,
        cuts=said.get("auto_truncate") is not False,
        runs="" if model in names else names[0],
        revision=as_text(said.get("model_sha"), _MAX_CHARS) or "",
    )


def _plain(response: httpx2.Response) -> dict[str, str]:
    """The headers that matter of a response that was read and unpacked."""
    kept = ("Retry-After", "Content-Type")
    return {name: response.headers[name] for name in kept if name in response.headers}
