from __future__ import annotations

import io
import zipfile

import pytest

from explorer.data.formats.kinds import KINDS, file_kind
from explorer.errors import UnreadableFileError
from tests.data.failing import failure


@pytest.mark.parametrize("ending", KINDS)
def test_the_ending_says_the_kind_in_any_case(ending):
    assert file_kind(b"a,b\n", f"rows{ending}") == KINDS[ending]
    assert file_kind(b"a,b\n", f"ROWS{ending.upper()}") == KINDS[ending]


def _zip(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01", "a GIF image"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\x1f\x8b\x08\0\0", "gzip-compressed"),
        (b"PAR1\x15\x04\x15\x1e", "a Parquet file"),
        (b"ARROW1\0\0\xff", "an Arrow (Feather) file"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "a Git LFS pointer"),
        (b"\n<!DOCTYPE html>\n<html>", "a web page"),
        (b'{"text": "a"}\n', "JSON"),
        (b'[{"text": "a"}]', "JSON"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
        (_zip("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (_zip("mimetype-vnd.oasis.opendocument.spreadsheet"), "an OpenDocument spreadsheet"),
        (_zip("rows.csv"), "a ZIP archive"),
    ],
)
def test_contents_that_are_something_else_are_named(content, said):
    error = failure(UnreadableFileError, file_kind, content, "rows.csv")
    assert error.what.startswith(f"This is {said}")
    assert error.what.endswith("though its name ends in .csv.")
    assert error.where == "rows.csv"
    assert error.fix


def test_an_excel_workbook_under_its_own_name_says_how_to_go_on():
    error = failure(UnreadableFileError, file_kind, _zip("[Content_Types].xml", "xl/a.xml"), "rows.xlsx")
    assert error.what == "This is an Excel workbook."
    assert 'save it as "CSV UTF-8"' in error.fix


def test_an_svg_is_refused_for_its_scripts():
    error = failure(UnreadableFileError, file_kind, b"<svg><script>alert(1)</script></svg>", "drawing.svg")
    assert error.what == "This is an SVG drawing, which can contain scripts and is not opened."
    assert error.fix == "Export it as PNG."


def test_unknown_endings_say_which_are_read():
    error = failure(UnreadableFileError, file_kind, b"a", "rows.xyz")
    assert error.what == ".xyz files are not supported."
    assert all(ending in error.fix for ending in KINDS)
    assert (
        failure(UnreadableFileError, file_kind, b"a", "rows").what
        == "Files without an extension are not supported."
    )


def test_words_that_look_like_a_mark_are_no_mark():
    assert file_kind(b"PAR1,BZh,GIF\n1,2,3\n", "codes.csv") == "csv"
    assert file_kind(b"<html> is a tag\n", "lines.txt") == "txt"
    assert file_kind(b'{"text": "a"}\n', "lines.txt") == "txt"
