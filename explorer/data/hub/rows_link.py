"""Links to rows of datasets on the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from explorer.data.corpus import Corpus
from explorer.data.hub.dataset import open_dataset
from explorer.errors import UnknownCorpusError
from explorer.hub.names import is_commit, is_dataset_id
from explorer.jobs.progress import OnProgress
from explorer.numbers import number_from

PREFIX = "hub:"
_MAX_LINK_CHARS = 1_500
_MAX_LIMIT = 10**9 - 1
_MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class HubRows:
    """Everything needed to read the same rows of the Hub again.

    Attributes:
        id: The dataset, `owner/name`.
        revision: The commit.
        config: The configuration.
        split: The split.
        text: The path of the texts, as in `explorer.data.hub.nested`.
        label: The path of the labels; empty for none.
        vectors: The path of the rows' own vectors; empty for none.
        limit: Maximum number of rows; None for all.
        seed: Random seed for sampling.
        images: The column of images; empty for none.
    """

    id: str
    revision: str
    config: str
    split: str
    text: str
    label: str = ""
    vectors: str = ""
    limit: int | None = None
    seed: int = 0
    images: str = ""

    @classmethod
    def of(cls, corpus: Corpus) -> HubRows | None:
        """The rows of a corpus; None if it does not come from the Hub."""
        origin = corpus.origin
        if origin is None:
            return None
        return cls(
            origin.id,
            origin.revision,
            origin.config,
            origin.split,
            corpus.text,
            corpus.label or "",
            corpus.vector_column,
            origin.limit,
            origin.seed,
            origin.images,
        )

    @classmethod
    def from_link(cls, link: str) -> HubRows:
        """Parse a link.

        Raises:
            UnknownCorpusError: The link is not valid.
        """
        parts = [unquote(part) for part in link[:_MAX_LINK_CHARS].removeprefix(PREFIX).split(",")]
        if len(parts) in (8, 9) and all(part.isprintable() for part in parts):
            name, _, revision = parts[0].partition("@")
            config, split, text, label, vectors = parts[1:6]
            limit, seed = number_from(parts[6], 1, _MAX_LIMIT), number_from(parts[7], 0, _MAX_SEED)
            named = is_dataset_id(name) and is_commit(revision) and config and split and text
            if named and seed is not None and (limit is not None or not parts[6]):
                return cls(name, revision, config, split, text, label, vectors, limit, seed, *parts[8:])
        raise UnknownCorpusError("This link names no rows of the Hub.", fix="Check that all of it is there.")

    @property
    def link(self) -> str:
        """The link to the rows; empty if it would be too long."""
        numbers = ("" if self.limit is None else str(self.limit), str(self.seed))
        parts = (f"{self.id}@{self.revision}", self.config, self.split, self.text, self.label, self.vectors)
        every = (*parts, *numbers, *((self.images,) if self.images else ()))
        link = PREFIX + ",".join(part.replace("%", "%25").replace(",", "%2C") for part in every)
        return link if len(link) <= _MAX_LINK_CHARS else ""

    def read(self, on_progress: OnProgress) -> Corpus:
        """Read the rows; see `explorer.open_corpus`."""
        return open_dataset(
            self.id,
            config=self.config,
            split=self.split,
            revision=self.revision,
            text=self.text,
            label=self.label or None,
            vectors=self.vectors or None,
            images=self.images or None,
            limit=self.limit,
            seed=self.seed,
            on_progress=on_progress,
        )
