"""Pushing files to the Hugging Face Hub, in bounded time and without overwriting what others put there."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from explorer.errors import (
    AccessError,
    HubSilentError,
    HubUnreachableError,
    NameTakenError,
    NotOnHubError,
    PushError,
)
from explorer.hub.account import Account, account_of, token_page
from explorer.hub.names import is_dataset_id
from explorer.hub.push_process import COMMITTING, CREATING, UPLOADING
from explorer.hub.pushed_repo import PushedRepo, RepoKind, pushed_repo
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

_SAID_CHARS = 300  # of what the Hub says of a refusal
_SILENT_SECONDS = 90.0  # without a step or a byte
_NO_SUCH_ADDRESS = (404, 405, 410, 501)
_NUMBERED = re.compile(r"(.*)-(\d{1,4})")
# Each push has a process of its own, which ends with it: it holds a token.
_processes = WorkerProcesses("the upload", "explorer.hub.push_process", idle_seconds=0.0)


@dataclass(frozen=True)
class Pushed:
    """What was pushed.

    Attributes:
        name: The repository, `owner/name`.
        commit: The commit.
        address: Its page on the Hub.
        private: Whether only its owner and those they let in see it.
    """

    name: str
    commit: str
    address: str
    private: bool


def push_files(
    kind: RepoKind,
    name: str,
    files: Mapping[str, Path],
    scratch: Path,
    *,
    token: str,
    private: bool,
    on_progress: OnProgress | None = None,
) -> Pushed:
    """Push files to a repository, in one commit; the repository is made if it is not there.

    One is replaced only if it was pushed from here before, or is empty; earlier versions stay in its history.

    Args:
        kind: What kind of repository it is.
        name: `owner/name`.
        files: Paths on disk by path in the repository.
        scratch: A folder for temporary files.
        token: A token that can write.
        private: Whether the repository is private. It has to be so already if it is there.
        on_progress: Called several times a second; an exception it raises stops the upload.

    Raises:
        AccessError: The Hub does not know the token, or it may not do this.
        NameTakenError: Another repository of this kind has the name.
        PushError: The Hub refuses the files, or the repository is not as private as asked for.
        HubUnreachableError: The Hub does not respond, limits requests, or the connection broke.
    """
    from huggingface_hub import constants

    tell = on_progress or ignore_progress
    tell(Progress("Asking the Hub"))
    account = account_of(token)
    if not account.can_write:
        raise AccessError(
            "This token can only read.",
            where=account.name,
            fix=f"Make one that can write at {token_page()}.",
        )
    there = look_up(kind, name, account, token)
    if there is not None and there.private != private:
        _say_visibility(kind, name, there)
    outcome = scratch / "outcome.json"
    request = {
        "endpoint": constants.ENDPOINT,
        "token": token,
        "type": kind.type,
        "name": name,
        "private": private,
        "create": there is None,
        "files": {place: str(path) for place, path in files.items()},
        "message": f"Push {kind.ours} with Explorer",
        "outcome": str(outcome),
    }
    watched = _Watched(kind, name, tell, made=there is not None)
    _processes.ask(request, watched)
    found = json.loads(outcome.read_text(encoding="utf-8"))
    if "commit" not in found:
        _raise(found, kind, name, account, token, watched)
    return Pushed(name, found["commit"], f"{constants.ENDPOINT}/{kind.folder}/{name}", private)


def look_up(kind: RepoKind, name: str, account: Account, token: str) -> PushedRepo | None:
    """The repository that would be replaced; None if there is none that the token sees.

    Raises:
        NameTakenError: It was not pushed from here.
        PushError: The name cannot be one of a repository.
        HubUnreachableError: The Hub does not respond.
    """
    if not is_dataset_id(name):
        raise PushError(
            f"That is not a name for a {kind.noun}.",
            where=f"{name:.100}",
            fix=f"Give {account.name}/ and then letters, digits, hyphens, underscores or dots.",
        )
    try:
        there = pushed_repo(kind, name, token=token)
    except NotOnHubError:
        return None
    if not (there.is_ours or there.is_empty):
        raise _taken(kind, name, account)
    return there


class _Watched:
    """Passes progress on, and stops an upload in which nothing happens any longer."""

    def __init__(self, kind: RepoKind, name: str, tell: OnProgress, *, made: bool) -> None:
        self._kind = kind
        self._name = name
        self._tell = tell
        self._last: Progress | None = None
        self._when = time.monotonic()
        self.made = made

    def __call__(self, progress: Progress) -> None:
        self._tell(progress)
        if progress is not self._last:  # the same one is reported again while nothing happens
            self._last, self._when = progress, time.monotonic()
            self.made = self.made or progress.phase in (UPLOADING, COMMITTING)
        elif time.monotonic() - self._when > _SILENT_SECONDS:
            raise HubSilentError("The Hub stopped answering.", where=self._name, fix=self.go_on)

    @property
    def go_on(self) -> str:
        """What to do after a fault that may pass."""
        if not self.made:
            return "Try again in a minute; nothing was pushed."
        if self._last is not None and self._last.phase == COMMITTING:
            return "See whether the new version is there; if not, push again: what was uploaded is kept."
        return f"{self.left} Push again to go on."

    @property
    def left(self) -> str:
        """What is on the Hub after a push that it refused."""
        there = f"The {self._kind.noun} is there without the new {self._kind.contents}."
        return there if self.made else "Nothing was pushed."

    @property
    def creating(self) -> bool:
        """Whether the last step was to make the repository."""
        return self._last is not None and self._last.phase == CREATING


def _raise(
    found: Mapping[str, Any], kind: RepoKind, name: str, account: Account, token: str, watched: _Watched
) -> NoReturn:
    """Raise the error of an outcome without a commit."""
    import huggingface_hub
    from huggingface_hub import constants

    status, said = found.get("status"), str(found.get("said", "")).replace(token, "…")[:_SAID_CHARS]
    if "visibility" in found:
        raise PushError(
            f"The Hub made the {kind.noun}, but not as private or public as asked for. Nothing was uploaded.",
            where=name,
            fix="Delete it there, or change it in its settings, and push again.",
        )
    if "odd" in found or (status in _NO_SUCH_ADDRESS and not found["code"]):  # the Hub gives a code
        raise PushError(
            f"{constants.ENDPOINT} does not take pushes as the Hub does ({found.get('odd') or status}).",
            where=name,
            fix=f"It may be too old for huggingface_hub {huggingface_hub.__version__}: update one of them. "
            f"{watched.left}",
        )
    if status is None:
        raise HubUnreachableError("The connection to the Hub broke.", where=name, fix=watched.go_on)
    if status == 401:
        raise AccessError("The Hub does not accept this token.", where=name, fix=f"See {token_page()}.")
    if status == 403:
        owner = name.partition("/")[0]
        may = f"make {kind.noun}s of {owner}" if watched.creating else f"write to this {kind.noun}"
        owners = ", ".join([account.name, *account.organisations])
        raise AccessError(
            f"This token of {account.name} may not {may}.",
            where=name,
            fix=f"Give the token that right at {token_page()}, or choose another owner: {owners}.",
        )
    if status == 409 and watched.creating:
        if look_up(kind, name, account, token) is None:
            raise _taken(kind, name, account)
        raise PushError(f"Another push made this {kind.noun} just now.", where=name, fix="Push again.")
    if status == 429:
        wait = found.get("wait")
        again = f"Push again in {wait:,} seconds." if isinstance(wait, int) else "Push again in some minutes."
        raise HubUnreachableError("The Hub is rate-limiting requests.", where=name, fix=again)
    if status >= 500:
        raise HubUnreachableError(f"The Hub answered with status {status}.", where=name, fix=watched.go_on)
    words = f": {said.rstrip('.')}." if said else f", with status {status}."
    raise PushError(f"The Hub refuses it{words}", where=name, fix=watched.left)


def _taken(kind: RepoKind, name: str, account: Account) -> NameTakenError:
    owner, _, rest = name.partition("/")
    whose = "You have" if owner == account.name else f"{owner} has"
    numbered = _NUMBERED.fullmatch(rest)
    other = f"{owner}/{numbered[1]}-{int(numbered[2]) + 1}" if numbered else f"{owner}/{rest}-2"
    return NameTakenError(
        f"{whose} a {kind.noun} of this name that is not {kind.ours} pushed from Explorer. "
        "It was left as it is.",
        where=name,
        fix=f"Choose another name, such as {other}.",
        other=other,
    )


def _say_visibility(kind: RepoKind, name: str, there: PushedRepo) -> NoReturn:
    now, wanted = ("private", "public") if there.private else ("public", "private")
    raise PushError(
        f"The {kind.noun} is there and {now}, and was asked for as {wanted}.",
        where=name,
        fix=f"Push it as {now}, change it in the settings of the {kind.noun} on the Hub, or choose another "
        "name.",
    )
