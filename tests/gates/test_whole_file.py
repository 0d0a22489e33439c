from __future__ import annotations

from pathlib import Path

import pytest

from evalsite.gates.place import FileUnwritable, require_writable, whole_file


def test_a_file_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "a.md"
    with whole_file(place) as file:
        file.write(b"new")
        assert not place.exists()
    assert place.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [place]


def test_what_was_there_stays_when_it_fails(tmp_path: Path) -> None:
    place = tmp_path / "a.md"
    place.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(place) as file:
        file.write(b"n")
        raise ZeroDivisionError
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    place, link = tmp_path / "a.md", tmp_path / "link.md"
    place.write_text("old")
    place.chmod(0o640)
    link.symlink_to(place)
    with whole_file(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert place.read_text() == "new"
    assert place.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", [".", "gone/a.md", "/dev/null"])
def test_no_other_place_will_do(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable):
        require_writable(tmp_path / name)
