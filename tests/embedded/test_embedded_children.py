import os
import signal
import sys
from pathlib import Path

import pytest

from evalsite.embedded.children import Children, reap_leftovers
from evalsite.embedded.layout import Layout
from evalsite.embedded.processes import by_id, wait_until
from tests.embedded.asking import gone, line, process_in, script
from tests.embedded.test_embedded_guard import FAMILY

OWNER = f"""
import pathlib, sys, time
from evalsite.embedded.children import Children
from evalsite.embedded.layout import Layout
place = pathlib.Path(sys.argv[2])
with Children(Layout(pathlib.Path(sys.argv[1])), grace=60) as children:
    children.start("family", [sys.executable, "-c", {FAMILY!r}, str(place)])
    print(children._started["family"].guard.pid, flush=True)
    time.sleep(60)
"""
SLEEP = ("/bin/sleep", "60")


def test_children_end_with_the_block(layout: Layout) -> None:
    with Children(layout) as children:
        found = [by_id(children.start(name, SLEEP)) for name in "ab"]
        assert children.ended() == {}
    assert all(found)
    assert gone(*(process for process in found if process), seconds=0)
    assert list(layout.run.glob("children-*")) == []


def test_children_end_when_the_block_fails(layout: Layout) -> None:
    with pytest.raises(ZeroDivisionError), Children(layout) as children:
        pid = children.start("a", SLEEP)
        raise ZeroDivisionError
    assert by_id(pid) is None


def test_one_child_can_be_stopped_alone(layout: Layout) -> None:
    with Children(layout) as children:
        children.start("a", SLEEP)
        children.start("b", SLEEP)
        children.stop("a")
        assert children.ended() == {"a": 128 + signal.SIGTERM}


def test_a_signal_reaches_the_child(layout: Layout) -> None:
    with Children(layout) as children:
        children.start("a", SLEEP)
        children.signal("a", signal.SIGQUIT)
        assert wait_until(lambda: children.ended() == {"a": 128 + signal.SIGQUIT}, seconds=10)
        children.signal("a", signal.SIGQUIT)


def test_a_child_that_ends_by_itself_is_told_of(layout: Layout) -> None:
    with Children(layout) as children:
        children.start("a", ("/bin/sh", "-c", "echo over; exit 5"))
        assert wait_until(lambda: children.ended() == {"a": 5}, seconds=10)
    assert layout.log("a").read_text() == "over\n"


def test_a_child_gets_the_environment_it_is_given(layout: Layout) -> None:
    with Children(layout) as children:
        children.start("a", ("/bin/sh", "-c", "echo $WORD-$HOME"), env={"WORD": "yes"})
        assert wait_until(lambda: bool(children.ended()), seconds=10)
    assert layout.log("a").read_text() == "yes-\n"


def test_a_killed_command_leaves_no_family(layout: Layout, tmp_path: Path) -> None:
    with script(OWNER.replace("grace=60", "grace=1"), layout.root, tmp_path) as owner:
        line(owner)
        family = [process_in(tmp_path / name) for name in ("near", "far", "head")]
        owner.kill()
    assert gone(*family)


def test_leftovers_that_no_guard_could_end_are_reaped(layout: Layout, tmp_path: Path) -> None:
    with script(OWNER, layout.root, tmp_path) as owner:
        guard = int(line(owner))
        family = [process_in(tmp_path / name) for name in ("near", "far", "head")]
        os.kill(owner.pid, signal.SIGSTOP)
        os.kill(guard, signal.SIGKILL)
        owner.kill()
    reaped = reap_leftovers(layout, patience=0)
    assert gone(*family, seconds=0)
    assert {process.pid for process in family[:2]} <= set(reaped)
    assert list(layout.run.glob("children-*")) == []


def test_a_guard_at_work_is_given_its_time(layout: Layout, tmp_path: Path) -> None:
    with script(OWNER, layout.root, tmp_path) as owner:
        line(owner)
        family = [process_in(tmp_path / name) for name in ("near", "far", "head")]
        owner.kill()
    assert reap_leftovers(layout, patience=20) == []
    assert gone(*family, seconds=0)


def test_the_children_of_a_living_command_are_left_alone(layout: Layout) -> None:
    with Children(layout) as children:
        children.start("a", SLEEP)
        assert reap_leftovers(layout, patience=0) == []
        assert children.ended() == {}


def test_sigterm_makes_an_orderly_stop(layout: Layout, tmp_path: Path) -> None:
    with script(OWNER, layout.root, tmp_path) as owner:
        line(owner)
        family = [process_in(tmp_path / name) for name in ("near", "far", "head")]
        owner.terminate()
        assert owner.wait(30) == 128 + signal.SIGTERM
    assert gone(*family, seconds=0)
    assert list(layout.run.glob("children-*")) == []


def test_the_old_handler_of_sigterm_comes_back(layout: Layout) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Children(layout):
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_reaping_where_nothing_ever_ran_is_nothing(layout: Layout) -> None:
    assert reap_leftovers(layout) == []
    assert not layout.data.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_cannot_be_reached_by_the_terminal_s_ctrl_c(layout: Layout) -> None:
    with Children(layout) as children:
        pid = children.start("a", SLEEP)
        assert os.getsid(pid) != os.getsid(0)
