"""compose.yaml and the Dockerfile name nothing that is not there, and keep what they promise."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from evalsite.celery import app
from evalsite.env import ROOT, Env, read_env
from evalsite.pipeline.stopping import GRACE_S
from tests.deploy.compose_file import GIVEN, Unset, demanded, dockerfile, read, services

FILE = read()
SERVICES = services()
OURS = {name: service for name, service in SERVICES.items() if service.is_ours}
WORKERS = {name: service for name, service in OURS.items() if "worker" in service.command}
ALL = pytest.mark.parametrize("name", SERVICES)
OUR_OWN = pytest.mark.parametrize("name", OURS)
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
# Everything that the file starts is one of these.
PROGRAMS = {"python", "gunicorn", "celery", "sh"}


def said(command: list[str], option: str) -> str:
    """Answer what follows an option."""
    return command[command.index(option) + 1]


@pytest.mark.parametrize("missing", GIVEN)
def test_nothing_starts_before_the_site_has_a_name(missing: str) -> None:
    assert missing in demanded()
    with pytest.raises(Unset, match=missing):
        read({name: value for name, value in GIVEN.items() if name != missing})


@OUR_OWN
def test_a_command_is_one_that_exists(name: str) -> None:
    command = OURS[name].command
    assert command[0] in PROGRAMS
    managed = re.findall(r"manage\.py (\w+)", " ".join(command))
    assert set(managed) <= set(get_commands())
    modules = [word for word in command if re.fullmatch(r"evalsite(\.\w+)*", word)]
    modules += re.findall(r"python:([\w.]+)", " ".join(command))
    assert managed or modules
    assert all(importlib.util.find_spec(module) for module in modules)


@ALL
def test_each_variable_is_documented(name: str) -> None:
    names = SERVICES[name].told.get("environment", {})
    assert not [one for one in names if f"`{one}" not in SETTINGS and not one.startswith("GF_")]


@OUR_OWN
def test_each_of_our_variables_and_secrets_is_read(name: str) -> None:
    ours = set(OURS[name].told["environment"]) - {"FORWARDED_ALLOW_IPS", "TMPDIR"}
    assert {one.lower() for one in ours} | set(OURS[name].secrets) <= set(Env.model_fields)


def test_each_queue_has_a_worker() -> None:
    taken = [
        queue for one in WORKERS.values() for queue in said(one.command, "--queues").split(",")
    ]
    assert sorted(taken) == sorted(queue.name for queue in app.conf.task_queues)


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_hands_back_before_it_is_killed(name: str) -> None:
    worker = WORKERS[name]
    assert "REMAP_SIGTERM" not in worker.environment
    assert worker.grace_seconds >= 1.5 * GRACE_S
    own = said(worker.command, "--hostname").partition("@")[0]
    assert f"--destination {own}@" in worker.told["healthcheck"]["test"][-1]


def test_there_are_two_coordinators() -> None:
    assert OURS["coordinator"].replicas == 2


@ALL
def test_an_image_has_a_version(name: str) -> None:
    image = SERVICES[name].told["image"]
    version = image.rpartition(":")[2]
    assert re.match(r"v?\d+\.\d+", version) or (SERVICES[name].is_ours and version == "local")
    assert "latest" not in image


@ALL
def test_ports_are_on_loopback(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].told.get("ports", []))


def test_only_the_site_can_be_opened_to_others() -> None:
    wide = services({**GIVEN, "WEB_ADDRESS": "0.0.0.0"})
    opened = {n for n, one in wide.items() for p in one.told.get("ports", []) if "0.0.0.0" in p}
    assert opened == {"web"}


def test_databases_and_brokers_are_only_inside() -> None:
    assert FILE["networks"]["inside"]["internal"]
    for name in ("postgres", "valkey", "rabbitmq"):
        assert SERVICES[name].told["networks"] == ["inside"]
        assert "ports" not in SERVICES[name].told


@ALL
def test_what_dies_comes_back_and_what_hangs_is_seen(name: str) -> None:
    told = SERVICES[name].told
    assert told["restart"] == ("no" if name == "setup" else "unless-stopped")
    health = told.get("healthcheck", {"of the image": name == "web"})
    assert any(health.values())


@OUR_OWN
def test_ours_may_do_little(name: str) -> None:
    told = OURS[name].told
    assert told["read_only"]
    assert told["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in told["security_opt"]


def test_valkey_keeps_what_it_takes_and_throws_nothing_out() -> None:
    command = SERVICES["valkey"].command
    assert said(command, "--appendonly") == "yes"
    assert said(command, "--appendfsync") == "everysec"
    assert said(command, "--maxmemory-policy") == "noeviction"


def test_all_wait_for_the_tables() -> None:
    waits = {name for name, one in OURS.items() if "setup" in one.told["depends_on"]}
    assert waits == set(OURS) - {"setup"}


@ALL
def test_what_is_mounted_is_there(name: str) -> None:
    for mount in SERVICES[name].told.get("volumes", []):
        source = mount.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in FILE["volumes"]


@ALL
def test_each_secret_is_declared_and_none_is_in_the_file(name: str) -> None:
    assert set(SERVICES[name].secrets) <= set(FILE["secrets"])
    secret = re.compile(r"PASSWORD$|SECRET|TOKEN|KEY|_URL$")
    given = {one: v for one, v in SERVICES[name].environment.items() if secret.search(one)}
    assert set(given) <= {"SITE_URL"}


def test_only_the_setup_knows_the_superuser() -> None:
    know = {name for name, one in OURS.items() if "database_admin_url" in one.secrets}
    assert know == {"setup"}


@pytest.mark.parametrize("broker", ["valkey", "rabbitmq"])
def test_the_script_makes_each_secret_once(broker: str, tmp_path: Path) -> None:
    script = ROOT / "docs" / "deploy" / "secrets.sh"
    command = ["sh", str(script), str(tmp_path / "secrets"), broker]
    subprocess.run(command, check=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(FILE["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    env = read_env(secrets=tmp_path / "secrets", file=tmp_path / "none")
    assert all(getattr(env, name) for name in set(made) & set(Env.model_fields))
    assert env.broker_url is not None
    assert env.broker_url.get_secret_value().startswith("amqp" if broker == "rabbitmq" else "redis")
    subprocess.run(command, check=True)
    assert made == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}


def test_the_image_runs_as_nobody_special_and_is_watched() -> None:
    told = dockerfile()
    verbs = [verb for verb, _ in told]
    assert verbs.index("USER") > max(n for n, verb in enumerate(verbs) if verb in {"RUN", "COPY"})
    assert dict(told)["USER"] not in {"root", "0"}
    assert "/healthz" in dict(told)["HEALTHCHECK"]
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", dict(told)["FROM"])


def test_the_image_runs_what_compose_runs() -> None:
    command = json.loads(dict(dockerfile())["CMD"])
    assert SERVICES["web"].command[: len(command)] == command


def test_only_the_code_gets_into_the_image() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line]
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    assert {line for line in rules if line.startswith("!")} == {
        *("!manage.py", "!pyproject.toml", "!requirements.txt"),
        *("!evalsite", "!judges", "!packs", "!templates"),
    }
    copied = [rest for verb, rest in dockerfile() if verb in {"COPY", "ADD"}]
    assert copied == ["requirements.txt pyproject.toml ./", ". ."]


def test_no_secret_gets_into_a_layer() -> None:
    words = " ".join(rest for verb, rest in dockerfile() if verb in {"ENV", "ARG", "LABEL"})
    assert not re.search(r"PASSWORD|SECRET|TOKEN|KEY|_URL", words)


def test_the_extras_of_the_build_are_pinned() -> None:
    run = next(rest for verb, rest in dockerfile() if "tomllib" in rest)
    program = re.search(r'python -c "(.*?)" \$\{EXTRAS\}', run)
    assert program is not None
    told = subprocess.run(
        ["python3", "-c", program[1], "sso", "s3"], cwd=ROOT, capture_output=True, text=True
    )
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = extras["optional-dependencies"]
    assert told.stdout.split() == [*wanted["sso"], *wanted["s3"]]


def test_prometheus_finds_the_site_and_its_rules() -> None:
    told = yaml.safe_load((ROOT / "docs" / "deploy" / "prometheus.yaml").read_text())
    (job,) = told["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["web:8000"]}]
    assert '"web"' in OURS["web"].environment["ALLOWED_HOSTS"]
    secret = Path(job["authorization"]["credentials_file"]).name
    assert secret in SERVICES["prometheus"].secrets
    assert list((ROOT / "docs" / "monitoring").glob("*.yaml"))


def test_grafana_finds_its_boards() -> None:
    mounts = dict(one.split(":")[:2] for one in SERVICES["grafana"].told["volumes"])
    (provider,) = yaml.safe_load(
        (ROOT / "docs/grafana/provisioning/dashboards/evalsite.yaml").read_text()
    )["providers"]
    assert mounts["./docs/grafana"] == provider["options"]["path"]
