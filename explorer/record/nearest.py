"""Which earlier queries mean the same as a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import make_index
from explorer.record.entry import Entry


def nearest_entries(
    entries: Sequence[Entry], text: str, encode: Callable[[list[str]], NDArray[np.float32]], k: int = 20
) -> list[tuple[Entry, float]]:
    """The entries whose queries are closest to a text, each with its cosine, closest first.

    Args:
        entries: The entries; of those with the same query, the first counts.
        text: The text.
        encode: Encodes queries, such as `Space.encode_queries`: float32, shape (texts, dims).
        k: How many entries.
    """
    first: dict[str, Entry] = {}
    for entry in entries:
        if entry.query.strip():
            first.setdefault(entry.query, entry)
    if not first:
        return []
    vectors = encode([text, *first])
    found = make_index(vectors[1:]).search(vectors[:1], k, "cosine")
    listed = list(first.values())
    return [
        (listed[place], float(score))
        for place, score in zip(found.indices[0].tolist(), found.scores[0], strict=True)
    ]
