"""The models that are loaded: each once for the whole process, by the engine that runs it fastest here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from explorer.encode.engines import openvino
from explorer.encode.engines.engine import LocalEngine
from explorer.encode.engines.graphs import NoGraphError
from explorer.encode.engines.model_memory import ModelMemory, weights_bytes
from explorer.encode.engines.torch_engine import SeveralGPUs, TorchEngine
from explorer.encode.models import ModelFiles
from explorer.settings import settings
from explorer.tensor import device as devices

if TYPE_CHECKING:
    import torch


_Key = tuple[str, str, str]
_loaded: ModelMemory[LocalEngine] = ModelMemory()
_known = threading.Lock()  # held for a moment, to look at what is loaded
_opening: WeakValueDictionary[_Key, _Opening] = WeakValueDictionary()
_reading = threading.Lock()  # weights are read one model at a time: more would take the memory of all


class _Opening:
    """One model being loaded: who wants it too waits here, and nobody else does."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def load(files: ModelFiles, device: torch.device, dtype: str) -> LocalEngine:
    """The engine for a model, loaded once for the whole process: on a processor OpenVINO, else torch.

    A model that is loaded is there at once, whatever other models are being loaded or converted.

    Args:
        files: The model.
        device: Where it runs.
        dtype: float32, bfloat16 or float16.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: It needs code of its own that may not run, or its weights would run code.
    """
    key = (files.identity, str(device), dtype)
    with _known:
        engine = _loaded.use(key)
        opening = _opening.setdefault(key, _Opening())
    if engine is not None:
        return engine
    with opening.lock:
        with _known:
            engine = _loaded.use(key)
        if engine is None:
            engine = _open(files, device, dtype)
            with _known:
                _loaded.keep(key, engine, weights_bytes(files, dtype), settings().models_mb * 1_000_000)
        return engine


def _open(files: ModelFiles, device: torch.device, dtype: str) -> LocalEngine:
    import torch

    notes = []
    if device.type == "cpu" and not files.facts.is_static:
        try:
            graph = openvino.ready(files, dtype)
            with _reading:
                return openvino.OpenVINOEngine(files, graph, dtype)
        except NoGraphError as reason:
            notes.append(f"OpenVINO, which is faster here, was not used: {reason.what}.")
    with _reading:
        if device == torch.device("cuda") and torch.cuda.device_count() > 1:
            every = [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
            return SeveralGPUs([TorchEngine(files, one, getattr(torch, dtype)) for one in every])
        return TorchEngine(files, device, getattr(torch, dtype), tuple(notes))


def fast_dtype(files: ModelFiles, device: torch.device) -> str:
    """The type a model runs fastest in on a device; see `tensor.fast_dtype`."""
    if files.facts.is_static:
        return "float32"  # vectors are looked up and added: a shorter type saves no time
    if device.type == "cpu" and openvino.serves(files):
        return "bfloat16" if openvino.has_bfloat16() else "float32"
    return str(devices.fast_dtype(device)).removeprefix("torch.")


def unload(files: ModelFiles, device: torch.device, dtype: str) -> None:
    """Let go of a model's memory."""
    with _known:
        _loaded.drop((files.identity, str(device), dtype))
