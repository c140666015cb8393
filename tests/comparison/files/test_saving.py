"""A saved comparison is the same when it is opened, and no other file does any harm."""

import io
import itertools
import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import explorer
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.files.archive import DOCUMENT, MOST_BYTES, pack, unpack
from explorer.comparison.files.opening import open_comparison, open_with_choices
from explorer.comparison.files.saved_contender import spec_of
from explorer.comparison.files.saving import Choices, packed
from explorer.comparison.files.spec_records import spec_from, spec_record
from explorer.comparison.health.doctor import Center, Csls, Finding, UsualMetric, UsualPrompts
from explorer.comparison.numbers import evidence
from explorer.data.records import Record
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors
from explorer.errors import DataError, ExplorerError, QueryError, TooLargeError, UnreadableFileError
from tests.comparison.comparisons import comparison, contenders, corpus, judgements
from tests.damage import damaged, damages

ANSWERS = {"late parcel": {2: 1, 5: None, 7: 0}, "unjudged": {}}
CHOICES = Choices("my comparison", ("late parcel", "größer “or” not"), ANSWERS)


FINDINGS = (
    (Finding("shared direction", (0.625,), Center(), pooled=True), Finding("hubs", (4.25, 400), Csls())),
    (
        Finding("prompt unusual", (6, 0), UsualPrompts("ä: ", "")),
        Finding("similarity", (0.1,), UsualMetric("dot")),
    ),
    (Finding("rows truncated", (12, 0.25, 0.0312)),),
    (),
)


FAILED = {"contender": 0, "kind": "judgements", "what": "It failed.", "where": "", "fix": ""}


def content():
    return packed(replace(comparison(), findings=FINDINGS), CHOICES)


def test_everything_is_there_again_without_vectors(tmp_path):
    made = comparison()
    path = tmp_path / "saved.comparison"
    made.save(path)
    opened = explorer.open_comparison(path, corpus())
    pd.testing.assert_frame_equal(opened.scorecard, made.scorecard)
    pd.testing.assert_frame_equal(opened.differences, made.differences)
    pd.testing.assert_frame_equal(opened.rows(), made.rows())
    assert opened.verdict == made.verdict
    assert repr(opened.found) == repr(made.found)  # NaN is not equal to itself
    assert opened.findings == made.findings == ((), (), (), ())
    assert (opened.names, opened.k, opened.seed, opened.notes) == (made.names, 5, 3, made.notes)
    assert [score.measure for score in opened.scores()] == [score.measure for score in made.scores()]
    np.testing.assert_array_equal(opened.groups, made.groups)
    np.testing.assert_array_equal(opened.neighbors, made.neighbors)
    np.testing.assert_array_equal(opened.rankings, made.rankings)
    assert opened.agreements.keys() == made.agreements.keys()
    for name in made.agreements:
        for part in ("value", "chance", "spread", "calibrated"):
            one, other = (getattr(each.agreement(name), part) for each in (opened, made))
            np.testing.assert_array_equal(one, other)
        assert opened.agreement(name).measure == made.agreement(name).measure
    assert opened.judgements == judgements()
    assert opened.pairs == made.pairs
    assert packed(opened) == path.read_bytes()


def test_what_needs_vectors_says_so_until_the_contenders_are_there():
    opened = open_comparison(content(), corpus())
    assert [each.space for each in opened.contenders] == [None] * 4
    for ask in (lambda one: one.search(["a"], 3), lambda one: one.neighbors(np.array([0]), 3)):
        with pytest.raises(QueryError, match="has no vectors"):
            ask(opened.contenders[0])
    again = open_comparison(content(), corpus(), contenders=contenders()[::-1])
    np.testing.assert_array_equal(
        again.contenders[0].neighbors(np.array([0]), 5).indices, comparison().neighbors[0, :1, :5]
    )
    assert again.names == comparison().names
    part = open_comparison(content(), corpus(), contenders=contenders()[:1])
    assert [type(each).__name__ for each in part.contenders[:2]] == ["SpaceContender", "SavedContender"]


def test_contenders_are_described_by_how_they_are_made():
    opened = open_comparison(content(), corpus())
    for before, after in zip(comparison().contenders, opened.contenders, strict=True):
        assert spec_of(after, corpus()) == spec_of(before, corpus())
    assert opened.contenders[1].spec.first == 16
    assert opened.contenders[1].spec.stored_as == "int8"
    assert opened.contenders[3].spec == ContenderSpec(None)


@pytest.mark.parametrize(
    "encoder",
    [
        LocalModel("owner/model", "float32", "a: ", "", "main", task="clustering"),
        HostedModel("hf-inference", "owner/model", prompt="ä"),
        OwnVectors(),
        OwnVectors(LocalModel()),
    ],
)
def test_the_spec_of_every_encoder_is_read_as_written(encoder):
    changes = {"aligned": True, "first": 8, "pca": 4, "centred": True, "stored_as": "binary", "csls": True}
    spec = ContenderSpec(encoder, "title", **changes)
    assert spec_from(Record(json.loads(json.dumps(spec_record(spec))), "spec")) == spec


