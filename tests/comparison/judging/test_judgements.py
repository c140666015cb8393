import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.comparison.judging.judgement_files import read_judgements
from explorer.comparison.judging.judgements import Judgements, judgements_table, qrels_file, queries_file
from explorer.data.formats.files import read_file
from explorer.data.opening import open_corpus
from explorer.errors import DataError
from explorer.share.export import csv_file

ROWS = 12
CORPUS = open_corpus({"text": [f"row number {row} of the corpus" for row in range(ROWS)]}, text="text")
# Files hold no NUL and no halves of characters; a query has a character that is no space.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0")).filter(lambda text: text.strip())
GRADES = st.dictionaries(st.integers(0, ROWS - 1), st.integers(-3, 5), min_size=1, max_size=4)

SKIPS = st.sets(st.integers(0, ROWS - 1), max_size=3)


@st.composite
def judgements(draw, weighted, skips=False):
    queries = draw(st.lists(TEXTS, min_size=1, max_size=5, unique=True))
    grades = tuple(draw(GRADES) for _ in queries)
    chances = draw(st.lists(st.floats(1e-6, 1), min_size=len(queries), max_size=len(queries)))
    return Judgements(
        tuple(f"q{number}" for number in range(len(queries))),
        tuple(queries),
        grades,
        tuple(chances) if weighted else None,
        tuple(tuple(draw(SKIPS) - own.keys()) for own in grades) if skips else (),
    )


@settings(max_examples=25)
@given(judgements(weighted=False))
def test_qrels_and_queries_read_back_as_the_same_judgements(written):
    read = read_judgements(
        read_file(qrels_file(written), "test.qrels.txt"),
        CORPUS,
        queries=read_file(queries_file(written), "queries.tsv"),
    )
    assert read.content == written
    assert read.bad == 0
    assert read.lines == written.count


@settings(max_examples=25)
@given(st.booleans().flatmap(lambda weighted: judgements(weighted=weighted, skips=True)))
def test_csv_reads_back_as_the_same_judgements(written):
    file = csv_file(judgements_table(written), exact=True)
    read = read_judgements(read_file(file, "judgements.csv"), CORPUS)
    assert read.content == written
    assert read.bad == 0


def test_the_table_counts_rows_from_one():
    table = judgements_table(Judgements(("a", "b"), ("one", "two"), ({0: 1, 4: 0}, {}), (0.5, 1.0)))
    assert table.to_pydict() == {
        "query_id": ["a", "a"],
        "query": ["one", "one"],
        "row": [1, 5],
        "grade": [1, 0],
        "inclusion": [0.5, 0.5],
    }
    assert "inclusion" not in judgements_table(Judgements((), (), ())).column_names
    assert isinstance(table, pa.Table)


def test_qrels_are_what_trec_writes():
    assert qrels_file(Judgements(("7",), ("one",), ({0: 1, 4: 0},))) == b"7 0 1 1\n7 0 5 0\n"


@pytest.mark.parametrize(
    "given",
    [
        (("a",), ("one", "two"), ({}, {})),
        (("a", "a"), ("one", "two"), ({}, {})),
        (("a b",), ("one",), ({},)),
        (("",), ("one",), ({},)),
        (("a",), ("  ",), ({},)),
        (("a",), ("one",), ({0: 1_001},)),
        (("a",), ("one",), ({},), (0.0,)),
        (("a",), ("one",), ({},), (0.5, 0.5)),
    ],
)
def test_judgements_that_cannot_be_are_refused(given):
    with pytest.raises(DataError):
        Judgements(*given)
