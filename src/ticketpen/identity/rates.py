"""How many requests each caller may make in a minute, counted in this process."""

from collections.abc import MutableMapping
from typing import Any, Final

from ticketpen.clock import MINUTE, SECOND, now
from ticketpen.errors import Code, Problem

_PLACE: Final = "ticketpen.rates"


class RateLimit:
    """Counts requests in whole minutes of the clock."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: dict[str, int] = {}

    @classmethod
    def of(cls, state: MutableMapping[str, Any]) -> "RateLimit":
        """The one of an app, kept in the app's state."""
        found = state.get(_PLACE)
        if not isinstance(found, cls):
            found = state[_PLACE] = cls()
        return found

    def count(self, caller_id: str, limit: int) -> None:
        """Count one request. Raises Problem `rate_limited` over `limit` a minute."""
        minute, passed = divmod(now(), MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        count = self._counts[caller_id] = self._counts.get(caller_id, 0) + 1
        if count > limit:
            wait = -((passed - MINUTE) // SECOND)
            raise Problem(
                Code.RATE_LIMITED,
                f"More than {limit} requests in a minute. Try again in {wait} seconds.",
                headers={"Retry-After": str(wait)},
            )
