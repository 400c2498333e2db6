"""Every setting: type, default, one line of meaning. Read once, frozen, unknown names refused.

Sources, the later wins: defaults, the TOML file (`TICKETPEN_CONFIG`, else `./ticketpen.toml` when
it exists), the environment. Secrets may come from a file: `TICKETPEN_SECRET_FILE=/run/secret`."""

import difflib
import hashlib
import hmac
import os
import secrets
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

PREFIX: Final = "TICKETPEN_"
DEFAULT_CONFIG: Final = "ticketpen.toml"
SECRET_NAMES: Final = ("secret", "jwt_secret", "database_url", "metrics_token")

Positive = Annotated[int, Meta(ge=1)]


class SettingsError(Exception):
    """A setting that cannot be used; the text is one line that says what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one process. Times in seconds, sizes in bytes."""

    data_dir: Annotated[
        str, Meta(description="Folder of the SQLite database, the files and the kept secret.")
    ] = "./ticketpen-data"
    database_url: Annotated[
        str,
        Meta(description="`sqlite:///path` or `postgresql://…`; empty: SQLite in the data folder."),
    ] = ""
    storage_url: Annotated[
        str,
        Meta(description="`file:///path` for attachments; empty: `files` in the data folder."),
    ] = ""
    secret: Annotated[
        str,
        Meta(
            description="The one secret that session, cursor and link keys are derived from (at "
            "least 32 bytes). On SQLite made and kept in the data folder; required on PostgreSQL."
        ),
    ] = ""
    jwt_secret: Annotated[
        str,
        Meta(description="HS256 secret of the host's tokens, at least 32 bytes; empty: derived."),
    ] = ""
    jwt_public_keys: Annotated[
        str,
        Meta(
            description="PEM public keys (RS256, ES256, EdDSA): a comma list of `kid=path` or "
            "`path`. Several keys must each have a `kid`."
        ),
    ] = ""
    jwt_issuer: Annotated[str, Meta(description="Required `iss` of tokens; empty: any.")] = ""
    jwt_audience: Annotated[str, Meta(description="Required `aud` of tokens; empty: any.")] = ""
    claim_id: Annotated[str, Meta(description="Claim that holds the caller's id.")] = "sub"
    claim_name: Annotated[str, Meta(description="Claim that holds the name.")] = "name"
    claim_email: Annotated[str, Meta(description="Claim that holds the e-mail address.")] = "email"
    claim_role: Annotated[
        str, Meta(description="Claim that holds the role: `admin`, or a list containing it.")
    ] = "role"
    public_url: Annotated[
        str,
        Meta(description="Address that browsers use, such as `https://app.example.com/support`."),
    ] = ""
    trusted_proxies: Annotated[
        str,
        Meta(description="Comma list of addresses or networks whose `X-Forwarded-*` is believed."),
    ] = ""
    allowed_origins: Annotated[
        str, Meta(description="Comma list of further origins whose pages may call us.")
    ] = ""
    metrics_token: Annotated[
        str, Meta(description="Bearer token for `/metrics`; empty: no metrics.")
    ] = ""
    rate_limit: Annotated[
        int, Meta(ge=0, description="Requests a minute for each caller and process; 0: no limit.")
    ] = 0
    reopen_on_reply: Annotated[
        bool, Meta(description="A user's reply to a resolved ticket opens it again.")
    ] = True
    staff_email_shown: Annotated[
        bool, Meta(description="Users see the e-mail address of the staff who answer them.")
    ] = True
    body_limit: Annotated[Positive, Meta(description="Largest request body, in bytes.")] = (
        32 * 1024 * 1024
    )
    file_limit: Annotated[Positive, Meta(description="Largest attachment, in bytes.")] = (
        5 * 1024 * 1024
    )
    files_limit: Annotated[Positive, Meta(description="Attachments with one message.")] = 3
    pixel_limit: Annotated[Positive, Meta(description="Largest picture, in pixels.")] = 50_000_000
    parts_limit: Annotated[Positive, Meta(description="Parts in one multipart body.")] = 100
    header_limit: Annotated[Positive, Meta(description="Largest request head, in bytes.")] = (
        64 * 1024
    )
    header_timeout: Annotated[
        Positive, Meta(description="Longest wait for a request's head, in seconds.")
    ] = 10
    body_timeout: Annotated[
        Positive, Meta(description="Longest wait for a whole body, in seconds.")
    ] = 60
    shutdown_timeout: Annotated[
        Positive, Meta(description="Seconds that accepted requests may take after SIGTERM.")
    ] = 10
    database_connections: Annotated[
        Positive, Meta(description="PostgreSQL connections of one process.")
    ] = 10
    idempotency_lease: Annotated[
        Positive,
        Meta(description="Seconds after which an unfinished Idempotency-Key may be taken over."),
    ] = 60

    @property
    def data_path(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data_dir).expanduser().absolute()

    @property
    def is_postgres(self) -> bool:
        """Whether the database is PostgreSQL."""
        return self.database_url.startswith(("postgresql://", "postgres://"))

    @property
    def sqlite_path(self) -> Path:
        """The SQLite file (when `is_postgres` is false)."""
        if self.database_url:
            return Path(self.database_url.removeprefix("sqlite:///")).expanduser().absolute()
        return self.data_path / "ticketpen.db"

    @property
    def files_path(self) -> Path:
        """The folder of attachments (when storage is the local disk)."""
        if self.storage_url:
            return Path(self.storage_url.removeprefix("file://")).expanduser().absolute()
        return self.data_path / "files"

    @property
    def mount_path(self) -> str:
        """Path under which browsers see us, without a trailing slash; usually empty."""
        return urlsplit(self.public_url).path.rstrip("/") if self.public_url else ""

    @property
    def origins(self) -> frozenset[str]:
        """Origins whose pages may change things by cookie."""
        allowed = {o.rstrip("/").lower() for o in comma_list(self.allowed_origins)}
        if self.public_url:
            parts = urlsplit(self.public_url)
            allowed.add(f"{parts.scheme}://{parts.netloc}".lower())
        return frozenset(allowed)

    def key_for(self, purpose: str) -> bytes:
        """32 bytes for one purpose (`session`, `cursor`, `jwt`, …), derived from the one secret."""
        return hmac.digest(self.secret.encode(), b"ticketpen:" + purpose.encode(), hashlib.sha256)

    @property
    def jwt_key(self) -> bytes:
        """The HS256 key of Bearer tokens."""
        return self.jwt_secret.encode() if self.jwt_secret else self.key_for("jwt").hex().encode()


