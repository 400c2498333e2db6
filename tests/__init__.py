"""The suite mirrors the package; `cast.py` has the people, `client.py` the way to call the API."""
