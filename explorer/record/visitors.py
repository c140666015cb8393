"""The records of a server's visitors: a file for each, found by a secret that only their browser has."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from explorer.errors import RecordError
from explorer.record.answer_record import AnswerRecord
from explorer.record.entry import Entry
from explorer.settings import settings

MOST_ENTRIES = 2_000
"""The most entries of one visitor: beyond them the oldest go."""
KEPT_DAYS = 180
"""A record that was not used for so many days is deleted."""
NAME = "The record"
KEPT_SECONDS = KEPT_DAYS * 86_400
"""The same in seconds."""
_ENDING = ".record"
_SECRET = re.compile(r"[0-9a-f]{64}")


def new_secret() -> str:
    """A secret for a new record."""
    return secrets.token_hex(32)


def is_secret(text: str) -> bool:
    """Whether a text from a browser can be such a secret."""
    return _SECRET.fullmatch(text) is not None


class VisitorRecords:
    """The records in a folder.

    A file's name is a hash of its secret: whoever can list the folder cannot pass as a visitor.

    Args:
        folder: The folder; it is created with the first record, for the user of the server alone.
        max_mb: The most that all records together may take, in MB; beyond it, nothing is added.
    """

    def __init__(self, folder: Path, max_mb: int) -> None:
        self._folder = folder
        self._max_mb = max_mb

    def of(self, secret: str) -> AnswerRecord:
        """The record of a visitor; its file may not exist yet."""
        name = hashlib.blake2b(bytes.fromhex(secret), digest_size=16, person=b"explorer-record").hexdigest()
        return AnswerRecord(self._folder / f"{name}{_ENDING}", name=NAME, most=MOST_ENTRIES)

    def add(self, secret: str, entries: Sequence[Entry]) -> None:
        """Add entries to the record of a visitor; those that were not used for long are deleted.

        Raises:
            RecordError: There is no room, or they cannot be added.
        """
        if self.use(secret) > self._max_mb * 1_000_000:
            raise RecordError(
                f"All records on this server may take {self._max_mb:,} MB, which is used up.",
                where=NAME,
                fix="Erase what you no longer need, or ask the host for more (EXPLORER_RECORDS_MB).",
            )
        record = self.of(secret)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            record.path.touch(mode=0o600)
        except OSError as error:
            raise RecordError(f"It cannot be written: {error.strerror}.", where=NAME) from error
        record.add(entries)

    def use(self, secret: str) -> int:
        """Delete the records that were not used for long, and count the time of a visitor's from now.

        Returns:
            The size of all records that are left, in bytes.
        """
        oldest, total = time.time() - KEPT_SECONDS, 0
        path = self.of(secret).path
        with contextlib.suppress(OSError):
            os.utime(path)
        for other, size, used in self._files():
            if other != path and used < oldest:
                with contextlib.suppress(OSError):  # the next one tries again
                    _delete(other)
                    continue
            total += size
        return total

    def erase(self, secret: str) -> None:
        """Delete the record of a visitor, also one that is damaged.

        Raises:
            RecordError: It cannot be deleted.
        """
        try:
            _delete(self.of(secret).path)
        except OSError as error:
            raise RecordError(f"It cannot be deleted: {error.strerror}.", where=NAME) from error

    def _files(self) -> Iterator[tuple[Path, int, float]]:
        """Each record with its size in bytes, and when it was last used."""
        with contextlib.suppress(OSError):  # whoever writes there is told why
            for path in self._folder.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    if path.suffix == _ENDING:
                        known = path.stat()
                        yield path, known.st_size, known.st_mtime


def visitor_records() -> VisitorRecords:
    """The records of this server's visitors."""
    return VisitorRecords(settings().cache_folder / "records", settings().records_mb)


def _delete(path: Path) -> None:
    for file in (path, path.with_name(f"{path.name}-journal")):
        file.unlink(missing_ok=True)
