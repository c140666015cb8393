import pytest

from tests.prepared import convert_here


@pytest.fixture
def here(monkeypatch):
    """Converts in this process; counts how often."""
    return convert_here(monkeypatch)
