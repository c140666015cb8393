"""What runs a model: one engine for each way of running it, behind one Protocol."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from explorer.encode import openvino
from explorer.encode.graphs import NoGraphError
from explorer.encode.models import ModelFiles
from explorer.encode.safety import remote_code_error
from explorer.encode.tokens import FastTokenizer, OnCount, TextTokens, Tokens, has_fast_tokenizer
from explorer.errors import EncodeError, ModelError, UnsafeModelError, UnusableModelError
from explorer.settings import settings
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
        UnsafeModelError: The model needs code of its own.
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


_FORCE_WEIGHTS_ONLY = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_MAX_LOADED = 2  # models held in memory at once, the least recently used goes first
_loaded: OrderedDict[tuple[str, str, str], Engine] = OrderedDict()
_loading = threading.Lock()


def load(files: ModelFiles, device: torch.device, dtype: str) -> Engine:
    """The engine for a model, loaded once for the whole process: on a processor OpenVINO, else torch.

    Args:
        files: The model.
        device: Where it runs.
        dtype: float32, bfloat16 or float16.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: The model needs code of its own.
    """
    key = (files.identity, str(device), dtype)
    with _loading:
        if key not in _loaded:
            _loaded[key] = _open(files, device, dtype)
        _loaded.move_to_end(key)
        while len(_loaded) > _MAX_LOADED:
            _loaded.popitem(last=False)
        return _loaded[key]


def _open(files: ModelFiles, device: torch.device, dtype: str) -> Engine:
    import torch

    notes = []
    if device.type == "cpu":
        try:
            return openvino.OpenVINOEngine(files, dtype)
        except NoGraphError as reason:
            notes.append(f"OpenVINO, which is faster here, was not used: {reason.what}.")
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
    with _loading:
        _loaded.pop((files.identity, str(device), dtype), None)


# What tokenizers disagree on when they do: spaces, capitals, accents, signs that are no letters, the spelling
# of special tokens, and where a text is cut.
_CHECK_TEXTS = [
    "",
    " ",
    "a",
    "One short text.",
    "  two  spaces\tand\r\nlines  ",
    "ÜNÏCÖDÉ ﬁ ß 日本語 🎉\u200b",
    "[CLS] [SEP] [MASK] <s> </s> <mask> <pad>",
    "don't — “quotes”, 3,141.59 & user@example.org",
]


def fast_tokenizer(files: ModelFiles, model: Any) -> FastTokenizer | None:  # noqa: ANN401
    """The Rust tokenizer of a loaded model, if it gives just what the model's own Python code does.

    Args:
        files: The model.
        model: The `SentenceTransformer` loaded from it.

    Returns:
        The tokenizer; None when there is none, or when it differs on a check text.
    """
    if not has_fast_tokenizer(files.folder):
        return None
    texts = [*_CHECK_TEXTS, "word " * (files.max_length or 512) + "and more"]
    features = model.preprocess(texts)
    expected = {name: value.numpy() for name, value in features.items() if hasattr(value, "numpy")}
    pad_id = getattr(model.tokenizer, "pad_token_id", None)
    if (
        not isinstance(pad_id, int)
        or not {"input_ids", "attention_mask"} <= set(expected) <= _INPUTS
        or features.get("modality", "text") != "text"
    ):
        return None
    tokenizer = FastTokenizer(files.folder, files.max_length, pad_id, tuple(sorted(expected)))
    given = tokenizer.tokenize(texts).batch(np.arange(len(texts)))
    same = all(np.array_equal(given[name], values) for name, values in expected.items())
    return tokenizer if same else None


@contextlib.contextmanager
def _weights_only() -> Iterator[None]:
    """Have torch read pickle files without running code, whatever a model's own settings ask for.

    A model's `sentence_bert_config.json` may pass `weights_only` on; torch's own switch is above it
    (docs.pytorch.org/docs/stable/notes/serialization.html).
    """
    before = os.environ.get(_FORCE_WEIGHTS_ONLY)
    os.environ[_FORCE_WEIGHTS_ONLY] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FORCE_WEIGHTS_ONLY]
        else:
            os.environ[_FORCE_WEIGHTS_ONLY] = before


def _named_by_content(files: ModelFiles) -> Path:
    """A model's folder under a name that is another's as soon as its files are.

    transformers keeps code by the folder's name and a hash of single files; of a folder that was changed it
    would run what it registered before. A snapshot of the Hub has its commit for a name.
    """
    if files.origin == "hub" or not files.trust_remote_code:
        return files.folder
    link = settings().cache_folder / "code" / files.revision.removeprefix("sha256:")
    if link.resolve() != files.folder:
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(files.folder)
    return link


def load_model(files: ModelFiles, device: torch.device, dtype: torch.dtype) -> Any:  # noqa: ANN401
    """The `SentenceTransformer` of a model, ready to run.

    Raises:
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: The model needs code of its own that may not run, or its weights would run code.
    """
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()
    try:
        with _weights_only():
            model = SentenceTransformer(
                str(_named_by_content(files)),
                device=str(device),
                trust_remote_code=files.trust_remote_code,
                local_files_only=True,
                model_kwargs={"use_safetensors": None if settings().allow_pickle else True, "dtype": dtype},
            )
    except ModelError:
        raise
    except pickle.UnpicklingError as error:
        raise UnsafeModelError(
            "A pickle file of the model holds something other than weights, or is damaged; nothing in it "
            "was run.",
            where=files.name,
            fix="Choose a model with safetensors weights.",
        ) from error
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
