import stat
from pathlib import Path

from evalsite.embedded import passfile


def test_only_we_may_read_the_file(tmp_path: Path) -> None:
    passfile.ensure(tmp_path / "pgpass", roles=["a"])
    assert stat.S_IMODE((tmp_path / "pgpass").stat().st_mode) == 0o600


def test_a_password_stays_once_given(tmp_path: Path) -> None:
    first = passfile.ensure(tmp_path / "pgpass", roles=["a"])
    second = passfile.ensure(tmp_path / "pgpass", roles=["a", "b"])
    assert second["a"] == first["a"] != second["b"]
    assert passfile.read(tmp_path / "pgpass") == second


def test_lines_are_what_libpq_reads(tmp_path: Path) -> None:
    words = passfile.ensure(tmp_path / "pgpass", roles=["a"])
    assert (tmp_path / "pgpass").read_text() == f"*:*:*:a:{words['a']}\n"
    assert len(words["a"]) >= 32
    assert not {":", "\\"} & set(words["a"])


def test_no_file_holds_no_password(tmp_path: Path) -> None:
    assert passfile.read(tmp_path / "pgpass") == {}


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    passfile.ensure(tmp_path / "pgpass", roles=["a", "b"])
    assert [path.name for path in tmp_path.iterdir()] == ["pgpass"]
