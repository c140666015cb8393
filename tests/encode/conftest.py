import pytest

from explorer.encode.engines import convert, graphs


@pytest.fixture
def here(monkeypatch):
    """Converts in this process, which is quicker; counts how often."""
    converted = []

    def run(files, made):
        converted.append(files.name)
        convert.convert(files, made)
        return ""

    monkeypatch.setattr(graphs, "_run_converter", run)
    return converted
