"""The table of hits, as it is downloaded."""

import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.retrieval.options import RankOptions
from explorer.retrieval.ranked import ranked_search
from explorer.ui.search.hits_table import hits_table
from tests.tiny_model import save_pair_model

TEXTS = ["the cat sat", "my order is late", "a dog ran", "the late dog", "help"]


@pytest.fixture(scope="module")
def space():
    vectors = np.random.default_rng(0).normal(size=(len(TEXTS), 4)).astype(np.float32)
    return Space(explorer.open_corpus({"text": TEXTS}, text="text", label=None), make_index(vectors))


def table(space, options):
    found = ranked_search(space, "late dog", 4, options, vector=space.vectors[0])
    return hits_table(space, ["late dog"], [found.hits], "cosine"), found.hits


def test_every_rank_and_score_is_in_it(space, tmp_path):
    model = str(save_pair_model(tmp_path / "cross", ["relevance"]))
    written, hits = table(space, RankOptions(words=True, rerank=2, model=model))
    assert written.column_names == [
        "query",
        "rank",
        "cosine",
        "percentile",
        "vector_rank",
        "word_rank",
        "bm25",
        "fused_rank",
        "reciprocal_ranks",
        "cross_encoder_rank",
        "cross_encoder",
        "row",
        "source_row",
        "text",
    ]
    columns = written.to_pydict()
    assert columns["rank"] == [1, 2, 3, 4]
    assert columns["cosine"] == [hit.score for hit in hits]
    assert columns["cross_encoder_rank"] == [1, 2, None, None]
    assert columns["cross_encoder"] == [hit.pair_score for hit in hits]
    assert columns["bm25"] == [hit.word_score for hit in hits]
    assert columns["word_rank"] == [hit.word_rank for hit in hits]
    assert columns["fused_rank"] == [hit.fused_rank for hit in hits]


def test_what_was_not_asked_for_is_not_in_it(space):
    written, _ = table(space, RankOptions(variety=0.5))
    assert written.column_names[:6] == ["query", "rank", "cosine", "percentile", "vector_rank", "row"]
    plain = space.search_vectors(space.vectors[:1], 4)
    written = hits_table(space, ["late dog"], plain, "cosine")
    assert written.column_names[:5] == ["query", "rank", "score", "percentile", "row"]
