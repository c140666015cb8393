"""What the Hub's dataset viewer knows of a dataset that its card does not say."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.errors import HubError
from explorer.hub.client import get_json
from explorer.hub.dataset_search import MAX_CHARS
from explorer.hub.json_values import as_count, as_list, as_table, as_text

_HUB = "https://huggingface.co"


def converted_rows(name: str) -> Mapping[tuple[str, str], int]:
    """The rows of each split that the Hub converted to Parquet, by configuration and split.

    Of a split that was converted in part, the rows of that part (`num_rows` of the viewer's `/size`:
    huggingface.co/docs/dataset-viewer/size). Empty where the viewer does not say it, be it that it does not
    answer: no page waits for it more than for any other question.

    Args:
        name: `owner/name`.
    """
    server = _viewer()
    if server is None:
        return {}
    try:
        answer = get_json("/size", {"dataset": name}, where=name, server=server)
    except HubError:
        return {}
    rows: dict[tuple[str, str], int] = {}
    for split in map(as_table, as_list(as_table(as_table(answer).get("size")).get("splits"))):
        config, part = as_text(split.get("config"), MAX_CHARS), as_text(split.get("split"), MAX_CHARS)
        count = as_count(split.get("num_rows"))
        if config and part and count:
            rows[config, part] = count
    return rows


def _viewer() -> str | None:
    """The viewer's address. It is the public Hub's: names on another one, and its token, are not for it."""
    from huggingface_hub import constants

    return constants.DATASETS_SERVER_ENDPOINT if constants.ENDPOINT == _HUB else None
