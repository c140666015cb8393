"""The worst-case files of each format, read like uploads: seconds and peak memory, compared with the target.

The target: no file within the upload limit (200 MB) takes more than 30 seconds or 1 GB. Each file is created,
then read and made into a corpus, in a fresh process. It is read as on the Data page, by a child process with
limits on time and memory, whose peak is reported; `--direct` reads it as `explorer.open_corpus` does, limited
only by the readers themselves. One of Explorer's own errors counts as a pass. `--only` selects by part of
the file name.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.corpora import ROOT
from benchmarks.results import record

SECONDS, MEGABYTES = 30, 1_000
_SIZE = 199_900_000
_TEXT = "My order has not arrived, although two weeks went by and nobody answers my mails."
_CYRILLIC = "Мой заказ не пришёл, хотя прошло уже две недели, и никто не отвечает."
_JAPANESE = "注文した商品がまだ届きません。ｱｲｳｴｵ"
_LONG = "x" * 900_000


def many(unit: bytes, head: bytes = b"", tail: bytes = b"") -> bytes:
    """A file as large as the upload limit."""
    return head + unit * ((_SIZE - len(head) - len(tail)) // len(unit)) + tail


def parquet(table: pa.Table, **options: object) -> bytes:
    """A table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def _repeated(rows: int, value: str = _LONG) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))


def _lists(values: pa.Array, each: int) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(np.arange(0, len(values) + 1, each, dtype=np.int32)), values)


def _one_list(rows: int) -> pa.Table:
    return pa.table({"t": ["a"], "v": _lists(pa.array(np.zeros(rows, np.int8)), rows)})


def _lying_page() -> bytes:
    """A page whose header claims it unpacks to 2 GB."""
    small = parquet(pa.table({"t": ["some text"] * 1_000}), use_dictionary=False, compression="zstd")
    return small[:4] + b"\x15\x00\x15\xfe\xff\xff\xff\x0f" + small[12:]


