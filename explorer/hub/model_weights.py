"""Checks of a model's files by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from explorer.errors import UnsafeModelError, UnusableModelError
from explorer.settings import settings

# Files of a sentence-transformers model, without READMEs and exports for other runtimes.
MODEL_SUFFIXES = {".json", ".safetensors", ".txt", ".model", ".spm"}
_PICKLE_WEIGHTS = "pytorch_model*.bin"  # written by torch and read by the libraries
_PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}


def files_below(folder: Path) -> list[str]:
    """Names of all files in a folder and the folders in it, in order."""
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def model_files(files: Iterable[str], *, code: bool = False) -> list[str]:
    """The files needed to run a model.

    They include pickle weights if the host allows them and there are no safetensors in the same folder.

    Args:
        files: Names of all its files.
        code: Whether to include its own code.
    """
    paths = [PurePosixPath(file) for file in files]
    safe = {path.parent for path in paths if path.suffix == ".safetensors"}
    suffixes = MODEL_SUFFIXES | ({".py"} if code else set())
    return [
        str(path)
        for path in paths
        if path.suffix in suffixes
        or (settings().allow_pickle and path.match(_PICKLE_WEIGHTS) and path.parent not in safe)
    ]


def has_weights(files: Iterable[str]) -> bool:
    """Whether a list of file names includes weights that may be loaded."""
    return any(PurePosixPath(file).suffix in {".safetensors", ".bin"} for file in model_files(files))


def check_weights(files: Iterable[str], name: str) -> None:
    """Check that a list of file names includes weights that may be loaded.

    Raises:
        UnsafeModelError: The weights are pickle files, and the host does not allow them.
        UnusableModelError: There are no weights at all.
    """
    names = list(files)
    if has_weights(names):
        return
    if {PurePosixPath(file).suffix for file in names} & _PICKLE_SUFFIXES and not settings().allow_pickle:
        raise pickle_error(name)
    raise UnusableModelError(
        "The model has no weights (no .safetensors file).",
        where=name,
        fix="Copy model.safetensors into the folder, or choose another model.",
    )


def pickle_error(name: str) -> UnsafeModelError:
    """The error for a model that has only pickle weights."""
    return UnsafeModelError(
        "The model's weights are pickle files, which can run code when opened; they are not loaded.",
        where=name,
        fix="Choose a revision with safetensors weights, or convert them with safetensors' own tool. A host "
        "can allow them, read without running code (EXPLORER_ALLOW_PICKLE).",
    )
