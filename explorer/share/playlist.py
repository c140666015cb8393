"""Songs as a playlist that players open."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pyarrow as pa

from explorer.data.corpus import Corpus

_ARTISTS = ("artist", "artists", "artist_name", "performer", "band")
_TITLES = ("title", "track", "track_name", "song", "song_title")
_IN_PATHS = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))  # what file names cannot have somewhere


def song_columns(corpus: Corpus) -> tuple[str, str] | None:
    """The columns with the artists and the titles of songs; None if the rows are not about songs."""
    texts = {
        field.name.lower(): field.name
        for field in corpus.table.schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    }
    artist = next((texts[name] for name in _ARTISTS if name in texts), None)
    title = next((texts[name] for name in _TITLES if name in texts), None)
    return None if artist is None or title is None else (artist, title)


def playlist_file(corpus: Corpus, rows: Sequence[int], columns: tuple[str, str]) -> bytes:
    """Rows as a playlist in extended M3U, in UTF-8.

    An entry is `#EXTINF:-1,artist - title`, where −1 is an unknown length, and the name of a file,
    `artist - title.mp3`, in the folder of the playlist. Texts come from strangers: line breaks and other
    control characters become spaces, so that no text begins a line, and file names have no folders.

    Args:
        corpus: The corpus of the rows.
        rows: Rows, from 0, in the order of the playlist.
        columns: The columns of artists and titles, as of `song_columns`.
    """
    lines = ["#EXTM3U"]
    songs = corpus.table.select(list(columns)).take(pa.array(rows, pa.int64())).to_pydict()
    for artist, title in zip(*(songs[name] for name in columns), strict=True):
        name = f"{_one_line(artist) or 'unknown'} - {_one_line(title) or 'unknown'}"
        # A line that begins with # is a directive or a comment, and one with a dot could leave the folder.
        lines += [f"#EXTINF:-1,{name}", f"{name.translate(_IN_PATHS).lstrip('#. ')}.mp3"]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _one_line(text: str | None) -> str:
    """A text on one line, without control characters."""
    plain = "".join(" " if unicodedata.category(one) == "Cc" else one for one in text or "")
    return " ".join(plain.split())
