"""The real command, on a few rows."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.csv
import pytest

import explorer
from explorer.command_line import _is_worse, main
from explorer.comparison.contenders.failure import Failure
from explorer.comparison.judging.judgements import judgements_table, qrels_file, queries_file
from explorer.comparison.measure import Measure
from explorer.errors import ExplorerError
from tests.comparison.comparisons import judgements, rows
from tests.comparison.statistics.test_differences import difference
from tests.conftest import ROOT

TWO = ("--model", "tfidf", "--model", "bm25")


@pytest.fixture
def tickets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(pa.table(rows()), "tickets.csv")
    pyarrow.csv.write_csv(judgements_table(judgements()), "judged.csv")
    return tmp_path


def command(*arguments):
    """The exit status and what was printed, of the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "explorer", *arguments], capture_output=True, text=True, env=_environment()
    )
    return done.returncode, done.stdout, done.stderr


def _environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_it_prints_the_verdict_and_the_scorecard_and_writes_what_was_asked_for(tickets):
    status, out, err = command(
        "compare", "tickets.csv", *TWO, "--model", "tfidf | first 16 | int8", "--text", "body",
        "--label", "topic", "--judgements", "judged.csv", "--k", "5", "--seed", "3",
        "--report", "r.html", "--report", "r.md", "--save", "saved.comparison",
    )  # fmt: skip
    assert (status, err) == (0, "")
    corpus = explorer.open_corpus("tickets.csv", text="body", label="topic")
    opened = explorer.open_comparison("saved.comparison", corpus)
    assert out.startswith(opened.verdict.text)
    assert opened.names == ("TF-IDF", "BM25", "TF-IDF · 16 dims · int8")
    for score in opened.scores():
        assert score.measure.name in out
    assert "nDCG@10 (judgements, n = 3)" in out
    assert "<!DOCTYPE html>" in (tickets / "r.html").read_text()
    assert (tickets / "r.md").read_text().startswith("# 3 contenders compared on “tickets.csv”")


def test_qrels_with_the_texts_of_queries_do_as_well(tickets):
    (tickets / "q.qrels").write_bytes(qrels_file(judgements()))
    (tickets / "q.tsv").write_bytes(queries_file(judgements()))
    status = main(["compare", "tickets.csv", *TWO, "--text", "body", "--judgements", "q.qrels",
                   "--queries", "q.tsv", "--save", "saved"])  # fmt: skip
    assert status == 0
    opened = explorer.open_comparison("saved", explorer.open_corpus("tickets.csv", text="body"))
    assert opened.judgements.queries == judgements().queries
    assert opened.judgements.grades == judgements().grades


@pytest.mark.slow
def test_it_fails_if_a_contender_is_significantly_worse(tickets):
    one = "tfidf | first 1"  # a single dimension cannot tell three topics apart
    rows = ["compare", "tickets.csv", "--text", "body", "--label", "topic", "--model", "tfidf", "--model"]
    assert main([*rows, one, "--fail-if-worse", one, "tfidf"]) == 1
    assert main([*rows, one, "--fail-if-worse", "tfidf", one]) == 0
    assert main([*rows, "tfidf | int8", "--fail-if-worse", "tfidf | int8", "tfidf"]) == 0


def test_where_proxies_disagree_nobody_is_worse():
    mrr, overlap = (Measure(name, "proxy", True, "") for name in ("two-view MRR", "view overlap"))
    won = difference(0, 1, 0.1, 0.3, 0.001, measure=mrr)
    won_too = difference(0, 1, 0.1, 0.3, 0.001, measure=overlap)
    lost = difference(0, 1, -0.3, -0.1, 0.001, measure=overlap)

    def result(*found, basis=None):
        return SimpleNamespace(found=found, failures=(), verdict=SimpleNamespace(basis=basis))

    assert not _is_worse(result(won, lost), 0, 1)
    assert not _is_worse(result(won, lost), 1, 0)
    assert _is_worse(result(won, won_too, basis=mrr), 1, 0)
    with pytest.raises(ExplorerError, match="Nothing says"):
        _is_worse(result(), 0, 1)


@pytest.mark.parametrize(
    ("failed", "decides", "matters"),
    [
        ("proxy", "judgements", False),
        ("pairs", "judgements", False),
        ("judgements", "judgements", True),
        ("judgements", "labels", True),  # it would have decided
        ("proxy", "proxy", True),
    ],
)
def test_only_a_failure_on_what_decides_or_would_have_keeps_it_from_saying_who_is_worse(
    failed, decides, matters
):
    basis = Measure("any", decides, True, "")
    error = ExplorerError("The server did not answer.")
    result = SimpleNamespace(
        found=(difference(0, 1, 0.1, 0.3, 0.001, measure=basis),),
        failures=(Failure(1, failed, error),),
        verdict=SimpleNamespace(basis=basis),
    )
    if matters:
        with pytest.raises(ExplorerError, match="did not answer"):
            _is_worse(result, 1, 0)
    else:
        assert _is_worse(result, 1, 0)
        assert not _is_worse(result, 0, 1)
    result.failures = (Failure(2, failed, error),)  # of another contender
    assert _is_worse(result, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tickets.csv", "--model", "tfidf"], "2 to 8 contenders, not 1"),
        (["tickets.csv", "--model", "tfidf", "--model", "tfidf"], "given twice"),
        (["nothing.csv", *TWO], "no file"),
        (["tickets.csv", *TWO, "--text", "title"], "title"),
        (["tickets.csv", *TWO, "--report", "r.pdf"], "HTML or Markdown"),
        (["tickets.csv", *TWO, "--judgements", "none.csv"], "none.csv"),
        (["tickets.csv", *TWO, "--k", "0"], "0 neighbours"),
        (["tickets.csv", *TWO, "--fail-if-worse", "tfidf", "other"], "none of the contenders"),
        (["tickets.csv", "--model", "tfidf", "--model", "bm25 | int8"], "BM25 has no vectors"),
        (["tickets.csv", "--model", "tfidf", "--model", "tfidf | first"], "“first” is not known"),
        (["tickets.csv", "--model", "tfidf", "--model", "no/such-model"], "no/such-model"),
    ],
)
def test_errors_are_sentences_and_give_the_status_2(arguments, said, tickets, capsys):
    assert main(["compare", *arguments]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.startswith("explorer: ")
    assert "Traceback" not in told.err
    assert told.out == ""


def test_bad_judgements_are_counted_with_a_reason(tickets, capsys):
    with (tickets / "judged.csv").open("a") as file:
        file.write('"4","unknown row",4800,1,1\n')
    table = (tickets / "judged.csv").read_text().splitlines()
    assert len(table) == 11
    assert main(["compare", "tickets.csv", *TWO, "--text", "body", "--judgements", "judged.csv"]) == 0
    assert '1 of 10 judgements cannot be used; line 10: there is no row "4800".' in capsys.readouterr().err


def test_names_that_control_a_terminal_are_harmless(tickets, capsys):
    data = rows() | {"id": ["\x1b[2J"] * 48}
    pyarrow.csv.write_csv(pa.table(data), "bad\x1b[2J.csv")
    assert main(["compare", "bad\x1b[2J.csv", *TWO, "--text", "nothing\x1b[2J"]) == 2
    assert "\x1b" not in capsys.readouterr().err
