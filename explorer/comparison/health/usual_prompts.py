"""The prompts that a model's authors intend, beside those that an encoder uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explorer.encode.encoder import Encoder
from explorer.encode.models import files_on_disk
from explorer.encode.prompts import TextPrompts, text_prompts
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors

Fit = Literal["fits", "missing", "unusual"]


@dataclass(frozen=True)
class PromptCheck:
    """An encoder's prompts compared with those of the model's authors.

    Attributes:
        fit: Whether they fit: `missing` if the authors put a prompt before rows or queries and the encoder
            puts none; `unusual` if it puts another one.
        usual: The authors' prompts for the encoder's task.
    """

    fit: Fit
    usual: TextPrompts


def check_prompts(encoder: Encoder) -> PromptCheck | None:
    """Compare an encoder's prompts with those of the model's authors.

    A prompt with the same beginning, up to the first colon, is the same prompt: models such as Qwen3 take
    any task after “Instruct:”. For vectors that came with the rows, only the query prompt is known.

    Returns:
        None if the authors' prompts are not known, or if the encoder is not a model.
    """
    spec = encoder.spec
    rows_known = not isinstance(spec, OwnVectors)
    model = spec.query_model if isinstance(spec, OwnVectors) else spec
    if not isinstance(model, LocalModel | HostedModel):
        return None
    if model.prompt is None and model.query_prompt is None:
        every: tuple[TextPrompts, ...] = (
            encoder.prompts,
        )  # for hosted models, they may come from files on the Hub
    else:
        name, defined = _defined(model)
        search, clustering = (text_prompts(name, defined, task) for task in ("search", "clustering"))
        every = (clustering, search) if model.task == "clustering" else (search, clustering)
    usual = every[0]
    if usual.origin == "nobody":
        return PromptCheck("missing", usual) if _unused(encoder, usual) else None
    fits = [_fit(encoder, prompts, rows_known) for prompts in every]
    return PromptCheck("fits" if "fits" in fits else fits[0], usual)


def _defined(model: LocalModel | HostedModel) -> tuple[str, dict[str, str]]:
    """The name by which a model's family is found, and the prompts in its own files, if they are here."""
    if isinstance(model, HostedModel):
        return model.model, {}
    files = files_on_disk(model.model, revision=model.revision, trust_remote_code=model.trust_remote_code)
    return (model.model, {}) if files is None else (files.name, dict(files.prompts))


def _unused(encoder: Encoder, usual: TextPrompts) -> bool:
    """Whether the model's files have instructions, not marked as to their use, and no prompt is used."""
    return bool(usual.unused) and not (encoder.prompt or encoder.query_prompt)


def _fit(encoder: Encoder, usual: TextPrompts, rows_known: bool) -> Fit:
    pairs = [(encoder.query_prompt, usual.query)]
    if rows_known:
        pairs.append((encoder.prompt, usual.document))
    differing = [(used, meant) for used, meant in pairs if _beginning(used) != _beginning(meant)]
    if not differing:
        return "fits"
    return "missing" if any(not used for used, _ in differing) else "unusual"


def _beginning(prompt: str) -> str:
    return prompt.partition(":")[0].strip().lower()
