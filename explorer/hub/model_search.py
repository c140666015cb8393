"""Search for embedding models on the Hugging Face Hub.

The Hub's data about a model is written by strangers: each value is checked and shortened, and is None if it
is missing or invalid.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from explorer.hub.client import get_json
from explorer.hub.json_values import as_count, as_list, as_table, as_text, as_time
from explorer.hub.names import is_model_id
from explorer.hub.safetensors_header import weights_size
from explorer.hub.search_options import MAX_LISTINGS, SORTS, Sort

# The Hub's own names (huggingface.co/tasks) of the tasks that embedding models are listed under.
HubTask = Literal[
    "any",
    "sentence-similarity",
    "feature-extraction",
    "image-feature-extraction",
    "zero-shot-image-classification",
]
MAX_CHARS = 200  # of a string in the Hub's data or in a file of a model
MAX_ENTRIES = 500  # of a list
_EXPAND = [
    *("author", "createdAt", "downloads", "gated", "lastModified", "library_name", "likes", "pipeline_tag"),
    *("safetensors", "tags"),
]
_FORMAT_TAGS = {"tf"}  # two letters, but not a language


@dataclass(frozen=True)
class ModelFilter:
    """Search criteria; empty fields are ignored.

    Attributes:
        search: Words in the name.
        task: A task of the Hub.
        library: The library that loads it; models of others seldom produce sentence embeddings by themselves.
        language: A language's code, such as `en`.
        max_parameters: Maximum number of parameters; models with an unknown number are left out.
        licence: A licence's code, such as `mit`.
        gated: Whether to include gated models, which need approval for access.
        sort: Sort order.
    """

    search: str = ""
    task: HubTask = "any"
    library: str = "sentence-transformers"
    language: str = ""
    max_parameters: int | None = None
    licence: str = ""
    gated: bool = False
    sort: Sort = "downloads"


@dataclass(frozen=True)
class ModelListing:
    """The Hub's data about a model; None if not stated.

    Attributes:
        id: `owner/name`, or one word for the oldest models.
        author: The person or organisation it belongs to.
        is_organisation: Whether that is an organisation; None in search results, which do not state it.
        downloads: Downloads in the last 30 days.
        likes: Likes.
        modified: Day of the last commit.
        created: Day of creation; the Hub has no dates before 2 March 2022.
        licence: Code of its licence.
        parameters: Number of parameters in its safetensors files.
        size: Size of these in bytes, computed from the number of parameters of each type.
        task: The task it is listed under.
        library: The library that loads it.
        languages: Codes of its languages.
        tags: Its tags.
        base_model: Id of the model it was derived from.
        has_safetensors: Whether it has weights that can be loaded without running code.
        gated: Whether only approved people may download it.
        needs_remote_code: Whether it needs its own code, which Explorer does not run by default.
    """

    id: str
    author: str | None
    is_organisation: bool | None
    downloads: int | None
    likes: int | None
    modified: datetime.date | None
    created: datetime.date | None
    licence: str | None
    parameters: int | None
    size: int | None
    task: str | None
    library: str | None
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    base_model: str | None
    has_safetensors: bool
    gated: bool
    needs_remote_code: bool


def search_models(wanted: ModelFilter) -> list[ModelListing]:
    """Search for models on the Hub.

    Args:
        wanted: Search criteria.

    Returns:
        At most 50 models in the requested order, without those that have no valid id.

    Raises:
        HubUnreachableError: The Hub does not respond, or not correctly.
    """
    tags = [wanted.library, wanted.language, f"license:{wanted.licence}" if wanted.licence else ""]
    params: dict[str, Any] = {"sort": SORTS[wanted.sort], "limit": MAX_LISTINGS, "expand": _EXPAND}
    if wanted.search.strip():
        params["search"] = wanted.search.strip()[:MAX_CHARS]
    if filters := [tag[:MAX_CHARS] for tag in tags if tag]:
        params["filter"] = filters
    if wanted.task != "any":
        params["pipeline_tag"] = wanted.task
    if wanted.max_parameters is not None:
        # The Hub accepts whole millions; `_fits` filters exactly.
        params["num_parameters"] = f"max:{math.ceil(wanted.max_parameters / 1e6)}M"
    if not wanted.gated:
        params["gated"] = False
    response = get_json("/api/models", params)
    found = [listing_of(as_table(info)) for info in as_list(response, MAX_ENTRIES)]
    return [model for model in found if model is not None and _fits(model, wanted)][:MAX_LISTINGS]


def listing_of(info: Mapping[str, Any], is_organisation: bool | None = None) -> ModelListing | None:
    """Parse the Hub's data about a model; None without a valid id.

    Args:
        info: JSON of the Hub, unchecked.
        is_organisation: Whether the author is an organisation; None if unknown.
    """
    name = info.get("id")
    if not isinstance(name, str) or not is_model_id(name):
        return None
    tags = _texts(info.get("tags"))
    safetensors = info.get("safetensors")
    gated = info.get("gated")
    return ModelListing(
        id=name,
        author=as_text(info.get("author"), MAX_CHARS),
        is_organisation=is_organisation,
        downloads=as_count(info.get("downloads")),
        likes=as_count(info.get("likes")),
        modified=_day(info.get("lastModified")),
        created=_day(info.get("createdAt")),
        licence=_after("license:", tags),
        parameters=as_count(as_table(safetensors).get("total")),
        size=weights_size(as_table(safetensors).get("parameters")),
        task=as_text(info.get("pipeline_tag"), MAX_CHARS),
        library=as_text(info.get("library_name"), MAX_CHARS),
        languages=_languages(as_table(info.get("cardData")).get("language"), tags),
        tags=tags,
        base_model=_after("base_model:", tags),
        has_safetensors=isinstance(safetensors, dict) or "safetensors" in tags,
        gated=gated is True or isinstance(gated, str),
        needs_remote_code="custom_code" in tags,
    )


def _fits(model: ModelListing, wanted: ModelFilter) -> bool:
    if model.gated and not wanted.gated:
        return False
    most = wanted.max_parameters
    return most is None or (model.parameters is not None and model.parameters <= most)


def _texts(values: object) -> tuple[str, ...]:
    texts = (as_text(value, MAX_CHARS) for value in as_list(values, MAX_ENTRIES))
    return tuple(text for text in texts if text is not None)


def _languages(declared: object, tags: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(declared, str):
        declared = [declared]
    if isinstance(declared, list):
        return _texts(declared)
    # In search results, languages are mixed with other tags, and three letters may be anything.
    found = [tag for tag in tags if tag.isascii() and tag.isalpha() and tag.islower() and len(tag) == 2]
    return tuple(tag for tag in [*found, *({"multilingual"} & set(tags))] if tag not in _FORMAT_TAGS)


def _after(prefix: str, tags: tuple[str, ...]) -> str | None:
    """The rest of the first tag with a prefix; `base_model:finetune:…` only repeats `base_model:…`."""
    found = (tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix))
    return next((rest for rest in found if rest and ":" not in rest), None)


def _day(value: object) -> datetime.date | None:
    time = as_time(value)
    return None if time is None else time.date()
