"""Row counts from the Hub's dataset viewer, for datasets with cards that do not state them."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.errors import HubError
from explorer.hub.client import get_json
from explorer.hub.dataset_search import MAX_CHARS
from explorer.hub.json_values import as_count, as_list, as_table, as_text

_HUB = "https://huggingface.co"


def converted_rows(name: str) -> Mapping[tuple[str, str], int]:
    """Number of rows in each split that the Hub converted to Parquet, by configuration and split.

    For a partly converted split, only the converted rows count (`num_rows` of the viewer's `/size`:
    huggingface.co/docs/dataset-viewer/size). Empty if the viewer does not respond or has no counts.

    Args:
        name: `owner/name`.
    """
    server = viewer_address()
    if server is None:
        return {}
    try:
        response = get_json("/size", {"dataset": name}, where=name, server=server)
    except HubError:
        return {}
    rows: dict[tuple[str, str], int] = {}
    for split in map(as_table, as_list(as_table(as_table(response).get("size")).get("splits"))):
        config, part = as_text(split.get("config"), MAX_CHARS), as_text(split.get("split"), MAX_CHARS)
        count = as_count(split.get("num_rows"))
        if config and part and count:
            rows[config, part] = count
    return rows


def viewer_address() -> str | None:
    """Base URL of the viewer; None for a private Hub: its names and token must not leave it."""
    from huggingface_hub import constants

    return constants.DATASETS_SERVER_ENDPOINT if constants.ENDPOINT == _HUB else None
