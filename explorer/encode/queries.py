"""Vectors of earlier queries: nobody waits, or pays, for the same query twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.jobs.progress import OnProgress
from explorer.jobs.sizes import Parts

if TYPE_CHECKING:
    from explorer.encode.encoder import Encoder  # imports torch, which a session must not wait for

_MAX_BYTES = 4 * 1_000 * 1_024 * 4  # 1,000 judged queries of four encoders with 1,024 dimensions


class QueryVectors:
    """An LRU cache of the vectors of queries, in memory. Thread-safe.

    Each visitor has their own: in a shared cache, response times would reveal the queries of others.

    Args:
        max_bytes: The most memory for the vectors.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._vectors: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()
        self._bytes = 0

    @property
    def parts(self) -> Parts:
        """The memory of the vectors, for `explorer.jobs.sizes.Memory`: tabs of a session share it."""
        return {id(self): self._bytes}

    def find(self, encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Vectors of queries, float32, shape (texts, dims); None unless all are cached."""
        keys = [self._key(encoder, text) for text in texts]
        with self._lock:
            if not keys or any(key not in self._vectors for key in keys):
                return None
            for key in keys:
                self._vectors.move_to_end(key)
            return np.stack([self._vectors[key] for key in keys])

    def encode(
        self, encoder: Encoder, texts: Sequence[str], on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Vectors of queries, float32, shape (texts, dims); see `Encoder.encode_queries`."""
        keys = {text: self._key(encoder, text) for text in texts}
        with self._lock:
            known = {text: self._vectors[key] for text, key in keys.items() if key in self._vectors}
        missing = [text for text in keys if text not in known]
        if missing:
            known |= zip(missing, encoder.encode_queries(missing, on_progress), strict=True)
        vectors = np.stack([known[text] for text in texts])
        with self._lock:
            for text, vector in zip(texts, vectors, strict=True):
                self._keep(keys[text], vector.copy())
        return vectors

    def _keep(self, key: tuple[str, str], vector: NDArray[np.float32]) -> None:
        if key in self._vectors:
            self._bytes -= self._vectors.pop(key).nbytes
        self._vectors[key] = vector
        self._bytes += vector.nbytes
        while self._bytes > self._max_bytes:
            self._bytes -= self._vectors.popitem(last=False)[1].nbytes

    @staticmethod
    def _key(encoder: Encoder, text: str) -> tuple[str, str]:
        return encoder.fingerprint, encoder.query_prompt + text
