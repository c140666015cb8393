import base64
import json
import re

import numpy as np
from explorer.share.map.offline import offline_page

from explorer.share.map import offline
from explorer.share.map.colouring import Colouring
from explorer.share.map.point_colours import point_colours
from explorer.share.map.positions import Positions
from explorer.share.map.scene import make_scene

HOSTILE = "</script><script>window.hurt=1</script><b>x</b>"


def page_of(count=4, text=HOSTILE, visible=None):
    positions = Positions.of(np.random.default_rng(0).normal(size=(count, 2)))
    colours = point_colours(Colouring("g", groups=[text] * count))
    scene = make_scene(positions, text, colours, heading=text)
    return positions, offline_page(scene, "made", lambda point: (f"row {point + 1}", text), visible).decode()


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_the_file_holds_the_points_and_the_texts_in_the_order_in_which_they_are_sent():
    positions, page = page_of()
    data = data_of(page)
    content = base64.b64decode(data["files"]["positions"][0].split(",")[1])
    assert content == positions.contents[0].value
    assert [head for head, _ in data["tips"]] == [f"row {row + 1}" for row in positions.order.tolist()]


def test_other_peoples_text_ends_no_element_and_nothing_is_loaded():
    _, page = page_of()
    assert "<script>window.hurt" not in page
    assert page.count("<script") == page.count("</script>") == 2
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?https?:", page)


def test_texts_that_look_like_the_marks_of_the_template_stay_texts():
    marks = "%SCRIPT% %DATA% %HEADING%"
    _, page = page_of(text=marks)
    assert data_of(page)["tips"][0][1] == marks
    assert f"<title>{marks}</title>" in page
    assert f'aria-label="{marks}"' in page
    assert page.count("export default function mount") == 1


def test_with_very_many_rows_the_file_has_their_numbers_only(monkeypatch):
    monkeypatch.setattr(offline, "MOST_TEXTS", 3)
    positions, page = page_of()
    data = data_of(page)
    assert data["tips"] is None
    assert data["rows"] == (positions.order + 1).tolist()


def test_the_file_has_the_texts_of_visible_points_only():
    visible = np.array([True, False, False, True])
    positions, page = page_of(visible=visible)
    data = data_of(page)
    order = positions.order.tolist()
    assert [tip and tip[0] for tip in data["tips"]] == [
        f"row {row + 1}" if visible[row] else None for row in order
    ]
    bits = base64.b64decode(data["files"]["visible"].split(",")[1])
    assert len(bits) == 1
    assert [bool(bits[0] >> place & 1) for place in range(4)] == visible[order].tolist()
    assert data_of(page_of()[1])["files"]["visible"] is None
