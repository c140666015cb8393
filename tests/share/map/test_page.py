"""The file of a map: only what was chosen is in it, and every text stays a text."""

import base64
import getpass
import json
import re
import shutil
import socket
from pathlib import Path

import numpy as np

import explorer
from explorer.analysis.region_names import RegionLevel, RegionNames
from explorer.errors import ColumnError, EmptyDataError, QueryError, TooLargeError
from explorer.share.map import page as page_module
from explorer.share.map.colouring import Colouring
from explorer.share.map.contents import MapContents
from explorer.share.map.page import MapPage
from explorer.share.map.positions import Positions
from tests.data.failing import failure

HOSTILE = "</script><script>window.hurt=1</script><b>x</b>"
TOKEN = "hf_" + "secret" * 5  # made up


def made(count=4, text=HOSTILE, names=None):
    corpus = explorer.open_corpus({"t": [f"{text} {n}" for n in range(count)]}, text="t", name=text)
    coordinates = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    contents = MapContents((coordinates,), Colouring("g", groups=names or [text] * count))
    return MapPage(contents, corpus, np.arange(count), (("Model", text),))


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def bytes_of(address):
    return base64.b64decode(address.split(",")[1])


def everything(page):
    """All that can be read in a file, also in what it encodes, without what every file has."""
    text = page.decode()
    data = data_of(text)
    scene = bytes_of(data["files"]["scene"]).decode()
    tips = [part for tip in data["tips"] or [] for part in tip]
    title, body = text.partition("<style>")[0], text.partition("</style>")[2]
    return "\n".join([title, body.partition("<script")[0], data["name"], scene, *tips])


def test_the_file_holds_the_points_and_the_texts_in_the_order_in_which_they_are_sent():
    whole = made()
    data = data_of(whole.html().decode())
    positions = Positions.of(*whole.contents.maps)
    assert bytes_of(data["files"]["positions"][0]) == positions.contents[0].value
    order = [row + 1 for row in positions.order.tolist()]
    assert data["rows"] == order
    assert [head.partition(" · ")[0] for head, _ in data["tips"]] == [f"row {row}" for row in order]


def test_other_peoples_text_ends_no_element_and_nothing_is_loaded():
    page = made().html().decode()
    assert "<script>window.hurt" not in page
    assert page.count("<script") == page.count("</script>") == 2
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?https?:", page)


def test_texts_that_look_like_the_marks_of_the_template_stay_texts():
    marks = "%SCRIPT% %DATA% %HEADING% %FACTS%"
    page = made(text=marks).html().decode()
    assert data_of(page)["tips"][0][1].startswith(marks)
    assert f"<title>{marks} · 4 rows</title>" in page
    assert page.count("export default function mount") == 1


def test_a_part_has_nothing_about_the_other_points():
    names = ["kept", "gone-name", "kept", "other"]
    whole = made(text="word", names=names)
    page = whole.html(np.array([0, 2]))
    data = data_of(page.decode())
    scene = json.loads(bytes_of(data["files"]["scene"]))
    assert len(bytes_of(data["files"]["positions"][0])) == 2 * 4
    assert [group["name"] for group in scene["legend"]] == ["kept"]
    assert sorted(data["rows"]) == [1, 3]
    assert "word 0" in everything(page)
    for gone in ("gone-name", "other", "word 1", "word 3"):
        assert gone not in everything(page)
    assert "<dd>2 of 4; what made the map, and its figures, are of all</dd>" in page.decode()
    assert "<dd>4 of 4</dd>" in whole.html().decode()


def test_a_part_is_named_by_its_own_words_only():
    count = 60
    texts = [f"{'apple pie' if n % 2 else 'secretword'} {n}" for n in range(count)]
    corpus = explorer.open_corpus({"t": texts}, text="t", name="rows")
    near = np.random.default_rng(0).normal(size=(count, 2))
    coordinates = (near + np.where(np.arange(count)[:, None] % 2, 0, 20)).astype(np.float32)
    level = RegionLevel(np.zeros(count, np.int64), ("secretword",), coordinates[:1])
    page = MapPage(
        MapContents((coordinates,), Colouring(""), RegionNames((level,))), corpus, np.arange(count)
    )
    assert "secretword" in everything(page.html())
    assert "secretword" not in everything(page.html(np.arange(1, count, 2)))
    bare = page.html(texts=False)
    assert "secretword" not in everything(bare)
    assert "apple" not in everything(bare)
    assert data_of(bare.decode())["tips"] is None


