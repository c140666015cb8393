"""A model as the models page judges it: what is known of it, what forbids its use, and what it would cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.data.corpus import Corpus
from explorer.encode.model_names import model_name
from explorer.encode.model_safety import check_folder, folder_named, names_own_code
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.errors import ExplorerError, HubError, UnusableModelError
from explorer.hub.download import snapshot_on_disk
from explorer.hub.model_details import ModelDetails, model_details
from explorer.hub.models_on_disk import details_on_disk, models_on_disk
from explorer.hub.names import check_revision, is_model_id
from explorer.settings import settings

if TYPE_CHECKING:
    from explorer.encode.report import EncodeReport

MEASURED_TEXTS = 200  # fewer take mostly the time of loading the model
_FLOPS = 200e9  # of two cores that compute in float32, as benchmarks/encode.py measured them
# What two busy cores split texts into, as `FastTokenizer.tokenize` did with the bundled tokenizer.
_TOKENS_PER_SECOND = 400e3
_CHARS_PER_TOKEN = 4
_SPECIAL_TOKENS = 2


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model.

    Attributes:
        model: The bundled model's id, a folder, or a Hub id.
        revision: The commit an encoder is pinned to; None for the bundled model and for folders.
        details: Facts from the Hub, or from its files alone.
        from_hub: Whether the Hub told them.
    """

    model: str
    revision: str | None
    details: ModelDetails
    from_hub: bool


@dataclass(frozen=True)
class Estimate:
    """How long encoding would take.

    Attributes:
        seconds: The time.
        basis: What it is derived from, one sentence.
    """

    seconds: float
    basis: str


def look_up(model: str, revision: str | None) -> ModelFacts:
    """What the Hub says of a model; of one on this machine, what its files say when the Hub does not.

    Raises:
        HubError: The Hub does not answer, or has no such model, and it is not on this machine either.
    """
    check_revision(revision, model)
    own = folder_named(model)
    if own is not None:
        return ModelFacts(model, None, details_on_disk(model_name(model), own, ""), from_hub=False)
    bundled = is_bundled(model, revision)
    try:
        details, from_hub = model_details(model, revision), True
    except HubError:
        folder = folder_on_disk(model, revision)
        if folder is None:
            raise
        details, from_hub = details_on_disk(model, folder, "" if bundled else folder.name), False
    return ModelFacts(model, None if bundled else details.commit, details, from_hub)


def is_bundled(model: str, revision: str | None) -> bool:
    """Whether the package beside Explorer has the model; another revision of it comes from the Hub."""
    return model == BUNDLED_MODEL and revision is None


def folder_on_disk(model: str, revision: str | None, *, code: bool = False) -> Path | None:
    """Where a model, with its own code or without, is on this machine; None if it had to be downloaded."""
    if is_bundled(model, revision):
        return find_model(model).folder
    own = folder_named(model)
    if own is not None:
        return own
    if not is_model_id(model):
        return None
    folder = snapshot_on_disk(model, revision, code=code)
    if folder is None and revision is None:
        # Only commits of it were asked for by now, so that nothing says which of them the default branch is.
        kept = next((kept for kept in models_on_disk() if kept.id == model), None)
        folder = snapshot_on_disk(model, kept.commit, code=code) if kept is not None else None
    return folder


def may_run_code(facts: ModelFacts) -> bool:
    """Whether a model needs code of its own, and the host allows it to those who confirm it."""
    if not settings().allow_remote_code:
        return False
    if facts.details.listing.needs_remote_code:
        return True
    folder = folder_on_disk(facts.model, facts.revision)
    try:
        return folder is not None and names_own_code(folder)
    except UnusableModelError:  # `obstacle` says what is wrong with its files
        return False


def obstacle(facts: ModelFacts, folder: Path | None, *, code: bool = False) -> str:
    """Why a model cannot be used, in a sentence or two; empty when nothing forbids it.

    Args:
        facts: The model.
        folder: Where it is on this machine; None when it would be downloaded.
        code: Whether its own code may run, once that is confirmed.
    """
    listing, size_mb = facts.details.listing, (facts.details.download_size or 0) / 1e6
    if listing.needs_remote_code and not code:
        return (
            "It needs code of its own from its repository, which is not run here. A host can allow it "
            "(EXPLORER_ALLOW_REMOTE_CODE)."
        )
    if folder is not None:
        try:
            check_folder(folder, listing.id, trust_remote_code=code)
        except ExplorerError as error:
            return f"{error.what} {error.fix}"
        return ""
    if facts.details.refused:
        return (
            "It is gated: the Hub gives it only to people who have accepted its terms, and refused it to "
            "this server. Its host can accept them and set HF_TOKEN to a token of that account."
        )
    if not listing.has_safetensors and not settings().allow_pickle:
        return (
            "It has no safetensors weights. Pickle files can run code when opened, so they are not loaded. A "
            "host can allow them, read without running code (EXPLORER_ALLOW_PICKLE)."
        )
    if size_mb > settings().max_model_mb:
        return (
            f"It is {size_mb:,.0f} MB, and this server downloads up to {settings().max_model_mb:,} MB. "
            "The host can raise EXPLORER_MAX_MODEL_MB."
        )
    return ""


def estimate(
    details: ModelDetails, corpus: Corpus, measured: tuple[ModelDetails, EncodeReport] | None
) -> Estimate | None:
    """How long a model would take to encode a corpus; None when its size is not known.

    A transformer takes about two operations for each token and each parameter that is multiplied by
    (arxiv.org/abs/2001.08361, section 2.1); the rows of the table of tokens are only looked up. A static
    model has nothing else, so that splitting texts into tokens takes most of its time.

    Args:
        details: The model.
        corpus: The rows.
        measured: A model that encoded these rows here, and what that took; None when there is none.
    """
    if details.is_static:
        basis = (
            "A static model computes next to nothing: this is for splitting texts into tokens, "
            f"{_TOKENS_PER_SECOND:,.0f} a second, as two CPU cores manage."
        )
        return Estimate(_tokens(details, corpus) / _TOKENS_PER_SECOND, basis)
    wanted = _operations(details, corpus)
    if wanted is None:
        return None
    if measured is not None and not measured[0].is_static:
        other, report = measured
        known = _operations(other, corpus)
        if known:
            seconds = report.seconds * report.distinct / report.encoded * wanted / known
            basis = (
                f"{other.listing.id} took {report.seconds:,.1f} s for {report.encoded:,} of these texts on "
                "this machine, loading included; this is scaled by parameters and tokens."
            )
            return Estimate(seconds, basis)
    basis = (
        "Too little was encoded here yet to measure by: this is from parameters, tokens and "
        f"{_FLOPS / 1e9:,.0f} billion operations a second, as two CPU cores manage."
    )
    return Estimate(wanted / _FLOPS, basis)


def _operations(details: ModelDetails, corpus: Corpus) -> float | None:
    parameters = details.listing.parameters
    if parameters is None:
        return None
    active = parameters if details.active_parameters is None else details.active_parameters
    return 2.0 * max(active, parameters / 100) * _tokens(details, corpus)


def _tokens(details: ModelDetails, corpus: Corpus) -> float:
    longest = details.max_length or math.inf
    return sum(min(len(text) / _CHARS_PER_TOKEN + _SPECIAL_TOKENS, longest) for text in corpus.texts)
