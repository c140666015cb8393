"""What a model's files must be before anything of them is loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from explorer.errors import UnsafeModelError, UnusableModelError
from explorer.hub.model_weights import check_weights, files_below, pickle_error
from explorer.hub.names import is_commit
from explorer.settings import settings

_CODE_KEYS = ("auto_map", "type", "types")  # what names a class, in the files of either library
_WORD_LISTS = {"tokenizer.json", "vocab.json"}  # large, and never asked for a class


def folder_named(name: str) -> Path | None:
    """The folder that a model is named by: the absolute path of one that exists; None for any other name."""
    folder = Path(name)
    return folder if folder.is_absolute() and folder.is_dir() else None


def check_may_run_code(name: str, revision: str | None) -> None:
    """Refuse to run a model's own code unless the host allows it and it is settled which code that is.

    Raises:
        UnsafeModelError: The host does not allow it; or the model is neither at a commit that is named in
            full nor in the host's model folder.
    """
    if not settings().allow_remote_code:
        raise UnsafeModelError(
            "Models may not run custom code here.",
            where=name,
            fix="A host can allow it (EXPLORER_ALLOW_REMOTE_CODE).",
        )
    folder, root = folder_named(name), Path(settings().model_dir).expanduser()
    if folder is not None:
        if not folder.resolve().is_relative_to(root.resolve()):
            raise UnsafeModelError(
                "The code of a folder is run only below the server's model folder.",
                where=name,
                fix=f"Put the model into “{settings().model_dir}”, or set EXPLORER_MODEL_DIR.",
            )
    elif not is_commit(revision or ""):
        raise UnsafeModelError(
            "The code of a model is run only at a commit that is named in full.",
            where=name,
            fix="Give the 40 characters of the commit as the revision.",
        )


def check_folder(folder: Path, name: str, *, trust_remote_code: bool = False) -> None:
    """Refuse a model folder that cannot be loaded, or not safely.

    Args:
        folder: Where its files are.
        name: What it is called.
        trust_remote_code: Whether the code in this very folder may run.

    Raises:
        UnusableModelError: No configuration or no weights.
        UnsafeModelError: Only pickle weights that the host does not allow; or modules that are code of the
            model's own and not trusted, or not among its own files, or in a folder outside the model's.
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
    modules = read_json(folder / "modules.json") if (folder / "modules.json").is_file() else []
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise UnusableModelError(
            "modules.json does not list the parts of the model.",
            where=name,
            fix="Download the model again, or choose another one.",
        )
    for module in modules:
        kind = str(module.get("type", ""))
        if not kind.startswith("sentence_transformers."):
            if not trust_remote_code:
                raise remote_code_error(name, f"({kind})")
            # The libraries would look for it among the installed packages.
            if not re.fullmatch(r"\w+\.\w+", kind) or not (folder / f"{kind.partition('.')[0]}.py").is_file():
                raise UnsafeModelError(f"The code of {kind} is not among the model's files.", where=name)
        path = PurePath(str(module.get("path", "")))
        if path.is_absolute() or ".." in path.parts:
            raise UnsafeModelError(
                "modules.json names a folder outside the model's folder.",
                where=name,
                fix="Choose another model.",
            )
        weights = folder / path
        pickled = any(weights.glob("*.bin")) and not any(weights.glob("*.safetensors"))
        if pickled and not settings().allow_pickle:
            raise pickle_error(name)


def _check_shards(index: Path, name: str) -> None:
    """Refuse weights in parts of which some are no safetensors, whatever their list is called."""
    listed = read_json(index)
    shards = listed.get("weight_map") if isinstance(listed, dict) else None
    if not isinstance(shards, dict):
        raise UnusableModelError(f"{index.name} does not say where the weights are.", where=name)
    if not all(str(shard).endswith(".safetensors") for shard in shards.values()):
        raise pickle_error(name)


def names_own_code(folder: Path) -> bool:
    """Whether the configuration in a model's folder names classes in files beside it."""
    config = folder / "config.json"
    return config.is_file() and "auto_map" in read_json(config)


def remote_code_error(name: str, what: str = "from its repository") -> UnsafeModelError:
    """The refusal of a model that only runs with code from its own repository."""
    fix = "Choose a model of a standard architecture. A host can allow code (EXPLORER_ALLOW_REMOTE_CODE)."
    if settings().allow_remote_code:
        fix = (
            "Open it on the Models page to confirm its code; in Python, give its commit and "
            "trust_remote_code=True."
        )
    return UnsafeModelError(f"The model needs code of its own {what}, which is not run.", where=name, fix=fix)


def _check_code_is_here(folder: Path, name: str) -> None:
    """Refuse a folder whose files name code of another repository, as `owner/repo--file.Class`."""
    elsewhere: list[str] = []

    def look(table: dict[str, Any]) -> dict[str, Any]:
        named = json.dumps([table[key] for key in _CODE_KEYS if key in table], ensure_ascii=False)
        elsewhere.extend(re.findall(r'"([^"]*?)--', named))
        return table

    for path in folder.rglob("*.json"):
        if path.name not in _WORD_LISTS:
            read_json(path, look)
    if elsewhere:
        raise UnsafeModelError(
            f"Its code is in another repository, {elsewhere[0]}, which is not pinned.",
            where=name,
            fix="Choose a model that has its code in its own repository.",
        )


def read_json(path: Path, look: Callable[[dict[str, Any]], Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    """The contents of a JSON file, each table shown to `look`; an `UnusableModelError` when it is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_hook=look)
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableModelError(
            f"{path.name} is not readable JSON.", where=str(path.parent), fix="Copy the model's files again."
        ) from error
