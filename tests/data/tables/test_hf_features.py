from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.formats.parquet import read_parquet
from explorer.data.opening import open_corpus
from explorer.data.tables.hf_features import card_class_names, class_names


def _schema(features: object) -> dict[bytes, bytes]:
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def test_numbers_of_classes_in_a_file_become_their_names(tmp_path):
    features = {
        "label": {"_type": "ClassLabel", "names": ["no", "yes"]},
        "meta": {"kind": {"_type": "ClassLabel", "names": ["a", "b"]}},
    }
    table = pa.table({"text": ["a b", "c d", "e f", "g h"], "label": [1, 0, -1, 7]})
    path = tmp_path / "rows.parquet"
    pq.write_table(table.replace_schema_metadata(_schema(features)), path)
    assert open_corpus(path, label="label").labels == ["yes", "no", "", ""]
    assert class_names(pa.schema([], metadata=_schema(features))) == {
        "label": ["no", "yes"],
        "meta.kind": ["a", "b"],
    }


def test_a_column_of_other_values_is_left_alone():
    features = {"label": {"_type": "ClassLabel", "names": ["no", "yes"]}}
    table = pa.table({"text": ["a b", "c d"], "label": ["x", "y"]}).replace_schema_metadata(_schema(features))
    file = io.BytesIO()
    pq.write_table(table, file)
    assert read_parquet(file.getvalue(), "rows.parquet").table["label"].to_pylist() == ["x", "y"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'{"info": 3}', b"\xff", b"[" * 100_000])
def test_metadata_that_cannot_be_read_counts_as_not_there(raw):
    assert class_names(pa.schema([], metadata={b"huggingface": raw})) == {}


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "dtype", "class_label", "names", "_type", "0", "1"]), inner
        )
    ),
)


@pytest.mark.slow
@given(JSON)
def test_whatever_a_card_says_gives_names_or_nothing(features):
    for names in card_class_names(features).values():
        assert all(isinstance(name, str) for name in names)
    for names in class_names(pa.schema([], metadata=_schema(features))).values():
        assert all(isinstance(name, str) for name in names)
