"""The models that are loaded: each once for the whole process, by the engine that runs it fastest here."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from explorer.encode.engines import openvino
from explorer.encode.engines.engine import LocalEngine
from explorer.encode.engines.graphs import NoGraphError
from explorer.encode.engines.torch_engine import SeveralGPUs, TorchEngine
from explorer.encode.models import ModelFiles
from explorer.tensor import device as devices

if TYPE_CHECKING:
    import torch


_MAX_LOADED = 2  # models held in memory at once, the least recently used goes first
_Key = tuple[str, str, str]
_loaded: OrderedDict[_Key, LocalEngine] = OrderedDict()
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
        engine = _use(key)
        opening = _opening.setdefault(key, _Opening())
    if engine is not None:
        return engine
    with opening.lock:
        with _known:
            engine = _use(key)
        if engine is None:
            engine = _open(files, device, dtype)
            with _known:
                _loaded[key] = engine
                while len(_loaded) > _MAX_LOADED:
                    _loaded.popitem(last=False)
        return engine


def _use(key: _Key) -> LocalEngine | None:
    engine = _loaded.get(key)
    if engine is not None:
        _loaded.move_to_end(key)
    return engine


def _open(files: ModelFiles, device: torch.device, dtype: str) -> LocalEngine:
    import torch

    notes = []
    if device.type == "cpu":
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
    if device.type == "cpu" and openvino.serves(files):
        return "bfloat16" if openvino.has_bfloat16() else "float32"
    return str(devices.fast_dtype(device)).removeprefix("torch.")


def unload(files: ModelFiles, device: torch.device, dtype: str) -> None:
    """Let go of a model's memory."""
    with _known:
        _loaded.pop((files.identity, str(device), dtype), None)
