"""Looks at pages: one window with scripts and one without, in which page after page is opened."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.chromium import NARROW, WIDE, opened, sign_in
from tests.browser.world import OWNER, World

# 200 % zoom of a wide window.
ZOOMED: Final[ViewportSize] = {"width": 640, "height": 450}
# All but whether one can read a text before its background, which is asked apart: that takes axe
# as long as everything else, and differs in the dark.
_PLAIN: Final = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
_COLOURS: Final = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_RUN: Final = """([options, isOfColours]) =>
    axe.run(isOfColours ? {include: window.lookalikes()} : document, options)
        .then(found => ({violations: found.violations}))"""
# One text of all that look alike: in colours, size and weight, over the same backgrounds.
_LOOKALIKES: Final = """window.lookalikes = () => {
    const looks = new Map()
    const hasText = one => [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim())
    for (const one of document.querySelectorAll("body *")) {
        if (!hasText(one) || !one.checkVisibility()) continue
        const style = getComputedStyle(one)
        const look = [one.localName, style.color, style.fontSize, style.fontWeight,
            style.textDecorationLine, style.fill]
        for (let over = one; over; over = over.parentElement) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(over)
            look.push(backgroundColor, backgroundImage, opacity)
        }
        if (!looks.has(look.join())) looks.set(look.join(), one)
    }
    return [...looks.values()]
}"""
# One radio of a group is reached by tab, the others by the arrows.
_REACHABLE: Final = """[...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(one =>
    one.checkVisibility() && !one.disabled && !one.dataset.reached
    && one.type != "hidden" && one.type != "radio")"""
# Buttons that only scripts can do anything with are seen only where scripts run.
_TEXT: Final = """() => {
    const copies = [...document.querySelectorAll(".copy")]
    copies.forEach(one => { one.style.display = "none" })
    const text = document.querySelector("main").innerText
    copies.forEach(one => { one.style.display = "" })
    return text
}"""


@dataclass
class Windows:
    """The windows of who is signed in, and of a stranger; each is opened when it is asked for."""

    browser: Browser
    world: World
    open: ExitStack
    said: list[str] = field(default_factory=list)
    kept: dict[tuple[bool, bool], Page] = field(default_factory=dict)
    session: Any = None

    def at(self, address: str, *, is_public: bool, scripts: bool = True) -> Page:
        """Open an address, wide and light; what the browser says of it is in `said`."""
        page = self.kept.get((is_public, scripts))
        if page is None:
            page = self._opened(is_public=is_public, scripts=scripts)
            self.kept[is_public, scripts] = page
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.said.clear()
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200
        return page

    def _opened(self, *, is_public: bool, scripts: bool) -> Page:
        state = None if is_public else self._signed_in()
        options = {"storage_state": state, "java_script_enabled": scripts}
        page = self.open.enter_context(opened(self.browser, self.world.url, **options))
        if scripts:
            page.add_init_script(AXE_SCRIPT)
            page.add_init_script(_LOOKALIKES)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return page

    def _signed_in(self) -> Any:
        """Answer what the browser keeps of the owner's signing in."""
        if self.session is None:
            with opened(self.browser, self.world.url) as page:
                sign_in(page, OWNER, self.world.password)
                self.session = page.context.storage_state()
        return self.session


def words(page: Page) -> list[str]:
    """Answer what the page says, where scripts run."""
    text: str = page.evaluate(_TEXT)
    return text.split()


def faults(page: Page) -> str:
    """Answer what is wrong for people with little sight, or with a reader of screens.

    Of texts that look alike one is asked whether it can be read, in the light and in the dark.
    """
    found = _report(page, _PLAIN, of_colours=False) + _report(page, _COLOURS, of_colours=True)
    page.emulate_media(color_scheme="dark")
    found += _report(page, _COLOURS, of_colours=True)
    page.emulate_media(color_scheme="light")
    return found


def _report(page: Page, options: dict[str, Any], *, of_colours: bool) -> str:
    found = AxeResults(page.evaluate(_RUN, [options, of_colours]))
    return str(found.generate_report()) if found.violations_count else ""


def over_the_edge(page: Page) -> list[int]:
    """Answer how many pixels one must scroll sideways for: wide, at 200 % zoom, and narrow."""
    return [_pixels_over(page, size) for size in (WIDE, ZOOMED, NARROW)]


def _pixels_over(page: Page, size: ViewportSize) -> int:
    page.set_viewport_size(size)
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def missed_by_tab(page: Page) -> list[str]:
    """Answer what a mouse can reach and the tab key cannot."""
    page.evaluate("document.addEventListener('focusin', e => { e.target.dataset.reached = 1 })")
    left = page.evaluate(f"({_REACHABLE}).length")
    for _ in range(2):  # what can be scrolled is a stop, too
        for _ in range(left + 3 if left else 0):
            page.keyboard.down("Tab")  # held: it repeats
        left = page.evaluate(f"({_REACHABLE}).length")
    page.keyboard.up("Tab")
    missed: list[str] = page.evaluate(f"({_REACHABLE}).map(one => one.outerHTML.slice(0, 200))")
    return missed
