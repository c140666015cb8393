"""Search for datasets on the Hugging Face Hub."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.hub.client import get_json
from explorer.hub.json_values import as_count, as_list, as_text, as_time
from explorer.hub.search_options import MAX_LISTINGS, SORTS, Sort

MAX_CHARS = 500  # of a string in the Hub's data or in a card
_MAX_TAGS = 200
_EXPAND = ["author", "downloads", "likes", "lastModified", "gated", "tags", "private", "description"]


@dataclass(frozen=True)
class DatasetFilter:
    """Search criteria; empty fields are ignored.

    Attributes:
        search: Words in the name.
        task: A task category, such as `text-classification`.
        language: A language's code, such as `en`.
        size: A size category, such as `10K<n<100K`.
        licence: A licence's code, such as `mit`.
        gated: Whether to include gated datasets, which need approval for access.
        sort: Sort order.
    """

    search: str = ""
    task: str = ""
    language: str = ""
    size: str = ""
    licence: str = ""
    gated: bool = False
    sort: Sort = "downloads"


@dataclass(frozen=True)
class DatasetListing:
    """The Hub's data about a dataset; None if not stated.

    Attributes:
        id: `owner/name`.
        author: The owner.
        downloads: Downloads in the last 30 days.
        likes: Likes.
        modified: Time of the last change.
        licence: Its licence's code.
        size: Its size category, such as `10K<n<100K`.
        gated: Whether access needs approval.
        languages: Codes of its languages.
        tasks: Its task categories.
        tags: All its tags.
        description: A few sentences, as plain text.
    """

    id: str
    author: str | None
    downloads: int | None
    likes: int | None
    modified: datetime.datetime | None
    licence: str | None
    size: str | None
    gated: bool | None
    languages: tuple[str, ...]
    tasks: tuple[str, ...]
    tags: tuple[str, ...]
    description: str | None


def search_datasets(wanted: DatasetFilter) -> list[DatasetListing]:
    """Search for datasets on the Hub; at most 50 results, in the requested order.

    Args:
        wanted: Search criteria.

    Raises:
        HubUnreachableError: The Hub does not respond correctly.
    """
    tags = (
        ("task_categories", wanted.task),
        ("language", wanted.language),
        ("size_categories", wanted.size),
        ("license", wanted.licence),
    )
    params: dict[str, Any] = {
        "search": wanted.search.strip()[:MAX_CHARS],
        "filter": [f"{kind}:{value.strip()[:MAX_CHARS]}" for kind, value in tags if value.strip()],
        "sort": SORTS[wanted.sort],
        "limit": MAX_LISTINGS,
        "expand": _EXPAND,
    }
    if not wanted.gated:
        params["gated"] = False
    response = get_json(
        "/api/datasets", {name: value for name, value in params.items() if value not in ("", [])}
    )
    found = [_named_listing(item) for item in as_list(response) if isinstance(item, dict)]
    return [listing for listing in found if listing is not None][:MAX_LISTINGS]


def listing_of(name: str, item: Mapping[str, Any]) -> DatasetListing:
    """Parse the Hub's data about a dataset.

    Args:
        name: `owner/name`.
        item: JSON of the Hub, unchecked.
    """
    tags = [tag[:MAX_CHARS] for tag in as_list(item.get("tags")) if isinstance(tag, str)][:_MAX_TAGS]
    gated = item.get("gated")
    return DatasetListing(
        id=name,
        author=as_text(item.get("author"), MAX_CHARS) or (name.split("/")[0] if "/" in name else None),
        downloads=as_count(item.get("downloads")),
        likes=as_count(item.get("likes")),
        modified=as_time(item.get("lastModified")),
        licence=next(iter(_tagged(tags, "license")), None),
        size=next(iter(_tagged(tags, "size_categories")), None),
        gated=gated if isinstance(gated, bool) else True if gated in ("auto", "manual") else None,
        languages=_tagged(tags, "language"),
        tasks=_tagged(tags, "task_categories"),
        tags=tuple(tags),
        description=as_text(item.get("description"), MAX_CHARS),
    )


def _named_listing(item: Mapping[str, Any]) -> DatasetListing | None:
    name = item.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_CHARS or not name.isprintable():
        return None
    return listing_of(name, item)


def _tagged(tags: list[str], kind: str) -> tuple[str, ...]:
    return tuple(tag.partition(":")[2] for tag in tags if tag.startswith(f"{kind}:"))
