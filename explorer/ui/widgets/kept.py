"""What a page computes from large objects, kept from run to run for as long as these stay the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from explorer.session.session import Session

T = TypeVar("T")
_VALUES = (str, bytes, int, float, tuple)


def kept(session: Session, slot: str, made_from: tuple[object, ...], make: Callable[[], T]) -> T:
    """A value of the open rows, made again when what it is made from has changed.

    Args:
        session: The session of the rows; it forgets the value with them.
        slot: Names the value; the session holds one of each name.
        made_from: Everything it depends on. Strings, bytes, numbers and tuples are compared by value, other
            objects by identity: they must not change.
        make: Makes the value.
    """
    held = session.kept.get(slot)
    if held is None or not _same(held[0], made_from):
        held = session.kept[slot] = (made_from, make())
    value: T = held[1]
    return value


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return len(before) == len(now) and all(
        one is other or (isinstance(one, _VALUES) and type(one) is type(other) and one == other)
        for one, other in zip(before, now, strict=True)
    )
