"""The kind of a file: by its name, and by its first bytes."""

from __future__ import annotations

from pathlib import PurePath

from explorer.data.images.decoding import ENDINGS, is_svg
from explorer.errors import UnreadableFileError

KINDS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".txt": "txt",
    ".npz": "npz",
    ".safetensors": "safetensors",
    ".zip": "zip",
    **dict.fromkeys(sorted(ENDINGS), "image"),
}
BINARY = frozenset({"parquet", "npz", "safetensors", "zip", "image"})
"""Kinds that are not text, so that no encoding can be chosen."""
HEAD_BYTES = 1 << 14

_SAVE_AS_CSV = 'Open it in the program it comes from and save it as "CSV UTF-8".'
_UNPACK = "Unpack it and choose the file inside."
_RENAME = "Give it the extension {}."
_NO_ROWS = "It holds no rows of text. Choose a CSV, JSON Lines, Parquet or text file."

# (how the file begins, what it is, what to do)
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image", _RENAME.format(".png")),
    (b"\xff\xd8\xff", "a JPEG image", _RENAME.format(".jpg")),
    (b"GIF87a", "a GIF image", _RENAME.format(".gif")),
    (b"GIF89a", "a GIF image", _RENAME.format(".gif")),
    (b"%PDF-", "a PDF document", "Save its text as a .txt file, one text per line."),
    (b"{\\rtf", "an RTF document", "Save its text as a .txt file, one text per line."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls or .doc)", _SAVE_AS_CSV),
    (b"\x1f\x8b", "gzip-compressed", _UNPACK),
    (b"BZh91AY&SY", "bzip2-compressed", _UNPACK),
    (b"\xfd7zXZ\x00", "xz-compressed", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "Zstandard-compressed", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"SQLite format 3\x00", "an SQLite database", "Export the table as CSV."),
    (b"ARROW1\x00\x00", "an Arrow (Feather) file", "Write it as Parquet."),
    (b"\x93NUMPY", "a NumPy array", _NO_ROWS),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "Write the table as Parquet."),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "Run `git lfs pull` first."),
)
_ZIP = b"PK\x03\x04"
_PARQUET = b"PAR1\x15"  # the mark, and the first byte of what must follow it
_HTML = (b"<!doctype html", b"<html")


def file_kind(head: bytes, name: str) -> str:
    """The kind of a file, one of the values of `KINDS`.

    Args:
        head: Its first `HEAD_BYTES` bytes, or all of them.
        name: Its name.

    Raises:
        UnreadableFileError: The extension is not known, or the contents are something else.
    """
    ending = PurePath(name).suffix.lower()
    kind = KINDS.get(ending, "")
    found, fix = _contents(head, kind)
    if found:
        what = f"This is {found}, though its name ends in {ending}." if kind else f"This is {found}."
        raise UnreadableFileError(what, where=name, fix=fix)
    if not kind:
        ends = f"{ending} files" if ending else "Files without an extension"
        raise UnreadableFileError(
            f"{ends} are not supported.", where=name, fix=f"Supported: {', '.join(KINDS)}."
        )
    return kind


def _contents(head: bytes, kind: str) -> tuple[str, str]:
    """What the contents are and what to do, where they contradict the kind; else empty strings."""
    if kind == "image":
        return "", ""  # its decoder says what it is
    for start, found, fix in _MAGIC:
        if head.startswith(start):
            return found, fix
    if head.startswith(_ZIP) and kind != "npz":
        return _zip_contents(head, kind)
    if is_svg(head) and not kind:
        return "an SVG drawing, which can contain scripts and is not opened", "Export it as PNG."
    if head.startswith(_PARQUET) and kind != "parquet":
        return "a Parquet file", "Give it the extension .parquet."
    start = head.lstrip()[:64].lower()
    if kind != "txt" and start.startswith(_HTML):
        return "a web page", "It may be a login or error page saved instead of the file. Download it again."
    if kind in ("csv", "tsv") and start.startswith((b'{"', b"[{")):
        return "JSON", "Give it the extension .jsonl (one object per line) or .json (an array)."
    return "", ""


def _zip_contents(head: bytes, kind: str) -> tuple[str, str]:
    if b"session.json" in head:
        return "a session saved by Explorer", "Open it on the Data page, or by explorer.open_session."
    if kind == "zip":
        return "", ""
    if b"opendocument.spreadsheet" in head:
        return "an OpenDocument spreadsheet", _SAVE_AS_CSV
    if b"word/" in head:
        return "a Word document", "Save its text as a .txt file, one text per line."
    if b"xl/" in head or b"[Content_Types].xml" in head:
        return "an Excel workbook", _SAVE_AS_CSV
    return "a ZIP archive", _UNPACK
