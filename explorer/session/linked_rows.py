"""Hub rows that a link names, and the job that reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.data.corpus import Corpus
from explorer.data.hub.rows_link import HubRows
from explorer.encode.spec import EncoderSpec
from explorer.jobs.registry import Job, Lane, registry
from explorer.session.filter_link import LinkedFilters


@dataclass
class LinkedRows:
    """Rows that a link names, while they are read for a session.

    Attributes:
        rows: The rows that the link names.
        visitor: Who followed the link.
        encoder: What encodes the rows once they are read.
        filters: The filters that the link names.
        job: The job that reads them.
    """

    rows: HubRows
    visitor: str
    encoder: EncoderSpec
    filters: LinkedFilters = field(default_factory=LinkedFilters)
    job: Job[Corpus] = field(init=False)

    def __post_init__(self) -> None:
        self.ask()

    def ask(self) -> None:
        """Start reading the rows, again if that failed or was stopped."""
        self.job = registry().submit(
            ("rows", self.rows),
            f"Reading {self.rows.id}",
            self.rows.read,
            lane=Lane.ROWS,
            visitor=self.visitor,
        )
