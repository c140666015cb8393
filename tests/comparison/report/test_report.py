"""A report says what was found, for any text, and its Python lines repeat it."""

import html
import re
import xml.dom.minidom
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources

import numpy as np
import pandas as pd
import pyarrow.csv
import pytest
from markdown_it import MarkdownIt

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.files.saving import packed
from explorer.comparison.health.doctor import Finding
from explorer.comparison.judging.judgements import judgements_table
from explorer.comparison.numbers import NO_INTERVAL
from explorer.comparison.report.content import report_content
from explorer.comparison.report.python_lines import python_lines
from explorer.comparison.report.report import report_text
from explorer.errors import QueryError
from tests.comparison.comparisons import comparison, contenders, corpus, judgements, rows

HOSTILE = [
    '</pre><script>alert(1)</script><img src="http://evil.example/x.png">',
    "| a | b |\n\n# heading\n![x](http://evil.example/x.png) [link](javascript:alert(1))",
    "```\n{{ 7 * 7 }} {% raw %} $x^2$ ~~gone~~ <b>bold</b> &amp; *star* _under_",
]


class Tags(HTMLParser):
    """All tags and attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def hostile():
    """The comparison over rows, labels, names and a column that want to be more than text."""
    data = rows()
    data["body"] = [f"{HOSTILE[row % 3]} {body}" for row, body in enumerate(data["body"])]
    data["topic"] = [f"{name} {HOSTILE[0]}" for name in data["topic"]]
    bad = explorer.open_corpus(data, text="body", label="topic", name=HOSTILE[0])
    words = explorer.embed(bad, "tfidf")
    return explorer.compare(
        [SpaceContender(words, HOSTILE[1]), SpaceContender(words.truncate(16), HOSTILE[2])], k=3
    )


@pytest.mark.parametrize("name", ["r.html", "r.md"])
def test_every_figure_of_the_scorecard_is_in_it(name, tmp_path):
    made = comparison()
    made.report(tmp_path / name)
    text = html.unescape((tmp_path / name).read_text(encoding="utf-8"))
    plain = re.sub(r"\\(.)", r"\1", text)
    assert made.verdict.text in plain
    for score in made.scores():
        if score.value == score.value and score.measure.kind in ("labels", "judgements", "pairs", "proxy"):
            assert f"{abs(score.value):.3f}" in plain, score
            assert score.measure.meaning in plain
    for difference in made.found:
        assert f"{abs(difference.difference):.3f}" in plain
    for measured in made.agreements.values():
        assert f"{measured.value[0, 1]:.2f}" in plain
        assert f"chance {measured.chance[0, 1]:.2f}".replace("-0.00", "0.00").replace("-", "−") in plain
    assert corpus().fingerprint in plain
    for contender in made.contenders:
        assert contender.name in plain
        assert " ".join(contender.fingerprint.split()) in plain


def test_rows_that_differ_come_with_two_lists_of_neighbours():
    content = report_content(comparison())
    assert len(content.differing) == 10
    agreement = [float(each.agreement) for each in content.differing]
    assert agreement == sorted(agreement)
    for each in content.differing:
        (first, ours), (second, theirs) = each.lists
        assert first != second
        row = int(each.row) - 1
        places = [comparison().names.index(name) for name in (first, second)]
        at = comparison().sample.tolist().index(row)
        for place, other, found in zip(places, places[::-1], (ours, theirs), strict=True):
            near, others = (comparison().neighbors[side, at, :5].tolist() for side in (place, other))
            assert [int(one.row) - 1 for one in found] == near
            assert [one.shared for one in found] == [one in others for one in near]


@pytest.mark.parametrize("name", ["r.html", "r.md"])
def test_a_sweep_is_in_it_where_it_was_made(name, tmp_path):
    made = comparison()
    found = explorer.sweep(contenders()[0], judgements=judgements(), k=5)
    made.report(tmp_path / name, sweeps=[found])
    text = html.unescape((tmp_path / name).read_text(encoding="utf-8"))
    plain = re.sub(r"\\(.)", r"\1", text)
    assert found.text in plain
    assert found.choice.rule in plain
    for place, form in enumerate(found.forms):
        line = next(
            line for line in plain.splitlines() if f"{form.name} |" in line or f">{form.name}<" in line
        )
        assert f"{found.recall.value[place]:.3f}" in line
        for each in found.quality:
            assert f"{abs(each.change[place]):.3f}" in line or not place
    assert "Cost against quality" not in report_text(made, name)


def test_the_forest_plot_places_intervals_around_zero():
    for forest in report_content(comparison()).forests:
        for each in forest.rows:
            assert 0 <= each.low <= each.middle <= each.high <= 240
            assert each.significant == (not each.low <= forest.zero <= each.high) or not each.significant
            if float(each.difference.strip("+−")):
                assert (each.middle < forest.zero) == each.difference.startswith("−")


def test_a_page_needs_nothing_from_elsewhere_and_is_well_formed():
    text = report_text(comparison(), "r.html")
    found = Tags(text)
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(found.tags)
    assert not [pair for pair in found.attributes if pair[0] in ("src", "href") or pair[0].startswith("on")]
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    xml.dom.minidom.parseString(re.sub(r"<(meta|br)([^>]*)>", r"<\1\2/>", text.partition("\n")[2]))


def test_hostile_texts_stay_texts():
    made = hostile()
    page = report_text(made, "r.html")
    plain = Tags(page)
    assert not {"script", "img", "b", "a"} & set(plain.tags)
    assert "49" not in re.findall(r"\{\{.*?\}\}", page)
    assert "{{ 7 * 7 }}" in html.unescape(page)
    markdown = report_text(made, "r.md")
    shown = Tags(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))
    assert not {"img", "a", "script", "b", "em", "s"} & set(shown.tags)
    assert shown.tags.count("h1") == 1
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    assert not [line for line in headings if line.startswith("# heading")]
    (code,) = re.findall(r"```python\n(.*?)\n```", markdown, re.S)
    compile(code, "report", "exec")


def test_a_name_heads_the_report():
    assert "# 4 contenders compared on" in report_text(comparison(), "r.md")
    assert "# Winter \\*review\\*: 4 contenders compared on" in report_text(
        comparison(), "r.md", called="Winter *review*"
    )
    assert "<h1>&lt;b&gt;: 4 contenders" in report_text(comparison(), "r.html", called="<b>")


def test_long_texts_are_shortened_and_few_are_shown():
    made = hostile()
    for each in report_content(made).differing:
        assert len(each.text) <= 241
        assert all(len(one.text) <= 121 for _, found in each.lists for one in found)


@pytest.mark.slow
def test_the_python_lines_repeat_the_comparison(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(corpus().table, "tickets.csv")
    file = explorer.open_corpus("tickets.csv", text="body", label="topic")
    pyarrow.csv.write_csv(judgements_table(judgements()), "judgements.csv")
    made = explorer.compare(
        [
            (words := explorer.embed(file, "tfidf")),
            words.truncate(40).reduce(8).center().quantize("int8"),
        ],
        judgements=judgements(),
        groups="id",
        k=4,
        seed=7,
    )
    names: dict = {}
    exec(python_lines(made), names)
    repeated = names["result"]
    assert names["corpus"].fingerprint == file.fingerprint
    assert repeated.names == made.names
    assert (repeated.k, repeated.seed, repeated.grouped_by) == (4, 7, "id")
    assert_same(repeated, made)


def test_the_lines_name_bm25_csls_and_samples():
    sample = explorer.open_corpus("medicare-faq")
    from explorer.comparison.contenders.bm25 import Bm25Contender
    from explorer.comparison.contenders.csls import CslsContender

    made = explorer.compare(
        [CslsContender(explorer.embed(sample, "tfidf"), "hubs"), Bm25Contender(sample)], k=2
    )
    names: dict = {}
    exec(python_lines(made), names)
    assert_same(names["result"], made)


def assert_same(one, other):
    """Everything is the same but the speed of encoding, which the cache changes."""
    tables = [each.scorecard[each.scorecard["measure"] != "rows a second"] for each in (one, other)]
    pd.testing.assert_frame_equal(*tables)
    pd.testing.assert_frame_equal(one.differences, other.differences)
    pd.testing.assert_frame_equal(one.rows(), other.rows())
    assert one.verdict == other.verdict


def test_a_report_of_an_opened_file_is_the_same():
    opened = open_comparison(packed(comparison()), corpus())
    assert report_content(opened) == report_content(comparison())


@pytest.mark.parametrize("name", ["r.html", "r.md"])
def test_checks_are_in_it_with_their_figures_or_said_to_be_unknown(name):
    found = ((Finding("rows truncated", (12, 0.25, 0.0312)),), (), (), ())
    text = report_text(replace(comparison(), findings=found), name)
    assert "Rows are longer than the model reads" in text
    assert "rows truncated: 12; share of rows: 25.0 %; share of tokens: 3.1 %" in text
    assert text.lower().count("nothing found.") == 3
    assert "kept no checks" in report_text(replace(comparison(), findings=None), name)


def test_segments_are_by_label_and_length_where_units_are_rows():
    assert comparison().verdict.basis == _knn().measure
    tables = report_content(comparison()).segments
    assert [table.column for table in tables] == ["topic", "length"]
    assert [row.name for row in tables[0].rows] == ["delivery", "login", "refunds"]
    judged = replace(
        comparison(), verdict=replace(comparison().verdict, basis=comparison().values[0].measure)
    )
    assert report_content(judged).segments == ()


def test_segments_are_of_the_best_and_the_best_of_those_that_are_worse():
    """Not of a model and its int8 variant, which cannot be told apart in any segment."""
    rng = np.random.default_rng(0)
    topics = [f"topic {at % 4}" for at in range(120)]
    table = {"body": [f"{topic} {at}" for at, topic in enumerate(topics)], "topic": topics}
    made = explorer.open_corpus(table, text="body", label="topic")
    vectors = np.eye(4)[np.arange(120) % 4] + rng.normal(scale=0.2, size=(120, 4))
    good, bad = (
        Space(made, make_index(each.astype(np.float32))) for each in (vectors, rng.normal(size=(120, 4)))
    )
    found = explorer.compare(
        [
            SpaceContender(bad, "bad"),
            SpaceContender(good, "good"),
            SpaceContender(good.quantize("int8"), "small"),
        ],
        k=5,
    )
    table = report_content(found).segments[0]
    assert {table.first, table.second} in ({"good", "bad"}, {"small", "bad"})
    assert {row.winner for row in table.rows} == {table.first} != {"bad"}


def _knn():
    return next(each for each in comparison().values if each.measure.name == "k-NN accuracy")


def test_only_html_and_markdown_are_written(tmp_path):
    with pytest.raises(QueryError, match="HTML or Markdown"):
        comparison().report(tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


def test_a_dash_stands_where_three_queries_have_no_interval_and_says_why():
    table = next(table for table in report_content(comparison()).tables if table.title == "By judgements")
    assert {(cell.interval, cell.reason) for cells in table.rows for cell in cells} == {("–", NO_INTERVAL)}
    page = report_text(comparison(), "r.html")
    assert f'<small title="{NO_INTERVAL}">–</small>' in page
    assert f'<td class="whole" title="{NO_INTERVAL}">–</td>' in page
    assert "3 queries." in page


def test_paragraphs_of_its_own_are_wrapped():
    template = resources.files("explorer.comparison.report") / "report.md.jinja"
    prose = [line for line in template.read_text(encoding="utf-8").splitlines() if line[:1].isalpha()]
    assert max(map(len, prose)) <= 120


def test_skipped_rows_are_told():
    assert dict(report_content(comparison()).settings)["judgements"].endswith("; 3 skipped rows are left out")
