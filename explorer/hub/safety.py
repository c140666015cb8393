"""What the files of a model must be, by their names alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from explorer.errors import UnsafeModelError, UnusableModelError

# The files a sentence-transformers model is made of; a README or an export for another runtime is none.
MODEL_SUFFIXES = {".json", ".safetensors", ".txt", ".model", ".spm"}
_PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}


def check_weights(files: Iterable[str], name: str) -> None:
    """Refuse a list of file names that has no safetensors weights.

    Raises:
        UnsafeModelError: The weights are pickle files.
        UnusableModelError: There are no weights at all.
    """
    suffixes = {PurePosixPath(file).suffix for file in files}
    if ".safetensors" in suffixes:
        return
    if suffixes & _PICKLE_SUFFIXES:
        raise pickle_error(name)
    raise UnusableModelError(
        "The model has no weights (no .safetensors file).",
        where=name,
        fix="Copy model.safetensors into the folder, or choose another model.",
    )


def pickle_error(name: str) -> UnsafeModelError:
    """The refusal of a model whose weights are pickle files only."""
    return UnsafeModelError(
        "The model's weights are pickle files, which can run code when opened; they are not loaded.",
        where=name,
        fix="Choose a revision with safetensors weights, or convert them with safetensors' own tool.",
    )