def test_a_file_names_no_folder_and_lets_no_code_run():
    spec = ContenderSpec(LocalModel("/srv/models/mine", trust_remote_code=True, revision="a" * 40))
    written = spec_record(spec)
    assert "/srv" not in json.dumps(written)
    read = spec_from(Record({**written, "trust_remote_code": True}, "spec")).encoder
    assert (read.model, read.trust_remote_code) == ("mine", False)


def test_what_a_visitor_chose_is_kept_beside_it():
    _, choices = open_with_choices(content(), corpus())
    assert choices == CHOICES


def test_a_comparison_of_other_rows_is_refused():
    changed = corpus().table.slice(1).to_pydict()
    other = explorer.open_corpus(changed, text="body", label="topic", name="changed tickets")
    with pytest.raises(DataError, match=r"of other rows: of “tickets”, 48 rows.*“changed tickets” has 47"):
        open_comparison(content(), other)
    with pytest.raises(DataError, match="of other rows"):
        open_comparison(content(), replace(corpus(), label=None))


def rewritten(change):
    """The file with another document and other arrays, as somebody could write it on purpose."""
    document, arrays = unpack(content())
    change(document, arrays)
    return pack(document, arrays)


def test_a_file_of_a_newer_version_says_so():
    with pytest.raises(UnreadableFileError, match="newer Explorer"):
        open_comparison(rewritten(lambda document, _: document.update(version=2)), corpus())


def test_a_file_of_an_explorer_that_kept_no_findings_opens_without_them():
    def before(document, _):
        for contender in document["contenders"]:
            del contender["findings"]

    opened = open_comparison(rewritten(before), corpus())
    assert opened.findings is None
    assert opened.verdict == comparison().verdict


def test_a_file_of_an_explorer_that_knew_no_failures_and_no_skipped_rows_opens():
    def before(document, arrays):
        del document["failures"], arrays["skipped"]

    opened = open_comparison(rewritten(before), corpus())
    assert opened.failures == ()
    assert opened.judgements == replace(judgements(), skipped=())
    assert opened.verdict == comparison().verdict


def test_findings_are_read_as_written():
    assert open_comparison(content(), corpus()).findings == FINDINGS


@pytest.mark.parametrize("size", [0, 1, 100, 0.5, 0.99])
def test_a_file_cut_short_says_so(size):
    whole = content()
    cut = whole[: size if isinstance(size, int) else int(size * len(whole))]
    with pytest.raises(UnreadableFileError, match="cut short or damaged"):
        open_comparison(cut, corpus())


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UnreadableFileError, match="cannot be read"):
            open_comparison(path, corpus())


def test_a_file_over_the_limit_on_files_is_refused(monkeypatch):
    from explorer.settings import settings

    monkeypatch.setenv("EXPLORER_MAX_FILE_MB", "1")
    settings.cache_clear()
    with pytest.raises(TooLargeError, match="up to 1 MB"):
        open_comparison(bytes(1_000_001), corpus())


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("_", "."), part)
    return out.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked():
    part = bytes(MOST_BYTES // 4)
    with pytest.raises(UnreadableFileError, match="too much memory"):
        open_comparison(zipped(a=part, b=part, c=part, d=part, e=part, document_json=b"{}"), corpus())
    many = {f"part{number}": b"" for number in range(2_000)}
    with pytest.raises(UnreadableFileError, match="too much memory"):
        open_comparison(zipped(document_json=b"{}", **many), corpus())


def test_an_array_that_declares_more_than_it_has_is_refused():
    for shape in ("(1000000000000,)", "(-5,)", "(nan,)", "(1, 2"):
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        part = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(8)
        with pytest.raises(UnreadableFileError, match="an array has another"):
            open_comparison(zipped(document_json=b"{}", sample_npy=part), corpus())


def test_no_array_is_unpickled():
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UnreadableFileError, match="another type"):
        open_comparison(zipped(document_json=b"{}", sample_npy=out.getvalue()), corpus())


def test_a_document_nested_without_end_or_with_nan_is_refused():
    for document in (b"[" * 100_000, b'{"format": NaN}', b'"\\ud800"', b"1" * 10_000, b"[]", b"{}"):
        with pytest.raises(UnreadableFileError):
            open_comparison(zipped(document_json=document), corpus())


def finding(document):
    return document["contenders"][0]["findings"][0]


