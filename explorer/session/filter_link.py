"""The filters that a link names."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.data.corpus import Corpus
from explorer.data.filters.rows import possible
from explorer.data.filters.specs import Filter, OneOf
from explorer.data.filters.text import parse_filters
from explorer.errors import FilterError

FILTERS = "filters"
LABELS = "label"  # of older links, which could only choose labels


@dataclass(frozen=True)
class LinkedFilters:
    """What a link says of filters; what it means depends on the columns of the rows.

    Attributes:
        text: The filters; see `explorer.data.filters.text`.
        labels: The labels that an older link names.
    """

    text: str = ""
    labels: tuple[str, ...] = ()

    def of(self, corpus: Corpus) -> tuple[tuple[Filter, ...], str]:
        """The filters that fit the rows, and what of the link was left out, as sentences."""
        named, problems = parse_filters(self.text)
        found, errors = possible(corpus, named)
        left_out = [*problems, *(f"{error.what} Its filter in this link is left out." for error in errors)]
        if self.labels and corpus.label is None:
            left_out.append("These rows have no labels, so the labels in this link are left out.")
        elif self.labels and corpus.label not in {one.column for one in found}:
            try:
                found.append(OneOf(corpus.label or "", tuple(dict.fromkeys(self.labels))))
            except FilterError as error:
                left_out.append(str(error))
        return tuple(found), " ".join(left_out)
