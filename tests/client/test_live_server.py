"""The client, its README, its plug-in and the workflow against a real server with real workers.

One server for all of them: what they make has names of its own.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from evalsite.env import ROOT
from evalsite.keys.token import new_token
from evalsite_client import AsyncClient, Client
from evalsite_client.errors import Conflict, NotPermitted, NotSignedIn, Outdated, Problem
from tests.client.fake_server import FakeServer, Respond
from tests.client.github import GitHub
from tests.client.live import Live, living
from tests.client.workflow import Runner, bare_python
from tests.services import Services

CLIENT = ROOT / "evalsite" / "client"
README = CLIENT / "README.md"
SUMS = [(a, b) for a in range(10) for b in range(10)]
_ANSWER = """
import json
for n, (a, b) in enumerate({sums}):
    answer = a + b if n >= {wrong} else -1
    print(json.dumps({{"key": f"{{a}}+{{b}}", "answer": {{"answer": answer}}}}))
"""
_TEST = """
import pytest

@pytest.mark.evalsite(suite="tested", threshold=0.9)
def test_adder(evalsite):
    a, b = evalsite.case.input["question"].split("+")
    answer = evalsite.live(lambda: {"answer": int(a) + int(b)})
    assert answer == evalsite.case.expected
"""
_INSTALLED = """
from importlib.metadata import entry_points, version
assert version("evalsite-client") == "0.1.0"
(plugin,) = [e for e in entry_points(group="pytest11") if e.name == "evalsite"]
assert plugin.load().__file__.startswith(__import__("sys").prefix)
"""


@dataclass
class Job:
    """A checkout with the workflow's job, and the GitHub that it talks to."""

    folder: Path
    runner: Runner
    hub: GitHub

    def answer(self, *, wrong: int) -> Runner:
        """Let the system under test get the first so many sums wrong."""
        source = _ANSWER.format(sums=SUMS, wrong=wrong)
        (self.folder / "answer_cases.py").write_text(source)
        return self.runner


@pytest.fixture(scope="module")
def live(
    services: Services,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Live]:
    """The server that all tests here share."""
    with django_db_blocker.unblock():
        with living(services, tmp=tmp_path_factory.mktemp("live")) as started:
            yield started


@pytest.fixture
def job(live: Live, serve: Callable[[Respond], FakeServer], tmp_path: Path) -> Job:
    """A job about pull request 7 of acme/bot."""
    folder, hub = tmp_path / "checkout", GitHub()
    folder.mkdir()
    wheel = ["uv", "build", "--wheel", "--offline", "--quiet", "-o", str(tmp_path), str(CLIENT)]
    subprocess.run([sys.executable, "-m", *wheel], check=True, timeout=60)
    context = {
        "vars.EVALSITE_URL": live.url,
        "secrets.EVALSITE_API_KEY": live.ci_key,
        "vars.EVALSITE_CLIENT": str(next(tmp_path.glob("*.whl"))),
        "github.event.pull_request.head.sha": "c0ffee",
        "github.run_attempt": "1",
        "github.token": hub.token,
    }
    given = {
        "GITHUB_API_URL": serve(hub.respond).url,
        "GITHUB_REPOSITORY": "acme/bot",
        "GITHUB_REF": "refs/pull/7/merge",
    }
    python = bare_python(tmp_path / "python", beside=Path(sys.executable).parent)
    return Job(folder, Runner(folder, context, {**python, **given}), hub)


@pytest.fixture
def client(live: Live) -> Iterator[Client]:
    """A client of it."""
    with Client(live.url, api_key=live.key) as made:
        yield made


def test_the_example_of_the_readme_says_what_it_shows(live: Live) -> None:
    source, shown = re.findall(r"```(?:python|text)\n(.*?)```", README.read_text(), flags=re.DOTALL)
    environment = {**os.environ, **live.environment, "PYTHONPATH": str(CLIENT)}
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment, text=True, capture_output=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown


def test_the_workflow_does_what_it_says(live: Live, client: Client, job: Job) -> None:
    _declare(client, suite="flow", margin=0.1)
    _score(client, suite="flow")
    edited = {"SUITE": "flow", "GATE": "flow", "TARGET": "flow"}
    assert job.answer(wrong=1).run(**edited, RUN="flow-2"), job.runner.told
    assert "passed" in job.hub.bodies(7)[0].splitlines()[1]
    assert not job.answer(wrong=30).run(**edited, RUN="flow-3")
    assert job.runner.exits["Ask the gate"] == 3
    (comment,) = job.hub.bodies(7)
    assert comment == "<!-- evalsite:flow -->\n" + (job.folder / "summary.md").read_text()
    assert "✗ failed" in job.runner.page()
    report = ElementTree.parse(job.folder / "junit.xml").getroot()
    assert int(report.attrib["failures"]) > 30
    assert live.ci_key not in job.runner.told
    run = client.runs.named("flow-3")
    assert (run.commit, run.status) == ("c0ffee", "completed")
    probe = subprocess.run(["python", "-c", _INSTALLED], env=job.runner.environment, cwd=job.folder)
    assert probe.returncode == 0


