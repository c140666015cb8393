"""An engine in a process of its own: `SeveralProcesses` sends it texts, and it answers with their vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from explorer.data.base64_arrays import array_text
from explorer.encode.engines.engine import LocalEngine, Prompt
from explorer.encode.engines.graph_outcomes import About
from explorer.encode.models import ModelFiles
from explorer.jobs.process import serve
from explorer.jobs.progress import OnProgress


class Worker:
    """Answers the requests of one process. The first opens the engine."""

    def __init__(self) -> None:
        self._engine: LocalEngine | None = None

    def __call__(self, request: dict[str, Any], _on_progress: OnProgress) -> Any:  # noqa: ANN401 - JSON
        """Answer a request that `SeveralProcesses` made."""
        if self._engine is None:
            self._engine = _open(**request)
            return {name: getattr(self._engine, name) for name in ("kind", "name", "dims", "token_budget")}
        prompt = Prompt(request["prompt"], request["role"])
        tokens = self._engine.tokenize(request["texts"], prompt=prompt)
        if request["count"]:
            return tokens.lengths.tolist()
        vectors = self._engine.start(tokens.batch(np.arange(len(request["texts"]))))()
        return array_text(vectors.astype(np.float32, copy=False))


def _open(files: dict[str, Any], dtype: str, graph: list[Any] | None, threads: int) -> LocalEngine:
    """The engine that the parent found, with a share of the cores."""
    model = ModelFiles(**{**files, "folder": Path(files["folder"])})
    if graph is not None:
        from explorer.encode.engines.openvino import OpenVINOEngine
        from explorer.encode.engines.openvino_library import core

        # Pinned threads of two processes could share one core and leave another idle.
        core().set_property("CPU", {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False})
        folder, about = graph
        return OpenVINOEngine(model, (Path(folder), About(**about)), dtype)
    import torch

    from explorer.encode.engines.torch_engine import TorchEngine

    torch.set_num_threads(threads)
    return TorchEngine(model, torch.device("cpu"), getattr(torch, dtype))


if __name__ == "__main__":
    serve(Worker())
