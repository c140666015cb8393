"""What an encoder is blind to: small tests of paraphrases, negations, numbers, names, word order and more."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import numpy as np

from explorer.analysis.space import Space
from explorer.comparison.judging.judgements import ScoredPairs
from explorer.encode.models import BUNDLED_MODEL
from explorer.errors import DataError
from explorer.evaluation.encoding import TextOptions, pair_similarities
from explorer.jobs.progress import OnProgress

_FILE = Path(__file__).with_name("behaviour.csv")
_MOST_CASES = 500
_HOLDS = 7 / 8
_FEWEST = 8
_QUESTIONS = {
    "paraphrases": "Does it find the same meaning in other words?",
    "negations": "Is “can log in” further from “cannot log in” than from the same in other words?",
    "numbers": "Does it tell 5 kg from 50 kg?",
    "names": "Does it tell Anna from Clara, and Sydney from Vienna?",
    "word order": "Does it tell who chased whom?",
    "typos": "Does it understand misspelt texts?",
    "other languages": "Does it find the same meaning in another language?",
    "length": "Does it find what a long text is about?",
}


@dataclass(frozen=True)
class Case:
    """A case of a test.

    Attributes:
        text: A text.
        same: A text that means the same.
        other: A text that means something else, however similar its words; empty for what the other cases of
            the test have as `same`.
    """

    text: str
    same: str
    other: str = ""


@dataclass(frozen=True)
class TriedCase:
    """What an encoder made of a case.

    Attributes:
        case: The case.
        nearest_other: The text of another meaning that is closest to its text.
        to_same: The similarity of `text` and `same`.
        to_other: The similarity of `text` and `nearest_other`.
    """

    case: Case
    nearest_other: str
    to_same: float
    to_other: float

    @property
    def passed(self) -> bool:
        """Whether the text of the same meaning is the closest."""
        return self.to_same > self.to_other


@dataclass(frozen=True)
class Behaviour:
    """The result of one test.

    Attributes:
        name: What is tested.
        question: The question that it answers.
        tried: The cases, those that failed by most first.
    """

    name: str
    question: str
    tried: tuple[TriedCase, ...]

    @property
    def passed(self) -> int:
        """How many cases passed."""
        return sum(one.passed for one in self.tried)

    @property
    def verdict(self) -> str:
        """`yes` if at least 7 of 8 passed, `no` if at most half did, else `partly`.

        It is `too few` of fewer than 8. Of 8 cases that pass or fail by chance, at least 7 pass with a
        probability of 3.5 %.
        """
        if len(self.tried) < _FEWEST:
            return "too few"
        share = self.passed / len(self.tried)
        return "yes" if share >= _HOLDS else "no" if share <= 1 / 2 else "partly"


def usual_cases() -> dict[str, tuple[Case, ...]]:
    """The cases that come with Explorer, eight of each test."""
    found: dict[str, list[Case]] = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            found.setdefault(line["check"], []).append(Case(line["text"], line["same"], line["other"]))
    return {name: tuple(cases) for name, cases in found.items()}


def own_cases(lines: Iterable[str]) -> tuple[Case, ...]:
    """Read cases of one's own, one a line: `text | same meaning | other meaning`; the last may be left out.

    Raises:
        DataError: A line has no two or three parts, there are none, too many, or one alone without another
            meaning.
    """
    cases = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("|")]
        if not 2 <= len(parts) <= 3 or not all(parts):
            raise DataError(
                f"“{line.strip()[:80]}” does not have two or three texts.",
                where=f"line {number}",
                fix="Write: a text | the same in other words | something else. The last may be left out.",
            )
        cases.append(Case(*parts))
    if not cases or len(cases) > _MOST_CASES:
        raise DataError(
            f"{len(cases):,} cases are {'too many' if cases else 'too few'}.",
            where="your cases",
            fix=f"Give 1 to {_MOST_CASES} lines.",
        )
    if len(cases) == 1 and not cases[0].other:
        raise DataError(
            "One case has nothing that it could be mixed up with.",
            where="your cases",
            fix="Add a text of another meaning to it after a second |, or more lines.",
        )
    return tuple(cases)


def check_behaviour(
    model: str | Space = BUNDLED_MODEL,
    *,
    cases: Sequence[Case] | None = None,
    on_progress: OnProgress | None = None,
    **options: Unpack[TextOptions],
) -> tuple[Behaviour, ...]:
    """Test what an encoder tells apart, before you rely on it.

    A case passes if the text that means the same is closer than any that does not, as in the behavioural
    tests of CheckList (Ribeiro et al. 2020).

    Args:
        model: The model as for `explorer.embed`, or a space, whose encoder and transforms are tested.
        cases: Cases of one's own, which are one test; None for the usual tests.
        on_progress: Called often. An exception it raises stops the work.
        **options: As for `evaluate_pairs`.

    Returns:
        A result for each test.

    Raises:
        DataError: There is no case, or one has nothing that it could be mixed up with.
        ExplorerError: As `explorer.embed`.
    """
    if cases is not None and not cases:
        raise DataError("There are no cases.", fix="Give at least one, or leave them out for the usual ones.")
    tests = usual_cases() if cases is None else {"your cases": tuple(cases)}
    # A test, its case, and a text that is compared: first that of the same meaning, then the others.
    asked: list[tuple[str, Case, str]] = []
    starts: list[int] = []
    for name, own in tests.items():
        for case in own:
            others = [case.other] if case.other else [one.same for one in own if one.same != case.same]
            if not others:
                raise DataError(
                    "A case has nothing that it could be mixed up with.",
                    where=name,
                    fix="Give it a text of another meaning, or give more cases.",
                )
            starts.append(len(asked))
            asked += [(name, case, text) for text in (case.same, *others)]
    pairs = ScoredPairs(
        tuple(case.text for _, case, _ in asked), tuple(text for *_, text in asked), (0.0,) * len(asked)
    )
    _, scores = pair_similarities(pairs, model, options, on_progress)
    found: dict[str, list[TriedCase]] = {name: [] for name in tests}
    for start, end in itertools.pairwise([*starts, len(asked)]):
        name, case, _ = asked[start]
        nearest = start + 1 + int(np.argmax(scores[start + 1 : end]))
        found[name].append(TriedCase(case, asked[nearest][2], float(scores[start]), float(scores[nearest])))
    return tuple(
        Behaviour(
            name,
            _QUESTIONS.get(name, "Is the same meaning closer than another?"),
            tuple(sorted(tried, key=lambda one: one.to_same - one.to_other)),
        )
        for name, tried in found.items()
    )
