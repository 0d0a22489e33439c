import os
import signal
import sys
from pathlib import Path

import pytest

from evalsite.embedded.account import for_postgres
from evalsite.embedded.processes import by_id, end
from evalsite.embedded.spawn import Program, StartFailed, open_log, release, run, start, tail
from tests.embedded.asking import gone, line, process_in, script
from tests.embedded.conftest import as_root

# A program with a child in its group and one that left for a session of its own.
FAMILY = """
import os, pathlib, subprocess, sys, time
place = pathlib.Path(sys.argv[1])
for name, apart in (("near", False), ("far", True)):
    child = subprocess.Popen(["/bin/sleep", "60"], start_new_session=apart)
    (place / name).write_text(str(child.pid))
(place / "head").write_text(str(os.getpid()))
time.sleep(60)
"""
OWNER = f"""
import pathlib, sys, time
from evalsite.embedded.spawn import Program, start
place = pathlib.Path(sys.argv[1])
argv = (sys.executable, "-c", {FAMILY!r}, str(place))
started = start(Program(argv, log=place / "log", grace=1), bound=True)
print(started.guard.pid, flush=True)
time.sleep(60)
"""


def _program(tmp_path: Path, *argv: str, grace: float = 5) -> Program:
    return Program(argv, log=tmp_path / "log", grace=grace)


def _python(tmp_path: Path, code: str, *, grace: float = 5) -> Program:
    return _program(tmp_path, sys.executable, "-c", code, grace=grace)


def test_no_descendant_outlives_a_killed_owner(tmp_path: Path) -> None:
    with script(OWNER, tmp_path) as owner:
        guard = by_id(int(line(owner)))
        family = [process_in(tmp_path / name) for name in ("near", "far", "head")]
        assert guard is not None
        owner.kill()
    assert gone(*family, guard)


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_the_program_does_not_outlive_a_killed_guard(tmp_path: Path) -> None:
    guard = start(_program(tmp_path, "/bin/sleep", "60"), bound=True)
    program = by_id(guard.pid)
    assert program is not None
    assert guard.guard is not None
    guard.guard.kill()
    assert gone(program)
    release(guard.guard)


def test_releasing_asks_the_program_to_stop(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = "import os, signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(7))\n"
    write = f"open({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    started = start(_python(tmp_path, code + write), bound=True)
    process_in(mark)
    assert started.guard is not None
    assert release(started.guard) == 7


def test_a_program_that_does_not_stop_is_killed_after_the_grace(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, signal, time\nsignal.signal(15, signal.SIG_IGN)\nopen({str(mark)!r}, 'w')"
    program = _python(tmp_path, f"{code}.write(str(os.getpid()))\ntime.sleep(60)", grace=0.3)
    started = start(program, bound=True)
    process = process_in(mark)
    assert started.guard is not None
    assert release(started.guard) == 128 + signal.SIGKILL
    assert not process.alive()


def test_the_exit_code_comes_through(tmp_path: Path) -> None:
    started = start(_python(tmp_path, "raise SystemExit(3)"), bound=True)
    assert started.guard is not None
    assert started.guard.wait(20) == 3
    release(started.guard)


def test_what_a_finished_program_left_behind_is_killed(tmp_path: Path) -> None:
    code = f"{FAMILY.rsplit('time.sleep', 1)[0]}"
    run(_program(tmp_path, sys.executable, "-c", code, str(tmp_path)))
    for name in ("near", "far"):
        assert by_id(int((tmp_path / name).read_text())) is None


def test_output_goes_to_the_private_log(tmp_path: Path) -> None:
    run(_program(tmp_path, "/bin/echo", "hello"))
    assert (tmp_path / "log").read_text() == "hello\n"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_failing_program_is_an_error_with_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="boom"):
        run(_python(tmp_path, "raise SystemExit('boom')"))


def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="No such file"):
        run(_program(tmp_path, "/nowhere/program"))


def test_a_free_program_has_left_us(tmp_path: Path) -> None:
    started = start(_program(tmp_path, "/bin/sleep", "60"), bound=False)
    process = by_id(started.pid)
    assert process is not None
    assert os.getsid(started.pid) == started.pid
    assert started.guard is None
    end(process, signals=())


@as_root
def test_root_lends_its_program_another_account(tmp_path: Path) -> None:
    account = for_postgres()
    argv = ("/bin/sh", "-c", "id -u; id -g; id -G")
    run(Program(argv, log=tmp_path / "log", account=account))
    uid, gid, groups = (tmp_path / "log").read_text().splitlines()
    assert (int(uid), int(gid), groups) == (account.uid, account.gid, str(account.gid))


def test_signals_that_python_ignores_work_in_the_program(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=f"ended with {128 + signal.SIGPIPE}"):
        run(_program(tmp_path, "/bin/sh", "-c", "kill -PIPE $$; exit 0"))


def test_a_large_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"x" * 10_000_001)
    open_log(log).close()
    assert log.stat().st_size == 0
    assert (tmp_path / "x.old.log").stat().st_size == 10_000_001


def test_the_tail_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n".join(map(str, range(20))))
    assert tail(tmp_path / "log", lines=2) == f"{tmp_path / 'log'}:\n  18\n  19"
