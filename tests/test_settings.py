"""Settings: where they come from, what is refused, and that a secret is made once."""

import stat
from pathlib import Path

import pytest

from ticketpen.settings import Settings, SettingsError, load_settings

LONG = "x" * 32


def load(path: Path, **environment: str) -> Settings:
    values = {f"TICKETPEN_{name}": value for name, value in environment.items()}
    return load_settings({"TICKETPEN_DATA_DIR": str(path), **values})


def test_defaults_need_nothing_but_a_folder(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.sqlite_path == tmp_path / "ticketpen.db"
    assert settings.files_path == tmp_path / "files"
    assert settings.body_limit == 32 * 1024 * 1024


def test_settings_are_frozen(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        load(tmp_path).data_dir = "elsewhere"  # type: ignore[misc]


def test_an_unknown_name_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean TICKETPEN_DATABASE_URL"):
        load(tmp_path, DATABSE_URL="sqlite:///x")


def test_a_value_of_the_wrong_type_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TICKETPEN_FILE_LIMIT"):
        load(tmp_path, FILE_LIMIT="many")


def test_numbers_and_booleans_are_read_from_words(tmp_path: Path) -> None:
    settings = load(tmp_path, FILES_LIMIT="5", REOPEN_ON_REPLY="false")
    assert (settings.files_limit, settings.reopen_on_reply) == (5, False)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('files_limit = 2\nallowed_origins = ["https://a.test", "https://b.test"]\n')
    settings = load(tmp_path, CONFIG=str(file), FILES_LIMIT="4")
    assert settings.files_limit == 4
    assert settings.origins == {"https://a.test", "https://b.test"}


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("file_limits = 2\n")
    with pytest.raises(SettingsError, match="did you mean file_limit"):
        load(tmp_path, CONFIG=str(file))


def test_a_named_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the settings file"):
        load(tmp_path, CONFIG=str(tmp_path / "absent.toml"))


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "given"
    file.write_text(f"{LONG}\n")
    assert load(tmp_path, JWT_SECRET_FILE=str(file)).jwt_key == LONG.encode()


@pytest.mark.parametrize("name", ["SECRET", "JWT_SECRET"])
def test_a_short_secret_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="at least 32 bytes"):
        load(tmp_path, **{name: "short"})


def test_a_missing_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.secret == second.secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_damaged_secret_is_refused_not_replaced(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / "secret").write_text("")
    with pytest.raises(SettingsError, match="damaged"):
        load(tmp_path)


def test_postgres_needs_a_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TICKETPEN_SECRET is required"):
        load(tmp_path, DATABASE_URL="postgresql://db/x")


def test_each_purpose_has_a_key_of_its_own(tmp_path: Path) -> None:
    settings = load(tmp_path, SECRET=LONG)
    keys = {settings.key_for(purpose) for purpose in ("session", "cursor", "jwt")}
    assert len(keys) == 3
    assert settings.key_for("cursor") == load(tmp_path, SECRET=LONG).key_for("cursor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user:hidden@db/x"),
        ("STORAGE_URL", "ftp://store"),
        ("PUBLIC_URL", "app.example.com"),
        ("TRUSTED_PROXIES", "proxy.local"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"TICKETPEN_{name}") as caught:
        load(tmp_path, **{name: value, "SECRET": LONG})
    assert "hidden" not in str(caught.value)


def test_the_mount_path_and_the_origin_come_from_the_public_address(tmp_path: Path) -> None:
    settings = load(tmp_path, PUBLIC_URL="https://App.example.com/support/")
    assert settings.mount_path == "/support"
    assert settings.origins == {"https://app.example.com"}
