"""Changes by cookie from pages of other sites are refused. Pure."""

from collections.abc import Mapping
from typing import Any

from ticketpen.errors import Code, Problem
from ticketpen.settings import Settings


def check_same_site(scope: Mapping[str, Any], settings: Settings) -> None:
    """For an unsafe method with a session cookie.

    Allowed: `Sec-Fetch-Site` same-origin or none; or an `Origin` that is ours or in
    `allowed_origins`, whatever Sec-Fetch-Site says; or neither header, for that is no browser.
    Raises Problem `cross_site_request`."""
    headers = dict(scope["headers"])
    site = headers.get(b"sec-fetch-site", b"").decode("latin-1")
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if site in ("same-origin", "none") or not (site or origin):
        return
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if origin and (origin in settings.origins or origin == f"{scope['scheme']}://{host}"):
        return
    raise Problem(
        Code.CROSS_SITE_REQUEST,
        "A page of another site may not do this with your session. Its origin can be added to "
        "the setting TICKETPEN_ALLOWED_ORIGINS.",
    )
