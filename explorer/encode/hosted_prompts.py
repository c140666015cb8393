"""The prompts of hosted models, which their servers do not report."""

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
    """The prompts for rows and queries: those that were chosen, else those of the model's authors.

    If the model's name is a Hub id, they are read from its files on the Hub and cached. If the Hub is
    unreachable later, or the model is no longer public, the prompts stay the same, so that nothing is
    encoded, and charged, again.

    Args:
        spec: The model.
        cache: Where the prompts are cached.
    """
    defined: Mapping[str, str] = {}
    if (spec.prompt is None or spec.query_prompt is None) and is_on_hub(spec.model):
        defined = _own_prompts(spec.model, cache)
    return text_prompts(spec.model, defined, spec.task, document=spec.prompt, query=spec.query_prompt)


def _own_prompts(model: str, cache: VectorCache) -> Mapping[str, str]:
    kept = kept_prompts(model, cache)
    try:
        found = prompts_on_hub(model)
    except HubError:
        return kept or {}
    # None: by now the model is gated or private, or the server's token expired; the model is the same.
    defined = (kept or {}) if found is None else found
    if defined != kept:
        cache.record_verdict(_subject(model), json.dumps(defined))
    return defined


def kept_prompts(model: str, cache: VectorCache) -> dict[str, str] | None:
    """The prompts last read from a model's files on the Hub, by name; None if they were never read."""
    kept = cache.verdict(_subject(model))
    return None if kept is None else dict(json.loads(kept))


def is_on_hub(model: str) -> bool:
    """Whether a model's name on a server has the form of a Hub id."""
    return "/" in model and is_model_id(model)


def _subject(model: str) -> str:
    return f"prompts of {model}"
