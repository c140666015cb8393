"""The process that pushes files to a repository with huggingface_hub; `push` starts it.

The library's requests have no time limits and its retries cannot be stopped: here they end with the process.
Nothing that the request holds is in the environment or on the command line, where others could see it.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.jobs.process import serve
from explorer.jobs.progress import BYTES, OnProgress, Progress

if TYPE_CHECKING:
    import httpx2

CREATING, UPLOADING, COMMITTING = "Making the repository", "Uploading", "Saving the new version"
_SAID_CHARS = 3_000  # shown are fewer, once the token is out of them: see push.py
_ALONE = {  # no token of this machine, no reports to others, and no bars
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}


class RefusedError(Exception):
    """The server refused something, or did something else, which is what the outcome says."""

    def __init__(self, outcome: Mapping[str, Any]) -> None:
        super().__init__()
        self.outcome = outcome


class _CountedFile(io.BufferedReader):
    """A file that says how much of it has been read."""

    report: Callable[[int], None] | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if self.report is not None:
            self.report(self.tell())
        return piece


def push(request: Mapping[str, Any], on_progress: OnProgress) -> None:
    """Push files in one commit, and write the outcome to a file.

    Args:
        request: `endpoint`, `token`, `type` (of the repository), `name`, `private`, `create` (whether the
            repository is yet to be made), `files` (paths on disk by path in the repository), `message`, and
            `outcome` (the file's path). The outcome is JSON: `commit`; or what `RefusedError` has; or
            `broken`, if the connection broke; or `odd`, if something else went wrong, such as an answer that
            the library does not understand.
        on_progress: Called with each step, and the bytes that were uploaded.
    """
    os.environ.pop("HF_TOKEN", None)
    os.environ.update(_ALONE, HF_ENDPOINT=request["endpoint"])
    try:
        outcome: Mapping[str, Any] = {"commit": _push(request, on_progress)}
    except Exception as error:
        outcome = _outcome_of(error)
    Path(request["outcome"]).write_text(json.dumps(outcome), encoding="utf-8")


def _push(request: Mapping[str, Any], on_progress: OnProgress) -> str:
    import httpx2
    from huggingface_hub import CommitOperationAdd, HfApi, set_client_factory

    set_client_factory(
        lambda: httpx2.Client(event_hooks={"response": [_check]}, follow_redirects=True, timeout=None)
    )
    api = HfApi(endpoint=request["endpoint"], token=request["token"])
    name, kind = request["name"], request["type"]
    if request["create"]:
        on_progress(Progress(CREATING))
        sdk = "static" if kind == "space" else None
        api.create_repo(name, repo_type=kind, private=request["private"], space_sdk=sdk)
        if bool(api.repo_info(name, repo_type=kind).private) != request["private"]:
            raise RefusedError({"visibility": True})  # another server, or the rules of an organisation
    total = sum(Path(path).stat().st_size for path in request["files"].values())
    on_progress(Progress.count(UPLOADING, 0, total, BYTES))
    files, operations = [], []
    for place, path in request["files"].items():
        # As a file object, it goes by plain HTTP, which tells how much has gone; Xet does not.
        file = _CountedFile(io.FileIO(path))
        files.append(file)
        operations.append(CommitOperationAdd(place, file))
        file.report = lambda done: on_progress(Progress.count(UPLOADING, done, total, BYTES))
    api.preupload_lfs_files(name, operations, repo_type=kind, free_memory=False)
    on_progress(Progress(COMMITTING))
    for file in files:
        file.report = None  # small files are read again, as a part of the commit
    return api.create_commit(name, operations, commit_message=request["message"], repo_type=kind).oid


def _check(response: httpx2.Response) -> None:
    """Raise for an error at once: the library would wait for minutes when the Hub limits requests."""
    if not response.is_error or (response.status_code >= 500 and response.request.method == "PUT"):
        return  # storage has short faults, for which the library tries again
    from explorer.hub.client import seconds_to_wait

    response.read()
    raise RefusedError(
        {
            "status": response.status_code,
            "said": _said(response),
            "code": response.headers.get("X-Error-Code", ""),
            "wait": seconds_to_wait(response) if response.status_code == 429 else None,
        }
    )


def _said(response: httpx2.Response) -> str:
    """The server's own words, on one line."""
    words: object = response.headers.get("X-Error-Message", "")
    if not words:
        try:
            words = response.json().get("error", "")
        except (ValueError, AttributeError):
            words = ""
    return " ".join(words.split())[:_SAID_CHARS] if isinstance(words, str) else ""


def _outcome_of(error: BaseException) -> Mapping[str, Any]:
    """The outcome of an error, or of its cause: the library wraps errors of uploads."""
    import httpx2

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RefusedError):
            return cause.outcome
        if isinstance(cause, httpx2.RequestError):
            return {"broken": type(cause).__name__}
        cause = cause.__cause__
    return {"odd": type(error).__name__}


if __name__ == "__main__":
    serve(push)
