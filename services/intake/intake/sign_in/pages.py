"""The pages of the sign-in."""

from typing import Any

from fastapi import Request
from shared.web.pages import Pages
from shared.web.session_end import WITH_FORM
from starlette.responses import Response


def not_signed_in(request: Request, again: str) -> Response:
    return _page(request, "not_signed_in", {"again": again, "session": None}, 400)


def renewed(request: Request) -> Response:
    return _page(request, "renewed")


def confirm_sign_out(request: Request, token: str) -> Response:
    return _page(request, "sign_out", {"token": token})


def leaving(request: Request, address: str) -> Response:
    """Leads to the provider's sign-out. The page's security policy forbids forms to redirect to other sites."""
    return _page(request, "leaving", {"address": address, "session": None})


def _page(request: Request, what: str, more: dict[str, Any] | None = None, status: int = 200) -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(request, "auth.html", {"what": what} | (more or {}), status, WITH_FORM)
