"""Running a model with torch, on any device, or on several GPUs at once."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.data.images.images import ImageItem
from explorer.encode.engines.engine import NO_PROMPT, LocalEngine, OutOfMemoryError, Prompt, Vectors
from explorer.encode.engines.image_batches import ImageBatches, stacks
from explorer.encode.engines.loading import fast_tokenizer, load_model
from explorer.encode.engines.own_code import own_lengths, own_preprocess
from explorer.encode.models import ModelFiles
from explorer.encode.tokens import TextTokens, Tokens, count_tokens
from explorer.jobs.progress import OnProgress

if TYPE_CHECKING:
    import torch


class TorchEngine(LocalEngine):
    """Any sentence-transformers model, run by torch.

    Args:
        files: The model.
        device: Where it runs.
        dtype: The type it computes in; the vectors are always float32.
        notes: Notes on the choice of the engine, for the screen.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: It needs its own code, which is not allowed, or its weights would run code.
    """

    kind = "torch"

    def __init__(
        self, files: ModelFiles, device: torch.device, dtype: torch.dtype, notes: tuple[str, ...] = ()
    ) -> None:
        self._lock = threading.Lock()  # models are not thread-safe
        self._files = files
        self._model = load_model(files, device, dtype)
        self._tokenizer = fast_tokenizer(files, self._model)
        self._device = device
        self.notes = notes
        # While a GPU computes a batch, the next one and the previous vectors are copied.
        self.in_flight = 2 if device.type == "cuda" else 1
        dims = self._model.get_embedding_dimension()
        if dims is None:
            dims = self.start(self._model.preprocess(["dimensions"]))().shape[1]
        self.dims = int(dims)
        self.image_scale = _image_scale(self._model)
        self.name = f"torch {str(dtype).removeprefix('torch.')} on {device}"
        # Measured with 2 cores: 1,024 to 2,048 tokens keep a CPU's caches warm. A GPU needs more.
        self.token_budget = 2048 if device.type == "cpu" else 65_536

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> Tokens:
        """See `Engine.tokenize`."""
        if self._tokenizer is not None:
            return self._tokenizer.tokenize(texts, on_progress, prompt=prompt.text)
        preprocess = own_preprocess(self._model, prompt)
        lengths = (
            own_lengths(preprocess, texts, on_progress)
            if self._files.is_routed
            else count_tokens(self._files, texts, prompt=prompt.text, on_progress=on_progress)
        )
        longest = self._files.max_length
        return TextTokens(texts, lengths if longest is None else np.minimum(lengths, longest), preprocess)

    def prepare_images(self, images: Sequence[ImageItem]) -> Tokens:
        """See `Engine.prepare_images`."""
        if not self._model.supports("image"):
            return super().prepare_images(images)
        return ImageBatches(images, self._model, self.token_budget, together=self._stacks_images)

    @functools.cached_property
    def _stacks_images(self) -> bool:
        return stacks(self._model.preprocess)

    def start(self, batch: dict[str, Any]) -> Vectors:
        """See `EngineRun.start`; only CUDA continues in the background."""
        import torch

        try:
            with self._lock, torch.inference_mode():
                features = {name: self._on_device(value) for name, value in batch.items()}
                # `SentenceTransformer.encode` truncates the dimensions the same way.
                vectors = self._model(features)["sentence_embedding"][:, : self._model.truncate_dim].float()
                if self._device.type != "cuda":
                    result: np.ndarray = vectors.cpu().numpy()
                    return lambda: result
                # Only copies to pinned memory are asynchronous.
                held = torch.empty(vectors.shape, dtype=vectors.dtype, pin_memory=True)
                held.copy_(vectors, non_blocking=True)
                copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
                copied.record(torch.cuda.current_stream(self._device))
        except torch.OutOfMemoryError as error:
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            raise OutOfMemoryError("A batch does not fit in the device's memory.") from error

        def wait() -> np.ndarray:
            copied.synchronize()
            arrived: np.ndarray = held.numpy()
            return arrived

        return wait

    def _on_device(self, value: Any) -> Any:  # noqa: ANN401 - a model's own features may be anything
        import torch

        part = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        if not isinstance(part, torch.Tensor):
            return part
        if self._device.type == "cuda":
            part = part.pin_memory()
        return part.to(self._device, non_blocking=True)


class SeveralGPUs(LocalEngine):
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
        self.image_scale = first.image_scale
        self.token_budget = first.token_budget
        self.in_flight = sum(engine.in_flight for engine in engines)
        self._first = first
        self._turns = itertools.cycle(engines)

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> Tokens:
        """See `Engine.tokenize`."""
        return self._first.tokenize(texts, on_progress, prompt=prompt)

    def prepare_images(self, images: Sequence[ImageItem]) -> Tokens:
        """See `Engine.prepare_images`."""
        return self._first.prepare_images(images)

    def start(self, batch: dict[str, Any]) -> Vectors:
        """Start a batch on the next GPU.

        One thread is enough: starting a batch takes a tenth of the time that computing it takes.
        """
        return next(self._turns).start(batch)


def _image_scale(model: torch.nn.Module) -> float | None:
    """The factor that CLIP and models like it learn, as its logarithm."""
    found = (value for name, value in model.named_parameters() if name.split(".")[-1] == "logit_scale")
    learned = next(found, None)
    return None if learned is None or learned.numel() != 1 else float(learned.detach().float().exp())
