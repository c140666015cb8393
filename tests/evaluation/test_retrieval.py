import ir_measures
import numpy as np
import pytest
from ir_measures import RR, R, nDCG
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.judging.judgements import Judgements
from explorer.errors import DataError, EmptyDataError, QueryError
from explorer.evaluation.retrieval import evaluate_retrieval
from tests.evaluation.conftest import WORDS


def texts_of(rng, count, length):
    return [" ".join(rng.choice(WORDS, length, replace=False)) for _ in range(count)]


@pytest.fixture
def setting():
    """Forty rows, eight queries, and grades of a few rows for each."""
    rng = np.random.default_rng(3)
    rows, queries = texts_of(rng, 40, 5), texts_of(rng, 8, 3)
    grades = tuple({int(row): 1 for row in rng.permutation(40)[: rng.integers(1, 9)]} for _ in queries)
    return rows, Judgements(tuple(f"q{at}" for at in range(8)), tuple(queries), grades)


def test_figures_are_those_of_sentence_transformers(words, setting):
    rows, judgements = setting
    evaluator = InformationRetrievalEvaluator(
        dict(zip(judgements.ids, judgements.queries, strict=True)),
        {str(at): text for at, text in enumerate(rows)},
        {name: set(map(str, judged)) for name, judged in zip(judgements.ids, judgements.grades, strict=True)},
        mrr_at_k=[10], ndcg_at_k=[10], precision_recall_at_k=[3], write_csv=False,
    )  # fmt: skip
    expected = evaluator(SentenceTransformer(words, device="cpu"))
    result = explorer.evaluate_retrieval(rows, judgements, words, k=3, precision="float32")
    assert result.ndcg.value == pytest.approx(expected["cosine_ndcg@10"], abs=1e-6)
    assert result.mrr.value == pytest.approx(expected["cosine_mrr@10"], abs=1e-6)
    assert result.recall.value == pytest.approx(expected["cosine_recall@3"], abs=1e-6)
    assert result.recall.measure.name == "recall@3"
    assert result.ndcg.low < result.ndcg.value < result.ndcg.high


@pytest.mark.parametrize("seed", range(4))
def test_with_ties_figures_are_those_of_ir_measures_in_the_order_of_the_rows(words, seed):
    rng = np.random.default_rng(seed)
    rows = texts_of(rng, 12, 2) * 3  # each score three times
    queries = texts_of(rng, 10, 2)
    grades = tuple({int(row): int(rng.integers(0, 4)) for row in rng.permutation(36)[:15]} for _ in queries)
    judgements = Judgements(tuple(f"q{at}" for at in range(10)), tuple(queries), grades)
    space = explorer.embed(rows, words)
    result = evaluate_retrieval(space, judgements, k=5)
    scores = [np.array([hit.score for hit in sorted(hits, key=lambda hit: hit.row)])
              for hits in space.search(queries, k=36)]  # fmt: skip
    run = {
        name: {f"d{row:02}": float(-rank) for rank, row in enumerate(np.lexsort((np.arange(36), -own))[:10])}
        for name, own in zip(judgements.ids, scores, strict=True)
    }
    qrels = {
        name: {f"d{row:02}": grade for row, grade in judged.items()}
        for name, judged in zip(judgements.ids, grades, strict=True)
    }
    expected = ir_measures.calc_aggregate([nDCG @ 10, RR, R @ 5], qrels, run)
    assert result.ndcg.value == pytest.approx(expected[nDCG @ 10])
    assert result.mrr.value == pytest.approx(expected[RR])
    assert result.recall.value == pytest.approx(expected[R @ 5])


def test_the_worst_queries_come_first_with_what_was_found_and_what_was_not(words, setting):
    rows, judgements = setting
    result = evaluate_retrieval(rows, judgements, words)
    worst = result.worst(100)
    assert len(worst) == 8
    assert worst["nDCG@10"].is_monotonic_increasing
    assert worst["nDCG@10"].mean() == pytest.approx(result.ndcg.value)
    for line in worst.itertuples():
        at = judgements.queries.index(line.query)
        hits = [hit.row for hit in explorer.embed(rows, words).search(line.query, k=10)]
        assert (line.first_hit, line.first_hit_text) == (hits[0], rows[hits[0]])
        assert judgements.grades[at][line.relevant] == 1
        assert line.relevant_text == rows[line.relevant]
        if line.relevant in hits:
            assert line.relevant_rank == hits.index(line.relevant) + 1
        else:
            assert line.relevant_rank is worst["relevant_rank"].dtype.na_value


def test_judgements_are_read_from_qrels_and_queries(words, setting, tmp_path):
    rows, judgements = setting
    (tmp_path / "qrels").write_text(
        "".join(
            f"{name} 0 {row + 1} 1\n"
            for name, judged in zip(judgements.ids, judgements.grades, strict=True)
            for row in judged
        )
        + "q0 0 4000 1\n"
    )
    lines = [f"{name}\t{text}" for name, text in zip(judgements.ids, judgements.queries, strict=True)]
    (tmp_path / "queries.tsv").write_text("\n".join(["query_id\tquery", *lines]))
    result = evaluate_retrieval(rows, tmp_path / "qrels", words, queries=tmp_path / "queries.tsv")
    assert result.ndcg.value == evaluate_retrieval(rows, judgements, words).ndcg.value
    count = judgements.count + 1
    assert f'1 of {count} judgements cannot be used; line {count}: there is no row "4000".' in result.text


def test_queries_without_a_relevant_row_and_rows_that_nobody_judged_are_noted(words):
    judgements = Judgements(("a", "b"), ("aa be", "ca"), ({0: 1}, {1: 0}))
    result = evaluate_retrieval(["aa be", "ce", "da", "de"], judgements, words)
    assert result.ndcg.n == 1
    assert "Queries without a relevant row are left out: 1." in result.notes
    assert result.judged == 0.25
    assert "25.0 % of the first ten hits were judged; others count as not relevant." in result.notes


def test_judgements_of_rows_that_there_are_not_are_refused(words):
    with pytest.raises(DataError, match="Row 2 is judged for the query 'x', and there is none"):
        evaluate_retrieval(["aa", "be"], Judgements(("q",), ("x",), ({2: 1},)), words)
    with pytest.raises(EmptyDataError, match='there is no row "7"'):
        evaluate_retrieval(["aa", "be"], {"query": ["x"], "row": [7], "grade": [1]}, words)
    with pytest.raises(DataError, match="No query has a row"):
        evaluate_retrieval(["aa", "be"], Judgements(("q",), ("x",), ({1: 0},)), words)


def test_what_cannot_be_searched_is_refused(words):
    judgements = Judgements(("q",), ("x",), ({1: 1},))
    with pytest.raises(QueryError, match="no encoder for queries"):
        evaluate_retrieval(Space(explorer.open_corpus(["aa", "be"]), make_index(np.eye(2))), judgements)
    with pytest.raises(QueryError, match="A space has its encoder, so model cannot be given"):
        evaluate_retrieval(explorer.embed(["aa", "be"], words), judgements, words)
    with pytest.raises(QueryError, match="depth of 0"):
        evaluate_retrieval(["aa", "be"], judgements, words, k=0)