def comma_list(text: str) -> list[str]:
    """The non-empty, trimmed items of a comma list."""
    return [item for item in (part.strip() for part in text.split(",")) if item]


def load_settings(
    environment: Mapping[str, str] | None = None, *, keep_secret: bool = True
) -> Settings:
    """Settings from the TOML file and `environment` (default: the process's).

    On SQLite a missing secret is made and kept in the data folder, unless `keep_secret` is false.
    Raises SettingsError."""
    environment = os.environ if environment is None else environment
    values = _read_toml(environment) | _read_environment(environment)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(str(error))) from None
    _check(settings)
    if not settings.secret:
        if settings.is_postgres:
            raise SettingsError(
                f"{PREFIX}SECRET is required on PostgreSQL (every process needs the same one); "
                "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
        if keep_secret:
            settings = msgspec.structs.replace(settings, secret=_kept_secret(settings.data_path))
    return settings


def _read_toml(environment: Mapping[str, str]) -> dict[str, object]:
    named = environment.get(PREFIX + "CONFIG")
    path = Path(named or DEFAULT_CONFIG)
    if not named and not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read the settings file {path}: {error}") from None
    for name in values:
        _refuse_unknown(name, name, f"in {path}")
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else value
        for name, value in values.items()
    }


def _read_environment(environment: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or variable == PREFIX + "CONFIG":
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name.endswith("_file") and name.removesuffix("_file") in SECRET_NAMES:
            try:
                values[name.removesuffix("_file")] = Path(value).read_text("utf-8").strip()
            except OSError as error:
                raise SettingsError(f"{variable}: cannot read {value}: {error.strerror}") from None
            continue
        _refuse_unknown(name, variable, "in the environment")
        values[name] = value
    return values


def _refuse_unknown(name: str, shown: str, where: str) -> None:
    known = Settings.__struct_fields__
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    meant = near[0] if shown == name else (PREFIX + near[0].upper() if near else "")
    hint = f"; did you mean {meant}?" if near else ""
    raise SettingsError(f"unknown setting {shown} {where}{hint}")


def _explain(text: str) -> str:
    """`Expected `int` - at `$.port`` → `TICKETPEN_PORT: expected int`."""
    what, _, where = text.partition(" - at `$.")
    return f"{PREFIX}{where.rstrip('`').upper()}: {what.replace('`', '')}"


def _check(settings: Settings) -> None:
    for name in ("secret", "jwt_secret"):
        value: str = getattr(settings, name)
        if value and len(value.encode()) < 32:
            raise SettingsError(f"{PREFIX}{name.upper()} must have at least 32 bytes")
    url = settings.database_url
    if url and not settings.is_postgres and not url.startswith("sqlite:///"):
        raise SettingsError(
            f"{PREFIX}DATABASE_URL must begin with sqlite:/// or postgresql:// (its value is "
            "not shown here: it may hold a password)"
        )
    if settings.storage_url and not settings.storage_url.startswith("file://"):
        raise SettingsError(f"{PREFIX}STORAGE_URL must begin with file://")
    public = urlsplit(settings.public_url)
    if settings.public_url and (public.scheme not in ("http", "https") or not public.netloc):
        raise SettingsError(f"{PREFIX}PUBLIC_URL must be an address such as https://example.com")
    try:
        for item in comma_list(settings.trusted_proxies):
            ip_network(item, strict=False)
    except ValueError as error:
        raise SettingsError(f"{PREFIX}TRUSTED_PROXIES: {error}") from None


def _kept_secret(data_path: Path) -> str:
    path = data_path / "secret"
    try:
        data_path.mkdir(0o700, parents=True, exist_ok=True)
        # O_EXCL and link: of two processes that start together, both read the one that won.
        fresh = data_path / f".secret-{secrets.token_hex(8)}"
        if not path.exists():
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        text = path.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"cannot keep a secret in {data_path}: {error.strerror}") from None
    if len(text) < 32:
        raise SettingsError(f"{path} is damaged; restore it from a backup, or set {PREFIX}SECRET")
    return text
