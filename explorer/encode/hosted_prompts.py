"""The prompts of hosted models, which their servers do not tell."""

from __future__ import annotations

import json
from collections.abc import Mapping

from explorer.encode.cache import VectorCache
from explorer.encode.prompts import TextPrompts, text_prompts
from explorer.encode.spec import HostedModel
from explorer.errors import HubError
from explorer.hub.model_prompts import prompts_on_hub
from explorer.hub.names import is_model_id


def hosted_prompts(spec: HostedModel, cache: VectorCache) -> TextPrompts:
    """What is put before rows and queries: as chosen, else as the model's authors mean.

    Where the model's name is a Hub id, its own files there are asked for, and what they say is kept: a Hub
    that is out of reach, or hides the model since, changes no prompt, so nothing is encoded, and billed,
    again for it.

    Args:
        spec: What was chosen.
        cache: Where it is kept.
    """
    defined: Mapping[str, str] = {}
    if (spec.prompt is None or spec.query_prompt is None) and is_on_hub(spec.model):
        defined = _own_prompts(spec.model, cache)
    return text_prompts(spec.model, defined, spec.task, document=spec.prompt, query=spec.query_prompt)


def _own_prompts(model: str, cache: VectorCache) -> Mapping[str, str]:
    kept = kept_prompts(model, cache)
    try:
        said = prompts_on_hub(model)
    except HubError:
        return kept or {}
    # A model may be gated or private since, or the server's token have expired: it is the same model.
    defined = (kept or {}) if said is None else said
    if defined != kept:
        cache.record_verdict(_subject(model), json.dumps(defined))
    return defined


def kept_prompts(model: str, cache: VectorCache) -> dict[str, str] | None:
    """What a model's own files on the Hub said when they were last asked for; None where they never were."""
    kept = cache.verdict(_subject(model))
    return None if kept is None else dict(json.loads(kept))


def is_on_hub(model: str) -> bool:
    """Whether a model's name on a server has the form of a Hub id."""
    return "/" in model and is_model_id(model)


def _subject(model: str) -> str:
    return f"prompts of {model}"
