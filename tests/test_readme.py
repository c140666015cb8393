"""The README's Python runs as it stands, and what it says of files is true."""

import re

import numpy as np

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.csv").write_text(
        "id,body,queue\n1,My phone arrived broken and I want my money back,refunds\n"
        "2,I forgot my password,login\n3,Where is my parcel?,delivery\n4,How do I reset the router?,setup\n"
    )
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names: dict = {}
    exec(example, names)
    assert names["hits"][0].row == 0
    assert names["space"].vectors.shape == (4, 384)
    assert names["neighbors"].indices.shape == (4, 3)
    np.testing.assert_allclose(np.diag(names["matrix"]), 1, atol=1e-6)
    assert set(names["result"].scorecard["contender"]) == {
        "all-MiniLM-L6-v2",
        "all-MiniLM-L6-v2 · 128 dims",
        "TF-IDF",
    }
    assert names["result"].verdict.text in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_files_and_commands_it_names_are_there():
    for link in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / link).exists(), link
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([\w-]+)`", README):
        assert re.search(rf"^{target}:", makefile, re.M), target
    for script in re.findall(r"benchmarks/\w+\.py", README):
        assert (ROOT / script).exists(), script
