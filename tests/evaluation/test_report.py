"""A report of an evaluation says what was found, for any text, and its Python lines repeat it."""

import getpass
import re
import shutil
from pathlib import Path

import pytest

import explorer
from explorer.errors import QueryError
from explorer.evaluation.report.content import evaluation_content
from explorer.evaluation.report.report import evaluation_page
from tests.data.failing import failure

HOSTILE = '</pre><script>alert(1)</script><img src="http://evil.example/x.png">'
WORDS = ["red", "sea", "cat", "sun"] * 6
TEXTS = [f"{word} {HOSTILE if n % 3 == 0 else 'plain'} {n}" for n, word in enumerate(WORDS)]
PAIRS = [(f"{TEXTS[n]} word{n}", f"{TEXTS[n + 7]} word{n % 5}", n % 6) for n in range(17)]
QUERIES = {"query": [HOSTILE, "red sea", "cat"], "row": [1, 2, 9], "grade": [1, 1, 2]}


def corpus():
    labels = [f"{n % 2} {HOSTILE}" for n in range(24)]
    rows = {"body": [f"word{n % 5} other{n % 7} {text}" for n, text in enumerate(TEXTS[:24])], "kind": labels}
    return explorer.open_corpus(rows, text="body", label="kind", name="mine.csv")


def evaluations():
    yield explorer.evaluate_pairs(PAIRS, "tfidf")
    yield explorer.evaluate_duplicates([(a, b, int(n % 2)) for n, (a, b, _) in enumerate(PAIRS)], "tfidf")
    yield explorer.evaluate_retrieval(explorer.embed(corpus(), "tfidf"), QUERIES, k=5)
    yield explorer.evaluate_labels(explorer.embed(corpus(), "tfidf").truncate(8), k=3)


def test_every_kind_has_figures_worst_cases_material_and_lines_and_no_text_is_markup(tmp_path):
    for found in evaluations():
        page = evaluation_page(found, texts=True, material="from mine.csv").decode()
        assert "<script" not in page
        assert "<img" not in page
        assert "default-src 'none'" in page
        assert "from mine.csv" in page
        for figure in found.figures:
            assert figure.measure.name in page
        print_ = found.pairs.fingerprint if hasattr(found, "pairs") else found.corpus.fingerprint
        assert print_ in page
        assert len(evaluation_content(found, texts=True).cases) == min(20, len(found.worst(20)))
        bare = evaluation_page(found, texts=False).decode()
        assert "Worst cases" not in bare
        assert "evil.example" not in bare
        assert "word1" not in bare
        explorer.report_evaluation(found, tmp_path / "e.html")
        assert (tmp_path / "e.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    failure(QueryError, explorer.report_evaluation, found, tmp_path / "e.pdf")
    assert "changed after encoding" in bare


def test_the_lines_give_the_same_figures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "judgements.csv").write_text('query,row,grade\n"red sea",2,1\ncat,9,2\n')
    (tmp_path / "pairs.csv").write_text(
        "sentence1,sentence2,score\n" + "".join(f"word{n} a,word{n % 4} b,{n % 3}\n" for n in range(20))
    )
    (tmp_path / "labels.csv").write_text(
        "body,kind\n" + "".join(f"word{n % 5} other{n},{'ab'[n % 2]}\n" for n in range(24))
    )
    opened = explorer.open_corpus("labels.csv", text="body", label="kind")
    for found in (
        explorer.evaluate_pairs("pairs.csv", "tfidf"),
        explorer.evaluate_retrieval(explorer.embed(opened, "tfidf"), "judgements.csv", k=5),
        explorer.evaluate_labels(opened, "tfidf", k=3),
    ):
        names = {}
        exec(evaluation_content(found, texts=False).python.replace("print(result)", ""), names)
        assert [each.value for each in names["result"].figures] == pytest.approx(
            [each.value for each in found.figures], nan_ok=True
        )


def test_a_folder_of_a_model_is_named_without_its_path(tmp_path, tiny_model):
    model = shutil.copytree(tiny_model, tmp_path / "models" / "own-model")
    found = explorer.evaluate_pairs(PAIRS, str(model), prompt="find: ")
    page = evaluation_page(found, texts=True).decode()
    assert "own-model" in page
    assert "prompt=&#39;find: &#39;" in page
    for secret in (str(tmp_path), str(Path.home())):
        assert secret not in page
    assert not re.search(rf"\b{re.escape(getpass.getuser())}\b", page.partition("</style>")[2])


def test_what_cannot_be_made_again_is_said():
    vectors = [[float(n % 3), 1.0, float(n)] for n in range(12)]
    rows = {"t": [f"row {n}" for n in range(12)], "v": vectors, "kind": list("ab" * 6)}
    own = explorer.embed(explorer.open_corpus(rows, text="t", label="kind", vectors="v"), "")
    found = explorer.evaluate_labels(own, k=2)
    assert "cannot be made again" in evaluation_content(found, texts=False).python
