"""`/inbox/unsubscribe/{token}`: the reader of a mail stops such mails, signed in or not.

Opening the page changes nothing, because mail scanners follow links. A mail program posts the one-click request of
RFC 8058 to the same address, from anywhere and without a cookie; the token alone authorises it. A person's choice is
accepted only from our own page.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.http.auth import check_own_page
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.preferences.commands import ConsentContext, Subscription
from notifier.preferences.http import Commands, Token, as_problems

router = APIRouter(include_in_schema=False)

ONE_CLICK = ("List-Unsubscribe", "One-Click")
FIELDS_AT_MOST = 10
PAGE = "unsubscribe 2"
"""Ends with the version of the page's text: increase it when the meaning of the text changes."""
CHOICES = ("this", "all", "resume")


@router.get("/inbox/unsubscribe/{token}")
async def ask(
    request: Request, token: Token, commands: Commands, did: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    with as_problems():
        return _page(request, token, await commands.subscription(token), did)


@router.post("/inbox/unsubscribe/{token}")
async def choose(request: Request, token: Token, commands: Commands) -> Response:
    """Idempotent, like the button that sends it."""
    with as_problems():
        before = await commands.subscription(token)
    form = await request.form(max_fields=FIELDS_AT_MOST, max_files=0)
    name, one_click = ONE_CLICK
    if form.get(name) == one_click:
        await commands.stop(token, everything=False, context=ConsentContext("one-click"))
        return _page(request, token, await commands.subscription(token), "this")
    check_own_page(request)
    choice = form.get("choice")
    if choice not in CHOICES:
        return _page(request, token, before)
    context = ConsentContext("link", PAGE, language_of(request))
    if choice == "resume":
        await commands.resume(token, context)
    else:
        await commands.stop(token, everything=choice == "all", context=context)
    return RedirectResponse(f"{request.url.path}?did={choice}", 303, PRIVATE)


def _page(request: Request, token: str, subscription: Subscription, did: str = "") -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(
        request, "unsubscribe.html", {"said": subscription, "did": did, "token": token}, headers=PRIVATE
    )
