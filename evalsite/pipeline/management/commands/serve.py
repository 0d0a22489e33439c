"""`manage.py serve`: the site, a worker, the coordinator and Flower, on this machine only."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from evalsite.embedded.children import Children, reap_leftovers
from evalsite.embedded.keep import keep_password
from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.pipeline.crew import worker_command
from evalsite.pipeline.stopping import GRACE_S

LOOPBACK = "127.0.0.1"


class ChildEnded(EvalsiteError):
    """One of the programs that `serve` runs has ended by itself."""

    code = "child_ended"


class Command(BaseCommand):
    """Serve everything on loopback until Ctrl-C."""

    help = "Run the site, a worker, the coordinator and Flower on this machine, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--port", type=int, default=8000, help="of the site")
        parser.add_argument("--flower-port", type=int, default=5555)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        reap_leftovers(settings.LAYOUT)
        env = site_environment(port=options["port"])
        env.setdefault("FLOWER_URL", f"http://{LOOPBACK}:{options['flower_port']}")
        with Children(settings.LAYOUT, grace=2 * GRACE_S) as children:
            children.start("web", _web_command(options["port"]), env=env)
            children.start("worker", worker_command(name="serve"), env=env)
            children.start("coordinator", [sys.executable, "manage.py", "coordinator"], env=env)
            flower = flower_environment(port=options["flower_port"])
            children.start("flower", _flower_command(), env={**os.environ, **flower})
            self._greet(options)
            try:
                _wait(children)
            except KeyboardInterrupt:
                self.stderr.write("stopping")

    def _greet(self, options: dict[str, Any]) -> None:
        site = f"http://{LOOPBACK}:{options['port']}"
        self.stdout.write(f"site    {site}/")
        self.stdout.write(f"API     {site}/api/v1/docs")
        self.stdout.write(
            f"Flower  http://{LOOPBACK}:{options['flower_port']}/  as {load().flower_user}, "
            f"password: {_where_password()}"
        )
        self.stdout.write(f"logs    {settings.LAYOUT.log('web').parent}  (Ctrl-C stops all four)")
        self.stdout.flush()


def site_environment(*, port: int) -> dict[str, str]:
    """Answer our environment; links in mails lead here, unless SITE_URL says otherwise."""
    here = (
        {} if "site_url" in load().model_fields_set else {"SITE_URL": f"http://{LOOPBACK}:{port}"}
    )
    return {**os.environ, **here}


def flower_environment(*, port: int, address: str = LOOPBACK) -> dict[str, str]:
    """Answer Flower's options as environment variables: a command line would show the password."""
    return {
        "FLOWER_BASIC_AUTH": f"{load().flower_user}:{_flower_password()}",
        "FLOWER_ADDRESS": address,
        "FLOWER_PORT": str(port),
        "FLOWER_TASKS_COLUMNS": "name,uuid,state,kwargs,received,started,runtime,worker,retries",
        "FLOWER_MAX_TASKS": "20000",
        "FLOWER_PURGE_OFFLINE_WORKERS": "60",
    }


def _flower_password() -> str:
    given = load().flower_password
    return given.get_secret_value() if given else keep_password(settings.LAYOUT.data / "flower")


def _where_password() -> str:
    return "FLOWER_PASSWORD" if load().flower_password else str(settings.LAYOUT.data / "flower")


def _web_command(port: int) -> list[str]:
    config = ("--config", "python:evalsite.web.server", "--bind", f"{LOOPBACK}:{port}")
    return [sys.executable, "-m", "gunicorn", "evalsite.wsgi", *config]


def _flower_command() -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "evalsite", "flower", "--logging=WARNING"]


def _wait(children: Children) -> None:
    while True:
        for name, code in children.ended().items():
            log = settings.LAYOUT.log(name)
            raise ChildEnded(f"{name} has ended with {code}", hint=f"its last words are in {log}")
        time.sleep(0.5)
