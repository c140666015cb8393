import re

from explorer.ui.widgets.map_view.component import loader


def test_the_loader_goes_without_comments_and_indents():
    script = loader()
    assert "export default" in script
    assert not re.search(r"^\s|^//", script, re.MULTILINE)
