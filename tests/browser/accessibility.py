"""What is wrong for people who cannot see well, or use keys, on a page as it is drawn."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import quiet

MOST_STOPS = 120
"""The most presses of Tab from one end of a page to the other."""
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_BAD = ("moderate", "serious", "critical")
# What is wrong in Streamlit's own code and cannot be mended from here: a rule, and where it is left out.
_STREAMLITS = {"region": "[role=listbox]"}  # the list of an open choice is drawn outside of all landmarks
_RUN = """async ([tags, left_out]) => {
    const { violations } = await axe.run({ runOnly: tags, resultTypes: ["violations"] });
    const ours = (id, [selector]) => !document.querySelector(selector)?.closest(left_out[id] ?? "nothing");
    // What stays at the end of the window covers targets only until the page is scrolled.
    const bar = document.querySelector(".st-key-main-action")?.getBoundingClientRect();
    const covered = (id, [selector]) => id === "target-size" && bar !== undefined &&
        document.querySelector(selector)?.getBoundingClientRect().bottom > bar.top;
    return violations.flatMap(({ id, help, nodes }) =>
        nodes.filter(({ target }) => ours(id, target) && !covered(id, target))
            .map(({ impact, target, html }) =>
                ({ id, help, impact, target: target.flat(9).join(" "), html })));
}"""

FROM_ALL = """const all = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
const above = (one) => one.parentElement ?? one.getRootNode().host;
const named = (one) => one.getAttribute("aria-label") ?? one.innerText ?? "";
const called = (one) => `${one.tagName} ${one.getAttribute("role") ?? ""} ${named(one)}`
    .replace(/\\s+/g, " ").slice(0, 80);"""
# Targets of less than 24 CSS pixels. That of a hidden input is its label, that of a slider
# its track; the link to the main content is not seen until it has the focus.
_SMALL = f"""() => {{
    {FROM_ALL}
    const targets = "a[href], button, input, textarea, summary, [role=button], [role=radio], [role=tab]";
    const seen = {{ opacityProperty: true, visibilityProperty: true }};
    return all(document).filter((one) => one.matches(targets) && one.checkVisibility(seen)).map((one) => {{
        const track = one.type === "range" ? one.closest("[role=group]") : null;
        const target = (one.tagName === "INPUT" ? one.closest("label") : null) ?? track ?? one;
        const {{ width, height }} = target.getBoundingClientRect();
        return [called(one), width, height];
    }}).filter(([, width, height]) => height > 1 && (width < 23.9 || height < 23.9));
}}"""
# The widest ring around the element with the focus, or a part that holds it: name, width, colour, ground.
_RING = f"""() => {{
    {FROM_ALL}
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    if (!one || one === document.body) return null;
    const name = called(one);
    const rings = [];
    for (let part = one, steps = 0; part && steps < 5; part = above(part), steps++) {{
        const {{ outlineStyle, outlineWidth, outlineColor }} = getComputedStyle(part);
        if (outlineStyle === "solid") rings.push([parseFloat(outlineWidth), outlineColor, part]);
    }}
    const [width, colour, part] = rings.sort((a, b) => b[0] - a[0])[0] ?? [0, "", one];
    let ground = above(part);
    while (ground && /^rgba.*, 0\\)$/.test(getComputedStyle(ground).backgroundColor)) ground = above(ground);
    return {{ name, width, colour, ground: getComputedStyle(ground ?? document.body).backgroundColor }};
}}"""


def violations(page: Page) -> list[tuple[str, str, str]]:
    """The rule, the selector and the HTML of what breaks a rule of WCAG 2.2 AA, or a best practice."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_RUN, [_TAGS, _STREAMLITS])
    return [
        (f"{one['id']}: {one['help']}", one["target"], one["html"][:300])
        for one in found
        if one["impact"] in _BAD
    ]


def small_targets(page: Page) -> list[tuple[str, float, float]]:
    """The name, the width and the height of what can be pressed and is less than 24 pixels wide or high."""
    return [tuple(target) for target in page.evaluate(_SMALL)]


def ring(page: Page) -> dict[str, Any] | None:
    """The name of the element with the focus, and the width and colours of its ring; None without one."""
    return page.evaluate(_RING)


def faint(stop: dict[str, Any]) -> bool:
    """Whether a ring is less than three pixels wide, or does not stand out from its ground."""
    return stop["width"] < 3 or _contrast(stop["colour"], stop["ground"]) < 3


def focus(page: Page, wanted: Locator) -> None:
    """Go to an element, or to one within it, by Tab alone, unless it has the focus already.

    The page stands still before, and the element with the focus has a ring.

    Raises:
        AssertionError: Tab does not come to it, or nobody can see that it has the focus.
    """
    expect(wanted.first).to_be_visible()  # one that is drawn anew is there twice for a moment
    quiet(page)
    go_by_tab(page, wanted)


def go_by_tab(page: Page, wanted: Locator) -> None:
    """The same while something is under way."""
    stops: list[str] = []
    for _ in range(MOST_STOPS):
        stop = ring(page)
        if wanted.evaluate("one => one.matches(':focus-within')"):
            assert stop
            assert not faint(stop), f"nobody can see that this has the focus: {stop}"
            return
        stops.append(stop["name"] if stop else "nothing")
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {wanted}, but to: {'; '.join(dict.fromkeys(stops))}")


def _luminance(colour: str) -> float:
    """The relative luminance of a colour such as rgb(1, 2, 3), as WCAG defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def said(page: Page) -> Locator:
    """What the page says to a screen reader when something has changed."""
    return page.locator("body > [role=status]")
