"""Which requests count as sent from our own pages: the whole table."""

import pytest
from shared.http.csrf import is_from_own_pages, origin_of

OWN = "https://tawasul.example"


@pytest.mark.parametrize(
    ("site", "origin", "is_own"),
    [
        ("same-origin", OWN, True),
        ("same-origin", None, True),
        (None, OWN, True),
        (None, OWN.upper(), True),
        (None, None, False),  # neither said: not taken for ours
        (None, "null", False),
        ("same-origin", "null", True),
        (None, "https://evil.example", False),
        (None, "https://tawasul.example.evil.example", False),
        (None, "https://tawasul.example:8443", False),
        (None, "http://tawasul.example", False),
        ("same-site", OWN, False),  # a subdomain's page
        ("same-site", "https://blog.tawasul.example", False),
        ("cross-site", "https://evil.example", False),
        ("cross-site", "null", False),
        ("none", None, False),  # typed into the address bar: never a form of ours
        ("same-origin", "https://evil.example", False),
    ],
)
def test_where_a_request_comes_from(site: str | None, origin: str | None, is_own: bool) -> None:
    headers = {"sec-fetch-site": site, "origin": origin}
    assert is_from_own_pages({name: value for name, value in headers.items() if value is not None}, OWN) is is_own


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tawasul.example", "https://tawasul.example"),
        ("https://Tawasul.example:443/", "https://tawasul.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:80/path", "http://localhost"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
