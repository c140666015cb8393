"""The sizes of tables of rows and queries on the Compare page, in pixels."""

from __future__ import annotations

from typing import Literal

# Only columns that are not pinned grow with the window, so numbers are pinned and its room is the text's.
NUMBER_WIDTH = 65
"""The width of a pinned column of numbers."""
BAR_WIDTH = 110
"""The width of a pinned column of bars."""
_MOST_LINES, _MOST_HEIGHT = 6, 282


def table_height(lines: int) -> int | Literal["content"]:
    """The height of a table: that of its lines, but of seven at most; the others are scrolled to."""
    return _MOST_HEIGHT if lines > _MOST_LINES else "content"
