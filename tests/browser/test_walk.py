"""One person's way through the site, from signing in to signing out, in a browser."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from evalsite.tenants.models import Role
from tests.browser.chromium import opened, sign_in
from tests.browser.world import STRANGER, World, empty_world
from tests.services import Services

ENGINEER = "erin"
N = 40


@pytest.fixture(scope="module")
def world(
    services: Services,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """A site in which nothing is but people."""
    people, tmp = {ENGINEER: Role.ENGINEER}, tmp_path_factory.mktemp("walk")
    with django_db_blocker.unblock(), empty_world(services, tmp=tmp, people=people) as world:
        yield world


def test_from_signing_in_to_signing_out(browser: Browser, world: World, tmp_path: Path) -> None:
    with opened(browser, world.url) as page:
        sign_in(page, ENGINEER, world.password)
        _import_cases(page, _cases(tmp_path))
        for run, n_wrong in {"v1": 2, "v2": 15}.items():
            _record(world, run, n_wrong=n_wrong, folder=tmp_path)
        first = _run_batch(page, world, run="v1")
        second = _run_batch(page, world, run="v2")
        _overrule_the_worst(page)
        comparison = _compare(page, first, second)
        _subscribe(page)
        page.get_by_role("button", name="Sign out").click()
        page.goto(comparison)
        assert "/signin/" in page.url
    _nothing_is_seen_by(browser, world, [first, second, comparison])


def _cases(folder: Path) -> Path:
    path = folder / "cases.jsonl"
    lines = (
        {
            "key": f"sum-{number:03}",
            "input": {"question": f"What is {number} + {number}?"},
            "expected": {"answer": str(2 * number)},
        }
        for number in range(N)
    )
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def _record(world: World, run: str, *, n_wrong: int, folder: Path) -> None:
    """Import what a version answered, as a job would."""
    path = folder / f"{run}.jsonl"
    answers = ({"answer": str(2 * n) if n >= n_wrong else "?"} for n in range(N))
    lines = ({"key": f"sum-{n:03}", "answer": answer} for n, answer in enumerate(answers))
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    given = ("--suite", "sums", "--run", run, "--target", "sums", "--tenant", "acme")
    world.shop.manage("importoutputs", str(path), *given)


def _import_cases(page: Page, path: Path) -> None:
    page.get_by_role("link", name="Suites").click()
    page.get_by_role("link", name="Make a suite").first.click()
    page.get_by_label("Name").fill("sums")
    page.get_by_role("radio", name="exact").check()
    page.get_by_role("button", name="Make the suite").click()
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_role("button", name="See what it would change").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing is changed yet")
    page.get_by_role("button", name=f"Import {N} cases").click()
    page.goto("/suites/sums/cases/")
    expect(page.get_by_role("main")).to_contain_text("sum-000")


def _run_batch(page: Page, world: World, *, run: str) -> str:
    """Start a batch while the worker sleeps, wake it, and see the page finish by itself."""
    page.goto("/batches/start/?suite=sums")
    page.locator("#id_run").select_option(run)
    page.get_by_role("button", name="Look at the price").click()
    worker = world.shop.processes[1].pid
    os.killpg(worker, signal.SIGSTOP)
    try:
        page.get_by_role("button", name="Start it").click()
        expect(page.get_by_role("heading", name="Progress")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(f"0 / {N}")
    finally:
        os.killpg(worker, signal.SIGCONT)
    expect(page.get_by_role("heading", name="Figures")).to_be_visible(timeout=60_000)
    return page.url.partition("#")[0]


def _overrule_the_worst(page: Page) -> None:
    page.get_by_role("link", name="sum-000").first.click()
    expect(page.get_by_role("main")).to_contain_text("failed")
    page.get_by_text("Overrule the machine").first.click()
    page.get_by_role("radio", name="passed").first.check()
    page.get_by_label("Why").fill("the question was withdrawn")
    page.get_by_role("button", name="Note my verdict").click()
    expect(page.get_by_role("main")).to_contain_text(f"{ENGINEER} says so")
    page.get_by_role("button", name="Withdraw the verdict").first.click()
    expect(page.get_by_role("main")).to_contain_text("1 withdrawn")


def _compare(page: Page, first: str, second: str) -> str:
    page.goto(f"/compare/?batch={_id(second)}&baseline={_id(first)}")
    assert page.title().startswith("Regressed")
    expect(page.get_by_role("main")).to_contain_text("13 worse")
    page.get_by_text("Side by side").first.click()
    return page.url.partition("#")[0]


def _subscribe(page: Page) -> None:
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("Subscribed: ")).to_contain_text("sums")


def _nothing_is_seen_by(browser: Browser, world: World, addresses: list[str]) -> None:
    """Somebody of another tenant finds no page of these, and no name in their own."""
    with opened(browser, world.url) as page:
        sign_in(page, STRANGER, world.password)
        for address in addresses:
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 404
        for address in ("/", "/suites/", "/batches/", "/compare/", "/alerts/", "/subscriptions/"):
            page.goto(address)
            expect(page.get_by_role("main")).not_to_contain_text("sums")


def _id(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]
