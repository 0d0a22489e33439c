"""The site begins when the database answers, and does not end because it does not yet."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from evalsite.env import ROOT
from evalsite.tenants.roles import APP
from tests.services import DATABASE, Services


@pytest.fixture
def site(services: Services) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The site's process as it begins, and where it looks for a database that is not there."""
    with tempfile.TemporaryDirectory(prefix="evalsite-") as place:
        away = make_conninfo(**{**services.roles[APP], "dbname": DATABASE, "host": place})
        given = {**os.environ, **services.environment(), "DATABASE_URL": away}
        begin = [sys.executable, "-c", "import evalsite.wsgi; print('begun')"]
        with subprocess.Popen(
            begin, env=given, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            yield process, Path(place)
            process.kill()


def test_the_site_waits_for_its_database(
    site: tuple[subprocess.Popen[str], Path], services: Services, django_db_setup: None
) -> None:
    process, place = site
    said = process.stdout or ()
    assert any("waiting for the database" in line for line in said)
    door = ".s.PGSQL.{port}".format(**services.roles[APP])
    (place / door).symlink_to(Path(services.roles[APP]["host"]) / door)
    assert "begun\n" in said
    assert process.wait() == 0
