"""What the library `datasets` makes of each format, asked for as `hub_stream` asks for it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile

import pytest

from explorer.data.hub.stream import request_for
from explorer.data.hub.stream_reader import NoMoreError, tables
from explorer.hub.dataset_splits import splits_in

ROWS = range(2_500)
PACKED = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


class Files:
    """Files in memory, in place of the process that has them.

    Args:
        contents: Bytes by path.
        most: Bytes given at most.
    """

    def __init__(self, contents, most=10**9):
        self.contents = contents
        self.sizes = {path: len(content) for path, content in contents.items()}
        self.left = most
        self.refused = False

    def part(self, path, start, end):
        part = self.contents[path][start:end]
        self.left -= len(part)
        if self.left < 0:
            self.refused = True
            raise NoMoreError
        return part


def read(contents, *, limit=10_000, most=10**9, block=50_000):
    """All rows of the split that files make, as Python values, and the tables' lengths."""
    files = Files(contents, most)
    (split,) = [part for part in splits_in("me/x", "c", files.sizes, {}) if part.kind == "streamed"]
    found = list(tables(request_for(split, limit, block), files))
    return [row for table in found for row in table.to_pylist()], [table.num_rows for table in found]


def content(suffix, rows=ROWS):
    rows = [{"text": f"message {row}, ü", "n": row} for row in rows]
    texts = {
        ".csv": "text,n\n" + "".join(f'"{row["text"]}",{row["n"]}\n' for row in rows),
        ".tsv": "text\tn\n" + "".join(f"{row['text']}\t{row['n']}\n" for row in rows),
        ".jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        ".ndjson": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
        ".json": json.dumps(rows),
        ".txt": "".join(f"{row['text']}\n" for row in rows),
    }
    return texts[suffix].encode()


@pytest.mark.slow
@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt"])
def test_every_row_of_every_format_comes_in_its_order(suffix, packed):
    file = PACKED[packed](content(suffix))
    rows, _ = read({f"train/{part}{suffix}{packed}": file for part in "ab"})
    assert [row["text"] for row in rows] == [f"message {row}, ü" for row in (*ROWS, *ROWS)]
    if suffix in (".csv", ".tsv"):  # numbers of a text file are the text they are
        assert [row["n"] for row in rows] == [str(row) for row in (*ROWS, *ROWS)]


@pytest.mark.slow
def test_what_is_given_before_the_bound_on_bytes_is_kept():
    for suffix in (".csv", ".jsonl", ".txt"):
        file = content(suffix, range(60_000))
        rows, _ = read({f"{part}{suffix}": file for part in "ab"}, limit=10**6, most=1_000_000, block=200_000)
        assert [row["text"] for row in rows] == [f"message {row}, ü" for row in range(len(rows))]
        assert 10_000 < len(rows) < 60_000


def test_values_that_look_like_numbers_or_nothing_stay_what_they_are():
    rows, _ = read({"a.csv": b"text,x\nNA,1\n,007\n", "b.csv": b"text,x\nnull,1e5\n1.50,\n"})
    assert [(row["text"], row["x"]) for row in rows] == [
        ("NA", "1"),
        ("", "007"),
        ("null", "1e5"),
        ("1.50", ""),
    ]


def test_files_whose_columns_differ_are_refused():
    with pytest.raises(KeyError, match="text"):
        read({"a.csv": b"text\nx\n", "b.csv": b"body\ny\n"})


def test_an_archive_gives_captions_and_records_and_no_bytes():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for row in range(120):
            for suffix, data in (("jpg", bytes(500)), ("json", b'{"w": 1}'), ("txt", b"picture %d" % row)):
                member = tarfile.TarInfo(f"{row:05}.{suffix}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    rows, lengths = read({"a.tar": buffer.getvalue()}, limit=50)
    assert [row["txt"] for row in rows][:50] == [f"picture {row}" for row in range(50)]
    assert lengths[0] == 50
    assert rows[0]["json"] == {"w": 1}
    assert {row["jpg"] for row in rows} == {None}
    few, _ = read({"a.tar": buffer.getvalue()}, most=60_000, block=1_000)
    assert 5 < len(few) < 120


def test_a_folder_of_pictures_gives_the_names_of_its_folders():
    files = Files({f"train/{kind}/{number}.jpg": b"x" for kind in ("cat", "dog") for number in range(2)})
    (split,) = splits_in("me/x", "c", files.sizes, {})
    (table,) = tables(request_for(split, 10, 1_000), files)
    assert table["label"].to_pylist() == [0, 0, 1, 1]
    assert b'"names": ["cat", "dog"]' in table.schema.metadata[b"huggingface"]
    assert files.left == 10**9  # no picture was asked for
