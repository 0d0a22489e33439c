"""How programs end, what is heard of them, and what they find inside."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from judges.sandbox.limits import Limits
from judges.sandbox.run import CHANNEL_FD, run
from judges.sandbox.tiers import describe, forget, tier, warm
from tests.sandbox.conftest import Runs

_ENDINGS = {
    "sys.exit(7)": ("exited", 7, None),
    "1 / 0": ("exited", 1, None),
    "not Python at all": ("exited", 1, None),
    "os._exit(0)": ("exited", 0, None),
    "os.kill(os.getpid(), 9)": ("killed", None, 9),
    "import ctypes; ctypes.string_at(0)": ("killed", None, 11),
    "os.kill(os.getpid(), 24)": ("timed_out", None, 24),
    "while True: os.write(1, bytes(9999))": ("output_flood", None, 9),
    "while True: os.write(3, bytes(9999))": ("output_flood", None, 9),
    "bytearray(700 << 20)": ("exited", 1, None),
}


@pytest.mark.parametrize("text", _ENDINGS)
def test_an_ending_is_told(text: str, *, runs: Runs) -> None:
    outcome = runs(f"import os, sys\n{text}")
    assert (outcome.ended, outcome.exit_code, outcome.signal) == _ENDINGS[text]


@pytest.mark.parametrize("text", ["pass", "os.closerange(0, 9)"])
def test_a_sleeper_ends_by_the_clock(text: str, *, runs: Runs) -> None:
    outcome = runs(f"import os, time\n{text}; time.sleep(99)", limits=Limits(wall_s=0.3))
    assert (outcome.ended, outcome.signal) == ("timed_out", 9)


def test_a_loop_ends_by_its_processor_time(runs: Runs) -> None:
    outcome = runs("while True: pass", limits=Limits(wall_s=60, cpu_s=0.3))
    assert (outcome.ended, outcome.signal) == ("timed_out", 24)


def test_a_loop_that_ignores_the_first_word_is_killed(runs: Runs) -> None:
    source = "import signal\nsignal.signal(24, signal.SIG_IGN)\nwhile True: pass"
    outcome = runs(source, limits=Limits(wall_s=60, cpu_s=1))
    assert (outcome.ended, outcome.signal) == ("killed", 9)


def test_asyncio_runs(runs: Runs) -> None:
    source = "import asyncio\nasync def main(): print('ran')\nasyncio.run(main())"
    assert runs(source).stdout == "ran\n"


def test_streams_and_channel_are_kept_apart(runs: Runs) -> None:
    source = "import os, sys\nprint('out')\nprint('err', file=sys.stderr)\nos.write(3, b'result')"
    outcome = runs(source)
    assert (outcome.stdout, outcome.stderr, outcome.channel) == ("out\n", "err\n", b"result")


def test_output_is_capped(runs: Runs) -> None:
    outcome = runs("print('x' * 5000)", limits=Limits(output_kb=2))
    assert outcome.ended == "output_flood"
    assert len(outcome.stdout) == 2049


def test_bytes_that_are_no_text_are_replaced(runs: Runs) -> None:
    assert runs("import os; os.write(1, b'a\\xff')").stdout == "a\N{REPLACEMENT CHARACTER}"


def test_input_and_files_are_there(runs: Runs) -> None:
    source = "import helper, sys; print(sys.stdin.read(), helper.x, open('d/e.txt').read())"
    outcome = runs(source, stdin=b"in", files={"helper.py": "x = 1", "d/e.txt": "h\u00e4"})
    assert outcome.stdout == "in 1 h\u00e4\n", outcome.stderr


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "", "a\0b"])
def test_a_file_stays_in_the_folder(name: str, *, runs: Runs) -> None:
    with pytest.raises(ValueError, match="relative name"):
        runs("", files={name: ""})


def test_a_program_is_main_and_sees_only_itself(runs: Runs) -> None:
    source = "import json, sys\nprint(json.dumps([__name__, sorted(vars()), sys.argv]))"
    names, argv = ["__builtins__", "json", "sys"], ["program"]
    seen = json.loads(runs(source).stdout)
    assert seen[0] == "__main__"
    assert [n for n in seen[1] if not n.startswith("__") or n in names] == names
    assert seen[2] == argv


def test_an_error_shows_the_programs_lines_only(runs: Runs) -> None:
    complaint = runs("def f():\n  raise ValueError('here')\nf()").stderr
    assert complaint.count("File ") == complaint.count('File "<program>"') == 2


def test_the_text_is_on_no_disk(runs: Runs) -> None:
    assert runs("import os; print(os.listdir())").stdout == "[]\n"


def test_threads_are_allowed(runs: Runs) -> None:
    source = (
        "from concurrent.futures import *\nprint(sum(ThreadPoolExecutor(4).map(abs, range(9))))"
    )
    assert runs(source).stdout == "36\n"


def test_devices_and_random_numbers_are_there(runs: Runs) -> None:
    source = "import random, uuid, tempfile\nuuid.uuid4()\nopen('/dev/null', 'w').write('x')\n"
    assert runs(f"{source}tempfile.TemporaryFile().write(b'x'); print('ok')").stdout == "ok\n"


def test_many_at_once_do_not_mix(runs: Runs) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: runs(f"import os; os.write(3, b'{n}')").channel, range(24)))
    assert said == [str(n).encode() for n in range(24)]


def test_the_strictest_tier_is_run_and_described(strict: str) -> None:
    forget()
    outcome = run(f"import os; os.write({CHANNEL_FD}, b'x')")
    assert outcome.tier == tier().name == describe()["tier"]
    assert outcome.tier == "T1" or strict == "T2"
    assert describe().keys() == {"tier", "kernel", "filter"}
    assert f"sandbox {outcome.tier}" in warm()
