"""Everything that a map shows of its rows, and the part of it that is about some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.region_names import RegionNames, name_regions
from explorer.jobs.progress import OnProgress
from explorer.share.map.colouring import Colouring
from explorer.share.map.map_names import group_names, region_names_on
from explorer.share.map.point_colours import point_colours
from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene, make_scene


@dataclass(frozen=True, eq=False)
class MapContents:
    """What a map shows of its rows.

    Attributes:
        maps: The coordinates of the rows on each map, float32, shape (points, 2); several turn into each
            other.
        colouring: What the colours show.
        regions: The names of regions, found from the texts of all rows of the map; None without names.
        morph: The names of several maps.
        found: Points to ring, int64, shape (found,).
        query: Where a text that is looked for lies on each map, or on the first ones, shape (maps, 2).
    """

    maps: tuple[NDArray[np.floating], ...]
    colouring: Colouring
    regions: RegionNames | None = None
    morph: tuple[str, ...] = ()
    found: NDArray[np.int64] | None = None
    query: NDArray[np.floating] | None = None

    def scene(self, positions: Positions, heading: str) -> Scene:
        """What the browser draws.

        Args:
            positions: Those of `maps`, which take a while to make.
            heading: The title of pictures that are saved.
        """
        colours = point_colours(self.colouring)
        names = group_names(positions, colours)
        if self.regions is not None:
            names += region_names_on(positions, self.regions, level=1 if names else 0)
        return make_scene(
            positions,
            self.colouring.title,
            colours,
            heading=heading,
            morph=self.morph,
            names=names,
            found=self.found,
            query=self.query,
        )

    def of(
        self, points: NDArray[np.int64], texts: Sequence[str] | None, on_progress: OnProgress | None = None
    ) -> MapContents:
        """The same of only some points, with nothing that tells of the others.

        Args:
            points: Ascending, int64, shape (points,).
            texts: Their texts, from whose words the regions are named; None for no names of regions.
            on_progress: Called often. An exception it raises stops the work.
        """
        whole = len(points) == len(self.maps[0])
        maps = self.maps if whole else tuple(each[points] for each in self.maps)
        regions = None
        if texts is not None:
            part = np.ascontiguousarray(maps[0])
            regions = self.regions if whole else name_regions(part, texts, on_progress=on_progress)
        return replace(
            self,
            maps=maps,
            colouring=self.colouring if whole else self.colouring.of(points),
            regions=regions,
            found=None if self.found is None else np.flatnonzero(np.isin(points, self.found)),
        )
