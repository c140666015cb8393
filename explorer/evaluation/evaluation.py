"""What an evaluation found: figures with intervals, published ones beside them, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.numbers import figure as written
from explorer.comparison.numbers import interval, number, units
from explorer.comparison.scores import measured_intervals, scores_of
from explorer.encode.spec import EncoderSpec
from explorer.errors import ExplorerError
from explorer.evaluation.published import Published, card_of, datasets_in, of_dataset, published_figures
from explorer.hub.card_results import card_figures
from explorer.tensor import Metric

if TYPE_CHECKING:
    import pandas as pd

_PROTOCOLS = {  # how benchmarks measure what is measured otherwise here
    "linear probe": "MTEB trains on a few rows of each label and tests on others, so its accuracy is of "
    "another protocol than the cross-validated linear probe.",
    "V-measure": "MTEB clusters several parts of a dataset by mini-batch k-means, so its V-measure is of "
    "another protocol.",
}


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Attributes:
        measure: The measure.
        value: Its value; NaN if there is none.
        low: Low end of the 95 % interval; NaN if there is none.
        high: High end.
        n: The number of units, such as pairs.
        independent: The number of groups of units: as many are independent of one another.
        published: What the model's card has for the dataset that was named, that of the split `test` first.
    """

    measure: Measure
    value: float
    low: float
    high: float
    n: int
    independent: int
    published: tuple[Published, ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was measured of one encoder.

    Attributes:
        encoder: The encoder's name.
        spec: The choice of the encoder; None for vectors without one.
        similarity: How vectors are compared.
        dtype: The type that the encoder computed in; empty for vectors without one.
        changes: The names of the transforms of its vectors.
        figures: What was measured, the main figure first.
        notes: What was left out and what to know, one sentence or two each.
    """

    encoder: str
    spec: EncoderSpec | None
    similarity: Metric
    dtype: str
    changes: tuple[str, ...]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]

    def figure(self, name: str) -> Figure:
        """The figure of the measure with a name, such as `Spearman`.

        Raises:
            KeyError: There is none.
        """
        for each in self.figures:
            if each.measure.name == name:
                return each
        raise KeyError(name)

    @property
    def scorecard(self) -> pd.DataFrame:
        """One line per figure, with the columns of a comparison's scorecard and the published figure.

        Returns:
            Columns `contender`, `measure`, `kind`, `value`, `low` and `high` (of the 95 % interval), `n`
            (units), `independent` (groups of units), `published`, `differs` (by more than rounding; None
            where nothing is published).
        """
        import pandas as pd

        lines = [
            {
                "contender": self.encoder,
                "measure": each.measure.name,
                "kind": each.measure.kind,
                "value": each.value,
                "low": each.low,
                "high": each.high,
                "n": each.n,
                "independent": each.independent,
                "published": each.published[0].value if each.published else None,
                "differs": each.published[0].differs if each.published else None,
            }
            for each in self.figures
        ]
        return pd.DataFrame(lines).astype({"published": "Float64", "differs": "boolean"})

    @property
    def text(self) -> str:
        """The figures and notes as plain text."""
        first = self.figures[0]
        lines = [f"{self.encoder} · {units(first.measure, first.n, first.independent)}"]
        width = max(len(each.measure.name) for each in self.figures)
        for each in self.figures:
            ends = interval(each.low, each.high, too_few=True)
            value = written(each.measure, each.value)
            lines.append(f"  {each.measure.name:{width}}  {value:>6}  {ends}".rstrip())
            lines += [f"  {'':{width}}  {_beside(published)}" for published in each.published]
        return "\n".join([*lines, *self._details(), *self.notes])

    def __str__(self) -> str:
        return self.text

    def _details(self) -> Sequence[str]:
        """Lines of text between figures and notes."""
        return ()


Measured = TypeVar("Measured", bound=Evaluation)


def figures_of(values: Sequence[UnitValues | WholeValues]) -> tuple[Figure, ...]:
    """The figures of measures of one contender."""
    return tuple(
        Figure(each.measure, score.value, score.low, score.high, each.n, each.independent)
        for each in values
        for score in scores_of(each, measured_intervals(each), ())
    )


def with_published(evaluation: Measured, dataset: str | None) -> Measured:
    """The same evaluation beside the figures that the model's card has for a dataset.

    Args:
        evaluation: What was measured.
        dataset: The name of the dataset in the card; None to add nothing.

    Returns:
        The evaluation, with a note if the card has no figure.
    """
    if dataset is None:
        return evaluation
    try:
        card = card_figures(card_of(evaluation.spec))
    except ExplorerError as error:
        return _noted(evaluation, f"No published figure: {error}")
    figures = tuple(
        replace(
            each,
            published=published_figures(card, dataset, each.measure, each.value, evaluation.similarity),
        )
        for each in evaluation.figures
    )
    beside = [each.measure.name for each in figures if each.published]
    if not beside:
        known = datasets_in(card, [each.measure for each in evaluation.figures])
        has = "no such figure" if of_dataset(card, dataset) else "nothing"
        others = f" It has figures for {known}." if known else ""
        return _noted(evaluation, f"The model card has {has} for {dataset!r}.{others}")
    notes = [_PROTOCOLS[name] for name in beside if name in _PROTOCOLS]
    if evaluation.dtype not in ("", "float32"):
        notes.append(
            f'The texts were encoded in {evaluation.dtype}. With precision="float32", figures agree with '
            "those of sentence-transformers to 1e-6."
        )
    return _noted(replace(evaluation, figures=figures), *notes)


def _noted(evaluation: Measured, *notes: str) -> Measured:
    return replace(evaluation, notes=(*evaluation.notes, *notes))


def _beside(published: Published) -> str:
    """A published figure as text; names in it were written by a stranger."""
    split = f", split {published.split!r}" if published.split else ""
    said = (
        f"differs by more than rounding, {number(published.difference, 4, plus=True)}"
        if published.differs
        else "the same but for rounding"
    )
    return f"published: {published.written} ({published.metric} of {published.dataset!r}{split}): {said}"
