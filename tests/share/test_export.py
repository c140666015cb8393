import csv
import io

import explorer
from explorer.share.export import rows_csv


def read(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_rows_come_in_the_order_asked_with_what_was_found_first():
    corpus = explorer.open_corpus(
        {"text": ["a, b", "", 'say "hi"\nthere', "007"], "score": ["x", "y", "z", "w"]},
        text="text",
        label=None,
    )
    content = rows_csv(corpus, [2, 0, 2], {"score": [0.5, 0.25, 1.0]})
    rows = read(content)
    assert list(rows[0]) == ["score", "row", "source_row", "text", "score (corpus)"]
    assert [row["text"] for row in rows] == ["007", "a, b", "007"]
    assert [row["row"] for row in rows] == ["3", "1", "3"]
    assert [row["source_row"] for row in rows] == ["4", "1", "4"]
    assert [row["score"] for row in rows] == ["0.5", "0.25", "1"]
    assert [row["score (corpus)"] for row in rows] == ["w", "x", "w"]


def test_texts_come_out_exactly():
    texts = ['say "hi"\nthere', "NA", "null", "1e5", "שלום", "=1+1", " padded "]
    corpus = explorer.open_corpus(texts)
    assert [row["text"] for row in read(rows_csv(corpus, range(len(texts)), {}))] == texts


def test_no_rows_are_a_header():
    corpus = explorer.open_corpus(["a"])
    assert read(rows_csv(corpus, [], {})) == []
