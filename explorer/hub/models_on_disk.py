"""Embedding models on this machine: a list of huggingface_hub's cache, and details from a model's files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.hub.model_details import MAX_JSON_BYTES, ModelDetails
from explorer.hub.model_modules import own_facts
from explorer.hub.model_search import ModelListing
from explorer.hub.safetensors_header import TensorHeader, count_parameters, read_header, weights_size


@dataclass(frozen=True)
class ModelOnDisk:
    """A model in huggingface_hub's cache.

    Attributes:
        id: Hub id.
        commit: The commit.
        size: Size on disk in bytes.
    """

    id: str
    commit: str
    size: int


def models_on_disk() -> list[ModelOnDisk]:
    """The sentence-transformers models in huggingface_hub's cache, by name; needs no network."""
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
    """Details from the files of a model on this machine; None for those that only the Hub has.

    Args:
        name: Name of the model.
        folder: Folder with its files.
        commit: Its commit or checksum.
    """

    def read(path: str) -> Any:  # noqa: ANN401 - JSON
        try:
            with (folder / path).open("rb") as file:
                return json.loads(file.read(MAX_JSON_BYTES))
        except (OSError, ValueError, RecursionError):
            return None

    counts = parameters_on_disk(folder)
    own = own_facts(read, lambda path: tensors_on_disk(folder / path))
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
        needs_remote_code=own.has_own_modules,
    )
    return ModelDetails(listing=listing, commit=commit, download_size=0, card="", **vars(own))


def parameters_on_disk(folder: Path) -> dict[str, int]:
    """Number of parameters of each type in the safetensors files of a folder and its subfolders."""
    every = [tensors_on_disk(path) for path in sorted(folder.rglob("*.safetensors"))]
    return count_parameters(tensor for found in every for tensor in found.values())


def tensors_on_disk(path: Path) -> dict[str, TensorHeader]:
    """The tensors of a safetensors file, by name; empty if the file cannot be read."""
    try:
        with path.open("rb") as file:

            def read(start: int, end: int) -> bytes:
                file.seek(start)
                return file.read(end - start)

            return read_header(read)
    except (OSError, ValueError):  # ValueError: not a valid file name
        return {}
