"""Checks of a model's files before anything is loaded from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.errors import UnsafeModelError, UnusableModelError
from explorer.hub.model_modules import is_inside
from explorer.hub.model_weights import check_weights, files_below, pickle_error
from explorer.hub.names import is_commit, stays_inside
from explorer.settings import settings

_CODE_KEYS = ("auto_map", "type", "types")  # keys that name classes, in the files of either library
_WORD_LISTS = {"tokenizer.json", "vocab.json"}  # large, and never used to look up a class


def folder_named(name: str) -> Path | None:
    """The folder if a model's name is the absolute path of an existing one; else None."""
    folder = Path(name)
    return folder if folder.is_absolute() and folder.is_dir() else None


def models_root() -> Path:
    """EXPLORER_MODEL_DIR."""
    return Path(settings().model_dir).expanduser().resolve()


def shown_name(name: str) -> str:
    """A model's name for messages; visitors must not learn the path of EXPLORER_MODEL_DIR on the server."""
    folder = Path(name)
    if not folder.is_absolute():
        return name  # an id, for which no file system is asked: every run of a page names its encoder
    root = models_root()
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else name


def check_may_run_code(name: str, revision: str | None) -> None:
    """Refuse to run a model's own code unless the host allows it and the code is pinned.

    Raises:
        UnsafeModelError: The host does not allow it; or the revision is not a full commit hash and the model
            is not in the host's model folder.
    """
    if not settings().allow_remote_code:
        raise UnsafeModelError(
            "Models may not run custom code here.",
            where=name,
            fix="A host can allow it (EXPLORER_ALLOW_REMOTE_CODE).",
        )
    folder = folder_named(name)
    if folder is not None:
        if not folder.resolve().is_relative_to(models_root()):
            raise UnsafeModelError(
                "Code in a folder runs only inside the server's model folder.",
                where=name,
                fix=f"Put the model into “{settings().model_dir}”, or set EXPLORER_MODEL_DIR.",
            )
    elif not is_commit(revision or ""):
        raise UnsafeModelError(
            "A model's own code runs only at a full commit hash.",
            where=name,
            fix="Give the 40-character commit hash as the revision.",
        )


def check_folder(folder: Path, name: str, *, trust_remote_code: bool = False) -> None:
    """Refuse a model folder that cannot be loaded safely.

    Args:
        folder: The folder.
        name: The model's name, for error messages; see `shown_name`.
        trust_remote_code: Whether the code in this folder may run.

    Raises:
        UnusableModelError: The configuration or the weights are missing or damaged.
        UnsafeModelError: There are only pickle weights, which the host does not allow; or a module is the
            model's own code and is not trusted, or is not in the folder; or a module is in a folder outside
            the model's.
    """
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise UnusableModelError(
            "The folder has neither config.json nor modules.json.",
            where=name,
            fix="Choose a folder written by SentenceTransformer.save or downloaded from the Hub.",
        )
    check_weights(files_below(folder), name)
    for index in folder.rglob("*.safetensors.index.json"):
        _check_shards(index, name)
    if trust_remote_code:
        _check_code_is_here(folder, name)
    modules = read_json(folder / "modules.json", name) if (folder / "modules.json").is_file() else []
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise UnusableModelError(
            "modules.json does not list the modules of the model.",
            where=name,
            fix="Download the model again, or choose another one.",
        )
    for module in modules:
        kind = str(module.get("type", ""))
        if not kind.startswith("sentence_transformers."):
            if not trust_remote_code:
                raise remote_code_error(name, f"({kind})")
            # The libraries would look for it in the installed packages.
            if not re.fullmatch(r"\w+\.\w+", kind) or not (folder / f"{kind.partition('.')[0]}.py").is_file():
                raise UnsafeModelError(f"The code of {kind} is not among the model's files.", where=name)
        # `ModelFiles` reads its config.json before sentence-transformers checks the path.
        if not is_inside(module):
            raise UnsafeModelError(
                "modules.json names a folder outside the model's folder.",
                where=name,
                fix="Choose another model.",
            )
        weights = folder / str(module.get("path", ""))
        pickled = any(weights.glob("*.bin")) and not any(weights.glob("*.safetensors"))
        if pickled and not settings().allow_pickle:
            raise pickle_error(name)


def _check_shards(index: Path, name: str) -> None:
    """Refuse sharded weights if a shard is not safetensors, whatever the index file is called."""
    listed = read_json(index, name)
    shards = listed.get("weight_map") if isinstance(listed, dict) else None
    if not isinstance(shards, dict):
        raise UnusableModelError(f"{index.name} does not list the files of the weights.", where=name)
    if not all(str(shard).endswith(".safetensors") for shard in shards.values()):
        raise pickle_error(name)
    # `get_checkpoint_shard_files` of transformers joins these to the folder unchecked.
    if not all(stays_inside(str(shard)) for shard in shards.values()):
        raise UnsafeModelError(
            f"{index.name} names weights outside the model.", where=name, fix="Choose another model."
        )


def names_own_code(folder: Path) -> bool:
    """Whether the configuration in a model's folder names classes in files beside it."""
    config = folder / "config.json"
    return config.is_file() and "auto_map" in read_json(config, folder.name)


def remote_code_error(name: str, what: str = "from its repository") -> UnsafeModelError:
    """The error for a model that runs only with code from its own repository."""
    fix = "Choose a model of a standard architecture. A host can allow code (EXPLORER_ALLOW_REMOTE_CODE)."
    if settings().allow_remote_code:
        fix = (
            "Open it on the Models page to confirm its code; in Python, give its commit and "
            "trust_remote_code=True."
        )
    return UnsafeModelError(f"The model needs custom code {what}, which is not run.", where=name, fix=fix)


def _check_code_is_here(folder: Path, name: str) -> None:
    """Refuse a folder if a file refers to code of another repository, as `owner/repo--file.Class`."""
    elsewhere: list[str] = []

    def look(table: dict[str, Any]) -> dict[str, Any]:
        named = json.dumps([table[key] for key in _CODE_KEYS if key in table], ensure_ascii=False)
        elsewhere.extend(re.findall(r'"([^"]*?)--', named))
        return table

    for path in folder.rglob("*.json"):
        if path.name not in _WORD_LISTS:
            read_json(path, name, look)
    if elsewhere:
        raise UnsafeModelError(
            f"Its code is in another repository, {elsewhere[0]}, which is not pinned.",
            where=name,
            fix="Choose a model that has its code in its own repository.",
        )


def read_json(path: Path, name: str, look: Callable[[dict[str, Any]], Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    """The contents of a JSON file of a model.

    Args:
        path: The file.
        name: The model's name, for error messages.
        look: The object hook, called with each object.

    Raises:
        UnusableModelError: The file is not readable JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_hook=look)
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableModelError(
            f"{path.name} is not readable JSON.", where=name, fix="Copy the model's files again."
        ) from error
