"""Running a model with OpenVINO, on the processor."""

from __future__ import annotations

import contextlib
import importlib.metadata
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explorer.encode.engines.bert.description import describe
from explorer.encode.engines.bert.graph import build
from explorer.encode.engines.bert.weights import drop_pages, mapped_files
from explorer.encode.engines.engine import NO_PROMPT, LocalEngine, Prompt, Vectors
from explorer.encode.engines.graph_outcomes import About, NoGraphError, check_modules
from explorer.encode.engines.graphs import GRAPH, graph_for
from explorer.encode.engines.openvino_library import core, library
from explorer.encode.models import ModelFiles
from explorer.encode.tokens import FastTokenizer, IdTokens, has_fast_tokenizer
from explorer.jobs.progress import OnProgress

_HINTS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVINOEngine(LocalEngine):
    """A model of standard modules as an OpenVINO graph; torch is not needed to run it.

    Args:
        files: The model.
        graph: The result of `ready`.
        dtype: Computes in float32 or bfloat16; the vectors are always float32.

    Raises:
        NoGraphError: The graph cannot be loaded.
    """

    kind = "openvino"
    # Measured with 2 cores: 1,024 to 4,096 tokens are equally fast, fewer or more are slower.
    token_budget = 2048
    # Measured: a second concurrent request on the same cores gains nothing.
    in_flight = 1

    def __init__(self, files: ModelFiles, graph: tuple[Path, About], dtype: str) -> None:
        folder, about = graph
        with _loading(files, folder):
            if about.built:
                described = describe(files)
                compiled = core().compile_model(build(described), "CPU", _options(dtype))
                self._mapped = mapped_files(described.weights.values())
            else:
                compiled = core().compile_model(folder / GRAPH, "CPU", _options(dtype))
                self._mapped = []
            drop_pages(self._mapped)  # OpenVINO has copied the matrices
            self._graph = CompiledGraph(compiled)
        inputs = tuple(about.inputs)
        self._tokenizer = FastTokenizer(files.tokenizer_folder, files.max_length, about.pad_id, inputs)
        self.dims = about.dims
        self.name = f"OpenVINO {dtype} on cpu"

    def tokenize(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, *, prompt: Prompt = NO_PROMPT
    ) -> IdTokens:
        """See `Engine.tokenize`."""
        return self._tokenizer.tokenize(texts, on_progress, prompt=prompt.text)

    def start(self, batch: dict[str, np.ndarray]) -> Vectors:
        """See `EngineRun.start`; the batch is finished when this returns."""
        result = self._graph.infer(batch)
        return lambda: result

    def _release(self) -> None:
        self._graph.release()
        drop_pages(self._mapped)  # what was read of the embeddings


class CompiledGraph:
    """A graph that runs once at a time, as an inference request does.

    Args:
        compiled: OpenVINO's compiled model.
    """

    def __init__(self, compiled: Any) -> None:  # noqa: ANN401 - a library without types
        self._compiled = compiled
        self._compiled.release_memory()  # what compiling took
        self._request = compiled.create_infer_request()
        self._lock = threading.Lock()

    def infer(self, inputs: Mapping[str, np.ndarray] | Sequence[np.ndarray]) -> np.ndarray:
        """The first output, for the graph's inputs by their names or in their order."""
        with self._lock:
            # The arrays need not be copied: they outlive the call.
            result: np.ndarray = self._request.infer(inputs, share_inputs=True)[0]
            return result

    def release(self) -> None:
        """Release the values between the layers, which are needed only while encoding."""
        with self._lock:
            self._compiled.release_memory()


def compiled_file(files: ModelFiles, graph: Path, dtype: str) -> CompiledGraph:
    """The graph in a file, compiled for the processor.

    Args:
        files: The model, for messages.
        graph: The file.
        dtype: Computes in float32 or bfloat16.

    Raises:
        NoGraphError: It cannot be loaded.
    """
    with _loading(files, graph.parent):
        return CompiledGraph(core().compile_model(graph, "CPU", _options(dtype)))


def _options(dtype: str) -> dict[str, Any]:
    # One stream: batches finish in order, each on all cores. A run that is stopped has then stored its
    # first batches, and the remaining ones are the same as in an uninterrupted run.
    return {"INFERENCE_PRECISION_HINT": _HINTS[dtype], "NUM_STREAMS": 1}


@contextlib.contextmanager
def _loading(files: ModelFiles, folder: Path) -> Iterator[None]:
    """Make errors of the library ours, without the folder of the graph."""
    try:
        yield
    except RuntimeError as error:
        reason = files.without_paths(str(error).strip().splitlines()[-1], folder)
        raise NoGraphError(f"the graph cannot be loaded ({reason})", where=files.name) from error


def ready(files: ModelFiles, dtype: str) -> tuple[Path, About]:
    """The graph of a model, checked and perhaps converted if it was not yet, which may take minutes.

    Raises:
        NoGraphError: OpenVINO, a graph of this model, or the dtype is not available on this machine.
    """
    _check_support(files)
    if dtype == "bfloat16" and not has_bfloat16():
        raise NoGraphError("it has no bfloat16 on this processor", where=files.name)
    return graph_for(files)


def without_graph(reason: NoGraphError) -> str:
    """A note for the screen: why torch runs a model."""
    return f"OpenVINO, which is faster here, was not used: {reason.what}."


def serves(files: ModelFiles) -> bool:
    """Whether OpenVINO can probably run a model: it is installed, and supports the model's modules."""
    try:
        _check_support(files)
    except NoGraphError:
        return False
    return True


def _check_support(files: ModelFiles) -> None:
    check_modules(files)
    try:
        library()
    except ImportError as error:
        raise NoGraphError("it is not installed", where=files.name) from error
    if not files.facts.takes_images and not has_fast_tokenizer(files):  # torch prepares texts of others
        raise NoGraphError("the model has no fast tokenizer", where=files.name)


def version() -> str:
    """The installed version; empty if OpenVINO is not installed."""
    try:
        return importlib.metadata.version("openvino")
    except importlib.metadata.PackageNotFoundError:
        return ""


def has_bfloat16() -> bool:
    """Whether the processor has bfloat16 instructions that OpenVINO uses."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
