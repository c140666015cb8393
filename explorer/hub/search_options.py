"""What a search for models and one for datasets have in common."""

from __future__ import annotations

from typing import Literal

Sort = Literal["downloads", "likes", "trending", "modified"]

# The Hub's own names.
SORTS: dict[Sort, str] = {
    "downloads": "downloads",
    "likes": "likes",
    "trending": "trendingScore",
    "modified": "lastModified",
}
MAX_LISTINGS = 100
