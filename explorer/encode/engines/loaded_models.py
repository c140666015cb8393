"""The models that are loaded: each once for the whole process, by the engine that runs it fastest here."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from explorer.encode.engines import openvino
from explorer.encode.engines.engine import LocalEngine
from explorer.encode.engines.graph_outcomes import NoGraphError
from explorer.encode.engines.model_memory import ModelMemory, opening_bytes, weights_bytes
from explorer.encode.engines.torch_engine import SeveralGPUs, TorchEngine
from explorer.encode.models import ModelFiles
from explorer.errors import NotEnoughMemoryError
from explorer.jobs.memory_limit import require_memory
from explorer.settings import settings
from explorer.tensor import device as devices

if TYPE_CHECKING:
    import torch


_Key = tuple[str, str, str]
T = TypeVar("T")
_known = threading.Lock()  # guards both tables; held only briefly
_opening: WeakValueDictionary[_Key, _Opening] = WeakValueDictionary()
_reading = threading.Lock()  # weights are read one model at a time, to bound the peak memory


class _Opening:
    """The lock of one model that is being loaded; only callers that need this model wait for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@functools.cache
def loaded() -> ModelMemory[Any]:
    """The loaded models of this process."""
    return ModelMemory()


def load(files: ModelFiles, device: torch.device, dtype: str) -> LocalEngine:
    """The engine for a model, loaded once for the whole process: OpenVINO on a CPU if possible, else torch.

    A loaded model is returned at once, even while other models are being loaded or converted.

    Args:
        files: The model.
        device: Where it runs.
        dtype: float32, bfloat16 or float16.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: It needs its own code, which is not allowed, or its weights would run code.
        NotEnoughMemoryError: Its weights do not fit in memory, even without other models.
    """
    return load_once(
        (files.identity, str(device), dtype), files, device, dtype, lambda: _open(files, device, dtype)
    )


def load_once(key: _Key, files: ModelFiles, device: torch.device, dtype: str, make: Callable[[], T]) -> T:
    """What was made of a model, once for the whole process; it counts among the loaded models.

    Args:
        key: Identifies it: always for the same type.
        files: The model.
        device: Where it runs.
        dtype: float32, bfloat16 or float16.
        make: Loads it.

    Raises:
        NotEnoughMemoryError: Its weights do not fit in memory, even without other models.
    """
    with _known:
        model: T | None = loaded().use(key)
        opening = _opening.setdefault(key, _Opening())
    if model is not None:
        return model
    with opening.lock:
        with _known:
            model = loaded().use(key)
        if model is None:
            if device.type == "cpu":
                _make_room(files, dtype)
            model = make()
            with _known:
                loaded().keep(key, model, weights_bytes(files, dtype), settings().models_mb * 1_000_000)
        return model


def _make_room(files: ModelFiles, dtype: str) -> None:
    """Drop models, the least recently used first, until another fits; refuse it if it fits with none."""
    while True:
        try:
            require_memory(opening_bytes(files, dtype), f"The model {files.name}", "Choose a smaller model.")
        except NotEnoughMemoryError:
            with _known:
                if not loaded().drop_oldest():
                    raise
        else:
            return


def _open(files: ModelFiles, device: torch.device, dtype: str) -> LocalEngine:
    import torch

    notes = []
    if device.type == "cpu" and not files.facts.is_static:
        try:
            graph = openvino.ready(files, dtype)
            with _reading:
                if files.facts.takes_images:
                    from explorer.encode.engines.image_encoder import ImageEncoderEngine

                    return ImageEncoderEngine(files, graph, dtype)
                return openvino.OpenVINOEngine(files, graph, dtype)
        except NoGraphError as reason:
            notes.append(openvino.without_graph(reason))
    with _reading:
        if device == torch.device("cuda") and torch.cuda.device_count() > 1:
            every = [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
            return SeveralGPUs([TorchEngine(files, one, getattr(torch, dtype)) for one in every])
        return TorchEngine(files, device, getattr(torch, dtype), tuple(notes))


def fast_dtype(files: ModelFiles, device: torch.device) -> str:
    """The fastest dtype for a model on a device; see `tensor.fast_dtype`."""
    if files.facts.is_static:
        return "float32"  # vectors are looked up and added: a lower precision saves no time
    if device.type == "cpu" and openvino.serves(files):
        return "bfloat16" if openvino.has_bfloat16() else "float32"
    return str(devices.fast_dtype(device)).removeprefix("torch.")


def unload(files: ModelFiles, device: torch.device, dtype: str) -> None:
    """Unload a model."""
    with _known:
        loaded().drop((files.identity, str(device), dtype))
