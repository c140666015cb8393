"""How many examples are enough: accuracy by the number of examples of each label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.classification.by_examples import ExampleMethod, predicted_by
from explorer.errors import ColumnError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

SIZES = (1, 2, 5, 10, 20, 50, 100)
DRAWS = 10
LITTLE = 0.01
"""A gain in accuracy for twice as many examples that is called little: one point in a hundred."""
_FEWEST_ROWS = 4  # of a label: two to learn from and two to test


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Accuracy by the number of examples.

    Attributes:
        sizes: Examples of each label, ascending.
        accuracies: Accuracy on the rows that are no examples, float64, shape (sizes, draws); each draw takes
            other examples.
        labels: How many labels have enough rows to be part of it.
        left_out: Labels that have too few.
    """

    sizes: tuple[int, ...]
    accuracies: NDArray[np.float64]
    labels: int
    left_out: tuple[str, ...]

    @property
    def means(self) -> NDArray[np.float64]:
        """The mean accuracy of each size, shape (sizes,)."""
        means: NDArray[np.float64] = self.accuracies.mean(axis=1)
        return means

    @property
    def intervals(self) -> NDArray[np.float64]:
        """The 95 % t-interval of each mean over draws of examples, float64, shape (sizes, 2).

        It says how far the mean of more draws may be, for these rows; `spread` how far a single one.
        """
        from scipy.special import stdtrit

        draws = self.accuracies.shape[1]
        errors = self.accuracies.std(axis=1, ddof=1) / np.sqrt(draws)
        reach = float(stdtrit(draws - 1, 0.975)) * errors
        ends: NDArray[np.float64] = np.clip(np.stack([self.means - reach, self.means + reach], axis=1), 0, 1)
        return ends

    @property
    def spread(self) -> NDArray[np.float64]:
        """The lowest and the highest accuracy of each size, shape (sizes, 2)."""
        return np.stack([self.accuracies.min(axis=1), self.accuracies.max(axis=1)], axis=1)

    @property
    def enough(self) -> int | None:
        """The smallest size after which more examples help little; None if they still help at the largest.

        From there to each larger size, the mean accuracy gains less than `LITTLE` for each doubling of the
        examples. The largest size is never enough: nothing is known of more.
        """
        means, doublings = self.means, np.log2(self.sizes)
        for at, size in enumerate(self.sizes[:-1]):
            if (means[at + 1 :] - means[at] < LITTLE * (doublings[at + 1 :] - doublings[at])).all():
                return size
        return None


def learning_curve(
    space: Space,
    labels: Sequence[str | None],
    *,
    method: ExampleMethod = "logistic regression",
    groups: NDArray[np.int64] | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> LearningCurve:
    """Learn from 1, 2, 5, … random examples of each label, `DRAWS` times each, and count the others right.

    A row that is a near-copy of an example is neither trained on nor counted, and one with near-copies of
    another label is no example. Of each label at most half the rows are examples; sizes go up to where half
    of the labels have no more. Labels with fewer than four rows are left out.

    Args:
        space: The rows.
        labels: The label of each row; None or empty for none.
        method: See `classify_by_examples`.
        groups: Rows that are near-copies of each other, as the same number, shape (rows,); None if none are.
        seed: The seed of the draws.
        on_progress: Called after each draw. An exception it raises stops the work.

    Raises:
        ColumnError: Fewer than two labels have four rows.
    """
    numbers = np.arange(len(space)) if groups is None else groups
    known = np.array([bool(label) for label in labels], dtype=bool)
    names, codes = np.unique(np.array([str(label) for label in labels if label]), return_inverse=True)
    of_rows = np.full(len(space), -1)
    of_rows[known] = codes
    may_teach = known & ~_shared(of_rows, numbers)
    independent = np.array(
        [len(np.unique(numbers[(of_rows == code) & may_teach])) for code in range(len(names))], dtype=np.int64
    )
    enough = np.flatnonzero(independent >= _FEWEST_ROWS)
    left_out = tuple(names[code] for code in np.flatnonzero(independent < _FEWEST_ROWS) if independent[code])
    if len(enough) < 2:
        raise ColumnError(
            f"{len(enough) or 'No'} label{'' if len(enough) == 1 else 's'} of {len(names):,} "
            f"{'has' if len(enough) == 1 else 'have'} four different rows.",
            where="labels",
            fix="A learning curve needs at least two such labels: some rows to learn from and some to test.",
        )
    place = np.full(len(names), -1)
    place[enough] = np.arange(len(enough))
    truth = np.where(known, place[of_rows], -1)
    halves = independent[enough] // 2
    most = int(np.median(halves))
    sizes = tuple(size for size in SIZES if size <= most)
    rng, report = np.random.default_rng(seed), on_progress or ignore_progress
    accuracies = np.empty((len(sizes), DRAWS))
    for at, size in enumerate(sizes):
        for draw in range(DRAWS):
            examples = _draw(rng, np.where(may_teach, truth, -1), numbers, np.minimum(size, halves))
            predictions = predicted_by(
                space, examples, truth[examples], tuple(names[enough].tolist()), method
            )
            tested = (truth >= 0) & ~np.isin(numbers, numbers[examples])
            accuracies[at, draw] = (predictions.likeliest[tested] == truth[tested]).mean()
            report(Progress.count("Learning from examples", at * DRAWS + draw + 1, accuracies.size, "draws"))
    return LearningCurve(sizes, accuracies, len(enough), left_out)


def _shared(codes: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the group of a row has rows of several labels, shape (rows,); −1 is no label."""
    some = codes >= 0
    pairs = np.unique(np.stack([groups[some], codes[some]]), axis=1)
    several, counts = np.unique(pairs[0], return_counts=True)
    return np.isin(groups, several[counts > 1])


def _draw(
    rng: np.random.Generator, truth: NDArray[np.int64], groups: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Random rows, so many of each label and no two of one group; no group has two labels."""
    chosen = []
    for label, size in enumerate(sizes.tolist()):
        rows = rng.permutation(np.flatnonzero(truth == label))
        _, first = np.unique(groups[rows], return_index=True)
        chosen.append(rows[np.sort(first)[:size]])
    return np.concatenate(chosen)
