"""Full-text search. One tokeniser in Python feeds both databases, so both answer alike."""
