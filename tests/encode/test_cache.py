import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.encode.cache import VectorCache
from explorer.errors import SettingError


def keys_of(numbers):
    return [int(number).to_bytes(16, "little") for number in numbers]


def vectors_of(numbers, dims=4):
    return np.array([[number + step / 10 for step in range(dims)] for number in numbers], dtype=np.float32)


def read(cache, numbers, fingerprint="a", dims=4):
    out = np.full((len(numbers), dims), np.nan, dtype=np.float32)
    rows = {key: row for row, key in enumerate(keys_of(numbers))}
    return cache.read_into(out, fingerprint, rows), out


def test_what_was_written_is_read_bit_for_bit_also_by_another_opener(cache):
    special = np.array([[0.0, -0.0, 1e-45, 3.4e38], [1 / 3, -1 / 3, 5, 6]], dtype=np.float32)
    cache.write("a", keys_of([1, 2]), special)
    found, out = read(VectorCache(cache.path.parent, 100), [2, 3, 1])
    assert found.tolist() == [True, False, True]
    assert out[[2, 0]].tobytes() == special.tobytes()
    assert np.isnan(out[1]).all()


def test_encoders_do_not_see_each_others_vectors(cache):
    cache.write("a", keys_of([1]), vectors_of([1]))
    cache.write("b", keys_of([1]), vectors_of([2], dims=7))
    assert read(cache, [1])[1][0].tolist() == vectors_of([1])[0].tolist()
    assert cache.dims("a") == 4
    assert cache.dims("b") == 7
    assert cache.dims("c") is None
    assert not read(cache, [1], fingerprint="c")[0].any()


@pytest.mark.slow
@given(
    st.lists(st.integers(0, 50), unique=True, max_size=40),
    st.lists(st.integers(0, 50), unique=True, max_size=40),
)
def test_found_is_exactly_what_was_written(written, asked):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder), 100)
        if written:
            cache.write("a", keys_of(written), vectors_of(written))
        found, out = read(cache, asked)
        assert [number for number, hit in zip(asked, found, strict=True) if hit] == [
            n for n in asked if n in written
        ]
        np.testing.assert_array_equal(
            out[found], vectors_of([n for n in asked if n in written]).reshape(-1, 4)
        )


def test_more_keys_than_one_lookup_takes(cache):
    numbers = list(range(1_700))
    cache.write("a", keys_of(numbers), vectors_of(numbers))
    found, out = read(cache, numbers[::-1])
    assert found.all()
    np.testing.assert_array_equal(out, vectors_of(numbers[::-1]))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE vectors SET vector = zeroblob(16) WHERE text = ?",
        "UPDATE vectors SET vector = x'00' WHERE text = ?",
        "UPDATE vectors SET checksum = checksum + 1 WHERE text = ?",
    ],
)
def test_a_damaged_vector_is_missing_and_can_be_written_again(cache, damage, caplog):
    cache.write("a", keys_of([1, 2]), vectors_of([1, 2]))
    with sqlite3.connect(cache.path) as connection:
        connection.execute(damage, keys_of([1]))
    connection.close()
    assert read(cache, [1, 2])[0].tolist() == [False, True]
    assert "1 damaged vectors" in caplog.text
    cache.write("a", keys_of([1]), vectors_of([1]))
    found, out = read(cache, [1, 2])
    assert found.all()
    np.testing.assert_array_equal(out, vectors_of([1, 2]))


@pytest.mark.parametrize("content", [b"", b"not a database at all " * 100])
def test_a_file_that_is_no_database_is_set_aside(tmp_path, content):
    path = VectorCache(tmp_path, 100).path
    path.write_bytes(content)
    cache = VectorCache(tmp_path, 100)
    cache.write("a", keys_of([1]), vectors_of([1]))
    assert read(cache, [1])[0].all()
    aside = list(tmp_path.glob("*.damaged-*"))
    assert [file.read_bytes() for file in aside] == ([content] if content else [])


def test_one_file_that_was_set_aside_is_kept(tmp_path):
    path = VectorCache(tmp_path, 100).path
    for content in (b"not a database", b"nor is this one"):
        path.write_bytes(content * 100)
        VectorCache(tmp_path, 100).write("a", keys_of([1]), vectors_of([1]))
    assert [file.read_bytes() for file in tmp_path.glob("*.damaged-*")] == [b"nor is this one" * 100]


def test_pages_overwritten_while_it_is_open_cost_vectors_never_wrong_ones(cache):
    numbers = list(range(2_000))
    cache.write("a", keys_of(numbers), vectors_of(numbers))
    with sqlite3.connect(cache.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = cache.path.stat().st_size
    with cache.path.open("r+b") as file:
        file.seek(size // 3)
        file.write(os.urandom(size // 3))
    found, out = read(cache, numbers)
    np.testing.assert_array_equal(out[found], vectors_of(np.array(numbers)[found]).reshape(-1, 4))
    assert not found.all()
    cache.write("a", keys_of(numbers), vectors_of(numbers))
    assert read(cache, numbers)[0].all()


@pytest.mark.slow
def test_the_oldest_go_first_and_the_file_stays_below_its_bound(tmp_path):
    cache = VectorCache(tmp_path, 2)
    for start in range(0, 4_000, 200):
        numbers = list(range(start, start + 200))
        cache.write("a", keys_of(numbers), vectors_of(numbers, dims=256))
    found, _ = read(cache, list(range(4_000)), dims=256)
    kept = np.flatnonzero(found)
    assert 0 < len(kept) < 4_000
    assert kept.tolist() == list(range(kept[0], 4_000))
    with sqlite3.connect(cache.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert cache.path.stat().st_size <= 2_000_000


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingError, match="EXPLORER_CACHE_DIR"):
        VectorCache(tmp_path / "file" / "cache", 100)


def test_a_verdict_is_kept(cache):
    assert cache.verdict("m") is None
    cache.record_verdict("m", "yes")
    cache.record_verdict("m", "no")
    assert VectorCache(cache.path.parent, 100).verdict("m") == "no"


def _write_many(folder, worker):
    cache = VectorCache(folder, 100)
    for start in range(0, 300, 10):
        numbers = range(1000 * worker + start, 1000 * worker + start + 10)
        cache.write("a", keys_of(numbers), vectors_of(numbers))


@pytest.mark.slow
def test_several_processes_write_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_many, args=(tmp_path, worker)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    numbers = [1000 * worker + step for worker in range(3) for step in range(300)]
    found, out = read(VectorCache(tmp_path, 100), numbers)
    assert found.all()
    np.testing.assert_array_equal(out, vectors_of(numbers))


@pytest.mark.slow
def test_a_killed_process_leaves_whole_writes(tmp_path):
    script = (
        "import sys, itertools; sys.path.insert(0, 'tests/encode')\n"
        "from pathlib import Path; from test_cache import VectorCache, keys_of, vectors_of\n"
        f"cache = VectorCache(Path({str(tmp_path)!r}), 100)\n"
        "for start in itertools.count(0, 50):\n"
        "    cache.write('a', keys_of(range(start, start + 50)), vectors_of(range(start, start + 50)))\n"
        "    print(start, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    written = [int(process.stdout.readline()) for _ in range(20)][-1]
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    numbers = list(range(written + 10_000))
    found, out = read(VectorCache(tmp_path, 100), numbers)
    count = int(found.sum())
    assert count >= written + 50
    assert count % 50 == 0
    assert found[:count].all()
    np.testing.assert_array_equal(out[:count], vectors_of(numbers[:count]))
