from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.data.formats.files import read_file
from explorer.data.formats.kinds import BINARY, KINDS
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from tests.data.failing import failure, outcome


def test_bytes_and_paths_are_read_alike(tmp_path):
    for ending, content in {
        ".csv": b"text,label\na,b\n",
        ".tsv": b"text\tlabel\na\tb\n",
        ".jsonl": b'{"text": "a", "label": "b"}\n',
        ".ndjson": b'{"text": "a", "label": "b"}\n',
        ".json": b'[{"text": "a", "label": "b"}]',
    }.items():
        path = tmp_path / f"rows{ending}"
        path.write_bytes(content)
        for data in (content, path):
            source = read_file(data, path.name)
            assert source.table.to_pylist() == [{"text": "a", "label": "b"}]
            assert source.name == path.name
            assert source.kind == KINDS[ending]


@pytest.mark.parametrize("ending", KINDS)
def test_an_empty_file_says_so(ending, tmp_path):
    path = tmp_path / f"rows{ending}"
    path.touch()
    for data in (b"", path):
        error = failure(EmptyDataError, read_file, data, path.name)
        assert str(error) == f"rows{ending}: The file is empty: it has 0 bytes."


@pytest.mark.parametrize("ending", [ending for ending, kind in KINDS.items() if kind not in BINARY])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_whitespace_is_empty(ending, codec):
    error = failure(EmptyDataError, read_file, " \n\r\n \t \n".encode(codec), f"rows{ending}")
    assert error.where == f"rows{ending}"


def test_a_file_over_the_bound_is_refused_before_it_is_read(bound, tmp_path, monkeypatch):
    bound("EXPLORER_MAX_FILE_MB", 1)
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text\n" + b"x" * 1_200_000)
    monkeypatch.setattr(type(path), "open", lambda *_: pytest.fail("the file was opened"))
    for data in (path, bytes(1_200_005)):
        error = failure(TooLargeError, read_file, data, "rows.csv")
        assert error.what == "The file is 1.2 MB; files up to 1 MB are read."
        assert error.where == "rows.csv"
        assert "EXPLORER_MAX_FILE_MB" in error.fix


def test_a_file_that_cannot_be_opened_says_why(tmp_path):
    error = failure(UnreadableFileError, read_file, tmp_path / "gone.csv", "gone.csv")
    assert str(error).startswith("gone.csv: The file cannot be opened: No such file or directory.")


def test_contents_that_speak_against_the_name_are_refused(tmp_path):
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    error = failure(UnreadableFileError, read_file, path, path.name)
    assert str(error).startswith("photo.csv: This is a PNG image, though its name ends in .csv.")


def test_binary_data_named_txt_is_refused_by_its_nul_bytes():
    error = failure(UnreadableFileError, read_file, b"abc\n\x01\x02\x00\x00\x00\x00\x01", "data.txt")
    assert error.where == "data.txt, line 2"


@settings(max_examples=200)
@given(
    st.one_of(st.binary(max_size=80), st.text('ab,;"\n\t[]{}:\\u\0é ', max_size=40).map(str.encode)),
    st.sampled_from(sorted(KINDS)),
)
def test_any_bytes_give_a_table_or_a_plain_error(content, ending):
    source, error = outcome(read_file, content, f"f{ending}")
    if error:
        assert error.what
        assert error.where.startswith(f"f{ending}")
    else:
        assert source.table.num_rows == source.total_rows == len(source.source_rows) > 0
