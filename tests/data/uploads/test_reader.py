import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_it_says_how_far_it_is_and_then_what_it_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,n\na,1\nb,2\n")
    with path.open("rb") as file, (tmp_path / "columns").open("wb") as columns:
        ended = subprocess.run(
            [sys.executable, "-m", "explorer.data.uploads.reader", "a.csv", ""],
            stdin=file,
            stdout=columns,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=True,
        )
    first, *_, last = map(json.loads, ended.stderr.splitlines())
    assert first == {"read": ["Reading", 0, 15, "bytes"]}
    assert last["table"]["name"] == "a.csv"
    assert last["table"]["total_rows"] == 2
    assert (tmp_path / "columns").stat().st_size > 0


@pytest.mark.slow
def test_starting_it_brings_nothing_heavy():
    heavy = ["torch", "pandas", "scipy", "transformers", "streamlit", "huggingface_hub", "tokenizers"]
    code = (
        f"import sys, explorer.data.uploads.reader; print([name for name in {heavy} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"


@pytest.mark.slow
def test_reading_brings_no_pandas():
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "explorer.data.uploads.reader", "a.json", ""],
        input=b'[{"text": "a"}, {"text": "b"}]',
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    assert b"pyarrow.lib" in told.stderr
    assert b"pandas.core" not in told.stderr
