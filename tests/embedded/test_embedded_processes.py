import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsite.embedded.processes import (
    Process,
    by_argument,
    by_environment,
    by_folder,
    by_id,
    end,
    wait_until,
)
from tests.embedded.asking import line, script

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


# Deeper than the kernel can name.
DEEP = """
import os
for _ in range(100):
    os.mkdir("d" * 50)
    os.chdir("d" * 50)
print("ready", flush=True)
os.execv("/bin/sleep", ["sleep", "60"])
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", "61.25"], env={"MARK": "yes"}) as process:
        yield process
        process.kill()


def _seen(process: subprocess.Popen[bytes]) -> Process:
    found = by_id(process.pid)
    assert found is not None
    return found


def test_a_process_is_found_by_its_argument(sleeper: subprocess.Popen[bytes]) -> None:
    assert by_argument("sleep", "61.25", uids=()) == [_seen(sleeper)]


def test_another_program_or_argument_is_not_found(sleeper: subprocess.Popen[bytes]) -> None:
    assert by_argument("postgres", "61.25", uids=()) == []
    assert by_argument("sleep", "61.2", uids=()) == []


def test_a_process_is_found_by_its_environment(sleeper: subprocess.Popen[bytes]) -> None:
    assert wait_until(lambda: by_environment("MARK", "yes") == [_seen(sleeper)], seconds=5)
    assert by_environment("MARK", "no") == []


def test_a_recycled_id_is_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    old = Process(sleeper.pid, _seen(sleeper).started - 3600)
    old.signal(signal.SIGKILL)
    end(old, signals=())
    assert not old.alive()
    assert sleeper.poll() is None


def test_a_zombie_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    seen = _seen(sleeper)
    os.kill(sleeper.pid, signal.SIGKILL)
    assert wait_until(lambda: not seen.alive(), seconds=5)
    assert by_id(sleeper.pid) is None


def test_a_process_ends_by_the_first_signal(sleeper: subprocess.Popen[bytes]) -> None:
    end(_seen(sleeper), signals=((signal.SIGTERM, 5),))
    assert sleeper.wait() == -signal.SIGTERM


def test_a_process_that_ignores_the_signal_is_killed() -> None:
    with script(STUBBORN) as process:
        line(process)
        found = by_id(process.pid)
        assert found is not None
        end(found, signals=((signal.SIGTERM, 0.2),))
        assert process.wait() == -signal.SIGKILL


def test_nobody_has_an_impossible_id() -> None:
    assert by_id(2**22 + 1) is None


def test_psutil_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, evalsite.embedded.supervisor; sys.exit('psutil' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_process_is_found_by_where_it_works(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "60"], cwd=tmp_path) as process:
        assert wait_until(
            lambda: by_folder(tmp_path, programs=["sleep"]) == [_seen(process)], seconds=5
        )
        process.kill()


def test_one_that_works_too_deep_to_name_troubles_nobody(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DEEP]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert by_folder(tmp_path, programs=["sleep"]) == []
        process.kill()
