"""What runs a model: one engine for each way of running it, behind one Protocol."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from explorer.encode.models import ModelFiles
from explorer.encode.safety import remote_code_error
from explorer.errors import EncodeError, ModelError, UnusableModelError

if TYPE_CHECKING:
    import torch


class OutOfMemoryError(EncodeError):
    """A batch does not fit the device's memory; a smaller one may."""


class Engine(Protocol):
    """A loaded model. `prepare` may run in another thread, ahead of `run`."""

    name: str
    dims: int
    token_budget: int

    def prepare(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - an engine's own kind of batch
        """Tokenise a batch of texts, prompt included, and cut it to the model's maximum length."""
        ...

    def run(self, batch: Any) -> np.ndarray:  # noqa: ANN401
        """Vectors of a prepared batch: float32, shape (texts, dims).

        Raises:
            OutOfMemoryError: The batch does not fit.
        """
        ...


class TorchEngine:
    """Any sentence-transformers model, run by torch.

    Args:
        files: The model.
        device: Where it runs.
        dtype: What it computes in; the vectors are float32 all the same.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: The model needs code of its own.
    """

    def __init__(self, files: ModelFiles, device: torch.device, dtype: torch.dtype) -> None:
        self._lock = threading.Lock()  # a model is not safe to run from two threads
        self._model = _load(files, device, dtype)
        self._device = device
        dims = self._model.get_embedding_dimension()
        if dims is None:
            dims = self.run(self.prepare(["dimensions"])).shape[1]
        self.dims = int(dims)
        self.name = f"torch {str(dtype).removeprefix('torch.')} on {device}"
        # Measured with 2 cores: 1,024 to 2,048 tokens keep a CPU's caches warm. A GPU wants more at once.
        self.token_budget = 2048 if device.type == "cpu" else 65_536

    def prepare(self, texts: Sequence[str]) -> dict[str, Any]:
        """Tokenise a batch of texts and cut it to the model's maximum length."""
        features: dict[str, Any] = self._model.preprocess(list(texts))
        return features

    def run(self, batch: dict[str, Any]) -> np.ndarray:
        """Vectors of a prepared batch: float32, shape (texts, dims)."""
        import torch

        try:
            with self._lock, torch.inference_mode():
                features = {
                    name: value.to(self._device, non_blocking=True) if hasattr(value, "to") else value
                    for name, value in batch.items()
                }
                vectors = self._model(features)["sentence_embedding"]
                result: np.ndarray = vectors.float().cpu().numpy()
                return result
        except torch.OutOfMemoryError as error:
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            raise OutOfMemoryError("A batch does not fit the device's memory.") from error


_MAX_LOADED = 2  # models held in memory at once, the least recently used goes first
_loaded: OrderedDict[tuple[str, str, str], Engine] = OrderedDict()
_loading = threading.Lock()


def load(files: ModelFiles, device: torch.device, dtype: str) -> Engine:
    """The engine for a model, loaded once for the whole process.

    Args:
        files: The model.
        device: Where it runs.
        dtype: float32, bfloat16 or float16.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: The model needs code of its own.
    """
    import torch

    key = (files.revision, str(device), dtype)
    with _loading:
        if key not in _loaded:
            _loaded[key] = TorchEngine(files, device, getattr(torch, dtype))
        _loaded.move_to_end(key)
        while len(_loaded) > _MAX_LOADED:
            _loaded.popitem(last=False)
        return _loaded[key]


def unload(files: ModelFiles, device: torch.device, dtype: str) -> None:
    """Let go of a model's memory."""
    with _loading:
        _loaded.pop((files.revision, str(device), dtype), None)


def _load(files: ModelFiles, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()
    try:
        model = SentenceTransformer(
            str(files.folder),
            device=str(device),
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": dtype},
        )
    except ModelError:
        raise
    except Exception as error:  # the libraries raise many kinds for a folder they cannot read
        if "trust_remote_code" in str(error):
            raise remote_code_error(files.name) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnusableModelError(
            f"The model cannot be loaded: {reason}",
            where=files.name,
            fix="Choose a sentence-transformers model.",
        ) from error
    if not model.supports("text"):
        raise UnusableModelError("The model does not take texts.", where=files.name)
    model.eval()
    return model.to(dtype)
