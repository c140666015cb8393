"""Vectors of earlier queries, texts or images: nobody waits, or pays, for the same query twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.data.corpus import Item
from explorer.jobs.progress import OnProgress
from explorer.jobs.sizes import Parts

if TYPE_CHECKING:
    from explorer.encode.encoder import Encoder  # imports torch, which a session must not wait for

_Key = tuple[str, str | bytes]
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
        self._vectors: OrderedDict[_Key, NDArray[np.float32]] = OrderedDict()
        self._bytes = 0

    @property
    def parts(self) -> Parts:
        """The memory of the vectors, for `explorer.jobs.sizes.Memory`: tabs of a session share it."""
        return {id(self): self._bytes}

    def find(self, encoder: Encoder, queries: Sequence[Item]) -> NDArray[np.float32] | None:
        """Vectors of queries, float32, shape (queries, dims); None unless all are cached."""
        keys = [self._key(encoder, query) for query in queries]
        with self._lock:
            if not keys or any(key not in self._vectors for key in keys):
                return None
            for key in keys:
                self._vectors.move_to_end(key)
            return np.stack([self._vectors[key] for key in keys])

    def encode(
        self, encoder: Encoder, queries: Sequence[Item], on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Vectors of queries, float32, shape (queries, dims); see `Encoder.encode_queries`."""
        keys = [self._key(encoder, query) for query in queries]
        with self._lock:
            known = {key: self._vectors[key] for key in keys if key in self._vectors}
        missing = {key: query for key, query in zip(keys, queries, strict=True) if key not in known}
        if missing:
            known |= zip(missing, encoder.encode_queries([*missing.values()], on_progress), strict=True)
        vectors = np.stack([known[key] for key in keys])
        with self._lock:
            for key, vector in zip(keys, vectors, strict=True):
                self._keep(key, vector.copy())
        return vectors

    def _keep(self, key: _Key, vector: NDArray[np.float32]) -> None:
        if key in self._vectors:
            self._bytes -= self._vectors.pop(key).nbytes
        self._vectors[key] = vector
        self._bytes += vector.nbytes
        while self._bytes > self._max_bytes:
            self._bytes -= self._vectors.popitem(last=False)[1].nbytes

    @staticmethod
    def _key(encoder: Encoder, query: Item) -> _Key:
        """A text by its words and the prompt before them, an image by its pixels."""
        return encoder.fingerprint, query.key if not isinstance(query, str) else encoder.query_prompt + query
