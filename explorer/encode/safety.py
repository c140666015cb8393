"""What a model's files must be before anything of them is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from explorer.errors import UnsafeModelError, UnusableModelError
from explorer.hub.safety import check_weights, pickle_error


def check_folder(folder: Path, name: str) -> None:
    """Refuse a model folder that cannot be loaded, or not safely.

    Raises:
        UnusableModelError: No configuration or no weights.
        UnsafeModelError: Only pickle weights, or modules that are code of the model's own.
    """
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise UnusableModelError(
            "The folder has neither config.json nor modules.json.",
            where=name,
            fix="Choose a folder written by SentenceTransformer.save or downloaded from the Hub.",
        )
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    check_weights(files, name)
    modules = read_json(folder / "modules.json") if (folder / "modules.json").is_file() else []
    for module in modules:
        kind = str(module.get("type", ""))
        if not kind.startswith("sentence_transformers."):
            raise UnsafeModelError(
                f"The model needs code of its own ({kind}), which is not run.",
                where=name,
                fix="Choose a model made of standard modules.",
            )
        weights = folder / str(module.get("path", ""))
        if any(weights.glob("*.bin")) and not any(weights.glob("*.safetensors")):
            raise pickle_error(name)


def remote_code_error(name: str) -> UnsafeModelError:
    """The refusal of a model that only runs with code from its own repository."""
    return UnsafeModelError(
        "The model needs code of its own from its repository, which is not run.",
        where=name,
        fix="Choose a model of a standard architecture.",
    )


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON
    """The contents of a JSON file; an `UnusableModelError` when it is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableModelError(
            f"{path.name} is not readable JSON.", where=str(path.parent), fix="Copy the model's files again."
        ) from error
