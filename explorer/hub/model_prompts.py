"""The prompts that a model on the Hub defines, without its other files."""

from __future__ import annotations

import json
from typing import Any

from explorer.errors import GatedError, NotOnHubError
from explorer.hub.client import get_bytes
from explorer.hub.model_details import MAX_JSON_BYTES, own_facts

_FILE = "config_sentence_transformers.json"


def prompts_on_hub(name: str) -> dict[str, str]:
    """The prompts of a model's own files, by name; none where the Hub has no such model, or hides its files.

    Args:
        name: Hub id.

    Raises:
        HubUnreachableError: The Hub does not answer.
    """
    try:
        content = get_bytes(name, _FILE, "main", 0, MAX_JSON_BYTES, kind="model")
    except (NotOnHubError, GatedError):
        return {}

    def read(path: str) -> Any:  # noqa: ANN401 - JSON
        if path != _FILE:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            return None

    prompts: dict[str, str] = own_facts(read)["prompts"]
    return prompts
