"""Options shared by the searches for models and datasets."""

from __future__ import annotations

from typing import Literal

Sort = Literal["downloads", "likes", "trending", "modified"]

# Names in the Hub's API.
SORTS: dict[Sort, str] = {
    "downloads": "downloads",
    "likes": "likes",
    "trending": "trendingScore",
    "modified": "lastModified",
}
MAX_LISTINGS = 50  # models or datasets that a search returns
