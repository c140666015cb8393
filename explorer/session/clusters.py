"""The clusters of the open rows: how they are found, merged and split, and what they are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from explorer.analysis.cluster_edits import Edit, Origin
from explorer.analysis.specs import ClusterSpec

_FOUND_ANEW = (
    "Rows were added, so the clusters were found anew. The names you gave, merges and splits were of the "
    "clusters before and are left out."
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
    """

    choices: dict[str, ClusterSpec] = field(default_factory=dict)
    edits: dict[ClusteringKey, tuple[Edit, ...]] = field(default_factory=dict)
    notice: tuple[ClusteringKey | None, str] | None = None
    linked: dict[ClusteringKey, str] = field(default_factory=dict)
    names: dict[tuple[ClusteringKey, Origin], str] = field(default_factory=dict)

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
        lost = len(edits) < len(self.edits) or len(names) < len(self.names)
        return ClusterState(choices, edits, (None, _FOUND_ANEW) if lost else None, names=names)

    def for_another_tab(self) -> ClusterState:
        """The same choices, edits and names for another tab, without what only this one has to say."""
        return ClusterState(dict(self.choices), dict(self.edits), names=dict(self.names))