def test_what_is_found_and_what_a_map_turns_into_are_of_the_part_too():
    whole = made(text="word")
    (coordinates,) = whole.contents.maps
    contents = MapContents(
        (coordinates, coordinates[::-1].copy()),
        whole.contents.colouring,
        morph=("A", "B"),
        found=np.array([1, 3]),
        query=np.zeros((1, 2)),
    )
    part = contents.of(np.array([0, 3]), None)
    assert [len(each) for each in part.maps] == [2, 2]
    assert part.found.tolist() == [1]
    page = MapPage(contents, whole.corpus, np.arange(4)).html(np.array([0, 3]))
    assert len(data_of(page.decode())["files"]["positions"]) == 2


def test_what_is_too_large_or_empty_says_what_to_do(monkeypatch):
    monkeypatch.setattr(page_module, "MOST_TEXTS", 3)
    monkeypatch.setattr(page_module, "MOST_POINTS", 5)
    assert "leave out the texts" in failure(TooLargeError, made().html).fix
    assert made().html(texts=False)
    assert "fewer rows" in failure(TooLargeError, made(6).html, texts=False).fix
    failure(EmptyDataError, made().html, np.empty(0, np.int64))


def test_a_map_is_saved_without_token_path_or_user(tmp_path, monkeypatch, tiny_model):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    lines = [f"an apple {n},a\nthe sea {n},b\n" for n in range(9)]
    (tmp_path / "mine.csv").write_text("body,kind\n" + "".join(lines))
    model = shutil.copytree(tiny_model, tmp_path / "models" / "own-model")
    space = explorer.embed(
        explorer.open_corpus(tmp_path / "mine.csv", text="body", label="kind"), str(model), prompt="find: "
    )
    explorer.save_map(space, tmp_path / "map.html", rows=[4, 0])
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    for fact in ("own-model", "“find: ”", "SHA-256", "Trustworthiness", "UMAP", "mine.csv · 2 rows"):
        assert fact in page
    assert "an apple 2" in page
    assert "the sea" not in everything(page.encode())
    for secret in (TOKEN, str(tmp_path), str(Path.home()), str(Path.cwd())):
        assert secret not in page
    for name in (getpass.getuser(), socket.gethostname()):
        assert not re.search(rf"\b{re.escape(name)}\b", everything(page.encode()))


def test_all_rows_one_by_one_are_the_map_of_all(tmp_path):
    texts = [f"{'apple pie' if n % 2 else 'green sea'} {n}" for n in range(60)]
    space = explorer.embed(explorer.open_corpus({"t": texts}, text="t", name="rows"), "tfidf")
    projection = space.project(seed=1)
    for name, rows in (("all.html", None), ("each.html", range(60))):
        explorer.save_map(space, tmp_path / name, projection=projection, rows=rows)
    assert (tmp_path / "each.html").read_bytes() == (tmp_path / "all.html").read_bytes()
    data = data_of((tmp_path / "each.html").read_text(encoding="utf-8"))
    assert json.loads(bytes_of(data["files"]["scene"]))["names"]


def test_colours_are_a_column_or_a_value_for_each_row(tmp_path):
    rows = {"t": ["a b", "c d", "e f", "g h"], "kind": ["x", "y", "x", "y"], "n": [1, 2, 3, 4]}
    corpus = explorer.open_corpus(rows, text="t", label="kind", name="rows")
    space = explorer.embed(corpus, "tfidf")
    for colour, title in (
        (None, "kind"),
        ("kind", "kind"),
        ("n", "n"),
        (["p", "q", "p", "q"], "colour"),
        (np.arange(4), "colour"),
    ):
        explorer.save_map(space, tmp_path / "map.html", colour=colour, projection=space.project(seed=1))
        data = data_of((tmp_path / "map.html").read_text(encoding="utf-8"))
        assert json.loads(bytes_of(data["files"]["scene"]))["title"] == title
    before = (tmp_path / "map.html").read_bytes()
    for error, options in (
        (ColumnError, {"colour": "colour"}),
        (QueryError, {"colour": ["a"]}),
        (QueryError, {"colour": [1, "a", 2, "b"]}),
        (QueryError, {"colour": [[1], [2], [3], [4]]}),
        (QueryError, {"colour": np.ones((4, 2))}),
        (QueryError, {"colour": "t", "texts": False}),
        (QueryError, {"projection": space.project(dims=3)}),
        (QueryError, {"rows": [9]}),
        (EmptyDataError, {"rows": []}),
    ):
        failure(error, explorer.save_map, space, tmp_path / "map.html", **options)
    assert (tmp_path / "map.html").read_bytes() == before
    failure(QueryError, explorer.save_map, space, tmp_path / "map.txt")
    assert not (tmp_path / "map.txt").exists()
