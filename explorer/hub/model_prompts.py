"""The prompts that a model on the Hub defines, without its other files."""

from __future__ import annotations

import json

from explorer.errors import FileNotOnHubError, GatedError, NotOnHubError
from explorer.hub.client import get_bytes
from explorer.hub.json_values import as_table
from explorer.hub.model_modules import bounded_prompts

_FILE = "config_sentence_transformers.json"
_MAX_BYTES = 1_000_000


def prompts_on_hub(name: str) -> dict[str, str] | None:
    """The prompts in a model's own files, by name; None if the model does not exist or is gated.

    Args:
        name: Hub id.

    Raises:
        HubUnreachableError: The Hub does not respond.
    """
    try:
        settings = json.loads(get_bytes(name, _FILE, "main", 0, _MAX_BYTES, kind="model"))
    except (FileNotOnHubError, ValueError, RecursionError):
        return {}
    except (NotOnHubError, GatedError):
        return None
    return bounded_prompts(as_table(settings).get("prompts"))
