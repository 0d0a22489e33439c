"""Where settings come from: variables, the file `.env`, and files of secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsite.env import SettingsInvalid, read_env


def test_variables_win_over_the_file_and_it_over_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"flower_user": "secret", "email_from": "secret", "site_url": "secret", "other": "x"}
    for name, text in given.items():
        (tmp_path / name).write_text(f" {text}\n")
    file = tmp_path / ".env"
    file.write_text("EMAIL_FROM=file\nsite_url='file'\nNOBODYS=1\nFLOWER_USER\n")
    monkeypatch.setenv("SITE_URL", "variable")
    read = read_env(file=file, secrets=tmp_path)
    assert (read.flower_user, read.email_from, read.site_url) == ("secret", "file", "variable")


def test_lists_and_tables_are_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", '["a", "b"]')
    monkeypatch.setenv("BLOB_STORAGE_OPTIONS", '{"bucket": "x"}')
    read = read_env(file=tmp_path / "none", secrets=tmp_path / "none")
    assert (read.allowed_hosts, read.blob_storage_options) == (["a", "b"], {"bucket": "x"})
    monkeypatch.setenv("ALLOWED_HOSTS", "a")
    with pytest.raises(SettingsInvalid, match="ALLOWED_HOSTS"):
        read_env()


def test_without_any_the_defaults_stand_and_are_checked(tmp_path: Path) -> None:
    assert read_env(file=tmp_path / "none", secrets=tmp_path / "none").worker_slots >= 1
