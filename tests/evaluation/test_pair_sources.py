import pandas as pd
import pyarrow as pa
import pytest

from explorer.comparison.judging.judgements import ScoredPairs
from explorer.data.opening import open_corpus
from explorer.errors import ColumnError, DataError, EmptyDataError, HubError, UnknownCorpusError
from explorer.evaluation.pair_sources import pairs_of

PAIRS = ScoredPairs(("a b", "c d"), ("e f", "g h"), (0.5, 1.0))
COLUMNS = {"sentence1": list(PAIRS.first), "sentence2": list(PAIRS.second), "score": list(PAIRS.scores)}


@pytest.mark.parametrize(
    "source",
    [
        PAIRS,
        COLUMNS,
        pd.DataFrame(COLUMNS),
        pa.table(COLUMNS),
        [("a b", "e f", 0.5), ["c d", "g h", 1]],
        open_corpus(COLUMNS, text="sentence2"),
    ],
    ids=lambda source: type(source).__name__,
)
def test_every_source_gives_the_same_pairs(source):
    assert pairs_of(source) == (PAIRS, ())


def test_files_are_read_in_each_format(tmp_path):
    frame = pd.DataFrame(COLUMNS)
    frame.to_csv(tmp_path / "p.csv", index=False)
    frame.to_csv(tmp_path / "p.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "p.parquet")
    frame.to_json(tmp_path / "p.jsonl", orient="records", lines=True)
    for name in ("p.csv", "p.tsv", "p.parquet", "p.jsonl"):
        assert pairs_of(tmp_path / name)[0] == PAIRS
    assert pairs_of(str(tmp_path / "p.csv"), ("sentence2", "sentence1", "score"))[0].first == PAIRS.second


def test_a_dataset_on_the_hub_is_read_with_both_texts_from_its_split_test(dataset_hub, tmp_path):
    folder = tmp_path / "dataset"
    folder.mkdir()
    long = [f"a long text number {at} " * 30 for at in range(40)]
    for split in ("train", "test"):
        table = {"sentence1": [f"{split} {at}" for at in range(40)], "sentence2": long, "score": [0.5] * 40}
        pd.DataFrame(table).to_parquet(folder / f"{split}.parquet")
    dataset_hub.datasets["owner/pairs"] = folder
    pairs, notes = pairs_of("owner/pairs")
    assert (pairs.first[3], pairs.second, notes) == ("test 3", tuple(long), ())
    assert pairs_of("owner/pairs", split="train")[0].first[3] == "train 3"
    with pytest.raises(HubError, match="dev"):
        pairs_of("owner/pairs", split="dev")


def test_splits_of_what_is_not_on_the_hub_are_refused():
    with pytest.raises(DataError, match="Only datasets on the Hub have"):
        pairs_of(COLUMNS, split="test")


def test_lines_that_cannot_be_used_are_noted():
    source = [("a b", "c d", 1), ("a", " ", 2), ("e", "f", float("nan"))]
    pairs, notes = pairs_of(source)
    assert pairs.scores == (1,)
    assert notes == ("2 of 3 pairs cannot be used; line 2: a text is empty.",)


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ([], EmptyDataError, "There are no pairs."),
        ([("a b", "c d", 1), ("a b", 1)], DataError, "pair 2: A pair in a list is"),
        (["a text"], DataError, "pair 1: A pair in a list is"),
        (ScoredPairs(("a b",), ("c d", "e f"), (1.0,)), ColumnError, "differ in length"),
        ("nowhere.csv", UnknownCorpusError, "There is no file"),
        ({"sentence1": ["a b"], "score": [1]}, ColumnError, "Pairs need two columns of text"),
        ({**COLUMNS, "score": ["high", "low"]}, EmptyDataError, 'Line 1: the score "high" is not a number'),
    ],
)
def test_what_holds_no_pairs_is_refused(source, kind, message):
    with pytest.raises(kind, match=message):
        pairs_of(source)


def test_two_missing_columns_are_both_named():
    with pytest.raises(ColumnError, match="no columns left, right"):
        pairs_of(COLUMNS, ("left", "right", "score"))
