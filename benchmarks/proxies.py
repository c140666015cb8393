"""Do the proxies order two encoders as labels do? Measured on every labelled corpus at hand.

Contenders that need no network encode each corpus: the bundled model, whole, cut, quantised and with the
wrong pooling; TF-IDF of several sizes, fitted on the rows themselves and on other texts; random projections
of word counts. A pair of contenders counts if a 95 % interval of the difference in k-NN accuracy excludes
zero. For each proxy it prints the share of these pairs that it orders likewise; half of it is chance.
Intervals resample corpora and contenders, as pairs are not independent.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import explorer
from benchmarks.bootstrap import group_resamples
from benchmarks.cluster_proxies import cluster_stability, cohesion
from benchmarks.corpora import wordnet
from benchmarks.proxy_contenders import Made, Pooled, contenders
from benchmarks.results import record
from explorer.comparison.health.geometry import hubness
from explorer.comparison.measure import UnitValues, WholeValues
from explorer.comparison.measures.groups import near_copies, sample_rows
from explorer.comparison.measures.label_measures import (
    cluster_agreement_with_labels,
    knn_accuracy,
    linear_probe,
    silhouette,
)
from explorer.comparison.measures.labelled import labelled
from explorer.comparison.measures.two_view import two_view_measures
from explorer.comparison.measures.views import two_views
from explorer.data.corpus import Corpus

_RESAMPLES = 2_000
_OTHERS = 20_000  # texts to fit encoders on
_LABELS = ("linear probe", "silhouette", "AMI", "V-measure")  # not proxies: what labels themselves agree on


def corpora(rows: int) -> tuple[list[tuple[str, Corpus]], list[str]]:
    """Every labelled corpus at hand, and texts that are in none of them; two of WordNet share no row."""
    samples = [(name, explorer.open_corpus(name)) for name in ("support-tickets", "song-moods")]
    whole = wordnet()
    if whole is None:
        raise SystemExit("wordnet.parquet is needed, for two of the corpora and for texts outside of them.")
    drawn = np.random.default_rng(0).permutation(len(whole))
    first, second, rest = (np.sort(part) for part in np.split(drawn[: 2 * rows + _OTHERS], [rows, 2 * rows]))
    glosses = [
        ("WordNet, part of speech", with_part_of_speech(whole.take(first))),
        ("WordNet, lexicographer file", whole.take(second)),
    ]
    return samples + glosses, whole.take(rest).texts


def with_part_of_speech(corpus: Corpus) -> Corpus:
    """Rows of WordNet labelled by the last letter of their synset: n, v, a, s (satellite adjective) or r."""
    parts = pa.array([name[-1] for name in corpus.table["synset"].to_pylist()])
    return replace(corpus, table=corpus.table.append_column("part of speech", parts), label="part of speech")


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured on one corpus, in the order of the contenders."""

    accuracy: UnitValues
    values: dict[str, NDArray[np.float64]]


def measure(corpus: Corpus, sides: list[Made], units: int) -> Measured:
    """All proxies and label measures of all contenders."""
    groups = near_copies(corpus)
    rows = sample_rows(len(corpus), units)
    labels = labelled(corpus, rows, groups)
    views = two_views(corpus, rows, groups)
    accuracy = knn_accuracy(sides, labels)
    print(
        f"{len(corpus):,} rows in {groups.max() + 1:,} groups; {len(labels.rows):,} units, "
        f"{len(labels.names)} labels, {len(views):,} with two views"
    )
    ami, v_measure = cluster_agreement_with_labels(sides, labels)
    two_view = [*two_view_measures(sides, views), *two_view_measures(sides, views, masked=False)]
    found: dict[str, UnitValues | WholeValues] = {
        **{each.measure.name: each for each in two_view},
        "cluster stability": cluster_stability(sides, rows),
        "cohesion ratio": cohesion(sides, rows, groups),
        "linear probe": linear_probe(sides, labels),
        "silhouette": silhouette(sides, labels),
        "AMI": ami,
        "V-measure": v_measure,
    }
    values = {
        name: each.values.mean(axis=1) if isinstance(each, UnitValues) else each.values
        for name, each in found.items()
    }
    counted = [hubness(side.subset(rows)) for side in sides]
    values["hubness, lower is better"] = -np.array(counted, dtype=np.float64)
    return Measured(accuracy, values)


