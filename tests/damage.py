"""Damage to the bytes of a file, drawn by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

damages = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["flip", "cut", "repeat", "drop"])), min_size=1)
"""Where each damage is, from 0, the first byte, to 1, and of which kind it is."""


def damaged(content: bytes, damages: list[tuple[float, str]]) -> bytes:
    """The bytes with each of the damages in turn."""
    data = bytearray(content)
    for where, how in damages:
        if not data:
            break
        at = min(len(data) - 1, int(where * len(data)))
        if how == "flip":
            data[at] ^= 0x41
        elif how == "cut":
            del data[at + 1 :]
        elif how == "repeat":
            data[at:at] = data[at : at + 50]
        else:
            del data[at : at + 3]
    return bytes(data)
