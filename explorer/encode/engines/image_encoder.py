"""Running a model for images and texts on the processor: images with OpenVINO, texts with torch."""

from __future__ import annotations

import contextlib
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


class ImageEncoderEngine(TorchEngine):
    """A model whose image encoder is an OpenVINO graph.

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
        self._graph = compiled_file(files, graph[0] / GRAPH, dtype)
        self.name = f"OpenVINO {dtype} for images, torch for texts, on cpu"

    def start(self, batch: dict[str, Any]) -> Vectors:
        """See `EngineRun.start`; the batch is finished when this returns."""
        if PIXELS not in batch:
            return super().start(batch)
        result = self._graph.infer([batch[PIXELS].numpy()])
        return lambda: result

    @contextlib.contextmanager
    def run(self, on_wait: OnWait | None = None) -> Iterator[Self]:  # noqa: ARG002
        """See `Engine.run`; on exit, memory that is needed only while encoding is released."""
        try:
            yield self
        finally:
            self._graph.release()
