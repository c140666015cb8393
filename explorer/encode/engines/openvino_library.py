"""Importing OpenVINO."""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType
from typing import Any

EXACT = {"INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 is used where the processor has it


def library() -> ModuleType:
    """Import OpenVINO without its telemetry, which otherwise sends usage statistics on import.

    Raises:
        ImportError: It is not installed.
    """
    # None makes the import of this package fail, and OpenVINO has a fallback for that.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return importlib.import_module("openvino")


def operations() -> ModuleType:
    """Functions that make the nodes of a graph.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    library()
    return importlib.import_module("openvino.opset15")


@functools.cache
def core() -> Any:  # noqa: ANN401 - a library without types
    """The one runtime of this process."""
    return library().Core()
