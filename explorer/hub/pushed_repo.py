"""The repositories that are pushed to: datasets for spaces, static Spaces for pages; what is in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from explorer.errors import NotOnHubError
from explorer.hub.client import get_json
from explorer.hub.json_values import as_count, as_list, as_table, as_text
from explorer.hub.names import check_revision, is_commit, is_dataset_id
from explorer.hub.ranges import HubFile

CARD = "README.md"
_MADE_BY_THE_HUB = {".gitattributes", CARD}
_FIRST_COMMIT = "initial commit"  # the title of the Hub's own, in every repository
_COMMIT_CHARS = 40


@dataclass(frozen=True)
class RepoKind:
    """A kind of repository that is pushed to.

    Attributes:
        type: As huggingface_hub calls it.
        noun: As people do.
        ours: What is pushed to it.
        contents: What it has once it was pushed.
        file: The path of the file that makes it ours.
        tag: The tag in its card that makes it ours.
    """

    type: Literal["dataset", "space"]
    noun: str
    ours: str
    contents: str
    file: str
    tag: str

    @property
    def folder(self) -> str:
        """The part of addresses that says the type."""
        return f"{self.type}s"


DATASET = RepoKind(
    "dataset",
    "dataset",
    "a space",
    "rows",
    # `datasets` and the Hub take this name for the split `train`.
    "data/train-00000-of-00001.parquet",
    "explorer-space",
)
STATIC_SPACE = RepoKind("space", "Space", "a page", "page", "index.html", "explorer-page")


@dataclass(frozen=True)
class PushedRepo:
    """A repository at one commit.

    Attributes:
        private: Whether only its owner and those they let in see it.
        is_empty: Whether it has nothing but what the Hub puts into a new one.
        is_ours: Whether it has the file of what is pushed, and its card says so.
        file: The file, if there is one.
    """

    private: bool
    is_empty: bool
    is_ours: bool
    file: HubFile | None


def pushed_repo(
    kind: RepoKind, name: str, revision: str | None = None, token: str | None = None
) -> PushedRepo:
    """Look up a repository.

    Args:
        kind: What kind it is.
        name: `owner/name`.
        revision: Branch, tag or commit; None for the newest.
        token: As in `get_json`.

    Raises:
        NotOnHubError: The Hub has no such repository or revision, or the token does not let one see it.
        GatedError: Only people approved by its authors may see it.
        HubUnreachableError: The Hub does not respond correctly.
    """
    if not is_dataset_id(name):
        raise NotOnHubError(
            f"That is not a valid {kind.noun} name.", where=f"{name:.100}", fix="Give owner/name."
        )
    check_revision(revision, name)
    at = "" if revision is None else f"/revision/{quote(revision, safe='')}"
    path = f"/api/{kind.folder}/{name}"
    said = as_table(get_json(f"{path}{at}", {"blobs": True}, where=name, token=token))
    sizes = _sizes(said)
    commit = as_text(said.get("sha"), _COMMIT_CHARS) or ""
    if sizes and not is_commit(commit):
        raise NotOnHubError(
            f"The Hub names no commit of the {kind.noun}.", where=name, fix=f"Try another {kind.noun}."
        )
    file = HubFile(name, commit, kind.file, sizes[kind.file], token) if kind.file in sizes else None
    card = as_table(said.get("cardData"))
    ours = file is not None and kind.tag in [*as_list(said.get("tags")), *as_list(card.get("tags"))]
    if kind is DATASET or ours:
        empty = not card and sizes.keys() <= _MADE_BY_THE_HUB
    else:
        empty = _is_new(f"{path}/commits/main", name, token)
    return PushedRepo(said.get("private") is True, empty, ours, file)


def _is_new(commits: str, name: str, token: str | None) -> bool:
    """Whether only the Hub committed anything: a new Space has a card and a page of welcome."""
    titles = [as_table(each).get("title") for each in as_list(get_json(commits, where=name, token=token))]
    return titles == [_FIRST_COMMIT]


def _sizes(said: Mapping[str, Any]) -> dict[str, int | None]:
    files = map(as_table, as_list(said.get("siblings")))
    return {str(file["rfilename"]): as_count(file.get("size")) for file in files if "rfilename" in file}
