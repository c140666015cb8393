"""What a sweep over dimensions and precisions of one encoder found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.comparison.compression.choice import Choice
from explorer.comparison.compression.compressed import Compression
from explorer.comparison.compression.measured import SweptMeasure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SizeSweep:
    """One encoder's vectors in smaller forms, and what each form costs.

    Attributes:
        name: The name of the encoder.
        rows: The number of rows of the corpus.
        forms: The forms, the full vectors first.
        recall: How many of the nearest rows by the full vectors each form keeps.
        quality: What labels or judgements say of each form, the strongest first; empty without both.
        choice: The form with the fewest bytes that costs little, and the rule it was chosen by.
        notes: What was left out, one sentence each.
    """

    name: str
    rows: int
    forms: tuple[Compression, ...]
    recall: SweptMeasure
    quality: tuple[SweptMeasure, ...]
    choice: Choice
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The choice in a sentence."""
        return self.choice.text

    @property
    def table(self) -> pd.DataFrame:
        """A line per form: what it is and takes, then each measure with the ends of its 95 % interval.

        Columns form, method, dimensions, precision, bytes_per_vector and bytes (of all rows). For quality
        there is also the change from the full vectors with its interval, paired by row or query.
        """
        import pandas as pd

        columns: dict[str, Any] = {
            "form": [form.name for form in self.forms],
            "method": [form.method for form in self.forms],
            "dimensions": [form.dims for form in self.forms],
            "precision": [form.stored_as for form in self.forms],
            "bytes_per_vector": [form.bytes_per_vector for form in self.forms],
            "bytes": [form.bytes_per_vector * self.rows for form in self.forms],
        }
        for each in (self.recall, *self.quality):
            name = each.measure.name
            columns |= {name: each.value, f"{name} low": each.low, f"{name} high": each.high}
            if each is not self.recall:
                columns |= {
                    f"{name} change": each.change,
                    f"{name} change low": each.change_low,
                    f"{name} change high": each.change_high,
                }
        return pd.DataFrame(columns)
