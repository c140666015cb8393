"""Detecting the encoding of a text file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from explorer.data.formats.blocks import Encoding, Source, raw_blocks
from explorer.data.tables.values import count
from explorer.errors import UnreadableFileError

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs that no file is written in; some take time that grows with the square of the text.
_NO_FILE_HAS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})
_SAMPLE_BYTES = 1 << 16  # charset-normalizer is slow, and this much is enough
_LINE_BYTES = 1 << 13
_MANY = 100_000  # with this many broken characters, a file is not UTF-8
_FEW = 6  # with fewer non-ASCII bytes, any guess is chance, and Western text most likely
_FEW_LATIN = 12

# Supported encodings that are not Unicode: Python's name, and the common name.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16-LE",
    "utf-16-be": "UTF-16-BE",
    "cp1252": "Windows-1252 (Western)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp874": "Windows-874 (Thai)",
    "iso8859-1": "Latin-1 (Western)",
    "iso8859-2": "Latin-2 (Central European)",
    "iso8859-5": "ISO-8859-5 (Cyrillic)",
    "koi8-r": "KOI8-R (Cyrillic)",
    "cp866": "CP866 (Cyrillic)",
    "mac-roman": "Mac Roman (Western)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp949": "EUC-KR (Korean)",
    "gb18030": "GB18030 (Chinese)",
    "big5": "Big5 (Chinese)",
}
_CLOSE = 0.02  # a difference in charset-normalizer's mess ratio too small to be significant
_SIGN_IN_WORD = re.compile(r"(?<=[a-z])[^\w\s\x00-\x7f’‘–—](?=[a-z])|(?<=[a-z])[¹²³](?=[a-z])", re.IGNORECASE)
_LATIN = frozenset({"cp1252", "cp1250", "cp1254", "iso8859-2", "mac-roman"})
# Words in these encodings do not mix their letters with Latin ones.
_OF_OTHER_LETTERS = frozenset(
    {"cp1251", "cp1253", "cp1255", "cp1256", "cp874", "iso8859-5", "koi8-r", "cp866"}
)
_MIXED_WORD = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_GUESSED = (
    "The file is not UTF-8. It was read as {}, guessed from its bytes. If letters look wrong, "
    "choose another encoding, or save the file as UTF-8."
)


def detect_encoding(data: Source, name: str, chosen: str | None = None) -> Encoding:
    """Find the encoding of a text file from its byte order mark (BOM), or else from all its bytes.

    Without a BOM it is UTF-16 if NUL bytes alternate, UTF-8 if that is valid or if more characters are
    intact than broken, and otherwise charset-normalizer's guess from a sample.

    Args:
        data: The file.
        name: Its name, for messages.
        chosen: Python's name of the encoding to use, whatever the bytes look like.

    Raises:
        UnreadableFileError: The bytes are not valid in the BOM's encoding, or the chosen encoding is unknown
            or does not fit.
        OSError: The file cannot be read.
    """
    head = next(raw_blocks(data), b"")
    if chosen is not None:
        return _chosen(data, head, chosen, name)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return _marked(data, codec, len(mark), name)
    for codec in ("utf-16-le", "utf-16-be"):
        if _alternates(head, codec) and _first_error(data, codec, 0) is None:
            return Encoding(codec, note=f"Read as {codec.upper()}, based on its NUL bytes.")
    if _first_error(data, "utf-8", 0) is None:
        return Encoding("utf-8")
    damaged = _damaged_utf8(data, 0)
    if damaged is not None:
        return damaged
    codec = _guess(_sample(data))
    if _first_error(data, codec, 0) is not None:
        codec = "iso8859-1"  # in which every byte is a character
    return Encoding(codec, note=_GUESSED.format(ENCODINGS[codec]))


def _chosen(data: Source, head: bytes, chosen: str, name: str) -> Encoding:
    codec = _known(chosen)
    if codec is None:
        raise UnreadableFileError(
            f'There is no encoding called "{chosen:.60}".', where=name, fix="Choose another, such as utf-8."
        )
    skip = 0
    for mark, marked in _MARKS:
        if head.startswith(mark) and codec in (marked, marked.removesuffix("-le").removesuffix("-be")):
            codec, skip = marked, len(mark)
            break
    if _first_error(data, codec, skip) is not None:
        raise UnreadableFileError(
            f"This file is not valid {ENCODINGS.get(codec, codec.upper())}.",
            where=name,
            fix="Choose another encoding, or let it be detected.",
        )
    return Encoding(codec, skip, note=f"Read as {ENCODINGS.get(codec, codec)}, as chosen.")


def _known(chosen: str) -> str | None:
    """Python's canonical name of a text encoding; None for an unknown one."""
    try:
        codec = codecs.lookup(chosen).name
        "".encode(codec)  # refuses codecs that are not from text to bytes, such as zlib
    except (LookupError, ValueError):  # ValueError: a NUL character in the name
        return None
    return None if codec.replace("_", "-") in _NO_FILE_HAS else codec


