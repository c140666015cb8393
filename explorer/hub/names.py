"""Checks of names that become part of a URL or of a path on disk: models, datasets, revisions, files."""

from __future__ import annotations

import re

from explorer.errors import NotOnHubError

_WORD = r"[A-Za-z0-9](?:[\w.-]{0,94}\w)?"
_DATASET_ID = re.compile(f"{_WORD}/{_WORD}", re.ASCII)
_MODEL_ID = re.compile(f"{_WORD}(/{_WORD})?", re.ASCII)
_REVISION = re.compile(r"\w[\w./-]{0,127}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MAX_PATH_CHARS = 500


def is_model_id(name: str) -> bool:
    """Whether a name has the form of a model id: `owner/name`, or one word for the oldest models."""
    return bool(_MODEL_ID.fullmatch(name)) and _is_free_of_reserved(name)


def stays_inside(path: str) -> bool:
    """Whether a relative file path stays in its repository's folder, on any operating system."""
    parts = path.split("/")
    return (
        0 < len(path) <= _MAX_PATH_CHARS
        and not {"", ".", ".."} & set(parts)
        and not re.search(r"[\\:\x00-\x1f]", path)
    )


def check_revision(revision: str | None, name: str) -> None:
    """Check the form of a revision, which becomes part of a path on disk and of a URL.

    Raises:
        NotOnHubError: It is not valid.
    """
    if revision is not None and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise NotOnHubError("That is not a valid revision.", where=name, fix="Give a branch, tag or commit.")


def is_dataset_id(name: str) -> bool:
    """Whether a name has the form of the id of a dataset, or of a Space: `owner/name`."""
    return bool(_DATASET_ID.fullmatch(name)) and _is_free_of_reserved(name)


def _is_free_of_reserved(name: str) -> bool:
    """Whether an id has no reserved part; the cache joins owner and name with two hyphens."""
    return ".." not in name and "--" not in name and not name.endswith(".git")


def is_commit(revision: str) -> bool:
    """Whether a revision is a full commit hash."""
    return bool(_COMMIT.fullmatch(revision))
