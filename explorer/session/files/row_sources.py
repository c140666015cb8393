"""Where a session file says its rows are from: a sample, a dataset of the Hub, or the file itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from explorer.data.corpus import Corpus
from explorer.data.hub.rows_link import HubRows
from explorer.data.records import DamagedFileError, Record
from explorer.data.samples import SAMPLES, open_sample
from explorer.errors import UnknownCorpusError
from explorer.jobs.progress import OnProgress

_LINK_CHARS = 2_000
_NAME_CHARS = 500
_HASH_CHARS = 64
_MANY = 2**40

Kind = Literal["sample", "hub", "file"]


@dataclass(frozen=True)
class RowSource:
    """Where rows are from.

    Attributes:
        kind: A sample, a dataset of the Hub, or the file itself.
        name: What the rows are called.
        rows: How many there are.
        fingerprint: See `Corpus.fingerprint`.
        link: The name of the sample, or the link to the rows of the Hub; "" for rows in the file.
    """

    kind: Kind
    name: str
    rows: int
    fingerprint: str
    link: str = ""

    @classmethod
    def of(cls, corpus: Corpus, *, in_file: bool) -> RowSource:
        """The source of rows.

        Args:
            corpus: The rows.
            in_file: Whether the file has them in any case.
        """
        kind: Kind = "file"
        link = "" if in_file else _link(corpus)
        if link:
            kind = "sample" if corpus.sample else "hub"
        return cls(kind, corpus.name[:_NAME_CHARS], len(corpus), corpus.fingerprint, link)

    @property
    def record(self) -> dict[str, Any]:
        """It as a JSON object."""
        return {
            "kind": self.kind,
            "name": self.name,
            "rows": self.rows,
            "fingerprint": self.fingerprint,
            "link": self.link,
        }

    def read(self, on_progress: OnProgress) -> Corpus:
        """Read the rows of a sample or of the Hub.

        Raises:
            UnknownCorpusError: There is no such sample.
            HubError: The dataset cannot be had.
            DataError: The rows cannot be used.
        """
        return (
            open_sample(self.link)
            if self.kind == "sample"
            else HubRows.from_link(self.link).read(on_progress)
        )


def source_from(record: Record) -> RowSource:
    """What `RowSource.record` wrote.

    Raises:
        DamagedFileError: It is something else.
    """
    source = RowSource(
        record.choice("kind", ("sample", "hub", "file")),
        record.text("name", _NAME_CHARS),
        record.integer("rows", 1, _MANY),
        record.text("fingerprint", _HASH_CHARS),
        record.text("link", _LINK_CHARS),
    )
    if source.kind == "hub":
        try:
            HubRows.from_link(source.link)
        except UnknownCorpusError as error:
            raise DamagedFileError("it names no rows of the Hub") from error
    return source


def can_be_named(corpus: Corpus) -> bool:
    """Whether a file can name rows instead of holding them: those of a sample or of the Hub, unchanged."""
    return bool(_link(corpus))


def _link(corpus: Corpus) -> str:
    if corpus.sample is not None:
        same = corpus.sample in SAMPLES and open_sample(corpus.sample).fingerprint == corpus.fingerprint
        return corpus.sample if same else ""
    rows = HubRows.of(corpus)
    return "" if rows is None else rows.link
