"""`python -m ticketpen`."""

import sys

from ticketpen.cli import main

if __name__ == "__main__":
    sys.exit(main())
