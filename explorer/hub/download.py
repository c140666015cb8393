"""Download of models from the Hugging Face Hub; files are checked first and no code runs.

Files are stored in huggingface_hub's cache (huggingface.co/docs/huggingface_hub/guides/manage-cache), so that
all tools share them. `snapshot_download` is not used, because it waits for minutes if a server does not
respond, and deletes partial files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from explorer.errors import HubUnreachableError, SettingError, TooLargeError
from explorer.hub.client import file_path, pieces, stream
from explorer.hub.model_files import (
    UNWANTED,
    RemoteFile,
    check_name,
    files_of,
    model_information,
    wanted_files,
)
from explorer.hub.model_weights import MODEL_SUFFIXES, check_weights, files_below, has_weights
from explorer.hub.names import is_commit
from explorer.jobs.progress import BYTES, OnProgress, counting
from explorer.settings import settings

_TRIES = 5  # per file, if the connection breaks while bytes arrive
_LOCK_SECONDS = 0.2


def fetch_model(
    name: str, revision: str | None, on_progress: OnProgress | None = None, *, code: bool = False
) -> tuple[Path, str]:
    """Download the files needed to run a model, or find them on disk.

    Args:
        name: Hub id.
        revision: Branch, tag or commit; None for the default branch.
        on_progress: Called several times a second with the number of bytes downloaded. Its exceptions stop
            the download and are passed on; the next download resumes there.
        code: Whether its own code is needed too.

    Returns:
        The folder of the snapshot and its commit.

    Raises:
        NotOnHubError: The Hub has no such model or revision, or it is private.
        GatedError: Only people approved by its authors may download it.
        UnsafeModelError: There are only pickle weights, and the host does not allow them.
        UnusableModelError: There are no weights.
        TooLargeError: The download exceeds the host's limit or the free disk space.
        SettingError: The download folder cannot be created.
        HubUnreachableError: The Hub does not respond and the model is not on disk.
    """
    check_name(name, revision)
    kept = snapshot_on_disk(name, revision, code=code)
    try:
        info, commit = model_information(name, revision, insist=kept is None)
    except HubUnreachableError as error:
        if kept is not None:
            return kept, kept.name
        raise HubUnreachableError(
            f"{error.what} The model is not on this machine.",
            where=name,
            fix="Try again later, or use the bundled model.",
        ) from error
    files = files_of(info)
    check_weights([file.path for file in files], name)
    wanted = wanted_files(files, code=code)
    _check_size(wanted, name)
    repo = _repo_folder(name)
    done, total = 0, sum(file.size or 0 for file in wanted)
    report_total = counting(on_progress, "Downloading the model", BYTES)
    _make_room(repo, wanted, name)
    for file in wanted:
        before = done

        def report(arrived: int, before: int = before) -> None:
            report_total(before + arrived, total)

        _fetch_blob(name, commit, file, repo, report)
        done += file.size or 0
        report(file.size or 0)
    return _link_snapshot(repo, commit, wanted, revision or "main"), commit


def snapshot_on_disk(name: str, revision: str | None, *, code: bool = False) -> Path | None:
    """The folder of a downloaded model; None if it is not on disk, or lacks its code and `code` is set."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(
                name,
                revision=revision,
                local_files_only=True,
                allow_patterns=[f"*{suffix}" for suffix in MODEL_SUFFIXES | ({".py"} if code else set())],
                ignore_patterns=list(UNWANTED),
            )
        )
    except LocalEntryNotFoundError:
        return None
    # Other tools may have left a snapshot with only the small files.
    complete = has_weights(files_below(folder)) and (not code or any(folder.rglob("*.py")))
    return folder if complete else None


def _check_size(wanted: list[RemoteFile], name: str) -> None:
    if any(file.size is None or file.checksum is None for file in wanted):
        raise HubUnreachableError("The Hub gives no size or checksum for some files.", where=name)
    size_mb = sum(file.size or 0 for file in wanted) / 1e6
    if size_mb > settings().max_model_mb:
        raise TooLargeError(
            f"The model is {size_mb:,.0f} MB; this server downloads up to {settings().max_model_mb:,} MB.",
            where=name,
            fix="Choose a smaller model, or ask the host to raise EXPLORER_MAX_MODEL_MB.",
        )


def _repo_folder(name: str) -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser() / f"models--{name.replace('/', '--')}"


