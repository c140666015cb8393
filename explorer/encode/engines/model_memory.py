"""Which models stay loaded: the most recently used ones that fit into EXPLORER_MODELS_MB, at least one."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from explorer.encode.models import ModelFiles
from explorer.hub.model_weights import model_files
from explorer.hub.models_on_disk import parameters_on_disk

_ITEM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
# Bytes that a small model takes besides, of which `benchmarks.memory_needs` measures more: the library of the
# first one; a tokenizer and a batch.
_LIBRARY = 40_000_000
_BESIDE_WEIGHTS = 20_000_000
_PROCESS = 10_000_000  # Python with numpy, in a process of its own; with torch it is more
T = TypeVar("T")


def weights_bytes(files: ModelFiles, dtype: str) -> int:
    """Memory that the loaded weights of a model take, in bytes.

    It is the number of parameters in the headers of its safetensors files times the bytes of one. Other
    memory of an engine is not counted, and memory-mapped weights count in full. Pickle files have no header:
    for them it is the size of the files.

    Args:
        files: The model.
        dtype: float32, bfloat16 or float16.
    """
    parameters = sum(parameters_on_disk(files.folder).values())
    if parameters:
        return parameters * _ITEM_BYTES[dtype]
    names = (path.relative_to(files.folder).as_posix() for path in files.folder.rglob("*.bin"))
    return sum((files.folder / name).stat().st_size for name in model_files(names))


def opening_bytes(files: ModelFiles, dtype: str) -> int:
    """Memory that a model takes at least when it is opened on a CPU, in bytes.

    The table of token embeddings, most of a small multilingual model, is left out: it can stay in its file.

    Args:
        files: The model.
        dtype: As for `weights_bytes`.
    """
    return _model_bytes(files, dtype) + (0 if "openvino" in sys.modules else _LIBRARY)


def process_bytes(files: ModelFiles, dtype: str) -> int:
    """Memory that a process of its own for a model takes at least, in bytes; see `opening_bytes`."""
    return _PROCESS + _LIBRARY + _model_bytes(files, dtype)


def _model_bytes(files: ModelFiles, dtype: str) -> int:
    table = (files.facts.table_parameters or 0) * _ITEM_BYTES[dtype]
    return _BESIDE_WEIGHTS + max(0, weights_bytes(files, dtype) - table)


class ModelMemory(Generic[T]):
    """Loaded models, the most recently used one last. Not thread-safe."""

    def __init__(self) -> None:
        self._models: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def use(self, key: Hashable) -> T | None:
        """A loaded model, which becomes the most recently used one; None if it is not loaded."""
        if key not in self._models:
            return None
        self._models.move_to_end(key)
        return self._models[key][0]

    def keep(self, key: Hashable, model: T, size: int, most: int) -> None:
        """Add a model, and drop the least recently used ones while all together are too large.

        Args:
            key: Identifies the model.
            model: The model.
            size: Its memory, in bytes.
            most: The memory allowed for all models together, in bytes.
        """
        self._models[key] = (model, size)
        self._models.move_to_end(key)
        while len(self._models) > 1 and sum(size for _, size in self._models.values()) > most:
            self._models.popitem(last=False)

    def drop_oldest(self) -> bool:
        """Drop the least recently used model; return whether there was any."""
        if self._models:
            self._models.popitem(last=False)
            return True
        return False

    def drop(self, key: Hashable) -> None:
        """Drop a model."""
        self._models.pop(key, None)

    def clear(self) -> None:
        """Drop all models."""
        self._models.clear()
