"""What the jobs behind a space give: an encoder that was opened, then the vectors of the rows."""

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
    """Vectors of texts and what made them, with nothing else of the corpus they are of.

    Attributes:
        encoder: What made them.
        index: The vectors.
        report: What encoding took.
    """

    encoder: Encoder
    index: Index
    report: EncodeReport


@dataclass(frozen=True, eq=False)
class Opened:
    """An encoder that was opened for the rows of a session.

    Attributes:
        encoder: The encoder.
        rows: Their vectors, where they were in memory; else the job that encodes them, which gives `Encoded`.
    """

    encoder: Encoder
    rows: Encoded | Job[Encoded]


def awaited(opening: Job[Opened]) -> Job[Opened] | Job[Encoded]:
    """What is waited for of a job that gives `Opened`: itself, then the one that encodes the rows."""
    rows = opening.result.rows if opening.state == "done" else None
    return rows if isinstance(rows, Job) else opening
