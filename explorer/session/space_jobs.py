"""The results of the jobs behind a space: an opened encoder, then the vectors of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.jobs.registry import Job

if TYPE_CHECKING:
    from explorer.encode.encoder import Encoder
    from explorer.encode.report import EncodeReport
    from explorer.tensor import Index


@dataclass(frozen=True, eq=False)
class Encoded:
    """The vectors of texts and their encoder, without the rest of the corpus.

    Attributes:
        encoder: The encoder that made the vectors.
        index: The vectors.
        report: The report on the encoding.
    """

    encoder: Encoder
    index: Index
    report: EncodeReport


@dataclass(frozen=True, eq=False)
class Opened:
    """An encoder opened for the rows of a session.

    Attributes:
        encoder: The encoder.
        rows: The rows' vectors if they were in memory, else the job that encodes them.
    """

    encoder: Encoder
    rows: Encoded | Job[Encoded]


def awaited(opening: Job[Opened]) -> Job[Opened] | Job[Encoded]:
    """The job to wait for: the one that opens the encoder, then the one that encodes the rows."""
    rows = opening.result.rows if opening.state == "done" else None
    return rows if isinstance(rows, Job) else opening
