"""Which characters the bytes of a text file stand for."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass

from explorer.data.values import count
from explorer.errors import UnreadableFileError

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_FILE_HAS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
_STEP = 1 << 20
_GUESSED = "The file is not UTF-8 and was read as {}. If letters look wrong, save it again as UTF-8."


@dataclass(frozen=True)
class Encoding:
    """How bytes become characters.

    Args:
        codec: Python's name for it.
        skip: Bytes of the byte order mark, which is no part of the text.
        errors: "strict", or "replace" where a few bytes are known to be damaged.
        note: What a reader of the text should know; empty for plain UTF-8.
    """

    codec: str
    skip: int = 0
    errors: str = "strict"
    note: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """The note, if there is one."""
        return (self.note,) if self.note else ()


def detect_encoding(content: bytes, name: str, chosen: str | None = None) -> Encoding:
    """Find the encoding of a text file from its byte order mark, or else from all its bytes.

    Without a mark it is UTF-16 where NUL bytes alternate, UTF-8 where that is valid or where
    more characters are intact than broken, and Windows-1252 or Latin-1 otherwise.

    Args:
        content: The file.
        name: Its name, for messages.
        chosen: Python's name of the encoding to take, whatever the bytes look like.

    Raises:
        UnreadableFileError: The mark promises an encoding that the bytes do not keep, or the chosen one is
            not known or does not fit.
    """
    if chosen is not None:
        return _chosen(content, chosen, name)
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return _marked(content, codec, len(mark), name)
    for codec in ("utf-16-le", "utf-16-be"):
        if _alternates(content, codec) and _first_error(content, codec, 0) is None:
            return Encoding(codec, note=f"Read as {codec.upper()}, judged by its NUL bytes.")
    if _first_error(content, "utf-8", 0) is None:
        return Encoding("utf-8")
    text = content.decode("utf-8", errors="replace")
    if _mostly_intact(text):
        return _damaged_utf8(text, 0)
    if _first_error(content, "cp1252", 0) is None:
        return Encoding("cp1252", note=_GUESSED.format("Windows-1252"))
    return Encoding("latin-1", note=_GUESSED.format("Latin-1"))


def open_text(content: bytes, encoding: Encoding, *, newline: str | None = "") -> io.TextIOWrapper:
    """A stream of the characters, decoded as it is read; `newline` as in the built-in `open`."""
    stream = io.BytesIO(content)
    stream.seek(encoding.skip)
    return io.TextIOWrapper(stream, encoding=encoding.codec, errors=encoding.errors, newline=newline)


def checked_lines(stream: io.TextIOBase, name: str) -> Iterator[str]:
    """The lines of a text file.

    Raises:
        UnreadableFileError: A NUL byte, which no text has.
    """
    for number, line in enumerate(stream, 1):
        if "\0" in line:
            raise UnreadableFileError(
                "A NUL byte stands here, so the file is not text, or it is damaged.",
                where=f"{name}, line {number:,}",
                fix="Save it again as text in UTF-8.",
            )
        yield line


def _chosen(content: bytes, codec: str, name: str) -> Encoding:
    try:
        codec = codecs.lookup(codec).name
        "".encode(codec)  # refuses codecs that are not from text to bytes, such as zlib
        known = codec not in _NO_FILE_HAS
    except (LookupError, ValueError):  # ValueError: a NUL character in the name
        known = False
    if not known:
        raise UnreadableFileError(
            f'There is no encoding called "{codec:.60}".', where=name, fix="Choose another, such as utf-8."
        )
    skip = next((len(mark) for mark, marked in _MARKS if marked == codec and content.startswith(mark)), 0)
    error = _first_error(content, codec, skip)
    if error is not None:
        raise UnreadableFileError(
            f"The file is not {codec}: it does not decode ({error.reason}).",
            where=name,
            fix="Choose another encoding, or let it be detected.",
        )
    return Encoding(codec, skip)


def _marked(content: bytes, codec: str, skip: int, name: str) -> Encoding:
    error = _first_error(content, codec, skip)
    if error is None:
        note = "" if codec == "utf-8" else f"Read as {codec.upper()}, as its byte order mark says."
        return Encoding(codec, skip, note=note)
    if codec == "utf-8":
        return _damaged_utf8(content[skip:].decode(codec, errors="replace"), skip)
    raise UnreadableFileError(
        f"The file begins as {codec.upper()} text and then breaks off ({error.reason}).",
        where=name,
        fix="It may be incomplete. Copy it again, or save it as UTF-8.",
    )


def _first_error(content: bytes, codec: str, skip: int) -> UnicodeDecodeError | None:
    """The first thing that does not decode. Works in steps, so that no second copy is held."""
    decoder = codecs.getincrementaldecoder(codec)()
    view = memoryview(content)
    try:
        for start in range(skip, len(content), _STEP):
            decoder.decode(view[start : start + _STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return error
    return None


def _alternates(content: bytes, codec: str) -> bool:
    """Whether every second byte is mostly NUL, as in UTF-16 text of Western letters."""
    head = content[:_STEP]
    high, low = (head[1::2], head[::2]) if codec == "utf-16-le" else (head[::2], head[1::2])
    return bool(high) and high.count(0) > 0.3 * len(high) and low.count(0) < 0.05 * len(low)


def _mostly_intact(text: str) -> bool:
    """Whether more characters beyond ASCII survived than broke: other encodings break nearly all."""
    broken = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", errors="ignore")) - broken > broken


def _damaged_utf8(text: str, skip: int) -> Encoding:
    broken = count(text.count("\ufffd"), "character")
    line = text.count("\n", 0, text.index("\ufffd")) + 1
    return Encoding(
        "utf-8", skip, "replace", f"Not valid UTF-8 and shown as �: {broken}, the first on line {line:,}."
    )
