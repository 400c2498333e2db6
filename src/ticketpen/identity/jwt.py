"""Bearer tokens: their signature, their times, and what they tell of the caller. No I/O."""

import re
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from ticketpen.clock import SECOND, Moment, now
from ticketpen.errors import Problem
from ticketpen.identity.caller import Caller, Role
from ticketpen.identity.policy import expired, not_authenticated
from ticketpen.settings import PREFIX, Settings, SettingsError, comma_list
from ticketpen.text import is_blank

LEEWAY: Final = 60 * SECOND
CACHE_SIZE: Final = 10_000
LONGEST_CACHED: Final = 4096
ID_LENGTH: Final = 255
NAME_LENGTH: Final = 255
EMAIL_LENGTH: Final = 320
MIN_RSA_BITS: Final = 2048

_MANY_SECONDS: Final = 2**53
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Each of these would let the token choose the key, or change what its signature means.
_REFUSED_HEADERS: Final = frozenset(("jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"))


class VerifiedToken(msgspec.Struct):
    """What a valid token tells. One object serves all requests with the token, and remembers
    when its profile was last compared with the stored one, and the caller that made."""

    id: str
    name: str | None
    email: str | None
    role: Role
    expires_at: int  # the moment after which it is refused, leeway included
    compared_at: int | None = None
    caller: Caller | None = None


class _Pinned(msgspec.Struct, frozen=True):
    """A key and the only algorithm it is used with."""

    algorithm: str
    key: Key
    kid: str | None = None


