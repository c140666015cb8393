"""Running a model for images and texts on the processor: images with OpenVINO, texts with torch."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import torch

from explorer.encode.engines.convert_images import PIXELS
from explorer.encode.engines.engine import OnWait, Vectors
from explorer.encode.engines.graph_outcomes import About
from explorer.encode.engines.graphs import GRAPH
from explorer.encode.engines.openvino import compiled_file
from explorer.encode.engines.torch_engine import TorchEngine
from explorer.encode.models import ModelFiles


class ImagePartEngine(TorchEngine):
    """A model whose part for images is an OpenVINO graph.

    torch keeps the whole model: it encodes texts, and the model's own processor goes with it.

    Args:
        files: The model.
        graph: The result of `openvino.ready`.
        dtype: Computes in float32 or bfloat16; the vectors are always float32.

    Raises:
        NoGraphError: The graph cannot be loaded.
        UnusableModelError: The files do not make a model that embeds texts.
        UnsafeModelError: Its weights would run code.
    """

    kind = "openvino"

    def __init__(self, files: ModelFiles, graph: tuple[Path, About], dtype: str) -> None:
        super().__init__(files, torch.device("cpu"), getattr(torch, dtype))
        self._compiled = compiled_file(files, graph[0] / GRAPH, dtype)
        self._request = self._compiled.create_infer_request()
        self._inferring = threading.Lock()  # an inference request cannot run twice at once
        self.name = f"OpenVINO {dtype} for images, torch for texts, on cpu"

    def start(self, batch: dict[str, Any]) -> Vectors:
        """See `EngineRun.start`; the batch is finished when this returns."""
        if PIXELS not in batch:
            return super().start(batch)
        with self._inferring:
            result = self._request.infer([batch[PIXELS].numpy()], share_inputs=True)[0]
            return lambda: result

    @contextlib.contextmanager
    def run(self, on_wait: OnWait | None = None) -> Iterator[Self]:  # noqa: ARG002
        """See `Engine.run`; on exit, memory that is needed only while encoding is released."""
        try:
            yield self
        finally:
            with self._inferring:
                self._compiled.release_memory()
