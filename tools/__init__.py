"""What the Makefile calls: checks, generated pages, Debian packages, a PostgreSQL to test on."""
