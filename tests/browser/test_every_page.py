"""Each page, in light and dark, wide and narrow, by keyboard, without scripts: usable by all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from evalsite.tenants.scope import tenant
from tests.browser.chromium import NARROW, WIDE, opened, sign_in
from tests.browser.rows import PAGES, PUBLIC, page_names
from tests.browser.world import OWNER, World, demo_world
from tests.services import Services

Look = Callable[..., Page]
# 200 % zoom of a wide window.
ZOOMED: Final = {"width": 640, "height": 450}
# One radio of a group is reached by tab, the others by the arrows.
_REACHABLE: Final = """[...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(one =>
    one.checkVisibility() && !one.disabled && !one.dataset.reached
    && one.type != "hidden" && one.type != "radio")"""


@pytest.fixture(scope="module")
def world(
    services: Services,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """The demo's world, for all tests here."""
    with (
        django_db_blocker.unblock(),
        demo_world(services, tmp=tmp_path_factory.mktemp("world")) as world,
    ):
        yield world


@pytest.fixture(scope="module")
def session(browser: Browser, world: World) -> Any:
    """What the browser keeps of the owner's signing in."""
    with opened(browser, world.url) as page:
        sign_in(page, OWNER, world.password)
        return page.context.storage_state()


def test_every_page_has_a_row() -> None:
    assert set(page_names()) == {*PAGES, *PUBLIC}


@pytest.fixture(params=sorted({**PAGES, **PUBLIC}))
def name(request: pytest.FixtureRequest) -> str:
    """The name of a page's address."""
    return str(request.param)


@pytest.fixture
def look(browser: Browser, world: World, session: Any, name: str) -> Iterator[Look]:
    """Open the page in a window of its own."""
    with tenant(world.tenant_id):
        address = {**PAGES, **PUBLIC}[name]()
    state = None if name in PUBLIC else session
    with ExitStack() as windows:

        def one(**options: Any) -> Page:
            page = windows.enter_context(opened(browser, world.url, storage_state=state, **options))
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200
            return page

        yield one


def test_all_can_use_it(look: Look) -> None:
    page = look(reduced_motion="reduce")
    assert _complaints(page) == []
    assert page.evaluate("document.getAnimations().length") == 0
    assert [_axe(page, scheme) for scheme in ("light", "dark")] == ["", ""]
    assert [_over_the_edge(page, size) for size in (WIDE, ZOOMED, NARROW)] == [0, 0, 0]
    assert _missed_by_tab(page) == []


def test_without_scripts_it_says_the_same(look: Look) -> None:
    with_scripts, without = look(), look(java_script_enabled=False)
    with_scripts.evaluate("document.querySelectorAll('.copy').forEach(one => one.remove())")
    said = [page.inner_text("main").split() for page in (with_scripts, without)]
    assert said[0]
    assert said[0] == said[1]


def _complaints(page: Page) -> list[str]:
    """Answer what the browser says about the page, such as a script that it may not run."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.reload()
    return said


def _axe(page: Page, scheme: Any) -> str:
    """Answer what is wrong for people with little sight, or with a reader of screens."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = Axe().run(page)
    return str(found.generate_report()) if found.violations_count else ""


def _over_the_edge(page: Page, size: Any) -> int:
    """Answer how many pixels of the page one must scroll sideways for."""
    page.set_viewport_size(size)
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def _missed_by_tab(page: Page) -> list[str]:
    """Answer what a mouse can reach and the tab key cannot."""
    page.evaluate("document.addEventListener('focusin', e => { e.target.dataset.reached = 1 })")
    left = page.evaluate(f"({_REACHABLE}).length")
    for _ in range(2):  # what can be scrolled is a stop, too
        for _ in range(left + 3 if left else 0):
            page.keyboard.press("Tab")
        left = page.evaluate(f"({_REACHABLE}).length")
    missed: list[str] = page.evaluate(f"({_REACHABLE}).map(one => one.outerHTML.slice(0, 200))")
    return missed
