"""After signing in a person comes back to one of our own pages, whatever the link says."""

import pytest
from intake.sign_in.return_to import HOME, own_path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/desk",
        "/submissions/new?kind=complaint&block=428#place",
        "/track/7K3MX-QPA42",
        "/desk?next=https://elsewhere.example",
        "/search?q=%D9%85%D8%A7%D8%A1",
        "/authority",
        "/auth/renewed",
    ],
)
def test_own_pages_are_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        None,
        "",
        "desk",
        "https://evil.example/",
        "HTTPS://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/path\\..\\evil",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: a=b",
        "/ /evil.example",
        "/desk\x00",
        " /desk",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example@tawasul.example",
        "/" + "x" * 2_000,
        "/auth",
        "/auth/",
        "/auth/sign-in",
        "/auth/renew?return_to=/auth/renew",
        "/auth/sign-out",
        "/auth?x",
    ],
)
def test_everything_else_leads_home(elsewhere: str | None) -> None:
    assert own_path(elsewhere) == HOME
