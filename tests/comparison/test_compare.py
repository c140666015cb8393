"""What `explorer.compare` makes of what it is given; its measures have tests of their own."""

import numpy as np
import pytest

import explorer
from explorer.command_line import _is_worse
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.files import file_cache
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import packed
from explorer.comparison.report.content import report_content
from explorer.comparison.report.pages import html_page, markdown_page
from explorer.errors import EncodeError, JobCancelledError, NotEnoughMemoryError, QueryError
from tests.comparison.comparisons import PAIRS, contenders, corpus, judgements

TWO = slice(None, None, 3)  # two of the contenders


@pytest.mark.slow
def test_lines_that_cannot_be_used_are_noted():
    judgements = {"query": ["refund", "refund", "late parcel"], "row": [3, 4800, 5], "grade": [1, 1, 1]}
    pairs = {"a": ["refund", "late", "code"], "b": ["money", "parcel", "login"], "score": ["1", "high", "0"]}
    made = explorer.compare(list(contenders())[TWO], judgements=judgements, pairs=pairs, k=3)
    assert '1 of 3 judgements cannot be used; line 2: there is no row "4800".' in made.notes
    assert '1 of 3 pairs cannot be used; line 2: the score "high" is not a number.' in made.notes
    assert made.judgements.grades == ({2: 1}, {4: 1})


@pytest.mark.slow
def test_nothing_is_noted_where_all_lines_can_be_used():
    judgements = {"query": ["refund"], "row": [0], "grade": [1]}  # a 0 counts from 0
    made = explorer.compare(list(contenders())[TWO], judgements=judgements, k=3)
    assert not [note for note in made.notes if "cannot be used" in note]
    assert made.judgements.grades == ({0: 1},)


def test_judgements_of_other_rows_say_which_line():
    judgements = {"query": ["refund"], "row": [4800], "grade": [1]}
    with pytest.raises(explorer.ExplorerError, match='Line 1: there is no row "4800"'):
        explorer.compare(list(contenders())[TWO], judgements=judgements, k=3)


@pytest.mark.parametrize("given", ["tfidf", None, 3])
def test_what_is_no_contender_is_named(given):
    with pytest.raises(QueryError, match=f"{given!r} is no contender"):
        explorer.compare([contenders()[0], given])


class Failing(Bm25Contender):
    """BM25 that fails for texts that are not rows, as a server does that does not answer."""

    def __init__(self, error, name="served"):
        super().__init__(corpus(), name)
        self.error = error
        self.asked = 0

    @property
    def fingerprint(self):
        return f"served {self.name}"

    def search(self, queries, k, *, on_progress=None):
        self.asked += 1
        if self.error is None:
            return super().search(queries, k, on_progress=on_progress)
        raise self.error

    def score_texts(self, queries, documents, *, on_progress=None):
        if self.error is None:
            return super().score_texts(queries, documents, on_progress=on_progress)
        raise self.error


DOWN = EncodeError("The server did not answer.", where="served", fix="Try again later.")


def compared_with(failing, compare=explorer.compare):
    words = SpaceContender(contenders()[0], "TF-IDF")
    return compare([words, contenders()[3], failing], judgements=judgements(), pairs=PAIRS, k=3)


def test_a_contender_that_fails_has_no_figures_there_and_the_others_are_compared():
    made = compared_with(Failing(DOWN))
    told = [(failure.contender, failure.kind, failure.error) for failure in made.failures]
    assert told == [(2, "judgements", DOWN), (2, "pairs", DOWN), (2, "proxy", DOWN)]
    card = made.scorecard.set_index(["contender", "measure"])["value"]
    for measure in ("nDCG@10", "Spearman", "two-view MRR, masked"):
        assert np.isnan(card["served", measure])
    assert not np.isnan(card["BM25", "nDCG@10"])
    assert not np.isnan(card["BM25", "two-view MRR, masked"])
    assert not np.isnan(card["served", "k-NN accuracy"])  # its neighbours need no new text
    alone = explorer.compare(list(contenders())[TWO], judgements=judgements(), pairs=PAIRS, k=3)
    pairs = made.differences[made.differences["measure"] == "nDCG@10"]
    assert pairs["difference"].tolist() == alone.differences["difference"].tolist()[: len(pairs)]
    assert made.verdict.text.endswith("3 queries with judgements are too few to count.")
    assert not [note for note in made.notes if "encoder for queries" in note]


def test_where_all_fail_the_verdict_is_by_what_is_left():
    made = explorer.compare(
        [Failing(DOWN, "one"), Failing(DOWN, "two")], judgements=judgements(), pairs=PAIRS, k=3
    )
    assert made.verdict.basis.kind == "labels"
    assert len(made.failures) == 6


def test_a_check_of_a_contender_that_failed_is_not_passed():
    made = compared_with(Failing(DOWN))
    with pytest.raises(EncodeError, match="did not answer"):
        _is_worse(made, 2, 0)
    assert _is_worse(made, 0, 1) in (True, False)


def test_work_that_is_stopped_stops_and_other_faults_are_not_hidden():
    for error in (JobCancelledError("It was stopped."), ZeroDivisionError()):
        with pytest.raises(type(error)):
            compared_with(Failing(error))


def test_a_failure_is_in_files_and_reports_and_not_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(file_cache, "_folder", lambda: tmp_path)
    served = Failing(DOWN)
    made = compared_with(served, file_cache.cached_compare)
    opened = open_comparison(packed(made), corpus())
    assert [str(failure.error) for failure in opened.failures] == [str(DOWN)] * 3
    assert opened.failures[0].sentence("served") == (
        "served failed on the judged queries, so it has no figures for them. "
        "served: The server did not answer. Try again later."
    )
    assert opened.verdict == made.verdict
    for page in (html_page, markdown_page):
        report = page(report_content(opened))
        assert "served failed on the judged queries" in report
        assert "failed" in report
    served.error = None
    again = compared_with(served, file_cache.cached_compare)
    assert not again.failures
    assert not np.isnan(again.scorecard["value"][again.scorecard["measure"] == "nDCG@10"]).any()
    asked = served.asked
    assert not compared_with(served, file_cache.cached_compare).failures
    assert served.asked == asked  # this one came from the cache


def test_a_comparison_that_does_not_fit_in_memory_is_refused_before_it_begins(memory_of):
    phases = []
    memory_of(0.5)  # with the libraries that may be imported already
    with pytest.raises(
        NotEnoughMemoryError, match=r"A comparison over 48 rows needs about (1|9) MB .* 0 MB left"
    ):
        explorer.compare(list(contenders())[TWO], on_progress=phases.append)
    assert not phases
