"""`/inbox/unsubscribe/{token}`: whoever reads a mail stops such mails, signed in or not.

Opening the page changes nothing: programs that look at mail follow its links. A mail program posts to the same address
what RFC 8058 says, from anywhere and without a cookie; the token alone says that it may. What a person chooses comes
from our own page.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from shared.http.auth import check_own_page
from shared.http.problems import Problem
from shared.privacy.contacts import Unreadable
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.preferences.api import Commands
from notifier.preferences.commands import ConsentContext, PreferenceCommands, Subscription
from notifier.rendering.links import LONGEST_TOKEN, NotOurToken

router = APIRouter(include_in_schema=False)

ONE_CLICK = ("List-Unsubscribe", "One-Click")
FIELDS_AT_MOST = 10
PAGE = "unsubscribe 2"
"""With the version of what the page says: whoever changes its meaning counts it up."""
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


@router.get("/inbox/unsubscribe/{token}")
async def ask(
    request: Request, token: Token, preference_commands: Commands, did: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    return _page(request, token, await subscription_of(preference_commands, token), did)


@router.post("/inbox/unsubscribe/{token}")
async def choose(request: Request, token: Token, preference_commands: Commands) -> Response:
    """A button that is pressed twice does no more."""
    before = await subscription_of(preference_commands, token)
    form = await request.form(max_fields=FIELDS_AT_MOST, max_files=0)
    name, one_click = ONE_CLICK
    if form.get(name) == one_click:
        await preference_commands.stop(token, everything=False, said=ConsentContext("one-click"))
        return _page(request, token, await subscription_of(preference_commands, token), "this")
    check_own_page(request)
    choice = form.get("choice")
    if choice not in CHOICES:
        return _page(request, token, before)
    said = ConsentContext("link", PAGE, language_of(request))
    if choice == "resume":
        await preference_commands.resume(token, said)
    else:
        await preference_commands.stop(token, everything=choice == "all", said=said)
    return RedirectResponse(f"{request.url.path}?did={choice}", 303, PRIVATE)


async def subscription_of(preference_commands: PreferenceCommands, token: str) -> Subscription:
    try:
        return await preference_commands.subscription(token)
    except (NotOurToken, Unreadable) as error:
        raise LinkNotUsable from error


def _page(request: Request, token: str, subscription: Subscription, did: str = "") -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(
        request, "unsubscribe.html", {"said": subscription, "did": did, "token": token}, headers=PRIVATE
    )