class _Registry(jws.JWSRegistry):
    """joserfc's checks, without its warning at EdDSA: the name is old, the algorithm is not.

    Unknown header names are ignored, as RFC 7515 section 4 says."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


_REGISTRY: Final = _Registry(strict_check_header=False)


class Verifier:
    """Checks tokens with the keys of the settings."""

    def __init__(self, settings: Settings, shared: OctKey, public: list[_Pinned]) -> None:
        self._settings = settings
        self._shared = _Pinned("HS256", shared)
        self._public = public
        self._cache: OrderedDict[str, VerifiedToken] = OrderedDict()

    @classmethod
    def from_settings(cls, settings: Settings) -> "Verifier":
        """A verifier with the shared secret and every public key.

        Raises SettingsError for keys that cannot be read, are too weak, hold a private key, or
        cannot be told apart."""
        with warnings.catch_warnings():
            # joserfc only warns of weak keys; here they are refused.
            warnings.simplefilter("ignore", SecurityWarning)
            public = [_read_public(item) for item in comma_list(settings.jwt_public_keys)]
        kids = [key.kid for key in public]
        if len(public) > 1 and None in kids:
            raise SettingsError(f"{_KEYS}: of several keys each needs a name: kid=path")
        if len(set(kids)) != len(kids):
            raise SettingsError(f"{_KEYS}: two keys have the same kid")
        return cls(settings, _shared_key(settings), public)

    def verify(self, token: str) -> VerifiedToken:
        """What the token tells. Raises Problem `not_authenticated`, `token_expired`."""
        found = self._cache.get(token)
        if found is not None and now() < found.expires_at:
            self._cache.move_to_end(token)
            return found
        if found is not None:
            del self._cache[token]
        verified = _read_claims(self._checked_claims(token), self._settings)
        if len(token) <= LONGEST_CACHED:
            self._cache[token] = verified
            if len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return verified

    def _checked_claims(self, token: str) -> dict[str, object]:
        """The claims of a token whose signature is right."""
        try:
            signed = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY)
            header = signed.headers()
            pinned = self._key_for(header)
            if not jws.validate_compact(signed, pinned.key, registry=_REGISTRY):
                raise _invalid("Its signature is wrong.")
            claims: object = msgspec.json.decode(signed.payload)
        except (
            *(JoseError, msgspec.MsgspecError, ValueError, TypeError, RecursionError),
            AttributeError,  # joserfc, of a header that is no object
        ):
            raise _invalid("It cannot be read.") from None
        if not isinstance(claims, dict):
            raise _invalid("Its claims are no JSON object.")
        return claims

    def _key_for(self, header: Mapping[str, object]) -> _Pinned:
        if not _REFUSED_HEADERS.isdisjoint(header):
            raise _invalid("Its header names a key or an extension of its own.")
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm == self._shared.algorithm:
            return self._shared
        for pinned in self._public:
            # Without a name on either side only a single key can be meant.
            is_meant = (
                pinned.kid == kid or pinned.kid is None or (kid is None and len(self._public) == 1)
            )
            if is_meant and pinned.algorithm == algorithm:
                return pinned
        raise _invalid("No key here fits its algorithm and key id.")


def issue_token(
    settings: Settings,
    *,
    user_id: str,
    name: str | None,
    email: str | None,
    role: Role,
    ttl_seconds: int,
) -> str:
    """A token signed with the shared secret (HS256), valid for `ttl_seconds` from now.

    Raises SettingsError without a secret."""
    seconds = now() // SECOND
    claims: dict[str, object] = {
        settings.claim_id: user_id,
        settings.claim_role: role.value,
        "iat": seconds,
        "exp": seconds + ttl_seconds,
    }
    told = {settings.claim_name: name, settings.claim_email: email}
    claims |= {claim: value for claim, value in told.items() if value is not None}
    limits = {"iss": settings.jwt_issuer, "aud": settings.jwt_audience}
    claims |= {claim: value for claim, value in limits.items() if value}
    header = {"alg": "HS256", "typ": "JWT"}
    return jws.serialize_compact(header, msgspec.json.encode(claims), _shared_key(settings))


_KEYS: Final = f"{PREFIX}JWT_PUBLIC_KEYS"


def _shared_key(settings: Settings) -> OctKey:
    if not settings.jwt_secret and not settings.secret:
        raise SettingsError(f"{PREFIX}SECRET is not set, so no token can be signed or checked")
    try:
        return OctKey.import_key(settings.jwt_key)
    except ValueError:  # joserfc recognises what is a public key
        raise SettingsError(
            f"{PREFIX}JWT_SECRET holds a public key; name its file in {_KEYS}"
        ) from None


def _read_public(item: str) -> _Pinned:
    kid, _, path = item.partition("=")
    if not path or kid.startswith(("/", ".")):
        kid, path = "", item
    try:
        pem = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise SettingsError(f"{_KEYS}: cannot read {path}: {error.strerror}") from None
    if b"-----BEGIN" not in pem:
        raise SettingsError(f"{_KEYS}: {path} is no PEM file")
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            key: Key = kind.import_key(pem)
        except (JoseError, ValueError, TypeError):  # another kind of key, or none
            continue
        return _Pinned(_algorithm_of(key, path), key, kid or None)
    raise SettingsError(f"{_KEYS}: {path} holds no RSA, EC or Ed25519 public key in PEM")


def _algorithm_of(key: Key, path: str) -> str:
    if key.is_private:
        raise SettingsError(f"{_KEYS}: {path} holds a private key; give the public one")
    if isinstance(key, RSAKey):
        bits = key.raw_value.key_size
        if bits < MIN_RSA_BITS:
            raise SettingsError(f"{_KEYS}: {path} has {bits} bits; RSA keys need {MIN_RSA_BITS}")
        return "RS256"
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return "ES256"
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        return "EdDSA"
    raise SettingsError(f"{_KEYS}: {path} is of a curve that is not used; take P-256 or Ed25519")


def _read_claims(claims: Mapping[str, object], settings: Settings) -> VerifiedToken:
    expires_at = _check_times(claims)
    if settings.jwt_issuer and claims.get("iss") != settings.jwt_issuer:
        raise _invalid("Its issuer is not the one expected here.")
    if settings.jwt_audience:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if settings.jwt_audience not in audiences:
            raise _invalid("It is meant for another audience.")
    return VerifiedToken(
        id=_read_id(claims.get(settings.claim_id), settings.claim_id),
        name=_read_name(claims.get(settings.claim_name)),
        email=_read_email(claims.get(settings.claim_email)),
        role=_read_role(claims.get(settings.claim_role)),
        expires_at=expires_at,
    )


def _check_times(claims: Mapping[str, object]) -> int:
    """Check `exp` (required), `nbf` and `iat`, with 60 seconds of leeway each."""
    moment = now()
    ends = _time(claims, "exp")
    if ends is None:
        raise _invalid("It has no `exp`.")
    if moment >= ends + LEEWAY:
        raise expired("This token has expired. Get a new one.")
    for name in ("nbf", "iat"):
        begins = _time(claims, name)
        if begins is not None and begins > moment + LEEWAY:
            raise _invalid(f"Its `{name}` is in the future.")
    return ends + LEEWAY


def _time(claims: Mapping[str, object], name: str) -> Moment | None:
    value = claims.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not -_MANY_SECONDS < value < _MANY_SECONDS  # NaN neither
    ):
        raise _invalid(f"Its `{name}` is no number of seconds.")
    return Moment(int(value * SECOND))


def _read_id(value: object, claim: str) -> str:
    if not isinstance(value, str) or len(value) > ID_LENGTH or is_blank(value):
        raise _invalid(f"Its `{claim}` must be a text of 1 to {ID_LENGTH} characters.")
    if _CONTROL.search(value):
        raise _invalid(f"Its `{claim}` holds control characters.")
    return value


def _read_name(value: object) -> str | None:
    """What is wrong with a name is no reason to refuse its holder."""
    if not isinstance(value, str) or is_blank(value):
        return None
    return _CONTROL.sub(" ", value).strip()[:NAME_LENGTH].rstrip()


def _read_email(value: object) -> str | None:
    if not isinstance(value, str) or is_blank(value) or _CONTROL.search(value.strip()):
        return None
    email = value.strip()
    return email if len(email) <= EMAIL_LENGTH else None


def _read_role(value: object) -> Role:
    is_admin = value == Role.ADMIN or (isinstance(value, list) and Role.ADMIN in value)
    return Role.ADMIN if is_admin else Role.USER


def _invalid(why: str) -> Problem:
    return not_authenticated(f"This token is not valid. {why}")
