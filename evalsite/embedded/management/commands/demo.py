"""`manage.py demo`: from nothing to a regression and its mail, on real servers."""

from __future__ import annotations

import io
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from evalsite.embedded.demo import SAMPLES, Mail, files_in, quoted, wait_for_mail
from evalsite.embedded.keep import keep_password
from evalsite.errors import EvalsiteError
from evalsite.tenants import enrol
from evalsite.tenants.acting import acting, system
from evalsite.tenants.models import Role
from evalsite.tenants.scope import tenant

TENANT: Final = "demo"
SUITE: Final = "assistant"
RUNS: Final = {"assistant-1-4": "1.4", "assistant-1-5": "1.5"}
PEOPLE: Final = {"owner@demo.example": Role.OWNER, "curator@demo.example": Role.CURATOR}
READER: Final = "owner@demo.example"
GATE: Final = "assistant-release"
EXPERIMENT: Final = "assistant-1-5"
# What runbatch and decideexperiment end with when they say no.
SAID_NO: Final = 3
FLOWER: Final = "http://127.0.0.1:5555/"


class Command(BaseCommand):
    """Show what evalsite is for: a new version that is quicker, cheaper and worse, proved so."""

    help = (
        "Start the servers, make a tenant, import 72 cases and two recorded runs, evaluate both, "
        "show the mail about the regression, and the verdict. Can be run again."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        try:
            self._serve()
            with acting(system("demo")):
                self._enrol()
            self._import()
            self._declare()
            self._evaluate("assistant-1-4", "baseline", title="Evaluate version 1.4")
            known = files_in(settings.LAYOUT.mail)
            said = self._evaluate(
                "assistant-1-5",
                "variant",
                title="Evaluate version 1.5: quicker, cheaper, as good?",
                gate=GATE,
            )
            found = self._mail(known)
            self._verdict({"found": found, "gate": f"{GATE}: {'no' if said else 'yes'}"})
            self._outlook()
        except EvalsiteError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error

    def _serve(self) -> None:
        self._head("Servers")
        heard = self._quietly("services", "start")
        for line in heard.splitlines():
            if "running" in line or "nothing is embedded" in line:
                self._say(line)
        call_command("migrate", verbosity=0)
        self._say(f"tables are migrated; data is in {_short(settings.LAYOUT.data)}")

    def _enrol(self) -> None:
        self._head("Tenant and people")
        try:
            enrol.create_tenant(slug=TENANT, name="Demo")
            self._say(f"tenant {TENANT}: made")
        except enrol.TenantExists:
            self._say(f"tenant {TENANT}: was there already")
        self._word = keep_password(_password_file())
        for name, role in PEOPLE.items():
            known = get_user_model().objects.filter(username=name).exists()
            enrol.admit_by_name(TENANT, username=name, password=self._word, role=role)
            self._say(f"{role.value} {name}: {'was there already' if known else 'let in'}")
        with tenant(enrol.find_tenant(TENANT).pk):
            wishes = apps.get_model("alerts", "Subscription").objects
            wish, is_new = wishes.get_or_create(email=READER, suite=None)
        told = "is told" if is_new else "is told already"
        self._say(f"{wish.email} {told} of regressions and recoveries by e-mail")

    def _import(self) -> None:
        self._head("Cases and recorded answers")
        common = {"suite": SUITE, "tenant": TENANT}
        cases = str(SAMPLES / "assistant_cases.jsonl")
        self._say(f"cases: {self._quietly('importcases', cases, pack='nl2api', **common)}")
        for run, version in RUNS.items():
            heard = self._quietly(
                "importoutputs",
                str(SAMPLES / f"assistant_{version.replace('.', '_')}.jsonl"),
                run=run,
                target=SUITE,
                client_type="recorded",
                client_version=version,
                **common,
            )
            self._say(f"answers: {heard}")

    def _declare(self) -> None:
        """Say what decides before anything is known; a decided experiment takes no more results."""
        self._head("What decides, declared before")
        gate = SAMPLES / "assistant_gate.yaml"
        self._say(self._quietly("setgate", str(gate), tenant=TENANT).splitlines()[-1])
        experiments = apps.get_model("experiments", "Experiment").objects
        with tenant(enrol.find_tenant(TENANT).pk):
            self._is_open = not experiments.filter(name=EXPERIMENT).exists()
        if self._is_open:
            declared = {"metric": "success", "margin": 0.03, "suite": SUITE, "tenant": TENANT}
            self._say(self._quietly("createexperiment", EXPERIMENT, **declared))
        else:
            self._say(f"experiment {EXPERIMENT}: was decided already")

    def _evaluate(self, run: str, group: str, *, title: str, **options: Any) -> int:
        self._head(title)
        study = {"experiment": EXPERIMENT, "group": group} if self._is_open else {}
        options = {"suite": SUITE, "run": run, **options, **study, "tenant": TENANT}
        said = " ".join(f"--{name} {value}" for name, value in options.items())
        return self._show("runbatch", said, **options)

    def _verdict(self, answers: dict[str, str]) -> None:
        self._head("The verdict on version 1.5")
        for what, answer in answers.items():
            self._say(fill(f"{what:<8}{answer}", 100, subsequent_indent=" " * 8))
        self._say("")
        self._show("leaderboard", f"{SUITE} --tenant {TENANT}", SUITE, tenant=TENANT)
        trend = {"trend": True, "suite": SUITE, "metric": "pass_rate", "tenant": TENANT}
        self._show(
            "queryresults", f"--trend --suite {SUITE} --metric pass_rate --tenant {TENANT}", **trend
        )
        verb = "decideexperiment" if self._is_open else "showexperiment"
        self._show(verb, f"{EXPERIMENT} --tenant {TENANT}", EXPERIMENT, tenant=TENANT)

    def _show(self, name: str, said: str, *args: str, **options: Any) -> int:
        """Run a command as a person would; answers its exit code, and says so if that is a no."""
        code = 0
        self._say(f"$ python manage.py {name} {said}\n")
        self.stdout.flush()
        try:
            call_command(name, *args, stdout=self.stdout, stderr=self.stderr, **options)
        except SystemExit as end:
            if end.code != SAID_NO:
                raise
            self._say(f"exit code {SAID_NO}: no")
            code = SAID_NO
        self._say("")
        return code

    def _mail(self, known: set[Path]) -> str:
        self._head("The e-mail about it")
        if not hasattr(settings, "EMAIL_FILE_PATH"):
            self._say(f"went to {READER} through the server of EMAIL_URL")
            return "see the e-mail"
        mail = wait_for_mail(settings.LAYOUT.mail, known=known, push=self._sweep)
        self._quote(mail)
        return mail.subject

    def _quote(self, mail: Mail) -> None:
        self._say(f"To: {mail.to}")
        self._say(fill(f"Subject: {mail.subject}", 100, subsequent_indent=" " * 9))
        self._say("")
        for line in quoted(mail.text):
            self._say(line)
        self._say("")
        self._say(f"The whole mail: {_short(mail.path)}")

    def _sweep(self) -> None:
        self._quietly("sweep", tenant=TENANT)

    def _outlook(self) -> None:
        self._head("Where to look next")
        rows = {
            "make serve": "the site, a worker and Flower, until Ctrl-C",
            f"{settings.SITE_URL}/": f"what regressed, where and why; sign in as {READER}",
            FLOWER: "the tasks, while make serve runs",
            "python manage.py listbatches": "every batch so far",
            "docs/statistics.md": "what each verdict means, with these figures",
            "make stop": "stop the servers; the data stays",
        }
        for what, why in rows.items():
            self._say(f"{what:<36} {why}")
        self._say("")
        self._say(f"Password of both accounts: {self._password()}")

    def _password(self) -> str:
        user = get_user_model().objects.get(username=READER)
        if not user.check_password(self._word):
            return f"the one you gave them (python manage.py changepassword {READER})"
        kept = f"in {_short(_password_file())}"
        return f"{self._word} ({kept})" if self.stdout.isatty() else kept

    def _quietly(self, name: str, *args: str, **options: Any) -> str:
        """Run a command and answer what it told people."""
        heard = io.StringIO()
        call_command(name, *args, stdout=io.StringIO(), stderr=heard, no_color=True, **options)
        return heard.getvalue().strip()

    def _head(self, title: str) -> None:
        self.stdout.write(f"\n{self.style.MIGRATE_HEADING(title)}\n{'-' * len(title)}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)


def _password_file() -> Path:
    return Path(settings.LAYOUT.data) / "demo_password"


def _short(path: Path) -> str:
    """Name a path from the project's folder if it lies there."""
    return str(
        path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path
    )