BAD = {
    "nobody": lambda document, _: document.update(contenders=[]),
    "one name twice": lambda document, _: document["contenders"][0].update(
        name=document["contenders"][1]["name"]
    ),
    "an unknown kind": lambda document, _: document["values"][0].update(kind="best"),
    "no neighbours at all": lambda document, _: document["settings"].update(k=0),
    "true for a number": lambda document, _: document["settings"].update(k=True),
    "one view": lambda document, _: document["settings"].update(views=["a"]),
    "a measure twice": lambda document, _: document["values"].__setitem__(1, document["values"][0]),
    "a chance above 1": lambda document, _: document["values"][0].update(chance=1.5),
    "an unknown fault": lambda document, _: finding(document).update(fault="a virus"),
    "a fault without its figures": lambda document, _: finding(document).update(figures=[]),
    "a figure that is too large": lambda document, _: finding(document).update(figures=[1e300, 3]),
    "a figure that is no number": lambda document, _: finding(document).update(figures=[True, "3"]),
    "an unknown remedy": lambda document, _: finding(document).update(remedy={"kind": "delete"}),
    "no prompt but a number": lambda document, _: document["contenders"][0]["spec"].update(text=3),
    "half a character": lambda document, _: document["choices"].update(name="\ud800"),
    "rows that do not exist": lambda _, arrays: arrays["sample"].__iadd__(1),
    "neighbours that do not exist": lambda _, arrays: arrays["neighbors"].__isub__(1),
    "other rows by agreement": lambda _, arrays: arrays.update({"rows-by-agreement": arrays["sample"][:1]}),
    "no difference of a pair": lambda _, arrays: arrays.update(
        {name: arrays[name][1:] for name in ("differences", "difference-figures")}
    ),
    "a difference with itself": lambda _, arrays: arrays["differences"].__setitem__((0, 2), 0),
    "a judgement of no row": lambda _, arrays: arrays["grades"].__setitem__((0, 1), 48),
    "a judgement of no query": lambda _, arrays: arrays["grades"].__setitem__((0, 0), 3),
    "a skipped row that is none": lambda _, arrays: arrays.update(skipped=np.array([[0, 48]])),
    "a skip of no query": lambda _, arrays: arrays.update(skipped=np.array([[3, 0]])),
    "a row skipped and judged": lambda _, arrays: arrays.update(skipped=np.array([[0, 3]])),
    "a failure of nobody": lambda document, _: document.update(failures=[{**FAILED, "contender": 4}]),
    "a failure without a reason": lambda document, _: document.update(failures=[{**FAILED, "what": 3}]),
    "a probability of 0": lambda _, arrays: arrays["inclusion"].__setitem__(0, 0),
    "an answer to no query": lambda _, arrays: arrays["answers"].__setitem__((0, 0), 2),
    "a weight below 0": lambda _, arrays: arrays["values-0-weights"].__setitem__(0, -1),
    "an infinite figure": lambda _, arrays: arrays["values-0"].__setitem__((0, 0), np.inf),
    "another number of contenders": lambda _, arrays: arrays.update({"values-0": arrays["values-0"][:2]}),
    "whole numbers for figures": lambda _, arrays: arrays.update({"values-0": np.zeros((4, 3), np.int64)}),
    "a scorecard without an array": lambda _, arrays: arrays.pop("intervals-1"),
    "scores of pairs that are not numbers": lambda _, arrays: arrays["pair-scores"].__setitem__(0, np.nan),
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_a_file_made_to_harm_is_refused(change):
    def changed(document, arrays):
        for name, array in arrays.items():
            arrays[name] = array.copy()
        change(document, arrays)

    if change is BAD["half a character"]:  # what `pack` would replace
        document, _ = unpack(content())
        change(document, {})
        with zipfile.ZipFile(io.BytesIO(content())) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts[DOCUMENT] = json.dumps(document).encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, part)
        data = out.getvalue()
    else:
        data = rewritten(changed)
    with pytest.raises(UnreadableFileError, match="not a comparison that can be opened"):
        open_comparison(data, corpus())


def used(opened):
    """Everything that a page asks of an opened comparison."""
    opened.scorecard, opened.differences, opened.rows()
    assert opened.verdict.text
    assert len(opened.scores()) == len(opened.contenders) * len(opened.values)
    for finding in itertools.chain(*(opened.findings or ())):
        assert all(evidence(name, value) for name, value in finding.evidence.items())
        assert finding.what
        assert finding.advice


@given(damages)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_gives_an_error_or_the_comparison(changes):
    try:
        opened = open_comparison(damaged(content(), changes), corpus())
    except ExplorerError:
        return
    used(opened)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(),
    st.just([]), st.just({}),
)  # fmt: skip


@pytest.mark.slow
@given(st.data())
def test_a_file_with_other_contents_gives_an_error_or_a_comparison(data):
    document, arrays = unpack(content())

    def places(value, path=()):
        yield path
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inner in items:
            yield from places(inner, (*path, key))

    if data.draw(st.booleans()):
        *path, last = data.draw(st.sampled_from([place for place in places(document) if place]))
        inner = document
        for key in path:
            inner = inner[key]
        inner[last] = data.draw(VALUES)
    else:
        name = data.draw(st.sampled_from(sorted(arrays)))
        array = arrays[name] = arrays[name].copy()
        if array.size and data.draw(st.booleans()):
            number = data.draw(
                st.floats(width=64) if array.dtype.kind == "f" else st.integers(-(2**63), 2**63 - 1)
            )
            array.flat[data.draw(st.integers(0, array.size - 1))] = number
        else:
            arrays[name] = array[data.draw(st.integers(0, 3)) :]
    try:
        opened = open_comparison(pack(document, arrays), corpus())
    except ExplorerError:
        return
    used(opened)
