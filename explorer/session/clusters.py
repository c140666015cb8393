"""The clusters of the open rows: how they are found, merged and split, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from explorer.analysis.cluster_edits import Edit, Origin
from explorer.analysis.specs import ClusterSpec
from explorer.encode.spec import EncoderSpec

MAX_K = 60
"""The most clusters of k-means that pages find."""
_FOUND_ANEW = (
    "Rows were added, so the clusters were found anew. The names you gave, merges and splits were of the "
    "clusters before and are left out."
)
_OTHERS_HERE = (
    "The clusters found here differ from those of the session file, so its names, merges and splits are left "
    "out."
)


class ClusteringKey(NamedTuple):
    """Identifies the clusters of the open rows that are found by a spec.

    Attributes:
        vectors: Where the vectors come from; see `EmbeddedCorpus.vectors_origin`.
        spec: How they are found.
        rows: The key of the rows; "" for all.
    """

    vectors: str
    spec: ClusterSpec
    rows: str


@dataclass(frozen=True)
class MadeClusters:
    """What a person made of clusters, as a file says it: there, vectors have no origin yet.

    Attributes:
        encoder: The encoder of the vectors.
        spec: How the clusters are found.
        rows: The key of their rows; "" for all.
        digest: Of the clusters as they are found; see `labels_digest`.
        edits: How they were merged and split.
        names: The names of clusters, by what these came from.
    """

    encoder: EncoderSpec
    spec: ClusterSpec
    rows: str
    digest: str
    edits: tuple[Edit, ...] = ()
    names: tuple[tuple[Origin, str], ...] = ()


@dataclass
class ClusterState:
    """What a visitor chose for the clusters of the open rows.

    Attributes:
        choices: The specs of the clusters that every page shows, by the key of the rows.
        edits: How a person merged and split clusters.
        notice: Which merges, splits or names were left out, as a sentence, and of which clusters: of all
            without a key.
        linked: The digest of the clusters that a link merges and splits, until those that are found here are
            compared with it; see `labels_digest`.
        names: Names a person gave to clusters, by what these came from.
        found: The encoder and the digest of clusters that were named, merged or split.
        saved: What a session file says of clusters that were not found here yet.
    """

    choices: dict[str, ClusterSpec] = field(default_factory=dict)
    edits: dict[ClusteringKey, tuple[Edit, ...]] = field(default_factory=dict)
    notice: tuple[ClusteringKey | None, str] | None = None
    linked: dict[ClusteringKey, str] = field(default_factory=dict)
    names: dict[tuple[ClusteringKey, Origin], str] = field(default_factory=dict)
    found: dict[ClusteringKey, tuple[EncoderSpec, str]] = field(default_factory=dict)
    saved: tuple[MadeClusters, ...] = ()

    def meet(self, key: ClusteringKey, encoder: EncoderSpec, digest: Callable[[], str]) -> None:
        """Take what a session file says of clusters that are found now, and know them for the next file.

        Args:
            key: Identifies the clusters.
            encoder: The encoder of the vectors.
            digest: Gives the digest of the clusters as they were found.
        """
        wanted = (encoder, key.spec, key.rows)
        mine = [made for made in self.saved if (made.encoder, made.spec, made.rows) == wanted]
        if mine:
            self.saved = tuple(made for made in self.saved if made not in mine)
            if mine[0].digest == digest():
                self.edit(key, mine[0].edits)
                self.names |= {(key, origin): name for origin, name in mine[0].names}
            else:
                self.notice = (key, _OTHERS_HERE)
        if key not in self.found and (key in self.edits or any(named == key for named, _ in self.names)):
            self.found[key] = (encoder, digest())

    def made(self) -> tuple[MadeClusters, ...]:
        """What a person made of clusters, for a file."""
        made = []
        for key, (encoder, digest) in self.found.items():
            edits = self.edits.get(key, ())
            names = tuple((origin, name) for (named, origin), name in self.names.items() if named == key)
            if edits or names:
                made.append(MadeClusters(encoder, key.spec, key.rows, digest, edits, names))
        return (*made, *self.saved)

    def edit(self, key: ClusteringKey, edits: Sequence[Edit]) -> None:
        """Merge and split clusters, by all steps from those that were found; no steps show these again."""
        self.notice = None
        if edits:
            self.edits[key] = tuple(edits)
        else:
            self.edits.pop(key, None)

    def for_more_rows(self, gone: Collection[str]) -> ClusterState:
        """What still applies when other rows follow, since some rows are not clustered anew.

        Args:
            gone: The keys of rows that are others now.
        """
        choices = {rows: spec for rows, spec in self.choices.items() if rows not in gone}
        edits = {key: steps for key, steps in self.edits.items() if key.rows not in gone}
        names = {(key, origin): name for (key, origin), name in self.names.items() if key.rows not in gone}
        saved = tuple(made for made in self.saved if made.rows not in gone)
        found = {key: known for key, known in self.found.items() if key.rows not in gone}
        had = len(self.edits) + len(self.names) + len(self.saved)
        lost = len(edits) + len(names) + len(saved) < had
        notice = (None, _FOUND_ANEW) if lost else None
        return ClusterState(choices, edits, notice, names=names, found=found, saved=saved)

    def for_another_tab(self) -> ClusterState:
        """The same choices, edits and names for another tab, without what only this one has to say."""
        return ClusterState(
            dict(self.choices),
            dict(self.edits),
            names=dict(self.names),
            found=dict(self.found),
            saved=self.saved,
        )
