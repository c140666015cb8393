from itertools import pairwise

import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.compare import compare
from explorer.comparison.compression import compressed
from explorer.comparison.compression.sweep import sweep_contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.judging.judgements import Judgements
from explorer.encode.encoder import Encoder
from explorer.encode.queries import QueryVectors
from explorer.errors import QueryError
from tests.comparison.comparisons import corpus, judgements
from tests.comparison.made_contenders import corpus_of
from tests.tensor import reference


@pytest.fixture(scope="module", autouse=True)
def _narrow_vectors():
    """48 rows have 48 dimensions of TF-IDF, half of which are tried here too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressed, "_FEWEST_DIMS", 24)
        yield


@pytest.fixture(scope="module")
def words():
    return explorer.embed(corpus(), "tfidf")


@pytest.fixture(scope="module")
def swept(words):
    return explorer.sweep(words, judgements=judgements(), k=5, seed=3)


@pytest.mark.parametrize("k", [1, 7, 90])
def test_recall_is_the_share_of_the_nearest_rows_that_are_kept(k):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 70)).astype(np.float32)
    vectors[20:24] = vectors[:4]  # ties
    space = Space(corpus_of(60), make_index(vectors))
    found = explorer.sweep(space, k=k)
    full, _ = reference.neighbors(vectors, min(k, 59), "cosine")
    for form, value in zip(found.forms, found.recall.value, strict=True):
        part = space if form.method == "all" else getattr(space, _MAKE[form.method])(form.dims)
        part = part if form.stored_as == "float32" else part.quantize(form.stored_as)
        own, _ = reference.neighbors(part.vectors, min(k, 59), "cosine")
        kept = [len({*a} & {*b}) / len(a) for a, b in zip(full.tolist(), own.tolist(), strict=True)]
        assert value == pytest.approx(np.mean(kept), abs=2e-3 if form.method == "pca" else 1e-12), form.name
    assert found.recall.value[0] == found.recall.low[0] == 1


_MAKE = {"first": "truncate", "pca": "reduce"}


@pytest.mark.slow
def test_quality_has_the_figures_of_a_comparison_of_the_same_vectors(words, swept):
    spaces = [words, words.quantize("int8"), words.quantize("binary"), words.truncate(words.dims // 2)]
    names = ["full", "int8", "binary", "half"]
    sides = [SpaceContender(each, name) for each, name in zip(spaces, names, strict=True)]
    result = explorer.compare(sides, judgements=judgements(), k=5, seed=3)
    places = [0, 1, 2, 3]
    assert [swept.forms[place].dims for place in places] == [each.dims for each in spaces]
    assert [each.measure.name for each in swept.quality] == ["nDCG@10", "k-NN accuracy"]
    for own in swept.quality:
        scores = [score for score in result.scores() if score.measure == own.measure]
        for place, score in zip(places, scores, strict=True):
            assert own.value[place] == pytest.approx(score.value)
            assert (own.low[place], own.high[place]) == pytest.approx(
                (score.low, score.high), abs=0.01, nan_ok=True
            )
        for each in result.found:
            if each.measure == own.measure and each.first == 0:
                assert own.change[each.second] == pytest.approx(-each.difference)
                ends = (own.change_low[each.second], own.change_high[each.second])
                assert ends == pytest.approx((-each.high, -each.low), nan_ok=True)


def test_the_table_has_a_line_for_each_form(swept, words):
    table = swept.table
    assert table["form"].tolist() == [form.name for form in swept.forms]
    assert table["bytes_per_vector"][0] == 4 * words.dims
    assert (table["bytes"] == 48 * table["bytes_per_vector"]).all()
    assert {"neighbour recall@5", "nDCG@10 low", "k-NN accuracy change high"} <= set(table.columns)
    for one, other in pairwise(("k-NN accuracy low", "k-NN accuracy", "k-NN accuracy high")):
        assert (table[one] <= table[other]).all()
    assert table["nDCG@10 low"].isna().all()  # there are three queries
    assert swept.text == swept.choice.text
    assert swept.name == "TF-IDF"


def test_the_same_seed_gives_the_same_table(words, swept):
    again = explorer.sweep(words, judgements=judgements(), k=5, seed=3)
    assert again.table.equals(swept.table)


def test_progress_counts_the_forms(words):
    told = []
    explorer.sweep(words, on_progress=told.append)
    forms = [each for each in told if each.phase == "Measuring smaller vectors"]
    assert len(forms) == len(explorer.sweep(words).forms)


def test_what_cannot_be_used_is_noted():
    vectors = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    space = Space(corpus_of(30, labels=["one"] * 30), make_index(vectors))
    found = explorer.sweep(space, judgements=Judgements(("1",), ("a query",), ({0: 1},)))
    assert found.quality == ()
    assert [note.partition(".")[0] for note in found.notes] == [
        "Labels are not used",
        "Judgements are not used: there is no encoder for queries",
    ]


def test_one_row_has_nothing_to_lose():
    found = explorer.sweep(Space(corpus_of(1), make_index(np.ones((1, 40), np.float32))))
    assert (found.recall.value == 1).all()
    assert {form.method for form in found.forms} == {"all"}
    assert found.text.startswith("There are too few rows to say")
    assert found.text.endswith("the full vectors have 160 bytes each.")


def test_judged_queries_are_encoded_once_for_comparison_and_sweeps(words, monkeypatch):
    asked = []
    encode = Encoder.encode_queries

    def counted(self, texts, on_progress=None):
        asked.extend(texts)
        return encode(self, texts, on_progress)

    monkeypatch.setattr(Encoder, "encode_queries", counted)
    kept = QueryVectors()
    sides = [words, words.quantize("int8"), CslsContender(words, "hubs")]
    result = compare(sides, judgements=judgements(), k=5, query_vectors=kept)
    assert sorted(asked) == sorted(judgements().queries)
    for side in (SpaceContender(words, "full"), SpaceContender(words.truncate(16), "cut")):
        found = sweep_contender(
            side, result.sample, result.groups, judgements=judgements(), query_vectors=kept
        )
        assert found.quality[0].n == 3
    assert len(asked) == 3


def test_impossible_sweeps_say_why(words):
    with pytest.raises(QueryError, match="0 neighbours"):
        explorer.sweep(words, k=0)
    with pytest.raises(QueryError, match="already stored in lower precision"):
        explorer.sweep(words.quantize("int8"))
