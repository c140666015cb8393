"""Which models stay loaded: those used last whose weights fit into EXPLORER_MODELS_MB, and always one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from explorer.encode.models import ModelFiles
from explorer.hub.model_weights import model_files
from explorer.hub.models_on_disk import parameters_on_disk

_ITEM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
T = TypeVar("T")


def weights_bytes(files: ModelFiles, dtype: str) -> int:
    """Memory that the weights of a model take when they are loaded, in bytes.

    Parameters, as the headers of its safetensors files count them, by the bytes of one. What an engine needs
    beside the weights is not counted, and neither is that it may map them from a file. Pickle files have no
    header: they are taken to be loaded as they are stored.

    Args:
        files: The model.
        dtype: What it computes in.
    """
    parameters = sum(parameters_on_disk(files.folder).values())
    if parameters:
        return parameters * _ITEM_BYTES[dtype]
    names = (path.relative_to(files.folder).as_posix() for path in files.folder.rglob("*.bin"))
    return sum((files.folder / name).stat().st_size for name in model_files(names))


class ModelMemory(Generic[T]):
    """Loaded models, the one used last at the end. Not safe to use from several threads at once."""

    def __init__(self) -> None:
        self._models: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def use(self, key: Hashable) -> T | None:
        """A model that is loaded, which is now the one used last."""
        if key not in self._models:
            return None
        self._models.move_to_end(key)
        return self._models[key][0]

    def keep(self, key: Hashable, model: T, size: int, most: int) -> None:
        """Keep a model that was loaded now; those used longest ago go while all take too much.

        Args:
            key: Its name.
            model: What was loaded.
            size: Bytes it takes.
            most: Bytes that all may take.
        """
        self._models[key] = (model, size)
        self._models.move_to_end(key)
        while len(self._models) > 1 and sum(size for _, size in self._models.values()) > most:
            self._models.popitem(last=False)

    def drop(self, key: Hashable) -> None:
        """Let go of a model."""
        self._models.pop(key, None)

    def clear(self) -> None:
        """Let go of all models."""
        self._models.clear()
