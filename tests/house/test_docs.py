"""What the docs must tell: each setting, command, error code, check, pack and judge."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

from evalsite.env import ROOT, Env
from evalsite.tenants.catalogue import RULES
from judges.registry import BUILTIN_JUDGES
from packs.registry import BUILTIN_PACKS
from tests.house.codes import check_ids, error_codes
from tests.house.tree import named, own_files

DOCS = ROOT / "docs"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"manage\.py ([a-z]+)")
_MAKE = re.compile(r"\bmake ([a-z]+)")
_PATH = re.compile(r"`((?:evalsite|packs|judges|tests|templates|docs)/[\w./-]*\w)`")
_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)


def test_every_setting_is_told() -> None:
    _all_told((name.upper() for name in Env.model_fields), in_page="settings.md")


def test_no_setting_is_told_that_is_gone() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", _page("settings.md"), re.MULTILINE)
    known = {name.upper() for name in Env.model_fields} | {"EVALSITE_OWNER_PASSWORD"}
    assert set(rows) <= known


def test_every_command_is_told() -> None:
    _all_told(_own_commands(), in_page="commands.md")


def test_every_error_code_is_told() -> None:
    _all_told(error_codes(), in_page="errors.md")


def test_no_error_code_is_told_that_is_gone() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|", _page("errors.md"), re.MULTILINE)
    assert set(rows) <= error_codes()


def test_every_system_check_is_told() -> None:
    _all_told({*check_ids(), *(rule.id for rule in RULES)}, in_page="errors.md")


def test_every_pack_is_told() -> None:
    _all_told(BUILTIN_PACKS, in_page="packs.md")


def test_every_judge_is_told() -> None:
    _all_told(BUILTIN_JUDGES, in_page="judges.md")


def test_every_page_is_in_the_index() -> None:
    pages = {page.relative_to(DOCS).as_posix() for page in _pages() if page.is_relative_to(DOCS)}
    linked = set(_LINK.findall(_page("index.md")))
    assert pages - {"index.md"} <= linked


@pytest.mark.parametrize("page", [p for p in own_files() if p.suffix == ".md"], ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in _LINK.findall(page.read_text()) if not _resolves(page, link)]
    assert not broken


def test_commands_named_exist() -> None:
    told = {command for page in _pages() for command in _COMMAND.findall(_text(page))}
    assert told <= set(get_commands())


def test_make_targets_named_exist() -> None:
    known = set(_TARGET.findall((ROOT / "Makefile").read_text()))
    fenced = {target for page in _pages() for target in _MAKE.findall("\n".join(_code(page)))}
    assert fenced <= known
    assert {"demo", "test"} <= set(_MAKE.findall((ROOT / "README.md").read_text()))


def test_files_named_exist() -> None:
    missing = {
        f"{named(page)}: {path}"
        for page in _pages()
        for path in _PATH.findall(_text(page))
        if not (ROOT / path).exists()
    }
    assert not missing


def test_the_newest_heading_of_the_changelog_is_a_version() -> None:
    first = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first is not None
    assert re.fullmatch(r"\d+\.\d+\.\d+", first[1])


def _all_told(names: Iterable[str], *, in_page: str) -> None:
    text = _page(in_page)
    missing = {name for name in names if not re.search(rf"`(?:manage\.py )?{name}[` ]", text)}
    assert not missing


def _own_commands() -> set[str]:
    return {name for name, app in get_commands().items() if str(app).startswith("evalsite.")}


def _pages() -> list[Path]:
    return [path for path in own_files() if path.suffix == ".md" and "tests" not in path.parts]


def _page(name: str) -> str:
    return _text(DOCS / name)


@cache
def _text(page: Path) -> str:
    return page.read_text()


def _code(page: Path) -> list[str]:
    return re.findall(r"`+[^`]+`+", _text(page))


def _resolves(page: Path, link: str) -> bool:
    outside = re.match(r"[a-z]+:", link) or "/actions/" in link
    target, _, anchor = link.partition("#")
    place = page.parent / target if target else page
    if outside or not place.exists():
        return bool(outside)
    return not anchor or anchor in _anchors(place)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