def _make_room(repo: Path, wanted: list[RemoteFile], name: str) -> None:
    """Create the folder for a model's files and check the free disk space."""
    blobs = repo / "blobs"
    try:
        blobs.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(blobs).free
    except OSError as error:
        raise SettingError(
            f"The folder of downloaded models cannot be made: {error.strerror}.",
            where=str(repo.parent),
            fix="Set HF_HOME to a folder that can be written.",
        ) from error
    missing = sum(file.size or 0 for file in wanted if not (blobs / str(file.checksum)).is_file())
    if missing > free:
        raise TooLargeError(
            f"The model takes {missing / 1e6:,.0f} MB, and the disk has {free / 1e6:,.0f} MB left.",
            where=name,
            fix="Choose a smaller model, or make room.",
        )


def _fetch_blob(name: str, commit: str, file: RemoteFile, repo: Path, report: Callable[[int], None]) -> None:
    """Download one file into the cache; resume an earlier download."""
    import httpx2

    blob = repo / "blobs" / str(file.checksum)
    if blob.is_file():
        return
    part = blob.with_name(f"{blob.name}.incomplete")
    with _locked(repo.parent / ".locks" / repo.name / f"{blob.name}.lock", report):
        if blob.is_file():
            return
        for attempt in range(1, _TRIES + 1):
            before = part.stat().st_size if part.is_file() else 0
            try:
                _append(name, commit, file, part, report)
                break
            except HubUnreachableError as error:
                after = part.stat().st_size if part.is_file() else 0
                silent = isinstance(error.__cause__, httpx2.TimeoutException)
                if silent or after == before or attempt == _TRIES:
                    raise HubUnreachableError(
                        "The download was interrupted; what was downloaded is kept.",
                        where=name,
                        fix="Try again.",
                    ) from error
        if _checksum(part, str(file.checksum)) != file.checksum:
            part.unlink()
            raise HubUnreachableError(
                f"{file.path} arrived damaged: its checksum is not the Hub's.", where=name, fix="Try again."
            )
        part.replace(blob)


def _append(name: str, commit: str, file: RemoteFile, part: Path, report: Callable[[int], None]) -> None:
    """Download the missing part of a file."""
    size = file.size or 0
    arrived = part.stat().st_size if part.is_file() else 0
    if arrived > size:
        part.unlink()
        arrived = 0
    report(arrived)
    if arrived == size:
        part.touch()
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={arrived}-"} if arrived else {})
    where = f"{name}, {file.path}"
    with stream(file_path(name, file.path, commit, "model"), headers=headers, where=where) as response:
        if response.status_code != 206:
            arrived = 0
        with part.open("ab" if arrived else "wb") as out:
            for piece in pieces(response, where):
                arrived += len(piece)
                if arrived > size:
                    raise HubUnreachableError("More bytes arrived than the file has.", where=where)
                out.write(piece)
                report(arrived)
    if arrived < size:
        raise HubUnreachableError("The download was interrupted.", where=where)


@contextlib.contextmanager
def _locked(path: Path, report: Callable[[int], None]) -> Iterator[None]:
    """Hold the lock of a file that other processes may be downloading; `report` may raise to stop waiting."""
    import filelock

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path)
    while True:
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
            break
        except filelock.Timeout:
            report(0)
    try:
        yield
    finally:
        lock.release()


def _checksum(path: Path, like: str) -> str:
    """SHA-256 of a file, or git's SHA-1 if `like` has 40 characters."""
    digest = hashlib.sha256()
    if len(like) == 40:
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _link_snapshot(repo: Path, commit: str, files: list[RemoteFile], revision: str) -> Path:
    """Create the snapshot folder, with a link to each downloaded file."""
    folder = repo / "snapshots" / commit
    for file in files:
        path = folder / file.path
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        blob = repo / "blobs" / str(file.checksum)
        new = path.with_name(f".{uuid.uuid4().hex}")
        try:
            new.symlink_to(os.path.relpath(blob.resolve(), path.parent.resolve()))
        except OSError:  # Windows without permission to create links
            shutil.copyfile(blob, new)
        new.replace(path)
    ref = repo / "refs" / revision
    if not is_commit(revision) and not (ref.is_file() and ref.read_text() == commit):
        ref.parent.mkdir(parents=True, exist_ok=True)
        new = ref.with_name(f".{uuid.uuid4().hex}")
        new.write_text(commit)
        new.replace(ref)
    return folder
