import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.spec import HostedModel, LocalModel, Tfidf
from explorer.session.contender_link import contender_from, contender_parameter

ENCODERS = [
    LocalModel(),
    LocalModel("owner/model", "float32", prompt="", query_prompt="q&a = ", revision="main"),
    HostedModel("team", "nomic:v1.5"),
    Tfidf(),
]


def test_plain_contenders_have_short_parameters():
    assert contender_parameter(ContenderSpec(None)) == "model=bm25"
    assert contender_parameter(ContenderSpec(LocalModel())) == ""
    assert contender_parameter(ContenderSpec(LocalModel(), first=256, stored_as="int8")) == (
        "first=256&stored_as=int8"
    )


@given(
    st.builds(
        ContenderSpec,
        st.sampled_from(ENCODERS),
        text=st.none() | st.text(max_size=20),
        first=st.none() | st.integers(1, 4096),
        pca=st.none() | st.integers(1, 4096),
        aligned=st.booleans(),
        centred=st.booleans(),
        stored_as=st.sampled_from(["float32", "int8", "binary"]),
        csls=st.booleans(),
    )
)
def test_a_contender_comes_back_from_its_parameter(spec):
    assert contender_from(contender_parameter(spec)) == spec


def test_bm25_comes_back_with_its_text_column():
    spec = ContenderSpec(None, text="title")
    assert contender_from(contender_parameter(spec)) == spec


@pytest.mark.parametrize(
    "parameter",
    ["model=bm25&first=3", "model=%2Fetc", "&".join(f"a{i}=1" for i in range(50)), "text=" + "x" * 2_000],
)
def test_what_names_no_contender_is_none(parameter):
    assert contender_from(parameter) is None


@pytest.mark.parametrize("parameter", ["first=0", "first=9999999999", "pca=-1", "stored_as=int4", "csls=yes"])
def test_changes_that_do_not_exist_are_ignored(parameter):
    assert contender_from(parameter) == ContenderSpec(LocalModel())
