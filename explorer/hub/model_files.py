"""Information from the Hub about one model, and the choice of the files needed to run it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from explorer.errors import HubUnreachableError, NotOnHubError
from explorer.hub.client import get_json
from explorer.hub.model_weights import model_files
from explorer.hub.names import check_revision, is_commit, is_model_id, stays_inside

UNWANTED = ("onnx/*", "openvino/*")  # exports for other runtimes stay on the Hub
_CHECKSUM = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MAX_FILES = 10_000


@dataclass(frozen=True)
class RemoteFile:
    """A file of a model on the Hub.

    Attributes:
        path: Its path in the repository.
        size: Size in bytes; None if unknown.
        checksum: SHA-256 of a large file, git's SHA-1 of any other; None if unknown.
    """

    path: str
    size: int | None
    checksum: str | None


def model_information(name: str, revision: str | None, *, insist: bool = False) -> tuple[dict[str, Any], str]:
    """The Hub's JSON about a model, of which only the commit is checked, and the commit.

    Args:
        name: Hub id.
        revision: Branch, tag or commit; None for the default branch.
        insist: As for `get_json`.

    Raises:
        NotOnHubError: There is no such model or revision, or it is private.
        GatedError: Only people approved by its authors may download it.
        HubUnreachableError: The Hub does not respond, or not correctly.
    """
    check_name(name, revision)
    at = "" if revision is None else f"/revision/{revision.replace('/', '%2F')}"
    info = get_json(f"/api/models/{name}{at}", {"blobs": True}, where=name, insist=insist)
    commit = info.get("sha") if isinstance(info, dict) else None
    if not isinstance(commit, str) or not is_commit(commit):
        raise HubUnreachableError("The Hub does not name the commit of the model.", where=name)
    return info, commit


def check_name(name: str, revision: str | None) -> None:
    """Check the form of a model id and a revision.

    Raises:
        NotOnHubError: One of them is not valid.
    """
    if not is_model_id(name):
        raise NotOnHubError(
            "That is not a valid model name.", where=name[:100], fix="A Hub id has the form owner/name."
        )
    check_revision(revision, name)


def files_of(info: Mapping[str, Any]) -> list[RemoteFile]:
    """The files in the Hub's JSON about a model; paths that lead out of its folder are left out."""
    siblings = info.get("siblings")
    files = []
    for sibling in siblings[:_MAX_FILES] if isinstance(siblings, list) else []:
        path = sibling.get("rfilename") if isinstance(sibling, dict) else None
        if not isinstance(path, str) or not stays_inside(path):
            continue
        lfs = sibling.get("lfs")
        checksum = lfs.get("sha256") if isinstance(lfs, dict) else sibling.get("blobId")
        size = sibling.get("size")
        files.append(
            RemoteFile(
                path,
                size if isinstance(size, int) and size >= 0 else None,
                checksum if isinstance(checksum, str) and _CHECKSUM.fullmatch(checksum) else None,
            )
        )
    return files


def wanted_files(files: list[RemoteFile], *, code: bool = False) -> list[RemoteFile]:
    """The files needed to run a model; `code` includes its own Python files."""
    needed = set(model_files([file.path for file in files], code=code))
    return [
        file
        for file in files
        if file.path in needed and not any(fnmatch(file.path, pattern) for pattern in UNWANTED)
    ]
