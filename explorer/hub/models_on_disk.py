"""Embedding models on this machine: those in huggingface_hub's cache, and what a model's files say of it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.hub.json_values import as_count, as_list, as_table
from explorer.hub.model_details import MAX_JSON_BYTES, ModelDetails, own_facts
from explorer.hub.model_search import MAX_ENTRIES, ModelListing, weights_size

_MAX_HEADER_BYTES = 25_000_000


@dataclass(frozen=True)
class ModelOnDisk:
    """A model in huggingface_hub's cache.

    Attributes:
        id: Hub id.
        commit: The commit.
        size: Its bytes on disk.
    """

    id: str
    commit: str
    size: int


def models_on_disk() -> list[ModelOnDisk]:
    """The sentence-transformers models in huggingface_hub's cache, by name; asks no network."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cache = scan_cache_dir(constants.HF_HUB_CACHE)
    except CacheNotFound:
        return []
    found = []
    for repo in cache.repos:
        for revision in repo.revisions if repo.repo_type == "model" else ():
            names = {file.file_path.relative_to(revision.snapshot_path).as_posix() for file in revision.files}
            if "modules.json" in names and any(name.endswith(".safetensors") for name in names):
                found.append(ModelOnDisk(repo.repo_id, revision.commit_hash, revision.size_on_disk))
    return sorted(found, key=lambda model: (model.id.lower(), model.commit))


def details_on_disk(name: str, folder: Path, commit: str) -> ModelDetails:
    """What the files of a model on this machine say of it; None for what only the Hub knows.

    Args:
        name: What it is called.
        folder: Where its files are.
        commit: Its commit or checksum.
    """

    def read(path: str) -> Any:  # noqa: ANN401 - JSON
        if ".." in path or path.startswith("/"):
            return None  # a module's path is read from the model's own files
        try:
            with (folder / path).open("rb") as file:
                return json.loads(file.read(MAX_JSON_BYTES))
        except (OSError, ValueError, RecursionError):
            return None

    counts = parameters_on_disk(folder)
    own = own_facts(read)
    listing = ModelListing(
        *(name, None, None, None, None, None, None, None),
        parameters=sum(counts.values()) or None,
        size=weights_size(counts),
        task=None,
        library=None,
        languages=(),
        tags=(),
        base_model=None,
        has_safetensors=bool(counts),
        gated=False,
        needs_remote_code=own.pop("has_own_modules"),
    )
    return ModelDetails(listing=listing, commit=commit, download_size=0, card="", **own)


def parameters_on_disk(folder: Path) -> dict[str, int]:
    """Parameters of each type, from the headers of safetensors files: huggingface.co/docs/safetensors."""
    counts: dict[str, int] = {}
    for path in sorted(folder.rglob("*.safetensors")):
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            try:
                header = as_table(json.loads(file.read(min(length, _MAX_HEADER_BYTES))))
            except (ValueError, RecursionError):
                return {}
        for tensor in map(as_table, header.values()):
            sides = [as_count(side) for side in as_list(tensor.get("shape"), MAX_ENTRIES)]
            if isinstance(kind := tensor.get("dtype"), str) and None not in sides:
                counts[kind] = counts.get(kind, 0) + math.prod(side or 0 for side in sides)
    return counts
