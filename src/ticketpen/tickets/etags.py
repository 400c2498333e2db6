"""ETags of tickets: strong, a number that rises; users' and admins' apart (RFC 9110, 8.8)."""

import re
from typing import Final

from ticketpen.tickets.ticket import Ticket

_TAGS: Final = re.compile(r'(?:W/)?("[^"]*")')


def etag_of(ticket: Ticket, *, for_admin: bool) -> str:
    """The tag of what this reader sees."""
    return f'"{"a" if for_admin else "u"}{ticket.version}"'


def is_named(etag: str, header: str) -> bool:
    """Whether the list of tags names `etag`, or is `*`. Compared by value: a proxy that compresses
    makes strong tags weak."""
    return header.strip() == "*" or etag in _TAGS.findall(header)
