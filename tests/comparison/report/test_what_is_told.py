"""What a report tells strangers: no token, path or user, and no text of a row unless that is wanted."""

import getpass
import re
import shutil
import socket
from pathlib import Path

import explorer

TOKEN = "hf_" + "secret" * 5  # made up


def test_a_report_names_no_token_path_or_user_and_can_do_without_texts(tmp_path, monkeypatch, tiny_model):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    lines = [f"an apple number {n},a\nthe sea number {n},b\n" for n in range(12)]
    (tmp_path / "mine.csv").write_text("body,kind\n" + "".join(lines))
    model = shutil.copytree(tiny_model, tmp_path / "models" / "own-model")
    corpus = explorer.open_corpus(tmp_path / "mine.csv", text="body", label="kind")
    made = explorer.compare([explorer.embed(corpus, str(model)), explorer.embed(corpus, "tfidf")], k=3)
    for texts in (True, False):
        for name in ("report.html", "report.md"):
            made.report(tmp_path / name, texts=texts)
            page = (tmp_path / name).read_text(encoding="utf-8")
            told = page.partition("</style>")[2] or page
            assert "own-model" in told
            assert "mine.csv" in told
            for secret in (TOKEN, str(tmp_path), str(Path.home()), tmp_path.name):
                assert secret not in told
            for person in (getpass.getuser(), socket.gethostname()):
                assert not re.search(rf"\b{re.escape(person)}\b", told)
            assert ("sea number" in told) == texts
