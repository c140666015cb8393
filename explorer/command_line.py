"""The command line: `python -m explorer compare corpus.csv --model A --model B`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress, Progress
from explorer.numbers import percent

if TYPE_CHECKING:
    from explorer.comparison.comparison import Comparison

_GOOD, _WORSE, _FAILED = 0, 1, 2
_EVERY_SECONDS = 0.2  # how often the line of progress is drawn
_WIDTH = 100
_EPILOG = """\
A contender is a model: a Hub id, a folder, tfidf or bm25. What is changed about its vectors follows after |:
  "BAAI/bge-small-en-v1.5 | first 256 | int8"   first N (dimensions), pca N, aligned (images), centred,
                                                int8, binary, csls
  "intfloat/e5-small-v2 | no prompt"            no prompt, exact (float32)

The exit status is 0; with --fail-if-worse 1 if A is significantly worse than B; 2 for an error.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name; None for those of this process.

    Returns:
        The exit status.
    """
    options = _parser().parse_args(arguments)
    progress = _Line() if sys.stderr.isatty() else None
    try:
        return _compare(options, progress)
    except (ExplorerError, OSError) as error:
        if progress is not None:
            progress.clear()
        print(f"explorer: {_printable(str(error))}", file=sys.stderr)
        return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="explorer", description="Explore text embeddings.")
    commands = parser.add_subparsers(required=True, metavar="command")
    compare = commands.add_parser(
        "compare",
        help="compare encoders on your rows",
        description="Compare encoders, or other ways to rank rows, over one corpus.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = compare.add_argument
    add("corpus", help="a file, the name of a sample, or a dataset of the Hub")
    add("--model", action="append", required=True, metavar="A", help="a contender; give two to eight")
    add("--text", metavar="COLUMN", help="the text column; guessed without it")
    add("--label", metavar="COLUMN", help="the label column; guessed without it, none for no labels")
    add("--groups", metavar="COLUMN", help="the column that names the group of a row, such as its document")
    add("--views", nargs=2, metavar="COLUMN", help="two columns that should find each other")
    add("--judgements", metavar="FILE", help="judgements: CSV, TSV, JSON Lines, Parquet or TREC qrels")
    add("--queries", metavar="FILE", help="the texts of the queries, if the judgements have only ids")
    add("--pairs", metavar="FILE", help="pairs of texts with scores")
    add("--k", type=int, default=10, help="neighbours per row, and the depth of recall (10)")
    add("--seed", type=int, default=0, help="the seed of samples and resamples (0)")
    add("--limit", type=int, metavar="N", help="the most rows, drawn at random")
    add("--report", action="append", default=[], metavar="FILE", help="write a report, .html or .md")
    add("--save", metavar="FILE", help="save the comparison; explorer.open_comparison opens it")
    add("--fail-if-worse", nargs=2, metavar=("A", "B"), help="exit with 1 if A is significantly worse than B")
    return parser


def _compare(options: argparse.Namespace, progress: OnProgress | None) -> int:
    from explorer.comparison.compare import compare
    from explorer.comparison.judging.judgement_files import read_judgements
    from explorer.comparison.report.report import check_report_name
    from explorer.data.corpus_from_table import GUESS
    from explorer.data.opening import open_corpus
    from explorer.named_contenders import check_names, named_contenders

    check_names(options.model, options.fail_if_worse or ())
    for path in options.report:
        check_report_name(path)
    label = GUESS if options.label is None else None if options.label == "none" else options.label
    corpus = open_corpus(
        options.corpus,
        text=options.text,
        label=label,
        limit=options.limit,
        seed=options.seed,
        on_progress=progress,
    )
    judgements = None
    if options.judgements is not None:
        read = read_judgements(options.judgements, corpus, queries=options.queries, on_progress=progress)
        judgements = read.content
        if read.bad:
            first = read.examples[0]
            _tell(progress, f"{read.bad:,} of {read.lines:,} judgements cannot be used; "
                  f"line {first.number:,}: {first.reason}.")  # fmt: skip
    contenders = named_contenders(options.model, corpus, on_progress=progress)
    result = compare(
        contenders,
        judgements=judgements,
        pairs=options.pairs,
        groups=options.groups,
        views=None if options.views is None else (options.views[0], options.views[1]),
        k=options.k,
        seed=options.seed,
        on_progress=progress,
    )
    if isinstance(progress, _Line):
        progress.clear()
    print(result.verdict.text)
    print(_scorecard(result))
    for failure in result.failures:
        _tell(progress, failure.sentence(result.names[failure.contender]))
    for note in result.notes:
        _tell(progress, note)
    for path in options.report:
        result.report(path)
    if options.save:
        result.save(options.save)
    if not options.fail_if_worse:
        return _GOOD
    first, second = (options.model.index(name) for name in options.fail_if_worse)
    return _WORSE if _is_worse(result, first, second) else _GOOD


def _is_worse(result: Comparison, first: int, second: int) -> bool:
    """Whether the first contender is significantly worse than the second by what the verdict is based on.

    Proxies count only together: all that have differences must say so.

    Raises:
        ExplorerError: Nothing says which contender is better, or one of the two failed on what the verdict is
            based on, or on something stronger, by which it would have been decided.
    """
    from explorer.comparison.statistics.verdict import DECIDING

    basis = result.verdict.basis
    kind = "proxy" if basis is None else basis.kind  # without a basis, the proxies disagree
    relevant = DECIDING[: DECIDING.index(kind) + 1]
    for failure in result.failures:
        if failure.contender in (first, second) and failure.kind in relevant:
            raise failure.error
    if not result.found:
        raise ExplorerError(
            "Nothing says which contender is better, so neither is worse.",
            fix="Give judgements or a label column.",
        )
    decided = [
        each
        for each in result.found
        if {each.first, each.second} == {first, second}
        and (each.measure.kind == "proxy" if kind == "proxy" else each.measure == basis)
    ]
    return bool(decided) and all(each.better == second for each in decided)


def _scorecard(result: Comparison) -> str:
    """The scorecard as plain text: a block per measure, a line per contender."""
    from explorer.comparison.numbers import chance, figure, interval

    lines, last = [], ""
    width = max(map(len, result.names))
    for score in result.scores():
        if score.measure.name != last:
            last = score.measure.name
            counts = [each.n for each in result.scores() if each.measure == score.measure and each.n]
            units = f"n = {counts[0]:,}" if counts else ""
            about = ", ".join(filter(None, (score.measure.kind, units, chance(score.measure))))
            lines += ["", f"{last} ({about})"]
        rank = "" if score.rank is None else str(score.rank)
        shown, ends = (
            figure(score.measure, score.value),
            interval(score.low, score.high, too_few=score.too_few),
        )
        name = _printable(result.names[score.contender])
        lines.append(f"  {rank:>2}  {name:{width}}  {shown:>12}  {ends}".rstrip())
    return "\n".join(lines)


def _printable(text: str) -> str:
    """A text that cannot control a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _tell(progress: OnProgress | None, text: str) -> None:
    if isinstance(progress, _Line):
        progress.clear()
    print(f"explorer: {_printable(text)}", file=sys.stderr)


class _Line:
    """A line of progress on a terminal, drawn over the one before."""

    def __init__(self) -> None:
        self._drawn = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._drawn < _EVERY_SECONDS:
            return
        self._drawn = now
        counted = f" {progress.done:,} of {progress.total:,} {progress.unit}" if progress.total else ""
        text = f"{progress.phase}{counted} · {percent(progress.fraction)}"
        print(f"\r{text[:_WIDTH]:{_WIDTH}}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Remove the line."""
        print(f"\r{'':{_WIDTH}}\r", end="", file=sys.stderr, flush=True)
