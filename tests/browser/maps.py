"""What a map in the browser shows."""

import json

from playwright.sync_api import Locator, Page

from tests.browser.conftest import quiet

# For each canvas that a selector names: it, a copy of it, and the numbers of its pixels nearly of a colour.
_FOUND = """const found = (selector, colour) => {
    const walk = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
        [one, ...(one.shadowRoot ? walk(one.shadowRoot) : [])]);
    const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return walk(document).filter((one) => one.matches(selector)).map((canvas) => {
        const copy = document.createElement("canvas");
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const context = copy.getContext("2d");
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, copy.width, copy.height), pixels = [];
        for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] > 100 && wanted.every((part, place) => Math.abs(part - data[at + place]) < 24))
                pixels.push(at / 4);
        return { canvas, copy, pixels };
    });
};"""
# How many pixels of a canvas are of a colour, and the middle of one, in the window.
PIXELS = f"""([name, colour]) => {{
    {_FOUND}
    const {{ canvas, copy, pixels }} = found("canvas." + name, colour)[0];
    const box = canvas.getBoundingClientRect(), ratio = copy.width / box.width;
    const one = pixels[Math.floor(pixels.length / 2)];
    const [column, row] = [one % copy.width, Math.floor(one / copy.width)];
    return [pixels.length, box.x + (column + 0.5) / ratio, box.y + (row + 0.5) / ratio];
}}"""
BLUE, VERMILLION = "#0072B2", "#D55E00"
TEXT = "#111318"  # also of rings
# The leftmost and the rightmost pixel of a colour, as shares of the width; null without any.
REACH = f"""([name, colour]) => {{
    {_FOUND}
    return found(name, colour).map(({{ copy, pixels }}) => {{
        if (!pixels.length) return null;
        const columns = pixels.map((pixel) => (pixel % copy.width) / copy.width);
        return [columns.reduce((a, b) => Math.min(a, b)), columns.reduce((a, b) => Math.max(a, b))];
    }});
}}"""


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


def reach(page: Page, colour: str, canvas: str = "map-points") -> list[list[float] | None]:
    """From where to where the pixels of a colour are on each such canvas; see `REACH`."""
    return page.evaluate(REACH, [f"canvas.{canvas}", colour])


def until_reached(page: Page, colour: str, condition: str, canvas: str = "map-points") -> None:
    """Wait until what `reach` gives, `found`, fulfils a condition, such as `found.every(Boolean)`."""
    page.wait_for_function(
        f"() => {{ const found = ({REACH})(['canvas.{canvas}', '{colour}']); return {condition}; }}"
    )


def seen(page: Page) -> list[float]:
    """The middle of the view, and its zoom, once the next frame was drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return json.loads(page.locator(".map-view").get_attribute("data-view"))


def at(page: Page, across: float, down: float) -> tuple[float, float]:
    box = page.locator(".map-overlay").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]
