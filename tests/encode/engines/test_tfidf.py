import gc
import itertools
import weakref

import numpy as np
import pytest

import explorer
from explorer.encode.batches import plan_batches
from explorer.encode.engines import tfidf
from explorer.encode.engines.tfidf import TfidfEngine
from explorer.errors import EncodeError, JobCancelledError, NotEnoughMemoryError

ROWS = [
    "The cat sat on the mat.",
    "A cat and a dog played in the garden.",
    "The invoice was paid twice by mistake.",
    "Please refund the second invoice.",
    "My dog loves the garden.",
]


def encode(engine, texts):
    tokens = engine.tokenize(texts)
    out = np.empty((len(texts), engine.dims), dtype=np.float32)
    for batch in plan_batches(tokens.lengths, engine.token_budget):
        out[batch] = engine.start(tokens.batch(batch))()
    return out


def best(engine, rows, query):
    return int(np.argmax(encode(engine, rows) @ encode(engine, [query])[0]))


def test_rows_that_share_words_are_close_and_queries_find_them():
    engine = TfidfEngine.fit(ROWS)
    vectors = encode(engine, ROWS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (5, engine.dims)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert best(engine, ROWS, "REFUND of an invoice") == 3
    assert best(engine, ROWS, "cat on a mat") == 0


def test_with_all_dimensions_the_cosines_are_those_of_tf_idf_itself():
    # Term weights by hand: 1 + ln(count), times ln((1 + n) / (1 + df)) + 1.
    rows = ["one two", "one three", "four four"]
    common, rare = np.log(4 / 3) + 1, np.log(4 / 2) + 1
    # Of "one two": one, two and the pair; "one" alone is shared.
    length = np.sqrt(common**2 + 2 * rare**2)
    vectors = encode(TfidfEngine.fit(rows), rows)
    np.testing.assert_allclose(vectors[0] @ vectors[1], (common / length) ** 2, atol=1e-5)
    np.testing.assert_allclose(vectors[0] @ vectors[2], 0, atol=1e-5)


def test_a_row_in_a_language_without_spaces_is_found_by_a_part_of_it():
    rows = [
        "我想申请退款，因为手机坏了。",
        "今天的天气非常好。",
        "返金をお願いします。",
        "ราคาสินค้าแพงเกินไป",
        "क़ीमत बहुत ज़्यादा है",
    ]
    engine = TfidfEngine.fit(rows)
    for query, row in [("退款", 0), ("天气", 1), ("返金", 2), ("สินค้า", 3), ("क़ीमत", 4)]:
        assert best(engine, rows, query) == row
    assert engine.tokenize(["क़ीमत बहुत", "退款"]).lengths.tolist() == [2, 2]


@pytest.mark.parametrize("rows", [["one"], ["the same words"] * 9, ["a b c", "!!!", ""], ["a", "b"]])
def test_corpora_with_little_in_them(rows):
    vectors = encode(TfidfEngine.fit(rows), rows)
    assert np.isfinite(vectors).all()
    lengths = np.linalg.norm(vectors, axis=1)
    worded = [any(character.isalnum() for character in row) for row in rows]
    np.testing.assert_allclose(lengths, worded, atol=1e-6)


def test_a_query_of_unknown_words_is_zeros():
    assert not encode(TfidfEngine.fit(ROWS), ["xylophone"]).any()


def test_rows_without_any_word_are_refused():
    with pytest.raises(EncodeError, match="No row contains a word"):
        TfidfEngine.fit(["!!!", "…", ""])


def test_equal_texts_give_equal_vectors_in_any_batch_and_any_order():
    rows = [
        f"row {number} about {'cats' if number % 2 else 'dogs'} and {number % 7}" for number in range(400)
    ]
    engine, again = TfidfEngine.fit(rows), TfidfEngine.fit([*rows[::-1], *rows[:50]])
    vectors = encode(engine, rows)
    np.testing.assert_array_equal(encode(again, rows[::-1])[::-1], vectors)
    np.testing.assert_array_equal(engine.start(rows[17:18])()[0], vectors[17])
    assert engine.identity() == again.identity()


def test_another_corpus_has_another_identity():
    identities = [TfidfEngine.fit(rows).identity()["texts"] for rows in (ROWS, ROWS[1:], [*ROWS, "one more"])]
    assert len(set(identities)) == 3
    assert TfidfEngine.fit(["ab", "c"]).identity() != TfidfEngine.fit(["a", "bc"]).identity()


def test_another_bound_on_terms_has_another_identity(monkeypatch):
    before = TfidfEngine.fit(ROWS).identity()
    monkeypatch.setattr(tfidf, "_MAX_TERMS", 10)
    assert TfidfEngine.fit(ROWS).identity() != before


@pytest.mark.slow
def test_dimensions_are_bounded_and_a_corpus_of_low_rank_has_fewer():
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(2000)]
    many = TfidfEngine.fit([" ".join(rng.choice(words, 12)) for _ in range(600)])
    assert many.dims == 256
    assert TfidfEngine.fit(["a b", "c d", "c d"]).dims == 2


def test_a_text_is_read_to_a_bounded_length():
    assert TfidfEngine.fit(ROWS).tokenize(["word " * 10_000, "x" * 1_000_000]).lengths.tolist() == [512, 1]


def test_fitting_tells_how_far_it_is_and_can_be_stopped():
    rows = [f"row number {number}" for number in range(5000)]
    reported = []

    def stop(progress):
        reported.append((progress.done, progress.total))
        raise JobCancelledError("enough")

    with pytest.raises(JobCancelledError):
        TfidfEngine.fit(rows, stop)
    assert reported == [(4096, 5000)]


@pytest.mark.slow
def test_visitors_with_the_same_rows_share_what_was_learned_as_long_as_one_has_it():
    texts = [f"the {one} and the {other}" for one, other in itertools.pairwise(ROWS)]
    first = explorer.embed(texts, "tfidf").encoder
    again = explorer.embed(explorer.open_corpus(texts), "tfidf").encoder
    assert again.engine is first.engine
    assert explorer.embed(texts[1:], "tfidf").encoder.engine is not first.engine
    engine = weakref.ref(first.engine)
    del first, again
    gc.collect()
    assert engine() is None


def test_rows_that_do_not_fit_in_memory_are_refused_before_they_are_counted(memory_of):
    texts = [f"word{number} and word{number + 1}" for number in range(400)]
    memory_of(1)
    phases = []
    with pytest.raises(
        NotEnoughMemoryError, match=r"TF-IDF of 400 rows needs about (5|55) MB .* Use fewer rows"
    ):
        explorer.embed(texts, "tfidf", on_progress=lambda progress: phases.append(progress.phase))
    assert "Counting tokens" not in phases
    memory_of(1_000)
    assert explorer.embed(texts, "tfidf").dims > 1


def test_few_long_texts_are_not_taken_for_many(memory_of):
    words = [f"w{number}" for number in range(12_000)]
    texts = [" ".join(words[start::40]) for start in range(40)]
    explorer.embed(texts, "tfidf")  # imports what it needs
    memory_of(15)
    assert explorer.embed([*texts, "one more"], "tfidf").dims > 1
