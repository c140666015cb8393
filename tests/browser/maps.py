"""What a map in the browser shows."""

import json

from playwright.sync_api import Locator, Page

from tests.browser.conftest import quiet

# The pixels of a canvas that are nearly of a colour: how many, and the middle of one.
PIXELS = """([name, colour]) => {
    const walk = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
        [one, ...(one.shadowRoot ? walk(one.shadowRoot) : [])]);
    const drawn = walk(document).find((one) => one.matches("canvas." + name));
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [drawn.width, drawn.height];
    const context = copy.getContext("2d");
    context.drawImage(drawn, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    const found = [];
    for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] > 100 && wanted.every((part, place) => Math.abs(part - data[at + place]) < 24))
            found.push(at / 4);
    const box = drawn.getBoundingClientRect(), ratio = copy.width / box.width;
    const one = found[Math.floor(found.length / 2)];
    const [column, row] = [one % copy.width, Math.floor(one / copy.width)];
    return [found.length, box.x + (column + 0.5) / ratio, box.y + (row + 0.5) / ratio];
}"""
BLUE, VERMILLION = "#0072B2", "#D55E00"


def drawn(page: Page, count: int) -> Locator:
    """The element of the map, once all its points are drawn."""
    view = page.locator(f".map-view[data-drawn='{count}']")
    view.wait_for()
    quiet(page)
    return view


def pixels(page: Page, colour: str, canvas: str = "map-points") -> int:
    return page.evaluate(PIXELS, [canvas, colour])[0]


def until_pixels(page: Page, colour: str, condition: str, canvas: str = "map-points") -> None:
    """Wait until the number of pixels of a colour fulfils a condition, such as `> 100`."""
    page.wait_for_function(f"() => ({PIXELS})(['{canvas}', '{colour}'])[0] {condition}")


def seen(page: Page) -> list[float]:
    """The middle of the view, and its zoom, once the next frame was drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return json.loads(page.locator(".map-view").get_attribute("data-view"))


def at(page: Page, across: float, down: float) -> tuple[float, float]:
    box = page.locator(".map-overlay").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]
