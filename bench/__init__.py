"""How fast, against a bare server that does the same work, on both databases: `make bench`."""
