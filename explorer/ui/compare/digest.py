"""Short names for what results depend on."""

from __future__ import annotations

import hashlib


def digest(value: object) -> str:
    """A short text that is the same for values that print the same, such as judgements or queries."""
    return hashlib.blake2b(repr(value).encode("utf-8", "surrogatepass")).hexdigest()
