"""The clusters of the open rows: how they are found, merged and split, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from explorer.analysis.cluster_edits import Edit, Origin
from explorer.analysis.specs import ClusterSpec


class ClusteringKey(NamedTuple):
    """Identifies the clusters that are found by a spec.

    Attributes:
        space: The fingerprint of the space.
        spec: How they are found.
        rows: The key of the rows; "" for all.
    """

    space: str
    spec: ClusterSpec
    rows: str


@dataclass
class ClusterState:
    """What a visitor chose for the clusters of the open rows.

    Attributes:
        choices: The specs of the clusters that every page shows, by the key of the rows.
        edits: How a person merged and split clusters.
        notice: What of the link's merges and splits was left out, as a sentence, and of which clusters.
        linked: The digest of the clusters that a link merges and splits, until those that are found here are
            compared with it; see `labels_digest`.
        names: Names a person gave to clusters, by what these came from.
    """

    choices: dict[str, ClusterSpec] = field(default_factory=dict)
    edits: dict[ClusteringKey, tuple[Edit, ...]] = field(default_factory=dict)
    notice: tuple[ClusteringKey, str] | None = None
    linked: dict[ClusteringKey, str] = field(default_factory=dict)
    names: dict[tuple[ClusteringKey, Origin], str] = field(default_factory=dict)

    def edit(self, key: ClusteringKey, edits: Sequence[Edit]) -> None:
        """Merge and split clusters, by all steps from those that were found; no steps show these again."""
        self.notice = None
        if edits:
            self.edits[key] = tuple(edits)
        else:
            self.edits.pop(key, None)

    def rename_spaces(self, fingerprints: Mapping[str, str]) -> None:
        """Keep edits and names of the same vectors under other fingerprints.

        Args:
            fingerprints: The new fingerprint of each space by the old one; other spaces are dropped.
        """
        self.edits = {
            key._replace(space=fingerprints[key.space]): edits
            for key, edits in self.edits.items()
            if key.space in fingerprints
        }
        self.names = {
            (key._replace(space=fingerprints[key.space]), origin): name
            for (key, origin), name in self.names.items()
            if key.space in fingerprints
        }

    def for_another_tab(self) -> ClusterState:
        """The same choices, edits and names for another tab, without what only this one has to say."""
        return ClusterState(dict(self.choices), dict(self.edits), names=dict(self.names))
