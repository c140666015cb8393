"""Running a model with OpenVINO, on the processor."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from explorer.encode.engines.engine import NO_PROMPT, LocalEngine, Prompt, Vectors
from explorer.encode.engines.graphs import GRAPH, About, NoGraphError, check_modules, graph_for
from explorer.encode.models import ModelFiles
from explorer.encode.tokens import FastTokenizer, IdTokens, has_fast_tokenizer
from explorer.jobs.progress import OnProgress

_HINTS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVINOEngine(LocalEngine):
    """A model of standard modules as an OpenVINO graph; torch is not needed to run it.

    Args:
        files: The model.
        graph: What `ready` gave.
        dtype: What it computes in: float32 or bfloat16. The vectors are float32 all the same.

    Raises:
        NoGraphError: The graph cannot be loaded.
    """

    kind = "openvino"
    # Measured with 2 cores: 1,024 to 4,096 tokens are alike, less or more is slower.
    token_budget = 2048
    # A second request begun beside the first, on the same cores, was seen to gain nothing.
    in_flight = 1

    def __init__(self, files: ModelFiles, graph: tuple[Path, About], dtype: str) -> None:
        folder, about = graph
        # One stream: batches end in the order they began, each on all cores. What is stored when a run is
        # stopped is then its first batches, and the rest are those an unbroken run would have made.
        options = {"INFERENCE_PRECISION_HINT": _HINTS[dtype], "NUM_STREAMS": 1}
        try:
            compiled = _core().compile_model(folder / GRAPH, "CPU", options)
            self._request = compiled.create_infer_request()
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise NoGraphError(f"the graph cannot be loaded ({reason})", where=files.name) from error
        self._lock = threading.Lock()  # a request runs once at a time
        inputs = tuple(about.inputs)
        self._tokenizer = FastTokenizer(files.tokenizer_folder, files.max_length, about.pad_id, inputs)
        self.dims = about.dims
        self.name = f"OpenVINO {dtype} on cpu"

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> IdTokens:
        """Tokens of texts, cut to the model's maximum length."""
        return self._tokenizer.tokenize(texts, on_progress, prompt=prompt.text)

    def start(self, batch: dict[str, np.ndarray]) -> Vectors:
        """Encode a batch of `tokenize`: what is returned gives its vectors, float32, shape (texts, dims)."""
        with self._lock:
            # The arrays are read where they are: the batch outlives the call.
            result: np.ndarray = self._request.infer(batch, share_inputs=True)[0]
            return lambda: result


def ready(files: ModelFiles, dtype: str) -> tuple[Path, About]:
    """The graph of a model, converted if there is none yet, which may take minutes.

    Raises:
        NoGraphError: OpenVINO, or a graph of this model, or the type is not to be had on this machine.
    """
    if not serves(files):
        check_modules(files)
        raise NoGraphError("it is not installed, or the model has no fast tokenizer", where=files.name)
    if dtype == "bfloat16" and not has_bfloat16():
        raise NoGraphError("it has no bfloat16 on this processor", where=files.name)
    return graph_for(files)


def library() -> ModuleType:
    """OpenVINO, without the usage statistics it otherwise sends to its makers as soon as it is imported.

    Raises:
        ImportError: It is not installed.
    """
    # OpenVINO has a stand-in for when this package is missing; None makes importing it fail.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return importlib.import_module("openvino")


def serves(files: ModelFiles) -> bool:
    """Whether OpenVINO is likely to run a model: it is installed, and the model has the parts for it."""
    try:
        check_modules(files)
        library()
    except (NoGraphError, ImportError):
        return False
    return has_fast_tokenizer(files)


def version() -> str:
    """The installed version; empty when there is none."""
    try:
        return importlib.metadata.version("openvino")
    except importlib.metadata.PackageNotFoundError:
        return ""


def has_bfloat16() -> bool:
    """Whether the processor has bfloat16 instructions that OpenVINO uses."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@functools.cache
def _core() -> Any:  # noqa: ANN401 - a library without types
    return library().Core()
