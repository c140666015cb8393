"""The dataset repositories that spaces are pushed to: what is in one, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from explorer.errors import NotOnHubError
from explorer.hub.client import get_json
from explorer.hub.json_values import as_count, as_list, as_table, as_text
from explorer.hub.names import check_revision, is_commit, is_dataset_id
from explorer.hub.ranges import HubFile

CARD = "README.md"
FILE = "data/train-00000-of-00001.parquet"
"""Where the table of a pushed space is: `datasets` and the Hub take this name for the split `train`."""
TAG = "explorer-space"
_MADE_BY_THE_HUB = {".gitattributes", CARD}
_COMMIT_CHARS = 40


@dataclass(frozen=True)
class SpaceRepo:
    """A dataset repository at one commit.

    Attributes:
        private: Whether only its owner and those they let in see it.
        is_empty: Whether it has no file but those that the Hub makes.
        is_space: Whether it has the file of a pushed space, and its card says so.
        file: The file, if there is one.
    """

    private: bool
    is_empty: bool
    is_space: bool
    file: HubFile | None


def space_repo(name: str, revision: str | None = None, token: str | None = None) -> SpaceRepo:
    """Look up a dataset.

    Args:
        name: `owner/name`.
        revision: Branch, tag or commit; None for the newest.
        token: As in `get_json`.

    Raises:
        NotOnHubError: The Hub has no such dataset or revision, or the token does not let one see it.
        GatedError: Only people approved by its authors may see it.
        HubUnreachableError: The Hub does not respond correctly.
    """
    if not is_dataset_id(name):
        raise NotOnHubError("That is not a valid dataset name.", where=f"{name:.100}", fix="Give owner/name.")
    check_revision(revision, name)
    at = "" if revision is None else f"/revision/{quote(revision, safe='')}"
    path = f"/api/datasets/{name}{at}"
    said = as_table(get_json(path, {"blobs": True}, where=name, token=token))
    sizes = _sizes(said)
    commit = as_text(said.get("sha"), _COMMIT_CHARS) or ""
    if sizes and not is_commit(commit):
        raise NotOnHubError("The Hub names no commit of the dataset.", where=name, fix="Try another dataset.")
    file = HubFile(name, commit, FILE, sizes[FILE], token) if FILE in sizes else None
    card = as_table(said.get("cardData"))
    tagged = TAG in [*as_list(said.get("tags")), *as_list(card.get("tags"))]
    return SpaceRepo(
        private=said.get("private") is True,
        is_empty=not card and sizes.keys() <= _MADE_BY_THE_HUB,
        is_space=file is not None and tagged,
        file=file,
    )


def _sizes(said: Mapping[str, Any]) -> dict[str, int | None]:
    files = map(as_table, as_list(said.get("siblings")))
    return {str(file["rfilename"]): as_count(file.get("size")) for file in files if "rfilename" in file}
