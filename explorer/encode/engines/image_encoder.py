"""Running a model for images and texts with OpenVINO, on the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer.encode.engines.convert_images import PIXELS
from explorer.encode.engines.engine import Vectors
from explorer.encode.engines.graph_outcomes import About
from explorer.encode.engines.graphs import GRAPH, TEXT_GRAPH
from explorer.encode.engines.openvino import compiled_file
from explorer.encode.engines.torch_engine import TorchEngine
from explorer.encode.models import ModelFiles


class ImageEncoderEngine(TorchEngine):
    """A model whose image encoder, and mostly its text encoder too, is an OpenVINO graph.

    The model's own processor stays torch's, and so do its weights if there is no graph for texts.

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
        folder, about = graph
        self._images = compiled_file(files, folder / GRAPH, dtype)
        self._text_inputs = tuple(about.text_inputs)
        self._texts = compiled_file(files, folder / TEXT_GRAPH, dtype) if about.text_inputs else None
        if self._texts is not None:
            self._model.to("meta")  # without weights: those of the graphs are in memory
        self.name = f"OpenVINO {dtype}{'' if self._texts else ' for images, torch for texts,'} on cpu"

    def start(self, batch: dict[str, Any]) -> Vectors:
        """See `EngineRun.start`; the batch is finished when this returns."""
        if PIXELS in batch:
            result = self._images.infer([batch[PIXELS].numpy()])
        elif self._texts is not None:
            result = self._texts.infer({name: np.asarray(batch[name]) for name in self._text_inputs})
        else:
            return super().start(batch)
        return lambda: result

    def _release(self) -> None:
        self._images.release()
        if self._texts is not None:
            self._texts.release()
