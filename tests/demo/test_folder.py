"""The demo's folder: only ever its own, and one demo at a time."""

import os
from pathlib import Path

import pytest

from ticketpen.demo.folder import MARK, claimed_folder
from ticketpen.settings import SettingsError

ADDRESS = "http://127.0.0.1:8321"


def test_a_new_folder_is_made_and_marked(tmp_path: Path) -> None:
    with claimed_folder(tmp_path / "demo") as folder:
        assert not folder.is_loaded

    assert (tmp_path / "demo" / MARK).exists()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    with claimed_folder(tmp_path):
        pass

    assert (tmp_path / MARK).exists()


def test_a_folder_with_something_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")

    with pytest.raises(SettingsError, match="was not made by the demo"), claimed_folder(tmp_path):
        pass

    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")

    with pytest.raises(SettingsError, match="no folder"), claimed_folder(tmp_path / "demo"):
        pass

    assert (tmp_path / "demo").read_text() == "mine"


def test_a_folder_in_use_is_refused_and_says_where_the_demo_runs(tmp_path: Path) -> None:
    with claimed_folder(tmp_path) as folder:
        folder.note_address(ADDRESS)
        refused = pytest.raises(SettingsError, match=f"already running: {ADDRESS}")
        with refused, claimed_folder(tmp_path):
            pass


def test_it_remembers_that_the_story_is_loaded(tmp_path: Path) -> None:
    with claimed_folder(tmp_path) as folder:
        (tmp_path / "ticketpen.db").touch()
        folder.note_loaded()
        folder.note_address(ADDRESS)

    with claimed_folder(tmp_path) as folder:
        assert folder.is_loaded


def test_a_story_whose_database_is_gone_is_not_loaded(tmp_path: Path) -> None:
    with claimed_folder(tmp_path) as folder:
        folder.note_loaded()

        assert not folder.is_loaded


def test_clearing_leaves_only_the_mark(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "letter.txt").write_text("mine")
    with claimed_folder(tmp_path / "demo") as folder:
        (folder.path / "files" / "ab").mkdir(parents=True)
        (folder.path / "files" / "ab" / "x.png").touch()
        (folder.path / "ticketpen.db").touch()
        (folder.path / "link").symlink_to(outside)
        folder.note_loaded()

        folder.clear()

        assert not folder.is_loaded
        assert [path.name for path in folder.path.iterdir()] == [MARK]
    assert (outside / "letter.txt").exists()


def test_a_mark_cut_short_means_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / MARK).write_text('{"is_loa')
    (tmp_path / "ticketpen.db").touch()

    with claimed_folder(tmp_path) as folder:
        assert not folder.is_loaded


def test_settings_of_the_environment_and_of_files_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICKETPEN_DATABASE_URL", "postgresql://production/x")
    monkeypatch.setenv("TICKETPEN_NO_SUCH_SETTING", "1")
    (tmp_path / "ticketpen.toml").write_text('data_dir = "/var/lib/ticketpen"\n')

    with claimed_folder(tmp_path / "demo") as folder:
        settings = folder.settings(ADDRESS)

    assert settings.data_path == tmp_path / "demo"
    assert settings.sqlite_path == tmp_path / "demo" / "ticketpen.db"
    assert settings.public_url == ADDRESS
    assert os.environ["TICKETPEN_NO_SUCH_SETTING"] == "1"
