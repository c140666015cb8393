"""The bytes of a text file, block by block and as UTF-8, so that no file is held in memory whole."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

STEP = 1 << 20  # bytes of a block

Source = bytes | Path


@dataclass(frozen=True)
class Encoding:
    """How bytes become characters.

    Args:
        codec: Python's name for it.
        skip: Length of the byte order mark, which is not part of the text, in bytes.
        errors: "strict", or "replace" if a few bytes are known to be damaged.
        note: A remark for the reader of the text; empty for plain UTF-8.
    """

    codec: str
    skip: int = 0
    errors: str = "strict"
    note: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """The note, if there is one."""
        return (self.note,) if self.note else ()


def size_of(data: Source) -> int:
    """The size of a file, in bytes."""
    return data.stat().st_size if isinstance(data, Path) else len(data)


def raw_blocks(data: Source, skip: int = 0) -> Iterator[bytes]:
    """The bytes as they are, without the first `skip` bytes.

    Raises:
        OSError: The file cannot be read.
    """
    if isinstance(data, Path):
        with data.open("rb") as stream:
            stream.seek(skip)
            while block := stream.read(STEP):
                yield block
    else:
        for start in range(skip, len(data), STEP):
            yield data[start : start + STEP]


def utf8_blocks(
    data: Source, encoding: Encoding, on_bytes: Callable[[int], None] = lambda _done: None
) -> Iterator[bytes]:
    """The text as UTF-8, in blocks that can end anywhere, even within a character.

    Args:
        data: The file.
        encoding: Its encoding, from `detect_encoding`.
        on_bytes: Called after each block with the number of bytes read so far.

    Raises:
        OSError: The file cannot be read.
    """
    same = encoding.codec == "utf-8" and encoding.errors == "strict"
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)
    done = encoding.skip
    for block in raw_blocks(data, encoding.skip):
        yield block if same else decoder.decode(block).encode()
        done += len(block)
        on_bytes(done)
    if not same and (rest := decoder.decode(b"", final=True)):
        yield rest.encode()
