"""The vector cache: vectors by encoder and text, in one SQLite file.

`docs/decisions/0001-vector-cache.md` explains why SQLite.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import filelock
import numpy as np

from explorer.errors import SettingError
from explorer.settings import settings

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_SCHEMA = 1
_LOOKUP = 500  # keys in one SELECT; SQLite allows 32,766 variables, but more than 500 gain nothing
_BUSY_SECONDS = 60.0
_VERDICTS = 100_000  # the newest ones are kept; each new corpus adds one
_TABLES = """
CREATE TABLE IF NOT EXISTS encoders (id INTEGER PRIMARY KEY, fingerprint TEXT UNIQUE, dims INTEGER);
CREATE TABLE IF NOT EXISTS vectors (
    id INTEGER PRIMARY KEY,  -- grows with time: the lowest is the oldest
    encoder INTEGER NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, checksum INTEGER NOT NULL,
    UNIQUE (encoder, text)
);
CREATE TABLE IF NOT EXISTS verdicts (subject TEXT PRIMARY KEY, verdict TEXT NOT NULL);
"""


class VectorCache:
    """Vectors on disk, shared by threads and processes.

    A write is one transaction, so a killed process loses only vectors not yet written. Each vector has a
    checksum; if it does not match, the vector counts as missing and the row is encoded again. A file that
    SQLite cannot read is set aside, and a new one is started.

    Args:
        folder: The folder of the file; created if missing.
        max_mb: The most the file may take, in MB. Beyond it the oldest vectors are deleted.

    Raises:
        SettingError: The folder is not writable.
    """

    def __init__(self, folder: Path, max_mb: int) -> None:
        self._path = folder / f"vectors-{_SCHEMA}.sqlite3"
        self._max_bytes = max_mb * 1_000_000
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._run(lambda _connection: None)
        except OSError as error:
            raise self._unusable(error) from error

    @property
    def path(self) -> Path:
        """The file; while it is in use, SQLite keeps two more beside it."""
        return self._path

    def dims(self, fingerprint: str) -> int | None:
        """Dimensions of an encoder's vectors; None if none are stored."""
        query = "SELECT dims FROM encoders WHERE fingerprint = ?"
        found = self._run(lambda connection: connection.execute(query, (fingerprint,)).fetchone())
        return None if found is None else int(found[0])

    def read_into(self, out: np.ndarray, fingerprint: str, rows: Mapping[bytes, int]) -> np.ndarray:
        """Fill in the stored vectors.

        Args:
            out: float32, shape (rows, dims).
            fingerprint: The encoder.
            rows: The row of `out` for each content hash of a text.

        Returns:
            bool, shape (rows,): which rows of `out` were filled.
        """
        return self._run(lambda connection: self._read_into(connection, out, fingerprint, rows))

    def write(self, fingerprint: str, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Store vectors, replacing those already there.

        Args:
            fingerprint: The encoder.
            keys: Content hashes of texts.
            vectors: float32, shape (keys, dims).
        """
        self._run(lambda connection: self._write(connection, fingerprint, keys, vectors))

    def verdict(self, subject: str) -> str | None:
        """A recorded finding, such as whether fast precision holds for some texts; None if there is none."""
        return self._run(lambda connection: self._verdict(connection, subject))

    def record_verdict(self, subject: str, verdict: str) -> None:
        """Record a finding, replacing an earlier one on the same subject."""
        self._run(lambda connection: self._record(connection, subject, verdict))

    def revise_verdict(self, subject: str, revise: Callable[[str | None], str]) -> None:
        """Replace the recorded finding by `revise` of it, in one transaction."""

        def operation(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            self._record(connection, subject, revise(self._verdict(connection, subject)))

        self._run(operation)

    @staticmethod
    def _verdict(connection: sqlite3.Connection, subject: str) -> str | None:
        query = "SELECT verdict FROM verdicts WHERE subject = ?"
        found = connection.execute(query, (subject,)).fetchone()
        return None if found is None else str(found[0])

    @staticmethod
    def _record(connection: sqlite3.Connection, subject: str, verdict: str) -> None:
        connection.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", (subject, verdict))
        oldest = "SELECT max(rowid) - ? FROM verdicts"  # a replaced verdict gets a new rowid
        connection.execute(f"DELETE FROM verdicts WHERE rowid <= ({oldest})", (_VERDICTS,))  # noqa: S608

    def _run(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run one transaction; if SQLite cannot read the file, again on a new one."""
        try:
            try:
                return self._transact(operation)
            except sqlite3.OperationalError:
                raise  # locked, read-only or full: the file itself is not damaged
            except sqlite3.DatabaseError as error:
                self._set_aside(error)
                return self._transact(operation)
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error

    def _transact(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        # A new connection costs a fraction of a millisecond and avoids sharing one between threads.
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")  # kill -9 loses nothing; only a power cut could
            if connection.execute("PRAGMA user_version").fetchone()[0] != _SCHEMA:
                with filelock.FileLock(f"{self._path}.lock"):
                    connection.execute("PRAGMA page_size = 16384")  # ten vectors of 384 dimensions to a page
                    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.executescript(f"{_TABLES} PRAGMA user_version = {_SCHEMA};")
            with connection:
                return operation(connection)
        finally:
            connection.close()

    def _set_aside(self, reason: Exception) -> None:
        aside = self._path.with_name(f"{self._path.name}.damaged-{time.time_ns()}")
        _log.warning("%s is damaged (%s): set aside as %s", self._path, reason, aside.name)
        with filelock.FileLock(f"{self._path}.lock"), contextlib.suppress(FileNotFoundError):
            for earlier in self._path.parent.glob(f"{self._path.name}.damaged-*"):
                earlier.unlink()  # one is enough for an investigation, and each may be as large as the cache
            self._path.rename(aside)
            for tail in ("-wal", "-shm"):
                self._path.with_name(self._path.name + tail).unlink(missing_ok=True)

    def _unusable(self, error: Exception) -> SettingError:
        return SettingError(
            f"The vector cache cannot be used: {error}.",
            where=str(self._path),
            fix="Free some disk space, or set EXPLORER_CACHE_DIR to a writable folder.",
        )

    def _read_into(
        self, connection: sqlite3.Connection, out: np.ndarray, fingerprint: str, rows: Mapping[bytes, int]
    ) -> np.ndarray:
        found = np.zeros(len(out), dtype=bool)
        encoder = self._encoder(connection, fingerprint)
        if encoder is None:
            return found
        keys = list(rows)
        damaged: list[tuple[int]] = []
        for start in range(0, len(keys), _LOOKUP):
            chunk = keys[start : start + _LOOKUP]
            marks = ",".join("?" * len(chunk))
            query = f"SELECT id, text, vector, checksum FROM vectors WHERE encoder = ? AND text IN ({marks})"  # noqa: S608 - question marks only
            for entry, key, blob, checksum in connection.execute(query, (encoder, *chunk)):
                if len(blob) != out.shape[1] * 4 or _checksum(key, blob) != checksum:
                    damaged.append((entry,))
                    continue
                out[rows[key]] = np.frombuffer(blob, dtype="<f4")
                found[rows[key]] = True
        if damaged:
            _log.warning("%d damaged vectors in %s are encoded again", len(damaged), self._path)
            connection.executemany("DELETE FROM vectors WHERE id = ?", damaged)
        return found

    def _write(
        self, connection: sqlite3.Connection, fingerprint: str, keys: Sequence[bytes], vectors: np.ndarray
    ) -> None:
        connection.execute(
            "INSERT OR IGNORE INTO encoders (fingerprint, dims) VALUES (?, ?)",
            (fingerprint, vectors.shape[1]),
        )
        encoder = self._encoder(connection, fingerprint)
        blobs = [np.ascontiguousarray(vector, dtype="<f4").tobytes() for vector in vectors]
        connection.executemany(
            "INSERT OR REPLACE INTO vectors (encoder, text, vector, checksum) VALUES (?, ?, ?, ?)",
            [(encoder, key, blob, _checksum(key, blob)) for key, blob in zip(keys, blobs, strict=True)],
        )
        self._make_room(connection)

    @staticmethod
    def _encoder(connection: sqlite3.Connection, fingerprint: str) -> int | None:
        found = connection.execute("SELECT id FROM encoders WHERE fingerprint = ?", (fingerprint,)).fetchone()
        return None if found is None else int(found[0])

    def _make_room(self, connection: sqlite3.Connection) -> None:
        def pragma(name: str) -> int:
            return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

        used = pragma("page_count") * pragma("page_size")
        if used <= self._max_bytes:
            return
        # Down to 10 % below the limit, so that not every write has to delete.
        share = 1 - 0.9 * self._max_bytes / used
        first, last = connection.execute("SELECT min(id), max(id) FROM vectors").fetchone()
        connection.execute("DELETE FROM vectors WHERE id <= ?", (first + int((last - first + 1) * share),))
        # A plain execute frees a single page; executescript runs the statement to its end.
        connection.executescript("PRAGMA incremental_vacuum")


def _checksum(key: bytes, blob: bytes) -> int:
    return zlib.crc32(blob, zlib.crc32(key))


def vector_cache() -> VectorCache:
    """The vector cache of this process, as configured by the settings."""
    return _cache_at(settings().cache_folder, settings().cache_mb)


@functools.cache
def _cache_at(folder: Path, max_mb: int) -> VectorCache:
    return VectorCache(folder, max_mb)
