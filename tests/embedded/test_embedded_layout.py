import os
from pathlib import Path

from evalsite.embedded.layout import Layout


def test_paths_are_absolute_and_nothing_is_created(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "a" / ".." / "data")
    assert layout.cluster == tmp_path.resolve() / "data" / "postgres" / "cluster"
    assert layout.broker_url.startswith("redis+socket:///")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_the_folder_is_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert Layout(tmp_path / "link" / "x").lock == Layout(tmp_path / "x").lock


def test_sockets_lie_in_the_data_folder_when_the_path_is_short() -> None:
    layout = Layout(Path("/srv/evalsite/data"))
    assert layout.postgres_socket == Path("/srv/evalsite/data/postgres/run/.s.PGSQL.5432")
    assert layout.valkey_socket == Path("/srv/evalsite/data/valkey/valkey.sock")


def test_sockets_of_a_deep_folder_get_a_short_path() -> None:
    layout = Layout(Path("/srv") / ("deep" * 40))
    for socket in (layout.postgres_socket, layout.valkey_socket):
        assert len(os.fsencode(socket)) <= 103
    assert layout.postgres_socket.parent != layout.valkey_socket.parent


def test_the_length_counts_bytes_not_letters() -> None:
    assert Layout(Path("/srv/" + "é" * 45)).valkey_socket.parent.name.startswith("evalsite-")


def test_a_path_that_a_url_would_break_gets_a_plain_one() -> None:
    for name in ("with space", "a,b", "what?", "50%"):
        assert Layout(Path("/srv", name)).broker_url.count("evalsite-") == 1


def test_two_deep_folders_do_not_share_a_socket() -> None:
    one, two = (Layout(Path("/srv") / ("deep" * 40) / name) for name in "ab")
    assert one.postgres_socket != two.postgres_socket


def test_database_settings_hold_no_password() -> None:
    settings = Layout(Path("/srv/x")).database_settings("evalsite_app", name="evalsite")
    assert settings["PASSWORD"] == ""
    assert settings["OPTIONS"]["passfile"] == "/srv/x/pgpass"
    assert settings["OPTIONS"]["require_auth"] == "scram-sha-256"


def test_marks_are_those_of_the_cluster(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.run.mkdir()
    for name in ("database-x", "migrated-x", "lock"):
        (layout.run / name).touch()
    assert {mark.name for mark in layout.marks()} == {"database-x", "migrated-x"}
