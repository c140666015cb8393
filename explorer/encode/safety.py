"""What a model's files must be before anything of them is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from explorer.errors import UnsafeModelError, UnusableModelError

# The files a sentence-transformers model is made of; a README or an export for another runtime is none.
MODEL_SUFFIXES = {".json", ".safetensors", ".txt", ".model", ".spm"}
_PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}


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
            raise _pickle_only(name)


def check_weights(files: list[str], name: str) -> None:
    """Refuse a list of file names that has no safetensors weights.

    Raises:
        UnsafeModelError: The weights are pickle files.
        UnusableModelError: There are no weights at all.
    """
    suffixes = {Path(file).suffix for file in files}
    if ".safetensors" in suffixes:
        return
    if suffixes & _PICKLE_SUFFIXES:
        raise _pickle_only(name)
    raise UnusableModelError(
        "The model has no weights (no .safetensors file).",
        where=name,
        fix="Copy model.safetensors into the folder, or choose another model.",
    )


def _pickle_only(name: str) -> UnsafeModelError:
    return UnsafeModelError(
        "The model's weights are pickle files, which can run code when opened; they are not loaded.",
        where=name,
        fix="Choose a revision with safetensors weights, or convert them with safetensors' own tool.",
    )


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
