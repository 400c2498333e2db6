"""Ticketpen: support tickets that a product carries inside itself."""

from typing import Final

__version__: Final = "0.1.0"
