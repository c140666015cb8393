"""Fuzzing: damaged files of every format, read like uploads, must raise only Explorer's own errors.

Valid CSV, TSV, JSON, JSON Lines, Parquet and text files are mutated by flipping bits, cutting, repeating,
splicing and inserting significant bytes, in Parquet mostly in the footer. Each is read and made into a
corpus, and every cell is converted to text. Files are read one after the other in a separate process, so that
a file that crashes it is named and the next one is still read; `--bounded` reads each in the process that the
Data page uses, as for a visitor, which is slower. Reported are exceptions outside Explorer's own tree,
crashed processes, and files that take over 30 seconds or 1 GB.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import json
import random
import re
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.corpora import ROOT
from benchmarks.results import record

if TYPE_CHECKING:
    from explorer.data.tables.source_table import SourceTable

_SECONDS, _MEGABYTES = 30, 1_000
_SPECIAL = (
    *(
        b"\0",
        b"\n",
        b"\r",
        b"\r\n",
        b'"',
        b'""',
        b",",
        b";",
        b"\t",
        b"|",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
    ),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xfe\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "\u2028".encode()),
    *(
        b"null",
        b"NaN",
        b"1e999",
        b"-0",
        b"9" * 400,
        b"\\ud800",
        b"PAR1",
        b"\x15\xfe\xff\xff\xff\x0f",
        b"\x80",
    ),
)
_PLAIN_ENCODINGS = ("PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY")


def seeds() -> list[tuple[str, bytes]]:
    """Valid files."""
    rows = [
        {
            "id": row,
            "text": f"row {row}: größer, “mehr”",
            "label": f"l{row % 3}",
            "price": row / 7,
            "on": row % 2 > 0,
        }
        for row in range(40)
    ]
    texts = [str(row["text"]) for row in rows]
    cells = [f'{row["id"]},"{row["text"]}",{row["label"]},{row["price"]}' for row in rows]
    lines = [json.dumps({**row, "tags": ["a", {"b": row["id"]}], "v": [0.5] * 40}) for row in rows]
    files = [
        ("f.csv", "\n".join(["id,text,label,price", *cells]).encode()),
        ("f.csv", "\r\n".join(["id,text,label,price", *cells]).encode("cp1252")),
        (
            "f.csv",
            "\n".join(["id;text;label;price", *(cell.replace(",", ";") for cell in cells)]).encode("utf-16"),
        ),
        (
            "f.tsv",
            "\n".join(["id\ttext\tlabel\tprice", *(cell.replace(",", "\t") for cell in cells)]).encode(),
        ),
        ("f.txt", "\n".join(texts).encode()),
        ("f.txt", "\n".join(["Мой заказ не пришёл"] * 20).encode("koi8-r")),
        ("f.jsonl", "\n".join(lines).encode()),
        ("f.jsonl", "\n".join(lines).encode("utf-8-sig")),
        ("f.json", f"[{','.join(lines)}]".encode()),
        (
            "f.csv",
            "\n".join(["text,vector", *(f'row {row},"[0.5, -1e-2, {row}]"' for row in range(40))]).encode(),
        ),
        ("f.csv", "\n".join(["x,y,z", *(f"{row / 7},-1e-2,{row}" for row in range(40))]).encode()),
        ("f.json", json.dumps(rows, indent=1).encode()),
    ]
    moments = np.arange(40).astype("datetime64[s]")
    table = pa.table(
        {
            "text": texts,
            "label": pa.array([str(row["label"]) for row in rows]).dictionary_encode(),
            "price": [row["price"] for row in rows],
            "half": np.arange(40, dtype=np.float16),
            "when": pa.array(moments, pa.timestamp("us", "Europe/Berlin")),
            "day": pa.array(moments.astype("datetime64[D]")),
            "took": pa.array(range(40), pa.duration("ms")),
            "tags": [["a", "b"], [], None, ["c"]] * 10,
            "meta": [{"k": 1, "l": [{"m": "x"}]}] * 40,
            "map": pa.array([[("k", 1)]] * 40, pa.map_(pa.string(), pa.int64())),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(40 * 80), pa.float32()), 80),
            "amount": pa.array(range(40)).cast(pa.decimal128(21, 2)),
        }
    )
    for number, compression in enumerate(("none", "snappy", "zstd", "gzip")):
        file = io.BytesIO()
        pq.write_table(
            table,
            file,
            compression=compression,
            row_group_size=(40, 15)[number % 2],
            data_page_version=("1.0", "2.0")[number % 2],
            use_dictionary=["label", "tags.list.element"] if number < 2 else False,
            column_encoding={"text": _PLAIN_ENCODINGS[number % 3]},
        )
        files += [("f.parquet", file.getvalue())] * 2
    return files


def mutated(number: int, files: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """The file with a number, always the same for a number."""
    chance = random.Random(number)  # noqa: S311 - nothing secret
    name, content = files[number % len(files)]
    data = bytearray(content)
    low, high = 0, len(data)
    if name.endswith("parquet") and chance.random() < 0.7:  # the footer, or the pages
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        low, high = (footer, len(data)) if chance.random() < 0.6 else (4, footer)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        high = max(low + 1, min(high, len(data)))
        at = chance.randrange(low, high)
        end = min(len(data), at + chance.choice((1, 4, 40, 400)))
        kind = chance.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = chance.randrange(256)
        elif kind == 2:
            data[at:at] = chance.choice(_SPECIAL) * chance.choice((1, 1, 2, 50))
        elif kind == 3:
            del data[at:end]
        elif kind == 4:
            data[at:at] = data[at:end] * chance.choice((1, 2, 100))
        elif kind == 5:
            other = chance.choice(files)[1]
            start = chance.randrange(len(other))
            data[at:end] = other[start : start + chance.choice((4, 40, 400))]
        elif chance.random() < 0.2:
            del data[at:]
        if not data:
            break
    return name, bytes(data)


def main() -> None:
    """Print what went wrong, and how many files gave a table or an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0, help="the number of the first file")
    parser.add_argument("--bounded", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    end = options.start + options.files
    if options.worker:
        work(options.start, end, bounded=options.bounded)
        return
    seeds()  # fails here rather than in each worker
    ends: collections.Counter[str] = collections.Counter()
    next_file, slowest, largest = options.start, 0.0, 0.0
    while next_file < end:
        command = [sys.executable, "-m", "benchmarks.mutated_files", "--worker", "--start", str(next_file)]
        command += ["--files", str(end - next_file), *["--bounded"] * options.bounded]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
            for line in worker.stdout or ():
                told = json.loads(line)
                next_file = told["file"] + 1
                ends[told["end"]] += 1
                slowest, largest = max(slowest, told["s"]), max(largest, told["MB"])
                if told["wrong"]:
                    print(f"file {told['file']} ({told['name']}): {told['wrong']}", flush=True)
        if next_file < end:
            print(f"file {next_file}: the process ended with {worker.returncode}", flush=True)
            ends["the process ended"] += 1
            next_file += 1
    for how, files in ends.most_common():
        print(f"{files:7,} {how}")
    print(f"the slowest took {slowest:.1f} s, the largest {largest:,.0f} MB")
    how = "by the bounded child" if options.bounded else "directly"
    wrong = sum(files for kind, files in ends.items() if kind.startswith(("the process", "another")))
    record(
        "mutated_files",
        {f"{how}, files": float(options.files), "went wrong": float(wrong), "slowest, s": slowest},
    )


def work(start: int, end: int, *, bounded: bool) -> None:
    """Read files, and print the outcome of each."""
    from explorer.data.formats.files import read_file
    from explorer.data.uploads.bounded import read_bounded

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))  # so that the machine survives
    read = read_bounded if bounded else read_file
    files = seeds()
    for number in range(start, end):
        name, content = mutated(number, files)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        began = time.perf_counter()
        how, wrong = outcome(read, content, name)
        seconds = time.perf_counter() - began
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        size = int(found[1]) * 1024 / 1e6 if found else 0.0
        if seconds > _SECONDS or size > _MEGABYTES:
            wrong += f" took {seconds:.0f} s and {size:,.0f} MB"
        told = {"file": number, "name": name, "end": how, "wrong": wrong, "s": seconds, "MB": size}
        print(json.dumps(told), flush=True)


def outcome(read: Callable[[bytes, str], SourceTable], content: bytes, name: str) -> tuple[str, str]:
    """The outcome of reading a file and everything in it, and what is wrong with that outcome."""
    from explorer.data.corpus_from_table import make_corpus
    from explorer.data.tables.python_values import as_strings, texts
    from explorer.data.uploads.bounded import INTERRUPTED
    from explorer.data.vector_columns import vector_columns
    from explorer.data.vector_matrix import vectors_of
    from explorer.errors import ExplorerError

    try:
        source = read(content, name)
        for column in source.table.columns:
            as_strings(column)
            texts(column)
        source.table.slice(0, 50).to_pylist()
        for place in vector_columns(source):
            with contextlib.suppress(ExplorerError):
                vectors_of(source, place)
        corpus = make_corpus(source)
        corpus.fingerprint, corpus.labels, corpus.row(len(corpus) - 1)
    except ExplorerError as error:
        if INTERRUPTED in error.what:
            return "the process of the reader ended", f"{error}"
        return type(error).__name__, ""
    except Exception as error:
        return f"another exception: {type(error).__name__}", "".join(traceback.format_exception(error)[-3:])
    return "a corpus", ""


if __name__ == "__main__":
    main()
