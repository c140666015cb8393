"""Which model is behind the name of a hosted one, recognised by its vector of one fixed sentence.

Servers and providers replace models without notice, and a commit on the Hub does not say what they run. What
matters is whether new vectors are comparable with the cached ones, and a request can check that. If a server
reports its revision, another revision counts as another model too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.encode.cache import VectorCache

CANARY = "Each model gives this sentence a vector of its own, which tells when another has taken its place."
_SAME = 0.9999  # the lowest cosine between two vectors of one model, which differ by rounding
_KNOWN = 8  # generations kept of a model: when a server goes back to one, its vectors are reused


@dataclass(frozen=True, eq=False)
class Generation:
    """A model behind a name, from when it was first seen until another one replaces it.

    Attributes:
        name: Its identifier, part of fingerprints.
        since: When it was first seen, in seconds since 1970.
        canary: Its vector of `CANARY`, float32, shape (dims,).
        revision: The revision that its server reported; empty if it reported none.
    """

    name: str
    since: float
    canary: NDArray[np.float32]
    revision: str = ""

    @property
    def dims(self) -> int:
        """Dimensions of its vectors."""
        return len(self.canary)

    @property
    def day(self) -> str:
        """The day it was first seen, in UTC, such as 2026-11-28."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.since))

    def gives(self, canary: NDArray[np.float32]) -> bool:
        """Whether a vector of `CANARY`, shape (dims,), is this model's, up to rounding."""
        return is_same(canary_cosine(self.canary, canary))

    def is_at(self, revision: str) -> bool:
        """Whether a reported revision matches this model's; an unknown one, empty, always does."""
        return not revision or not self.revision or revision == self.revision


def canary_cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The cosine of two vectors of `CANARY`, each of shape (dims,); -1 if their dimensions differ."""
    if len(one) != len(other):
        return -1.0
    ours, theirs = one.astype(np.float64), other.astype(np.float64)
    lengths = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    if lengths == 0:
        return 1.0 if np.array_equal(ours, theirs) else -1.0
    return float(ours @ theirs) / lengths


def is_same(cosine: float) -> bool:
    """Whether two vectors with this `canary_cosine` are from one model, up to rounding."""
    return cosine >= _SAME


class Generations:
    """The models seen behind one name, kept in the vector cache.

    Args:
        cache: Where they are kept.
        identity: The service and the name of the model there.
    """

    def __init__(self, cache: VectorCache, identity: Mapping[str, str]) -> None:
        self._cache = cache
        self._subject = f"generations of {json.dumps(dict(identity), sort_keys=True)}"

    def current(self) -> Generation | None:
        """The model last seen; None before the first one, and after `leave`."""
        name, known = _parsed(self._cache.verdict(self._subject))
        return known.get(name)

    def seen(self, canary: NDArray[np.float32], revision: str = "") -> Generation:
        """Make the model with this vector of `CANARY` the current one, whether it is known or new.

        Args:
            canary: The vector, float32, shape (dims,).
            revision: The revision that the server reports; empty if it reports none.
        """
        name = hashlib.blake2b(canary.tobytes() + revision.encode(), digest_size=8).hexdigest()
        found = Generation(name, time.time(), canary, revision)

        def add(kept: str | None) -> str:
            nonlocal found
            _, known = _parsed(kept)
            latest_first = reversed(known.values())
            found = next((one for one in latest_first if one.gives(canary) and one.is_at(revision)), found)
            known.pop(found.name, None)
            known[found.name] = found  # at the end: the one last seen is the last to be dropped
            return _serial(found.name, list(known.values())[-_KNOWN:])

        self._cache.revise_verdict(self._subject, add)
        return found

    def leave(self, generation: Generation) -> None:
        """Record that this model has been replaced, by one that is not known yet."""

        def leave(kept: str | None) -> str:
            current, known = _parsed(kept)
            return _serial("" if current == generation.name else current, list(known.values()))

        self._cache.revise_verdict(self._subject, leave)


def _parsed(kept: str | None) -> tuple[str, dict[str, Generation]]:
    """The name of the current generation, empty for none, and all known ones by name."""
    entries: dict[str, Any] = json.loads(kept or '{"current": "", "known": []}')
    known = [
        Generation(
            one["name"],
            one["since"],
            np.frombuffer(base64.b64decode(one["canary"]), "<f4"),
            one.get("revision", ""),
        )
        for one in entries["known"]
    ]
    return entries["current"], {one.name: one for one in known}


def _serial(current: str, known: list[Generation]) -> str:
    entries = [
        {
            "name": one.name,
            "since": one.since,
            "canary": base64.b64encode(one.canary.astype("<f4").tobytes()).decode(),
            "revision": one.revision,
        }
        for one in known
    ]
    return json.dumps({"current": current, "known": entries})
