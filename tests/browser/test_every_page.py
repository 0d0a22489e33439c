"""Each page, in light and dark, wide and narrow, by keyboard, without scripts: usable by all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import evalsite.web
from evalsite.tenants.scope import tenant
from tests.browser.looks import Windows, faults, missed_by_tab, over_the_edge, words
from tests.browser.rows import PAGES, PUBLIC, page_names
from tests.browser.world import World, demo_world
from tests.services import Services

ADDRESSES = {**PAGES, **PUBLIC}


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
def windows(browser: Browser, world: World) -> Iterator[Windows]:
    """The windows that all pages are looked at in."""
    with ExitStack() as still_open:
        yield Windows(browser, world, still_open)


def test_every_page_has_a_row() -> None:
    assert set(page_names()) == set(ADDRESSES)


def test_dark_is_colours_only() -> None:
    """So that in the dark nothing else need be asked for."""
    sheets = list((Path(evalsite.web.__file__).parent / "static").rglob("*.css"))
    assert len(sheets) > 10
    assert not [sheet.name for sheet in sheets if "prefers-color-scheme" in sheet.read_text()]


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_all_can_use_it(windows: Windows, name: str) -> None:
    with tenant(windows.world.tenant_id):
        address = ADDRESSES[name]()
    page = windows.at(address, is_public=name in PUBLIC)
    with_scripts = words(page)
    assert with_scripts
    assert windows.said == []
    assert page.evaluate("document.getAnimations().length") == 0
    assert faults(page) == ""
    assert missed_by_tab(page) == []
    assert over_the_edge(page) == [0, 0, 0]
    without = windows.at(address, is_public=name in PUBLIC, scripts=False)
    assert without.inner_text("main").split() == with_scripts