def test_the_plug_in_uploads_to_a_real_server(live: Live, client: Client, tmp_path: Path) -> None:
    _declare(client, suite="tested", margin=0.1)
    (tmp_path / "test_adder.py").write_text(_TEST)
    command = ["-m", "pytest", "-p", "evalsite_client.pytest_plugin", "--evalsite-live"]
    environment = {**os.environ, **live.environment, "PYTHONPATH": str(CLIENT)}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "GIT_COMMIT": "c0ffee"}
    done = subprocess.run(
        [sys.executable, *command, "--evalsite-run", "adder-tested"],
        env=environment, cwd=tmp_path, text=True, capture_output=True, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    run = client.runs.named("adder-tested")
    assert (run.commit, run.client_type, run.status) == ("c0ffee", "pytest", "completed")
    outputs = {output.key: output for output in client.runs.export_outputs(run.id)}
    assert len(outputs) == 100
    assert outputs["3+4"].answer == {"answer": 7}


def test_a_completed_run_is_evaluated_as_its_target_has_it_set(client: Client) -> None:
    _declare(client, suite="set", margin=0.1)
    run = client.runs.create(name="set-1", target="set")
    client.rows("evaluations").create(target="set", suite="set")
    client.runs.record(_right(), run=run.id, suite="set")
    client.runs.complete(run.id)
    done = client.evaluate(run.id, timeout=60)
    assert done.state == "finished"
    (standing,) = done.evaluations
    assert standing.batch is not None
    (card,) = client.batches.scorecards(standing.batch, case="3+4")
    assert (card.passed, card.score) == (True, 1.0)
    assert len([*client.batches.export_scorecards(standing.batch)]) == 100


def test_a_key_knows_what_it_may(live: Live, client: Client) -> None:
    assert (client.me().role, client.me().tenant["slug"]) == ("engineer", "acme")
    assert client.look("usage").model_dump()["cases"] > 0
    with Client(live.url, api_key=live.ci_key) as job:
        with pytest.raises(NotPermitted) as caught:
            job.suites.create(name="no", pack="exact")
    assert caught.value.code == "scope_missing"


def test_an_edit_that_comes_late_is_refused(client: Client) -> None:
    suite = client.suites.create(name="edited", pack="exact")
    seen = client.suites.get(suite.id)
    client.suites.edit(suite.id, etag=seen.etag, description="first")
    with pytest.raises(Outdated):
        client.suites.edit(suite.id, etag=seen.etag, description="second")
    assert client.suites.get(suite.id).description == "first"


def test_who_sends_a_key_again_gets_the_same_batch(client: Client) -> None:
    _declare(client, suite="again", margin=0.1)
    _score(client, suite="again")
    first, second = (
        client.batches.create(suite="again", run="again-1", idempotency_key="ci-7") for _ in "ab"
    )
    assert first.id == second.id
    with pytest.raises(Conflict) as caught:
        client.batches.create(suite="again", run="again-1", repetitions=2, idempotency_key="ci-7")
    assert caught.value.code == "idempotency_key_reused"
    ended = client.batches.wait(first.id)
    whole = next(s for s in client.batches.summaries(ended.id) if s.slice_kind == "all")
    assert (whole.n, whole.pass_rate) == (100, 1.0)


def test_many_pages_and_one_stream_tell_the_same(client: Client) -> None:
    suite = client.suites.create(name="many", pack="exact")
    rows = [{**row, "key": f"{n}-{row['key']}"} for n in range(5) for row in _cases()]
    assert client.cases.upload(iter(rows), suite=suite.id).new == 500
    keys = sorted(row["key"] for row in rows)
    assert sorted(case.key for case in client.cases.list(suite.id)) == keys
    assert sorted(case.key for case in client.cases.export(suite.id)) == keys


def test_a_line_that_is_bad_is_told(client: Client) -> None:
    suite = client.suites.create(name="bad", pack="exact")
    with pytest.raises(Problem) as caught:
        client.cases.upload([{"key": "a"}], suite=suite.id)
    assert caught.value.hint
    assert not [*client.cases.list(suite.id)]


def test_a_key_that_nobody_has_opens_nothing(live: Live) -> None:
    with Client(live.url, api_key=new_token().text) as stranger:
        with pytest.raises(NotSignedIn) as caught:
            stranger.suites.get(uuid4())
    assert caught.value.request_id


def test_the_async_client_works_as_well(live: Live) -> None:
    async def work() -> list[str]:
        async with AsyncClient(live.url, api_key=live.key) as client:
            await asyncio.gather(
                *(client.suites.create(name=f"async-{n}", pack="exact") for n in range(3))
            )
            named = [await client.suites.named(f"async-{n}") for n in range(3)]
            return [suite.name for suite in named]

    assert asyncio.run(work()) == ["async-0", "async-1", "async-2"]


def _declare(client: Client, *, suite: str, margin: float) -> None:
    """Make a suite of a hundred sums, and a gate of its name."""
    made = client.suites.create(name=suite, pack="exact")
    client.cases.upload(_cases(), suite=made.id)
    client.gates.create(name=suite, suite=suite, primary={"metric": "pass_rate", "margin": margin})


def _score(client: Client, *, suite: str) -> None:
    """Score a first run that gets all of them right."""
    run = client.runs.create(name=f"{suite}-1", target=suite)
    client.runs.record(_right(), run=run.id, suite=suite)
    client.runs.complete(run.id)
    client.wait(client.batches.create(suite=suite, run=run.id).id, timeout=60)


def _cases() -> Iterator[dict[str, Any]]:
    for a, b in SUMS:
        yield {"key": f"{a}+{b}", "input": {"question": f"{a}+{b}"}, "expected": {"answer": a + b}}


def _right() -> Iterator[dict[str, Any]]:
    return ({"key": f"{a}+{b}", "answer": {"answer": a + b}} for a, b in SUMS)
