"""Bytes that the browser gets as a file, and the key by which it knows them."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass


def key_of(value: bytes) -> str:
    """Identifies bytes: equal bytes, equal keys."""
    return hashlib.blake2b(value, digest_size=16).hexdigest()


@dataclass(frozen=True, eq=False)
class Content:
    """Bytes for the browser."""

    value: bytes

    @functools.cached_property
    def key(self) -> str:
        """See `key_of`; kept, since a page asks for it on every run."""
        return key_of(self.value)
