import pytest

from ticketpen.errors import Code, Problem
from ticketpen.identity.cross_site import check_same_site
from ticketpen.settings import Settings

SETTINGS = Settings(
    public_url="https://help.example.com/support", allowed_origins="https://Console.example/"
)
OURS = "http://tickets.test:8000"


def is_allowed(**headers: str) -> bool:
    sent = {"host": "tickets.test:8000"} | {n.replace("_", "-"): v for n, v in headers.items()}
    scope = {"scheme": "http", "headers": [(n.encode(), v.encode()) for n, v in sent.items()]}
    try:
        check_same_site(scope, SETTINGS)
    except Problem as problem:
        return problem.code is not Code.CROSS_SITE_REQUEST
    return True


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": OURS},
        {"origin": OURS, "sec_fetch_site": "cross-site"},
        {"origin": "https://help.example.com"},
        {"origin": "https://console.example", "sec_fetch_site": "cross-site"},
    ],
)
def test_our_own_pages_allowed_ones_and_programs_may(headers: dict[str, str]) -> None:
    assert is_allowed(**headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "junk"},
        {"origin": "https://evil.example"},
        {"origin": "https://evil.example", "sec_fetch_site": "cross-site"},
        {"origin": "null"},
        {"origin": "http://tickets.test"},
        {"origin": "https://tickets.test:8000"},
        {"origin": OURS + ".evil.example"},
        {"origin": "https://console.example.evil.example"},
        {"origin": "http://console.example"},
    ],
)
def test_pages_of_other_sites_may_not(headers: dict[str, str]) -> None:
    assert not is_allowed(**headers)
