"""The demo: a made-up product, its people and the tickets they wrote. Pure data and pictures."""
