import datetime
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.data.uploads import bounded
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import (
    EmptyDataError,
    ExplorerError,
    JobCancelledError,
    TooLargeError,
    UnreadableFileError,
)
from explorer.settings import settings
from tests.conftest import ROOT
from tests.data.failing import failure
from tests.data.space_files.spaces import packed, small

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to a bound on memory")
LINE = b'"a text, in ""quotes""",1\n'
SLOW_CSV = b"text,n\n" + LINE * 3_000_000  # seconds, however fast the machine


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Whatever comes of it, no file of it is on the disk."""
    yield
    assert not [path for path in settings().cache_folder.rglob("*") if path.is_file()]


def parquet(table, **options):
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


MOMENTS = pa.array([datetime.datetime(2026, 1, 2), None], pa.timestamp("us", "Europe/Berlin"))
FILES = {
    "a.csv": b"text,n\nNA,007\n,1e5\n",
    "a.tsv": b"text\tn\na\t1\n",
    "a.jsonl": b'{"t": "x", "n": [1, 2]}\n{"t": null}\n',
    "a.json": b'[{"t": "x", "n": 1.5}, {"t": "y", "n": true}]',
    "lines.txt": "eins\nzwei ü\n".encode("cp1252"),
    "a.parquet": parquet(pa.table({"t": ["a", "b"], "when": MOMENTS, "raw": [b"1", b"2"]})),
    "space.npz": packed(small(), ".npz"),
    "space.safetensors": packed(small(), ".safetensors"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_without_a_process(name):
    here, there = read_file(FILES[name], name), read_bounded(FILES[name], name)
    assert there.table.equals(here.table)
    for field in ("name", "kind", "notes", "nested", "total_rows", "encoding", "facts"):
        assert getattr(there, field) == getattr(here, field)
    np.testing.assert_array_equal(there.source_rows, here.source_rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.csv", b"", EmptyDataError),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", UnreadableFileError),
        ("a.exe", b"MZ", UnreadableFileError),
        ("nul \0 and half \ud800.csv", b"a\n1\0\n", UnreadableFileError),
        ("-c.csv", b"a,a\n", EmptyDataError),
    ],
)
def test_an_error_is_the_same_as_without_a_process(name, content, expected):
    error = failure(expected, read_bounded, content, name)
    with pytest.raises(ExplorerError) as here:
        read_file(content, name.replace("\0", "\ufffd").replace("\ud800", "?"))
    assert str(error) == str(here.value)


@pytest.mark.slow
def test_an_encoding_can_be_chosen():
    content = "text\nпривет мир\n".encode("cp1251")
    assert read_bounded(content, "a.csv", encoding="cp1251").table["text"].to_pylist() == ["привет мир"]


@pytest.mark.slow
def test_a_text_file_can_be_read_again_in_another_encoding():
    content = "text\nпривет мир\n".encode("cp1251")
    source = read_bounded(content, "a.csv", encoding="koi8-r")
    again = read_bounded(source.file, "a.csv", encoding="cp1251")
    assert again.table["text"].to_pylist() == ["привет мир"]
    assert again.file[:] == content
    assert read_bounded(FILES["a.parquet"], "a.parquet").file is None


@pytest.mark.slow
def test_vectors_come_along():
    matrix = np.random.default_rng(0).random((50, 384), np.float32)
    lists = pa.FixedSizeListArray.from_arrays(matrix.ravel(), 384).cast(pa.list_(pa.float32()))
    source = read_bounded(parquet(pa.table({"t": [f"text {n}" for n in range(50)], "v": lists})), "v.parquet")
    assert source.table.column_names == ["t"]
    np.testing.assert_array_equal(make_corpus(source, vectors="v").vectors, matrix)


@pytest.mark.slow
def test_it_says_how_far_it_is_and_keeps_no_file_with_a_name():
    said = []

    def hear(progress):
        said.append((progress.done, progress.total))
        assert not [path for path in settings().cache_folder.rglob("*") if path.is_file()]

    content = b"text,n\n" + LINE * 300_000
    read_bounded(content, "a.csv", on_progress=hear)
    assert said[0] == (0, len(content))
    assert {total for _, total in said} == {len(content)}
    assert said == sorted(said)


@pytest.mark.slow
@LINUX
def test_a_file_that_unpacks_to_more_than_the_bound_on_memory_is_refused(bound):
    bound("EXPLORER_READ_MB", 200)
    once = pa.DictionaryArray.from_arrays(np.zeros(2_000, np.int32), ["x" * 900_000])
    content = parquet(pa.table({"t": once}))
    assert len(content) < 100_000
    error = failure(TooLargeError, read_bounded, content, "bomb.parquet")
    assert error.where.startswith("bomb.parquet")


@pytest.mark.slow
@LINUX
def test_a_file_that_is_small_enough_to_send_and_too_large_to_hold_is_refused(bound):
    bound("EXPLORER_READ_MB", 150)
    rows = b"".join(b'{"t": "%d %s"}\n' % (n, b"x" * 900) for n in range(150_000))
    error = failure(TooLargeError, read_bounded, rows, "large.jsonl")
    assert "150 MB of memory" in error.what
    assert "EXPLORER_READ_MB" in error.fix


@pytest.mark.slow
@LINUX
def test_vectors_that_take_too_much_memory_leave_the_rest_readable(bound):
    bound("EXPLORER_READ_MB", 200)
    lists = pa.FixedSizeListArray.from_arrays(np.zeros(10_000 * 4_096, np.float32), 4_096)
    content = parquet(
        pa.table({"t": [f"text {n}" for n in range(10_000)], "v": lists.cast(pa.list_(pa.float32()))})
    )
    source = read_bounded(content, "v.parquet")
    assert source.table.num_rows == 10_000
    assert failure(TooLargeError, source.vectors["v"]).where == 'v.parquet, column "v"'


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_refused(bound, processes):
    bound("EXPLORER_READ_SECONDS", 1)
    error = failure(TooLargeError, read_bounded, SLOW_CSV, "slow.csv")
    assert "1 second allowed" in error.what
    assert "EXPLORER_READ_SECONDS" in error.fix
    assert processes[0].poll() is not None


@pytest.mark.slow
def test_no_secret_goes_to_the_process(monkeypatch):
    given = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, env, **options):
            super().__init__(*args, env=env, **options)
            given.append(env)

    monkeypatch.setattr(bounded.subprocess, "Popen", Noted)
    monkeypatch.setenv("EXPLORER_MAX_ROWS", "150000")
    for secret in ("HF_TOKEN", "EXPLORER_INFERENCE_TOKEN", "EXPLORER_EMBEDDING_KEY_HERE", "AWS_SECRET_KEY"):
        monkeypatch.setenv(secret, "s3cret")
    read_bounded(FILES["a.csv"], "a.csv")
    assert "s3cret" not in given[0].values()
    assert given[0]["EXPLORER_MAX_ROWS"] == "150000"


@pytest.mark.slow
def test_what_the_process_says_is_bounded(processes):
    content = b"".join(b'{"%b": 1}\n' % (letter * 15_000_000) for letter in (b"a", b"b", b"c"))
    error = failure(TooLargeError, read_bounded, content, "keys.jsonl")
    assert len(str(error)) < 1_000
    assert "15,000,000 characters" in error.what


@pytest.mark.slow
def test_an_endless_line_of_the_process_is_refused(monkeypatch):
    monkeypatch.setattr(bounded, "_MAX_LINE", 100)
    labels = ",".join(f"column {number}" for number in range(50))
    error = failure(TooLargeError, read_bounded, f"{labels}\n{labels}\n".encode(), "wide.csv")
    assert "columns is too long" in error.what


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_file_that_crashes_what_reads_it_crashes_nothing_else(how, processes):
    def crash(_progress):
        if processes:
            processes[0].send_signal(how)

    error = failure(UnreadableFileError, read_bounded, SLOW_CSV, "crash.csv", on_progress=crash)
    assert signal.strsignal(how) in error.what
    assert error.where == "crash.csv"
    assert "EXPLORER_READ_MB" in error.fix  # want of memory crashes libraries too


def test_a_stop_ends_the_process(processes):
    def stop(_progress):
        if processes:
            raise JobCancelledError("Stop.")

    with pytest.raises(JobCancelledError):
        read_bounded(SLOW_CSV, "a.csv", on_progress=stop)
    assert processes[0].returncode == -signal.SIGKILL


@pytest.mark.slow
@LINUX
def test_a_killed_server_leaves_no_process_and_no_file(tmp_path):
    (tmp_path / "slow.csv").write_bytes(SLOW_CSV)
    code = f"""
import pathlib, subprocess
from explorer.data.uploads import bounded
start = subprocess.Popen.__init__
def noted(self, *args, **options):
    start(self, *args, **options)
    print(self.pid, flush=True)
subprocess.Popen.__init__ = noted
bounded.read_bounded(pathlib.Path({str(tmp_path / "slow.csv")!r}).read_bytes(), "slow.csv")
"""
    environment = {**os.environ, "EXPLORER_READ_SECONDS": "20"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, env=environment
    ) as server:
        child = int(server.stdout.readline())
        server.kill()
    deadline = time.monotonic() + 60
    while _is_alive(child):
        assert time.monotonic() < deadline, "it went on without anyone to read for"
        time.sleep(0.05)


def _is_alive(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return re.search(r"^State:\s+Z", status, re.MULTILINE) is None
