"""Models that read two texts at once: cross-encoders and models of natural language inference."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.encode.engines.loaded_models import load_once
from explorer.encode.engines.loading import safe_loading
from explorer.encode.model_safety import read_json
from explorer.encode.models import ModelFiles, find_model
from explorer.errors import HubUnreachableError, QueryError, UnusableModelError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings
from explorer.tensor import pick_device

if TYPE_CHECKING:
    import torch

BATCH = 32  # pairs
_FIX = "Choose a model for pairs of texts (sequence classification)."
T = TypeVar("T")


class CrossEncoderModel:
    """A cross-encoder: how relevant a text is to a query, read together."""

    def __init__(self, files: ModelFiles, device: torch.device) -> None:
        from sentence_transformers import CrossEncoder

        _check_reads_pairs(files)
        self.name = files.name
        with safe_loading(files, fix=_FIX):
            self._model: Any = CrossEncoder(
                str(files.folder),
                device=str(device),
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": None if settings().allow_pickle else True},
            )
        self._running = threading.Lock()  # a tokenizer can be used by one thread at a time
        if self._model.num_labels != 1:
            raise UnusableModelError(
                f"The model does not rank: it has {self._model.num_labels} outputs for a pair, not one.",
                where=files.name,
                fix="Choose a cross-encoder that scores a pair, such as cross-encoder/ms-marco-MiniLM-L6-v2.",
            )

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How relevant texts are to a query, as `CrossEncoder.predict` says; float32, shape (texts,)."""
        with self._running:
            scores = self._model.predict(
                [(query, text) for text in texts], batch_size=BATCH, show_progress_bar=False
            )
        return np.asarray(scores, dtype=np.float32)


class InferenceModel:
    """A model of natural language inference: whether a statement follows from a text."""

    def __init__(self, files: ModelFiles, device: torch.device) -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

        _check_reads_pairs(files)
        labels = read_json(files.folder / "config.json", files.name).get("id2label") or {}
        if not any(str(label).lower().startswith("entail") for label in labels.values()):
            named = ", ".join(map(str, list(labels.values())[:5])) or "none"
            raise UnusableModelError(
                f"The model was not trained on natural language inference: none of its outputs ({named}) is "
                "entailment.",
                where=files.name,
                fix="Choose one trained on NLI, such as facebook/bart-large-mnli.",
            )

        self.name = files.name
        with safe_loading(files, fix=_FIX):
            model = AutoModelForSequenceClassification.from_pretrained(
                files.folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=None if settings().allow_pickle else True,
            )
            tokenizer = AutoTokenizer.from_pretrained(
                files.folder, local_files_only=True, trust_remote_code=False
            )
            positions = getattr(model.config, "max_position_embeddings", None)
            if positions is not None and tokenizer.model_max_length > positions:
                # Some tokenizers do not say how much the model reads, and RoBERTa counts positions from 2.
                tokenizer.model_max_length = positions - 2
            self._pipeline: Any = pipeline(
                "zero-shot-classification", model=model, tokenizer=tokenizer, device=device
            )
        self._running = threading.Lock()  # a tokenizer can be used by one thread at a time

    def probabilities(
        self, texts: Sequence[str], names: Sequence[str], template: str, *, several: bool
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """The probability that each statement follows from each text.

        Args:
            texts: The texts.
            names: What is put in the place of `{}` in the template, at least one.
            template: The statement.
            several: Whether each statement is judged by itself; else the probabilities of a text sum to 1.

        Yields:
            Some of the texts, of about the same length, by their places, and their probabilities, float32,
            shape (texts, names).
        """
        check_template(template)
        # Texts of about the same length need little padding.
        order = np.argsort([-len(text) for text in texts], kind="stable")
        step = max(1, BATCH // len(names))
        for start in range(0, len(order), step):
            rows = order[start : start + step]
            with self._running:
                answers = self._pipeline(
                    [texts[row] or " " for row in rows],  # it refuses empty texts
                    list(names),
                    hypothesis_template=template,
                    multi_label=several,
                    batch_size=BATCH,
                )
            by_name = [dict(zip(answer["labels"], answer["scores"], strict=True)) for answer in answers]
            yield rows, np.array([[each[name] for name in names] for each in by_name], dtype=np.float32)


def check_template(template: str) -> None:
    """Refuse a statement without exactly one place for a name.

    Raises:
        QueryError: It has none or several, or other braces.
    """
    if template.count("{}") != 1 or template.replace("{}", "").count("{") + template.replace("{}", "").count(
        "}"
    ):
        raise QueryError(
            f"The template “{template[:80]}” does not have exactly one {{}}.",
            where="template",
            fix="Write {} once, where the name of a category goes: This text is about {}.",
        )


def cross_encoder(
    name: str, *, revision: str | None = None, on_progress: OnProgress | None = None
) -> CrossEncoderModel:
    """A cross-encoder by its name, loaded once for the whole process.

    Raises:
        ModelError: The model is not available, or is no cross-encoder; see `find_model`.
        HubError: It cannot be downloaded.
        NotEnoughMemoryError: It does not fit in memory.
    """
    return _opened("cross-encoder", CrossEncoderModel, name, revision, on_progress)


def inference_model(
    name: str, *, revision: str | None = None, on_progress: OnProgress | None = None
) -> InferenceModel:
    """A model of natural language inference by its name, loaded once for the whole process.

    Raises:
        ModelError: The model is not available, or is none of inference; see `find_model`.
        HubError: It cannot be downloaded.
        NotEnoughMemoryError: It does not fit in memory.
    """
    return _opened("inference", InferenceModel, name, revision, on_progress)


def _opened(
    kind: str,
    make: Callable[[ModelFiles, torch.device], T],
    name: str,
    revision: str | None,
    on_progress: OnProgress | None,
) -> T:
    try:
        files = find_model(name, revision=revision, on_progress=on_progress)
    except HubUnreachableError as error:  # the bundled model, which it recommends, does not read pairs
        raise HubUnreachableError(
            error.what, where=error.where, fix="Try again later, or choose one that is on this machine."
        ) from error
    device = pick_device(settings().device)
    key = (f"{kind} {files.identity}", str(device), "float32")
    return load_once(key, files, device, "float32", lambda: make(files, device))


def _check_reads_pairs(files: ModelFiles) -> None:
    """Refuse a model without an output for pairs: the libraries would add one with random weights."""
    made_for = read_json(files.folder / "config.json", files.name).get("architectures") or []
    scores = any("ForSequenceClassification" in str(one) for one in made_for)
    if not scores and "LogitScore" not in files.module_kinds:  # which makes a language model one
        raise UnusableModelError(
            f"The model does not score pairs of texts: it is {', '.join(map(str, made_for)) or 'unknown'}.",
            where=files.name,
            fix="Choose a cross-encoder, or for categories a model trained on natural language inference.",
        )
