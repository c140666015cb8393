from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shared_data() -> Path:
    """The folder of large test data, which lies beside the repository and is no part of it."""
    folder = Path(os.environ.get("EXPLORER_TEST_DATA", ROOT.parent / "shared/data"))
    if not (folder / "wordnet.parquet").is_file():
        pytest.skip(f"the test data is not at {folder}; set EXPLORER_TEST_DATA to its folder")
    return folder
