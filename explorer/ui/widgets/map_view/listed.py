"""The rows beside a map, as JSON for the browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from explorer.share.map.content import Content


@dataclass(frozen=True)
class ListedRow:
    """A row beside a map.

    Attributes:
        point: Its number in the order in which points are sent; None if it is not on the map.
        head: What stands above its text.
        text: Its text, someone else's.
        whole: Whether all of the text is shown, not its first lines.
        image: The address of the thumbnail of its image; empty without one.
    """

    point: int | None
    head: str
    text: str
    whole: bool = False
    image: str = ""


@dataclass(frozen=True)
class ListedRows:
    """The rows beside a map, and what is said of them.

    Attributes:
        title: What they are.
        rows: The rows.
        words: Their distinctive words.
        shares: Of groups among them: name, share from 0 to 1, colour.
        actions: What can be done with them: a name, and what the button says.
        more: What is said below the rows, such as how many are not listed.
    """

    title: str
    rows: Sequence[ListedRow]
    words: Sequence[str] = ()
    shares: Sequence[tuple[str, float, str]] = ()
    actions: Sequence[tuple[str, str]] = ()
    more: str = ""

    def content(self) -> Content:
        """The bytes that the browser gets."""
        described = {
            "title": self.title,
            "words": self.words,
            "shares": [
                {"name": name, "share": share, "colour": colour} for name, share, colour in self.shares
            ],
            "actions": [{"name": name, "label": label} for name, label in self.actions],
            "rows": [_described(row) for row in self.rows],
            "more": self.more,
        }
        return Content(json.dumps(described, ensure_ascii=False).encode("utf-8", "replace"))


def _described(row: ListedRow) -> dict[str, Any]:
    """A row as JSON says it; rows without an image say nothing of one."""
    return {name: value for name, value in vars(row).items() if name != "image" or value}
