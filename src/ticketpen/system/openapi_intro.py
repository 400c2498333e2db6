"""The introduction of the API's description, its tags, headers, and ways to prove who calls."""

from typing import Final

from ticketpen.system.openapi_parts import Schema

INTRODUCTION: Final = """\
Tickets with messages and screenshots: users open and follow their own, staff answer all.

**Who is calling.** Send `Authorization: Bearer …` with a token of the host product (a JWT), an \
API key, or the token of a session; or call from a browser with the session's cookie. Support \
staff carry the role `admin`. Scopes limit what keys and admins may do.

**Errors** are `application/problem+json` with a stable `code` and a `detail` that says how to go \
on. A path that does not exist answers 404 `not_found`; a method that it does not have, 405 \
`method_not_allowed` with `Allow`.

**Not found** is also the answer for what belongs to somebody else.

**Text** is kept as it is sent; line ends become LF. Lengths count code points. What nobody could \
see counts as empty.

**Times** are UTC, as `2026-04-08T12:00:00.123456Z`. **Ids** are UUIDv7; in paths any case will do.

**Unknown** fields and parameters are ignored. Of a repeated parameter the last counts; a list may \
be repeated or joined by commas.

**HEAD** works wherever GET does; **OPTIONS** names the methods of a path.
"""

TAGS: Final = {
    "Own tickets": "What users do with their own tickets.",
    "Attachments": "The files of messages.",
    "Tickets": "What staff do with all tickets.",
    "Events": "What happened, in order: ids and changed fields only.",
    "Log-in": "Sessions of accounts that live here.",
    "People": "Whom we know: from their tokens, or added here.",
    "API keys": "For programs that act as a person.",
    "System": "For operators and for readers of this description.",
}

HEADERS: Final[dict[str, Schema]] = {
    "X-Request-ID": {
        "description": "Names the request in the log.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
    "ETag": {
        "description": "The version of what is shown, for this reader.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to prove who is calling.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Idempotency-Replayed": {
        "description": "This is the first answer again; nothing was done now.",
        "schema": {"type": "string", "const": "true"},
    },
    "Content-Disposition": {
        "description": "`inline` or `attachment`, with the original name.",
        "required": True,
        "schema": {"type": "string", "pattern": "^(inline|attachment); filename="},
    },
    "Content-Range": {
        "description": "Which bytes of how many.",
        "required": True,
        "schema": {"type": "string", "pattern": r"^bytes ([0-9]+-[0-9]+|\*)/[0-9]+$"},
    },
    "Accept-Ranges": {
        "description": "Ranges are counted in bytes.",
        "required": True,
        "schema": {"type": "string", "const": "bytes"},
    },
    "Set-Cookie": {
        "description": "The session's cookie, set or taken away.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "Where to look instead.",
        "required": True,
        "schema": {"type": "string"},
    },
}

SECURITY_SCHEMES: Final[dict[str, Schema]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of the host product (a JWT), an API key (`tp_…`), or the token of "
        "a session (`tps_…`). For `/metrics` the value of `TICKETPEN_METRICS_TOKEN`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "description": "The session's cookie. Changes are refused from pages of other sites.",
    },
}
