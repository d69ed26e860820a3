"""`/inbox/unsubscribe/{token}`: whoever reads a mail stops such mails, signed in or not.

Opening the page changes nothing: programs that look at mail follow its links. A mail program posts to the same address
what RFC 8058 says, from anywhere and without a cookie; the token alone says that it may. What a person chooses comes
from our own page.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from shared.auth import check_own_page
from shared.contacts import Unreadable
from shared.problems import Problem
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.links import LONGEST_TOKEN, NotOurToken
from notifier.use_cases.suppress import Subscription, Unsubscriber

router = APIRouter(include_in_schema=False)

ONE_CLICK = ("List-Unsubscribe", "One-Click")
FIELDS_AT_MOST = 10
CHOICES = ("this", "all", "resume")

Token = Annotated[str, Path(max_length=LONGEST_TOKEN)]


class LinkNotUsable(Problem):
    def __init__(self) -> None:
        super().__init__(
            404,
            "link-not-usable",
            "This link is not whole, or not good any more. Please open it from the mail again.",
            "هذا الرابط ناقص أو لم يعد صالحًا. افتحه من الرسالة مرة أخرى.",
        )


def _unsubscriber(request: Request) -> Unsubscriber:
    unsubscriber: Unsubscriber = request.app.state.unsubscriber
    return unsubscriber


Stops = Annotated[Unsubscriber, Depends(_unsubscriber)]


@router.get("/inbox/unsubscribe/{token}")
async def ask(request: Request, token: Token, stops: Stops, did: Annotated[str, Query(max_length=10)] = "") -> Response:
    return _page(request, await _subscription(stops, token), did)


@router.post("/inbox/unsubscribe/{token}")
async def choose(request: Request, token: Token, stops: Stops) -> Response:
    """A button that is pressed twice does no more."""
    before = await _subscription(stops, token)
    form = await request.form(max_fields=FIELDS_AT_MOST, max_files=0)
    name, one_click = ONE_CLICK
    if form.get(name) == one_click:
        await stops.stop(token, all_mail=False)
        return _page(request, await _subscription(stops, token), "this")
    check_own_page(request)
    choice = form.get("choice")
    if choice not in CHOICES:
        return _page(request, before)
    if choice == "resume":
        await stops.resume(token)
    else:
        await stops.stop(token, all_mail=choice == "all")
    return RedirectResponse(f"{request.url.path}?did={choice}", 303, PRIVATE)


async def _subscription(stops: Unsubscriber, token: str) -> Subscription:
    try:
        return await stops.subscription(token)
    except (NotOurToken, Unreadable) as error:
        raise LinkNotUsable from error


def _page(request: Request, subscription: Subscription, did: str = "") -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(request, "unsubscribe.html", {"said": subscription, "did": did}, headers=PRIVATE)
