"""What every push to the Hub shares: the token, the licence, and files that are there while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from explorer.encode.engines.services import Secret
from explorer.errors import AccessError, PushError, SettingError
from explorer.hub.account import token_page
from explorer.hub.licences import LICENCES
from explorer.hub.push import Pushed, push_files
from explorer.hub.pushed_repo import RepoKind
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings


def push_written(
    kind: RepoKind,
    name: str,
    write: Callable[[Path], Mapping[str, Path]],
    *,
    token: str | None,
    private: bool,
    on_progress: OnProgress | None,
) -> Pushed:
    """Write files and push them; see `push_files`.

    Args:
        kind: What kind of repository it is.
        name: `owner/name`.
        write: Writes the files into a folder; returns their paths on disk by path in the repository.
        token: A token that can write; None for HF_TOKEN or the stored login.
        private: Whether the repository is private.
        on_progress: Called several times a second; an exception it raises stops the upload.

    Raises:
        AccessError: There is no token; or as for `push_files`.
        ModelError: The token has characters that no token has.
        PushError: HF_HUB_OFFLINE is set; or as for `push_files`.
        SettingError: The files cannot be written on this machine.
    """
    from huggingface_hub import constants, get_token

    tell = on_progress or ignore_progress
    token = token or get_token() or ""
    if not token.strip():
        raise AccessError(
            f"There is no token, and the Hub takes {kind.noun}s only from people who are signed in.",
            where=name,
            fix=f"Sign in with `hf auth login`, or give a token that can write, from {token_page()}.",
        )
    token = Secret(token).reveal()
    if constants.is_offline_mode():
        raise PushError("HF_HUB_OFFLINE is set.", where=name, fix="Unset it, and push again.")
    parent = settings().cache_folder / "pushes"
    remove_abandoned(parent)
    tell(Progress("Writing the file"))
    try:
        with scratch_folder(parent) as folder:
            files = write(folder)
            return push_files(
                kind, name, files, folder, token=token, private=private, on_progress=on_progress
            )
    except OSError as error:
        raise SettingError(
            f"The file cannot be written on this machine: {error.strerror}.",
            fix="Check the disk of the cache folder.",
        ) from error


def check_licence(licence: str, name: str) -> None:
    """Raise an error for what is not the code of a licence on the Hub.

    Raises:
        PushError: There is no such licence.
    """
    if licence not in LICENCES:
        raise PushError(
            f'The Hub knows no licence "{licence!s:.60}".',
            where=name,
            fix="Its codes are at huggingface.co/docs/hub/repositories-licenses, with other and unknown.",
        )
