"""The name is the documentation; and nothing of one machine or registry is written down."""

from __future__ import annotations

import re

from evalsite.env import ROOT
from tests.house.tree import named, own_files

TOP = {
    *("evalsite", "packs", "judges", "templates", "tests", "docs", ".ci", ".github"),
    *("manage.py", "pyproject.toml", "Makefile", ".gitignore"),
    *("Dockerfile", ".dockerignore", "compose.yaml"),
    *("requirements.txt", "requirements-embeddings.txt"),
    *("README.md", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md", "SECURITY.md"),
    "CODE_OF_CONDUCT.md",
}
VAGUE = {"utils", "util", "core", "common", "helpers", "helper", "services", "misc", "base_utils"}
# Here the word means what runs as a server, and not "anything".
ABOUT_SERVERS = {"evalsite/embedded/management/commands/services.py", "tests/services.py"}
# With a class of one letter in each, so that this file does not name them.
_HOSTS = r"py[p]i\.org|python[h]osted\.org|np[m]js\.com|crate[s]\.io|proxy\.g[o]lang\.org"
_PATHS = r"/h[o]me/|/U[s]ers/|/r[o]ot/|/w[o]rk/|\bC:[\\]"
_FORBIDDEN = re.compile(f"{_HOSTS}|{_PATHS}")
_TEXTS = {".py", ".md", ".toml", ".txt", ".yml", ".html", ".css", ".jsonl", ".csv", ".svg", ""}


def test_the_top_holds_only_what_belongs_there() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in own_files()} <= TOP


def test_no_module_has_a_vague_name() -> None:
    modules = (path for path in own_files() if path.suffix == ".py")
    rooms = (path.relative_to(ROOT) for path in modules)
    vague = {path for path in map(str, rooms) if VAGUE & set(re.split(r"[/.]", path))}
    assert vague <= ABOUT_SERVERS


def test_no_text_names_a_registry_or_a_machine() -> None:
    texts = (path for path in own_files() if path.suffix in _TEXTS)
    named_there = {
        f"{named(path)}: {found[0]}"
        for path in texts
        if (found := _FORBIDDEN.search(path.read_text(errors="replace")))
    }
    assert not named_there


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in own_files() if path.name.startswith("test_")]
    assert not {name for name in names if names.count(name) > 1}
