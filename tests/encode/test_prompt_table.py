from explorer.encode.prompt_table import as_markdown
from tests.conftest import ROOT


def test_the_page_of_models_is_what_the_code_would_make():
    page = (ROOT / "docs/models.md").read_text(encoding="utf-8")
    assert page == as_markdown()
    assert "`task: clustering \\| query: `" in page
