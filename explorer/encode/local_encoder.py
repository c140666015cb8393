"""The encoder of a model on this machine: its files, its prompts, and the precision it computes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.encode.cache import VectorCache
from explorer.encode.encoder import Encoder
from explorer.encode.engines import loaded_models
from explorer.encode.engines.engine import LocalEngine, Prompt
from explorer.encode.models import ModelFiles, find_model
from explorer.encode.precision import PrecisionCheck, check_precision, probe_texts
from explorer.encode.prompts import TextPrompts, text_prompts
from explorer.encode.spec import LocalModel
from explorer.errors import EncodeError
from explorer.jobs.progress import OnProgress, Progress
from explorer.settings import settings
from explorer.tensor import Metric, pick_device

if TYPE_CHECKING:
    import torch

# Rows are compared by what a model was trained for; of one that does not say, or was trained for Manhattan
# distances, which nothing here computes, by cosine.
_METRICS: dict[str, Metric] = {"cosine": "cosine", "dot": "dot", "euclidean": "euclidean"}


def open_local(spec: LocalModel, texts: Sequence[str], cache: VectorCache, say: OnProgress) -> Encoder:
    """Find a model's files, download them if need be, and settle its precision.

    With `auto`, up to 64 of the texts are encoded both ways. The verdict is kept beside the vectors, under
    those texts: opening the same rows again needs neither the probe nor the weights, and rows that are unlike
    those checked before are checked themselves.

    Args:
        spec: What was chosen.
        texts: The user's own: the probe is drawn from them.
        cache: Where verdicts are kept.
        say: Told what is done; an exception it raises stops the work.

    Raises:
        ModelError: The model cannot be had; see `find_model`.
        HubError: The model is on the Hub, which does not give it.
        SettingError: EXPLORER_DEVICE names a device that is not there.
    """
    say(Progress("Opening the model", total=len(texts)))
    files = find_model(
        spec.model,
        revision=spec.revision,
        trust_remote_code=spec.trust_remote_code,
        on_progress=say,
    )
    device = pick_device(settings().device)
    check = None
    fast = loaded_models.fast_dtype(files, device) if spec.precision == "auto" else "float32"
    if fast != "float32":
        prompt = Prompt(prompts_of(spec, files).document)
        check = check_precision(
            *(files, device, fast, probe_texts(texts), prompt, cache),
            lambda phase: say(Progress(phase, total=len(texts))),
        )
    return local_encoder(spec, files, device, check)


def local_encoder(
    spec: LocalModel, files: ModelFiles, device: torch.device, check: PrecisionCheck | None
) -> Encoder:
    """The encoder of a model on disk, its precision settled."""
    prompts = prompts_of(spec, files)
    dtype = check.dtype if check is not None and check.passed else "float32"
    identity = {
        "model": files.name,
        "revision": files.identity,
        "pooling": files.pooling,
        "dtype": dtype,
        "max_length": files.max_length,
        "truncation": "end",
    }
    # Models of these kinds are named apart only since they are asked as their authors mean.
    if files.is_routed:
        identity["role"] = "document"
    if prompts.document and not files.pools_prompt:
        identity["prompt_is_pooled"] = False
    if files.facts.truncated_to:
        identity["truncated_to"] = files.facts.truncated_to
    if check is not None and check.passed:
        # In float32 engines agree to a few millionths; in a short type each has its own rounding.
        identity["engine"] = check.engine

    def load() -> LocalEngine:
        engine = loaded_models.load(files, device, dtype)
        if check is not None and check.passed and engine.kind != check.engine:
            raise EncodeError(
                f"Fast precision was checked with {check.engine}, which cannot be used now.",
                where=files.name,
                fix=" ".join([*engine.notes, "Choose exact precision, or try again."]),
            )
        return engine

    return Encoder(
        spec,
        files.name,
        identity,
        prompts=prompts,
        similarity=_METRICS.get(files.facts.similarity or "", "cosine"),
        load=load,
        dtype=dtype,
        check=check,
    )


def prompts_of(spec: LocalModel, files: ModelFiles) -> TextPrompts:
    """What is put before rows and queries: as chosen, else as the model's authors mean."""
    return text_prompts(files.name, files.prompts, spec.task, document=spec.prompt, query=spec.query_prompt)
