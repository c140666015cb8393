"""What runs a model: one engine for each way of running it, behind one Protocol."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary

import numpy as np

from explorer.encode.engines import openvino
from explorer.encode.engines.graphs import NoGraphError
from explorer.encode.engines.loading import fast_tokenizer, load_model
from explorer.encode.models import ModelFiles
from explorer.encode.tokens import OnCount, TextTokens, Tokens
from explorer.errors import EncodeError
from explorer.tensor import device as devices

if TYPE_CHECKING:
    import torch


Vectors = Callable[[], np.ndarray]


class OutOfMemoryError(EncodeError):
    """A batch does not fit the device's memory; a smaller one may."""


class Engine(Protocol):
    """A loaded model.

    Attributes:
        kind: What it is run by: torch or openvino.
        name: The same for people, with the type it computes in and the device.
        notes: What the person should know of the choice.
        token_budget: Tokens a batch may have, padding included.
        in_flight: Batches that are worth having begun before the first of them is waited for.
    """

    kind: str
    name: str
    notes: tuple[str, ...]
    token_budget: int
    in_flight: int

    @property
    def dims(self) -> int:
        """Dimensions of its vectors."""
        ...

    def tokenize(self, texts: Sequence[str], on_progress: OnCount | None = None) -> Tokens:
        """Read texts, prompt included, as the model takes them, cut to its maximum length.

        Args:
            texts: The texts.
            on_progress: Called with (texts done, texts in all); what it raises stops the work.
        """
        ...

    def start(self, batch: Any) -> Vectors:  # noqa: ANN401 - what `Tokens.batch` makes
        """Begin to encode a batch of `tokenize`.

        Returns:
            What waits for its vectors and gives them: float32, shape (texts, dims).

        Raises:
            OutOfMemoryError: The batch does not fit; what is returned may raise it too.
        """
        ...

    def stop(self) -> None:
        """Give up the batches that were begun and will not be waited for."""
        ...


class TorchEngine:
    """Any sentence-transformers model, run by torch.

    Args:
        files: The model.
        device: Where it runs.
        dtype: What it computes in; the vectors are float32 all the same.
        notes: What the person should know of the choice.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: It needs code of its own that may not run, or its weights would run code.
    """

    kind = "torch"

    def __init__(
        self, files: ModelFiles, device: torch.device, dtype: torch.dtype, notes: tuple[str, ...] = ()
    ) -> None:
        self._lock = threading.Lock()  # a model is not safe to run from two threads
        self._files = files
        self._model = load_model(files, device, dtype)
        self._tokenizer = fast_tokenizer(files, self._model)
        self._device = device
        self.notes = notes
        # While a GPU computes one batch, the next one is copied to it and the last one's vectors from it.
        self.in_flight = 2 if device.type == "cuda" else 1
        dims = self._model.get_embedding_dimension()
        if dims is None:
            dims = self.start(self._model.preprocess(["dimensions"]))().shape[1]
        self.dims = int(dims)
        self.name = f"torch {str(dtype).removeprefix('torch.')} on {device}"
        # Measured with 2 cores: 1,024 to 2,048 tokens keep a CPU's caches warm. A GPU wants more at once.
        self.token_budget = 2048 if device.type == "cpu" else 65_536

    def tokenize(self, texts: Sequence[str], on_progress: OnCount | None = None) -> Tokens:
        """Tokens of texts, cut to the model's maximum length."""
        if self._tokenizer is not None:
            return self._tokenizer.tokenize(texts, on_progress)
        return TextTokens(self._files, texts, self._model.preprocess, on_progress)

    def start(self, batch: dict[str, Any]) -> Vectors:
        """Begin to encode a batch of `tokenize`; only CUDA goes on with it in the background."""
        import torch

        try:
            with self._lock, torch.inference_mode():
                features = {name: self._on_device(value) for name, value in batch.items()}
                vectors = self._model(features)["sentence_embedding"].float()
                if self._device.type != "cuda":
                    result: np.ndarray = vectors.cpu().numpy()
                    return lambda: result
                # Only memory that is pinned is copied while the processor goes on.
                held = torch.empty(vectors.shape, dtype=vectors.dtype, pin_memory=True)
                held.copy_(vectors, non_blocking=True)
                copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
                copied.record(torch.cuda.current_stream(self._device))
        except torch.OutOfMemoryError as error:
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            raise OutOfMemoryError("A batch does not fit the device's memory.") from error

        def wait() -> np.ndarray:
            copied.synchronize()
            arrived: np.ndarray = held.numpy()
            return arrived

        return wait

    def stop(self) -> None:
        """Nothing: what a GPU has begun ends by itself, within milliseconds."""

    def _on_device(self, value: Any) -> Any:  # noqa: ANN401 - a model's own features may be anything
        import torch

        part = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        if not isinstance(part, torch.Tensor):
            return part
        if self._device.type == "cuda":
            part = part.pin_memory()
        return part.to(self._device, non_blocking=True)


class SeveralGPUs:
    """The same model on several GPUs, which take batches in turn.

    Args:
        engines: One for each GPU.
    """

    kind = "torch"

    def __init__(self, engines: Sequence[TorchEngine]) -> None:
        first = engines[0]
        self.name = f"{first.name}, {len(engines)} GPUs"
        self.notes = first.notes
        self.dims = first.dims
        self.token_budget = first.token_budget
        self.in_flight = sum(engine.in_flight for engine in engines)
        self.tokenize = first.tokenize
        self.stop = first.stop
        self._turns = itertools.cycle(engines)

    def start(self, batch: dict[str, Any]) -> Vectors:
        """Begin to encode a batch on the GPU whose turn it is.

        One thread is enough: to begin a batch takes a tenth of the time to compute it.
        """
        return next(self._turns).start(batch)


_MAX_LOADED = 2  # models held in memory at once, the least recently used goes first
_Key = tuple[str, str, str]
_loaded: OrderedDict[_Key, Engine] = OrderedDict()
_known = threading.Lock()  # held for a moment, to look at what is loaded
_opening: WeakValueDictionary[_Key, _Opening] = WeakValueDictionary()
_reading = threading.Lock()  # weights are read one model at a time: more would take the memory of all


class _Opening:
    """One model being loaded: who wants it too waits here, and nobody else does."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def load(files: ModelFiles, device: torch.device, dtype: str) -> Engine:
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


def _use(key: _Key) -> Engine | None:
    engine = _loaded.get(key)
    if engine is not None:
        _loaded.move_to_end(key)
    return engine


def _open(files: ModelFiles, device: torch.device, dtype: str) -> Engine:
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