_KEYS = b"".join(b'"k%d":1,' % number for number in range(60_000))
_NUMBERS = ",".join(["0.123456"] * 384)
FILES: dict[str, Callable[[], bytes]] = {
    "line-ends.csv": lambda: b"\n" * 189_000_000,
    "line-ends.txt": lambda: b"\n" * 189_000_000,
    "line-ends.jsonl": lambda: b"\n" * 189_000_000,
    "spaces.csv": lambda: many(b" \n", b"a,b\n"),
    "ragged.csv": lambda: b"a,b\n" + b"1\n" * 60_000_000,
    "one-letter.csv": lambda: many(b"a\n"),
    "one-letter.txt": lambda: many(b"a\n"),
    "quoted.csv": lambda: many(b'"x","y"\n', b"a,b\n"),
    "quotes.csv": lambda: many(b'"', b"t\n"),
    "open-quote.csv": lambda: many(b"a b,c\n", b't\n"'),
    "stray-quotes.csv": lambda: many(b'a"b,"c"\n', b"a,b\n"),
    "open-quote.tsv": lambda: many(b"a b\tc\n", b'a\tb\n"'),
    "wide.csv": lambda: many(b"1," * 1_999 + b"1\n", b",".join(b"c%d" % n for n in range(2_000)) + b"\n"),
    "header.csv": lambda: many(b"a,"),
    "long-cell.csv": lambda: many(b"x", b"a,b\n1,"),
    "long-cells.csv": lambda: many(b"1," + b"x" * 900_000 + b"\n", b"a,b\n"),
    "texts.csv": lambda: many(f'1,"{_TEXT}",delivery\n'.encode(), b"id,text,label\n"),
    "utf-16.csv": lambda: many("ab\n".encode("utf-16-le"), "\ufefft\n".encode("utf-16-le")),
    "utf-32.txt": lambda: many("ab\n".encode("utf-32-le"), "\ufefft\n".encode("utf-32-le")),
    "cp1251.csv": lambda: many(f'1,"{_CYRILLIC}"\n'.encode("cp1251"), b"id,text\n"),
    "shift-jis.csv": lambda: many(f'1,"{_JAPANESE}"\n'.encode("cp932"), b"id,text\n"),
    "latin-1.txt": lambda: many(b"\xe9" * 50 + b"\n"),
    "damaged-utf-8.txt": lambda: many("größer\n".encode() * 10 + b"\xff\n"),
    "small-objects.jsonl": lambda: many(b'{"a":1}\n'),
    "empty-objects.jsonl": lambda: many(b"{}\n"),
    "repeated-key.jsonl": lambda: b"{" + _KEYS + b'"k59999":2}\n',
    "many-keys.jsonl": lambda: b"".join(
        b"{" + b",".join(b'"%d":1' % key for key in range(row % 1_900, row % 1_900 + 90)) + b"}\n"
        for row in range(25_000)
    ),
    "deep.jsonl": lambda: many(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n"),
    "vectors.jsonl": lambda: many(f'{{"t":"some text","v":[{_NUMBERS}]}}\n'.encode()),
    "vectors.csv": lambda: many(f'some text,"[{_NUMBERS}]"\n'.encode(), b"t,v\n"),
    "dimensions.csv": lambda: many(
        f"{_NUMBERS}\n".encode(), b",".join(b"d%d" % n for n in range(384)) + b"\n"
    ),
    "small-items.json": lambda: many(b'{"a":"x"},', b"[", b'{"a":"y"}]'),
    "long-item.json": lambda: many(b"x", b'[{"a":"', b'"}]'),
    "one-object.json": lambda: many(b'"a b",\n', b'{\n"a":[', b'"c"]}'),
    "brackets.json": lambda: many(b"["),
    "backslashes.json": lambda: many(b"\\", b'[{"a":"', b'"}]'),
    "dictionary.parquet": lambda: parquet(pa.table({"t": _repeated(200_000)})),
    "dictionary-plain.parquet": lambda: parquet(pa.table({"t": _repeated(200_000)}), store_schema=False),
    "dictionary-nested.parquet": lambda: parquet(
        pa.table({"a": ["x"] * 2_000, "t": _lists(_repeated(200_000), 100)}), store_schema=False
    ),
    "large-page.parquet": lambda: parquet(
        pa.table({"t": ["x" * 1_000] * 900_000}),
        use_dictionary=False, compression="zstd", data_page_size=1 << 30, max_rows_per_page=1 << 30,
    ),
    "lying-page.parquet": _lying_page,
    "prefixes.parquet": lambda: parquet(
        pa.table({"t": [_LONG] * 500}), use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY"
    ),
    "constant.parquet": lambda: parquet(
        pa.table({"a": np.zeros(60_000_000, np.int8), "t": _repeated(60_000_000, "a b")})
    ),
    "one-list.parquet": lambda: parquet(_one_list(100_000_000)),
    "empty-lists.parquet": lambda: parquet(
        pa.table({"t": ["a"] * 500, "v": pa.nulls(500, pa.list_(pa.int8(), 100_000))})
    ),
    "wide.parquet": lambda: parquet(
        pa.table({f"c{place}": np.random.default_rng(place).random(10_000) for place in range(2_000)})
    ),
    "texts.parquet": lambda: parquet(
        pa.table({"t": [f"{_TEXT} {row}" * 10 for row in range(226_000)]}), compression="none"
    ),
}  # fmt: skip


def main() -> None:
    """Print seconds and megabytes of each file, and the worst of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        path = Path(options.make)
        path.write_bytes(FILES[path.name]())
        return
    if options.one:
        print(json.dumps(read(Path(options.one), direct=options.direct)))
        return
    worst = {"s": 0.0, "MB": 0.0}
    for name in FILES:
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            fresh("--make", str(path))
            told = json.loads(fresh("--one", str(path), *["--direct"] * options.direct))
            size = path.stat().st_size / 1e6
        over = " OVER THE BAR" if told["s"] > SECONDS or told["MB"] > MEGABYTES else ""
        print(
            f"{name:26} {size:7.2f} MB {told['s']:6.1f} s {told['MB']:6,.0f} MB  {told['end']}{over}",
            flush=True,
        )
        worst = {unit: max(value, told[unit]) for unit, value in worst.items()}
    print(f"the worst: {worst['s']:.1f} s of {SECONDS}, {worst['MB']:,.0f} MB of {MEGABYTES:,}")
    if not options.only:
        how = "read directly" if options.direct else "read as an upload"
        record("worst_files", {f"{how}, {unit}": value for unit, value in worst.items()})


def fresh(*arguments: str) -> str:
    """The output of this module in a separate process."""
    command = [sys.executable, "-m", "benchmarks.worst_files", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments}: the process ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def read(path: Path, *, direct: bool) -> dict[str, float | str]:
    """Read a file in this process; return seconds, peak memory of reading in MB, and the outcome."""
    from explorer.data.corpus_from_table import make_corpus
    from explorer.data.formats.files import read_file
    from explorer.data.uploads.bounded import read_bounded
    from explorer.errors import ExplorerError

    data = b"" if direct else path.read_bytes()
    peaks = [0.0]
    threading.Thread(target=watch, args=(direct, peaks), daemon=True).start()
    started = time.perf_counter()
    try:
        source = read_file(path, path.name) if direct else read_bounded(data, path.name)
        end = f"{source.table.num_rows:,} of {source.total_rows:,} rows"
        make_corpus(source)
    except ExplorerError as error:
        end = f"{type(error).__name__}: {error.what:.70}"
    return {"s": time.perf_counter() - started, "MB": max(peaks[0], own() if direct else 0.0), "end": end}


def own(process: str = "self") -> float:
    """The peak memory of a process, in MB; 0 if it no longer exists."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def watch(direct: bool, peaks: list[float]) -> None:
    """Record the peak memory of child processes, which cannot be read once they have ended."""
    while not direct:
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text().split():
                peaks[0] = max(peaks[0], own(child))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
