"""One comment a pull request, kept on a fake of GitHub's own addresses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalsite_client.__main__ import main
from tests.client.fake_server import FakeServer, Respond
from tests.client.github import GitHub

Serve = Callable[[Respond], FakeServer]
Comment = Callable[..., int]


@pytest.fixture
def hub(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    """A repository with pull request 7, and the environment of a job about it."""
    hub = GitHub()
    monkeypatch.setenv("GITHUB_API_URL", serve(hub.respond).url)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/bot")
    monkeypatch.setenv("GITHUB_TOKEN", hub.token)
    monkeypatch.setenv("GITHUB_REF", "refs/pull/7/merge")
    return hub


@pytest.fixture
def comment(tmp_path: Path) -> Comment:
    """Run the command with a summary."""

    def run(text: str, *options: str) -> int:
        summary = tmp_path / "summary.md"
        summary.write_text(text)
        return main(["comment", "--summary", str(summary), *options])

    return run


def test_the_first_time_it_is_written(hub: GitHub, comment: Comment) -> None:
    assert comment("## passed") == 0
    (body,) = hub.bodies(7)
    assert body == "<!-- evalsite:gate -->\n## passed"


def test_then_it_is_changed(hub: GitHub, comment: Comment) -> None:
    comment("## failed")
    assert comment("## passed") == 0
    assert hub.bodies(7) == ["<!-- evalsite:gate -->\n## passed"]


def test_it_is_found_on_a_later_page(hub: GitHub, comment: Comment) -> None:
    comment("## failed")
    hub.comments[7] = [hub.comment("hm", by="User") for _ in range(205)] + hub.comments[7]
    comment("## passed")
    assert len(hub.comments[7]) == 206
    assert hub.bodies(7)[-1].endswith("## passed")


def test_each_name_has_its_own(hub: GitHub, comment: Comment) -> None:
    comment("one", "--name", "a")
    comment("two", "--name", "b")
    assert len(hub.bodies(7)) == 2


def test_what_a_person_quotes_is_left_alone(hub: GitHub, comment: Comment) -> None:
    hub.comments[7] = [hub.comment("<!-- evalsite:gate -->\nmine", by="User")]
    comment("## passed")
    assert hub.bodies(7)[0].endswith("mine")
    assert len(hub.bodies(7)) == 2


def test_a_long_summary_is_shortened(hub: GitHub, comment: Comment) -> None:
    comment("a line\n" * 20_000)
    (body,) = hub.bodies(7)
    assert len(body) < 65_536
    assert body.endswith("(shortened; the job's page has it whole)")


def test_without_a_pull_request_nothing_is_written(
    hub: GitHub, comment: Comment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    assert comment("## passed") == 0
    assert not hub.comments


def test_a_token_that_may_not_is_an_error(
    hub: GitHub, comment: Comment, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_WrongAndStillSecret")
    assert comment("## passed") == 1
    assert "Resource not accessible" in (told := capsys.readouterr().err)
    assert "StillSecret" not in told


@pytest.mark.parametrize("name", ["a b", "-->", ""])
def test_a_name_that_could_end_the_marker_is_refused(
    hub: GitHub, comment: Comment, name: str
) -> None:
    assert comment("## passed", f"--name={name}") == 2


def test_a_summary_that_is_not_there_is_an_error(hub: GitHub) -> None:
    assert main(["comment", "--summary", "nowhere.md"]) == 1
