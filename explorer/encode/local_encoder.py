"""Opening the encoder of a model on this machine: its files, its prompts and its precision."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from explorer.data.corpus import Item, item_key
from explorer.encode import shipped_vectors
from explorer.encode.cache import VectorCache
from explorer.encode.encoder import Encoder
from explorer.encode.engines import loaded_models
from explorer.encode.engines.engine import LocalEngine, OnWait, Prompt
from explorer.encode.engines.several_processes import several_processes
from explorer.encode.models import ModelFiles, find_model
from explorer.encode.precision import PrecisionCheck, check_precision, probe_items
from explorer.encode.prompts import TextPrompts, text_prompts
from explorer.encode.spec import LocalModel
from explorer.errors import EncodeError
from explorer.jobs.cores import cores
from explorer.jobs.progress import OnProgress, Progress
from explorer.settings import settings
from explorer.tensor import Metric, pick_device

if TYPE_CHECKING:
    import torch

# The metric that a model was trained for. If its files name none, or Manhattan distance, which Explorer does
# not compute, it is cosine.
_METRICS: dict[str, Metric] = {"cosine": "cosine", "dot": "dot", "euclidean": "euclidean"}


def open_local(spec: LocalModel, items: Sequence[Item], cache: VectorCache, report: OnProgress) -> Encoder:
    """Find a model's files, download them if needed, and decide on its precision.

    With `auto`, up to 64 of the items are encoded in both precisions. The verdict is cached by these items:
    the same rows need neither the check nor the weights again, and different rows are checked themselves.
    Rows whose exact vectors come with Explorer need no faster ones.

    Args:
        spec: The model.
        items: The user's items, from which those for the check are drawn.
        cache: Where verdicts are cached.
        report: Called with the progress; an exception it raises stops the work.

    Raises:
        ModelError: The model cannot be used; see `find_model`.
        HubError: The model cannot be downloaded from the Hub.
        SettingError: EXPLORER_DEVICE names a device that does not exist.
    """
    report(Progress("Opening the model", total=len(items)))
    files = find_model(
        spec.model,
        revision=spec.revision,
        trust_remote_code=spec.trust_remote_code,
        on_progress=report,
    )
    device = pick_device(settings().device)
    exact = local_encoder(spec, files, device, None)
    fast = loaded_models.fast_dtype(files, device) if spec.precision == "auto" else "float32"
    if fast == "float32" or shipped_vectors.cover(exact.fingerprint, map(item_key, items)):
        return exact
    probe = probe_items(items)
    if not (files.facts.takes_images or all(isinstance(item, str) for item in probe)):
        return exact  # encoding the rows says why they do not fit the model
    check = check_precision(
        *(files, device, fast, probe, Prompt(exact.prompt), cache),
        lambda phase: report(Progress(phase, total=len(items))),
    )
    return local_encoder(spec, files, device, check)


def local_encoder(
    spec: LocalModel, files: ModelFiles, device: torch.device, check: PrecisionCheck | None
) -> Encoder:
    """The encoder of a model on disk, given the check of its precision."""
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
    # Only these models have the following keys, so that fingerprints of all others stay as they were.
    if files.is_routed:
        identity["role"] = "document"
    if prompts.document and not files.pools_prompt:
        identity["prompt_is_pooled"] = False
    if files.facts.truncated_to:
        identity["truncated_to"] = files.facts.truncated_to
    if files.facts.takes_images:
        # Images are scaled by torchvision where it is installed, else by Pillow, to slightly other pixels.
        identity["images"] = "torchvision" if importlib.util.find_spec("torchvision") else "pillow"
    if check is not None and check.passed:
        # In float32, engines agree to a few millionths; at lower precision each rounds differently.
        identity["engine"] = check.engine

    def confirmed(engine: LocalEngine) -> LocalEngine:
        if check is not None and check.passed and engine.kind != check.engine:
            raise EncodeError(
                f"Fast precision was checked with {check.engine}, which is not available now.",
                where=files.name,
                fix=" ".join([*engine.notes, "Choose exact precision, or try again."]),
            )
        return engine

    def load() -> LocalEngine:
        return confirmed(loaded_models.load(files, device, dtype))

    @contextlib.contextmanager
    def open_several(workers: int, on_wait: OnWait) -> Iterator[LocalEngine]:
        with several_processes(files, dtype, workers, on_wait) as engine:
            yield confirmed(engine)

    shares_cores = device.type == "cpu" and cores() > 1  # on GPUs, one process uses all of them
    return Encoder(
        spec,
        files.name,
        identity,
        prompts=prompts,
        similarity=_METRICS.get(files.facts.similarity or "", "cosine"),
        load=load,
        open_several=open_several if shares_cores else None,
        dtype=dtype,
        check=check,
        takes_images=files.facts.takes_images,
    )


def prompts_of(spec: LocalModel, files: ModelFiles) -> TextPrompts:
    """The prompts for rows and queries: those that were chosen, else those of the model's authors."""
    return text_prompts(files.name, files.prompts, spec.task, document=spec.prompt, query=spec.query_prompt)