def decided(accuracy: UnitValues) -> NDArray[np.int64]:
    """Which contender of each pair has the higher accuracy: 1 the first, −1 the second, 0 unclear."""
    means = accuracy.values.mean(axis=1)
    draws = np.array(
        [accuracy.values @ counts / counts.sum() for counts in group_resamples(accuracy.groups, 0)]
    )
    difference = means[:, None] - means
    error = np.std(draws[:, :, None] - draws[:, None, :], axis=0, ddof=1)
    return np.where(np.abs(difference) > 1.96 * error, np.sign(difference), 0).astype(np.int64)


def concordance(order: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each decided pair 1 if the values order it likewise, 0 if not, 0.5 if they are equal; else NaN."""
    return np.where(order == 0, np.nan, (1 + order * np.sign(values[:, None] - values)) / 2)


def share(tables: Sequence[NDArray[np.float64]]) -> tuple[float, float, float, int]:
    """The mean over pairs of all corpora, its interval, and the number of pairs."""
    count = len(tables[0])
    upper = np.triu(np.ones((count, count)), 1)
    stacked = np.stack(tables)
    known = ~np.isnan(stacked)
    filled = np.where(known, stacked, 0)

    def mean(corpora: NDArray[np.int64], sides: NDArray[np.int64]) -> float:
        weight = upper * np.outer(sides, sides) * corpora[:, None, None]
        total = float((weight * known).sum())
        return float((weight * filled).sum()) / total if total else np.nan

    rng = np.random.default_rng(0)
    draws = [
        mean(np.bincount(rng.integers(0, len(tables), len(tables)), minlength=len(tables)),
             np.bincount(rng.integers(0, count, count), minlength=count))
        for _ in range(_RESAMPLES)
    ]  # fmt: skip
    low, high = np.nanquantile(draws, [0.025, 0.975])
    ones = np.ones(count, np.int64)
    return mean(ones[:1].repeat(len(tables)), ones), low, high, int((known * upper).sum())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000, help="rows of each corpus from WordNet")
    parser.add_argument("--units", type=int, default=500, help="rows measured of each corpus")
    options = parser.parse_args()
    pooled = Pooled()
    measured: dict[str, Measured] = {}
    sides: list[Made] = []
    named, others = corpora(options.rows)
    for name, corpus in named:
        print(f"\n{name}: ", end="", flush=True)
        started = time.perf_counter()
        sides = contenders(corpus, pooled, others)
        measured[name] = measure(corpus, sides, options.units)
        show(sides, measured[name])
        print(f"{time.perf_counter() - started:.0f} s", flush=True)
    orders = {name: decided(each.accuracy) for name, each in measured.items()}
    families = np.array([side.family for side in sides])
    same = families[:, None] == families
    figures: dict[str, float | str] = {}
    print(
        f"\n{'':30}{'share':>6}{'95 % interval':>16}{'pairs':>7}{'one family':>12}{'two families':>14}  ",
        end="",
    )
    print("  ".join(measured))
    for proxy in next(iter(measured.values())).values:
        # TF-IDF that was fitted on the rows has no two-view figures in a comparison; see `two_view_measures`.
        known = np.where((families == "TF-IDF") & ("view" in proxy), np.nan, 0)
        tables = [concordance(orders[name], each.values[proxy] + known) for name, each in measured.items()]
        value, low, high, pairs = share(tables)
        within = share([np.where(same, table, np.nan) for table in tables])[0]
        between = share([np.where(same, np.nan, table) for table in tables])[0]
        interval = f"{low:.2f} to {high:.2f}"
        print(f"{'(labels) ' * (proxy in _LABELS) + proxy:30}{value:6.2f}{interval:>16}{pairs:7d}", end="")
        print(f"{within:12.2f}{between:14.2f}  ", end="")
        print(
            "  ".join(
                f"{np.nanmean(table):{len(name)}.2f}" for name, table in zip(measured, tables, strict=True)
            )
        )
        figures |= {f"{proxy}, share": value, f"{proxy}, low": low, f"{proxy}, high": high}
        figures |= {
            f"{proxy}, one family": within,
            f"{proxy}, two families": between,
            f"{proxy}, pairs": pairs,
        }
    record("proxies", {"rows": options.rows, "units": options.units, **figures})


def show(sides: list[Made], each: Measured) -> None:
    """Print the values of one corpus."""
    names = ["k-NN accuracy", *each.values]
    print(f"{'':20}" + "".join(f"{name[:12]:>13}" for name in names))
    columns = [each.accuracy.values.mean(axis=1), *each.values.values()]
    for place, side in enumerate(sides):
        print(f"{side.name:20}" + "".join(f"{column[place]:13.3f}" for column in columns))


if __name__ == "__main__":
    main()