def _marked(data: Source, codec: str, skip: int, name: str) -> Encoding:
    error = _first_error(data, codec, skip)
    if error is None:
        note = "" if codec == "utf-8" else f"Read as {codec.upper()}, as its byte order mark indicates."
        return Encoding(codec, skip, note=note)
    damaged = _damaged_utf8(data, skip, certain=True) if codec == "utf-8" else None
    if damaged is not None:
        return damaged
    raise UnreadableFileError(
        f"The file begins as {codec.upper()} text but does not decode to its end ({error}).",
        where=name,
        fix="It may be incomplete. Copy it again, or save it as UTF-8.",
    )


def _first_error(data: Source, codec: str, skip: int) -> str | None:
    """The first decoding error, or None. Decodes in steps, so that no second copy is held."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for block in raw_blocks(data, skip):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError as error:  # UnicodeError: UTF-16 without a required byte order mark
        return error.reason if isinstance(error, UnicodeDecodeError) else str(error)
    return None


def _alternates(head: bytes, codec: str) -> bool:
    """Whether every second byte is mostly NUL, as in UTF-16 text with Western letters."""
    high, low = (head[1::2], head[::2]) if codec == "utf-16-le" else (head[::2], head[1::2])
    return bool(high) and high.count(0) > 0.3 * len(high) and low.count(0) < 0.05 * len(low)


def _damaged_utf8(data: Source, skip: int, *, certain: bool = False) -> Encoding | None:
    """UTF-8 if more non-ASCII characters are intact than broken: in other encodings nearly all break."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = beyond = first_line = 0
    line = 1
    for text in _decoded(decoder, data, skip):
        found = text.count("\ufffd")
        if found and not broken:
            first_line = line + text.count("\n", 0, text.index("\ufffd"))
        broken += found
        beyond += len(text) - len(text.encode("ascii", errors="ignore"))
        line += text.count("\n")
        if not certain and broken > _MANY and beyond - broken <= broken:
            break  # replacing is slow, and this is enough
    if not certain and beyond - broken <= broken:
        return None
    shown = f"{count(broken, 'character')}, the first on line {first_line:,}"
    return Encoding("utf-8", skip, "replace", f"Not valid UTF-8 and shown as �: {shown}.")


def _decoded(decoder: codecs.IncrementalDecoder, data: Source, skip: int) -> Iterator[str]:
    for block in raw_blocks(data, skip):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _sample(data: Source) -> bytes:
    """The first lines that are not ASCII, since ASCII lines carry no information."""
    lines: list[bytes] = []
    room = _SAMPLE_BYTES
    for block in raw_blocks(data):
        for line in block.split(b"\n"):
            if room > 0 and not line.isascii():
                lines.append(line if len(line) <= _LINE_BYTES else _around_first(line))
                room -= len(lines[-1])
        if room <= 0:
            break
    return b"\n".join(lines)


def _around_first(line: bytes) -> bytes:
    """A part of a long line, from its first non-ASCII byte up to a word boundary."""
    start = len(line) - len(line.lstrip(bytes(range(128))))
    part = line[start : start + _LINE_BYTES]
    return part[: part.rfind(b" ") + 1] or part


def _guess(sample: bytes) -> str:
    """The most likely of `ENCODINGS`, which do not include those that a BOM identifies."""
    from charset_normalizer import from_bytes  # 20 ms that most files do not need

    strange = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if strange < _FEW:
        return "cp1252"
    order = [codec for codec in ENCODINGS if not codec.startswith("utf") and codec != "iso8859-1"]
    matches = from_bytes(sample, cp_isolation=[codec.replace("-", "_") for codec in order])
    best = matches.best()
    if best is not None and best.encoding == "cp932" and _is_half_width(str(best)):
        order.remove("cp932")
        matches = from_bytes(sample, cp_isolation=[codec.replace("-", "_") for codec in order])
        best = matches.best()
    if best is None:
        return "cp1252"
    names = {name.replace("-", "_"): name for name in ENCODINGS}
    if names[best.encoding] not in _LATIN:
        mixed = names[best.encoding] in _OF_OTHER_LETTERS and _MIXED_WORD.search(sample)
        return "cp1252" if mixed and strange < _FEW_LATIN else names[best.encoding]
    if strange < _FEW_LATIN:
        return "cp1252"
    # These differ in a few letters, which its scores hardly distinguish; symbols within words do.
    close = [
        (len(_SIGN_IN_WORD.findall(str(match))), -match.coherence, order.index(codec), codec)
        for match in matches
        if match.chaos <= best.chaos + _CLOSE
        for codec in (names[code] for code in match.could_be_from_charset)
        if codec in _LATIN
    ]
    return min(close)[-1]


def _is_half_width(text: str) -> bool:
    """Whether most of a text is half-width katakana, as capital letters of Cyrillic are in Shift-JIS."""
    beyond = sum(not letter.isascii() for letter in text)
    return 2 * len(_HALF_WIDTH.findall(text)) > beyond
