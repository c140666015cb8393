"""What comes of making a graph for OpenVINO from a model: the graph, or a reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.encode.models import ModelFiles
from explorer.errors import EncodeError

# The largest relative distance allowed between the float32 vectors of torch and of the graph. It means a
# cosine above 0.99999999; MiniLM has 1e-6.
MAX_APART = 1e-4
_MODULES = {"Transformer", "Pooling", "Dense", "Normalize"}
_IMAGE_MODULES = _MODULES | {"CLIPModel"}  # what files of earlier versions call a Transformer for images


class NoGraphError(EncodeError):
    """The model has no graph that OpenVINO could run in its place."""


@dataclass(frozen=True)
class About:
    """The outcome of converting a model, kept beside the graph.

    Attributes:
        refused: Why the model cannot be run as a graph; empty when it can.
        built: Whether `engines.bert` builds the graph whenever the model is opened; else its files are kept.
        dims: Dimensions of its vectors.
        inputs: Names of its inputs, in order.
        text_inputs: Of a model for images and texts, those of the graph of its text encoder; empty where
            torch encodes texts.
        pad_id: Token id that pads shorter texts.
        apart: The largest relative distance between the vectors of a check text or image from torch and
            from the graph, both float32.
        digests: sha256 of each file of the graph.
    """

    refused: str = ""
    built: bool = False
    dims: int = 0
    inputs: tuple[str, ...] = ()
    text_inputs: tuple[str, ...] = ()
    pad_id: int = 0
    apart: float = 0.0
    digests: dict[str, str] | None = None


def check_modules(files: ModelFiles) -> None:
    """Refuse a model with modules other than Transformer, Pooling, Dense and Normalize.

    Raises:
        NoGraphError: It has such a module, leaves the prompt out of pooling, or runs its own code.
    """
    if files.trust_remote_code:
        raise NoGraphError("the model runs its own code", where=files.name)
    known = _IMAGE_MODULES if files.facts.takes_images else _MODULES
    other = [kind for kind in files.module_kinds if kind not in known]
    if other:
        raise NoGraphError(f"a {other[0]} module cannot be converted", where=files.name)
    if not files.pools_prompt:
        raise NoGraphError(
            "it leaves the prompt out of pooling, which graphs do not support", where=files.name
        )


def check_distance(given: np.ndarray, expected: np.ndarray) -> float:
    """The largest relative distance between the vectors of a graph and torch's, both shape (texts, dims).

    Raises:
        NoGraphError: It is more than `MAX_APART`, or the vectors cannot be compared.
    """
    if given.shape != expected.shape:
        raise NoGraphError("the graph gives vectors of a different shape")
    if not np.isfinite(given).all():
        raise NoGraphError("the graph gives values that are not numbers")
    exact = expected.astype(np.float64)
    apart = float((np.linalg.norm(given - exact, axis=1) / np.linalg.norm(exact, axis=1)).max())
    if not apart <= MAX_APART:
        raise NoGraphError(f"the graph's vectors are {apart:.1e} from torch's")
    return apart
