"""The page behind the link of a confirmation message, `/track/{reference}/confirm/{code}`.

Only that message contains the code, so a person who filed with a stranger's address cannot confirm it, and no session
is needed. Opening the page changes nothing, because mail scanners follow links; its buttons do.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from shared.storage.aggregates import Decision, StoredAggregate
from shared.web.forms import posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.confirmation import commands as confirm
from intake.http.bodies import BoundedRoute
from intake.http.throttle import throttle_of
from intake.submissions.contact_confirmation import Address, Confirmation
from intake.submissions.errors import LinkNotUsable
from intake.submissions.model import Submission
from intake.submissions.reference import normalised
from intake.submissions.tracking_secrets import TrackingKeys
from intake.submissions.use_cases import change
from intake.tracking.private_link_pages import redirect_with_session

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]
Code = Annotated[str, Path(max_length=100)]
Decide = Callable[[str, Submission, Address], Decision[Submission] | None]

CHOICES: dict[str, Decide] = {"mine": confirm.confirm, "not-mine": confirm.refuse}


@router.get("/track/{reference}/confirm/{code}")
async def ask(request: Request, reference: str, code: Code) -> Response:
    return _page(request, *await _of_link(request, reference, code))


@router.post("/track/{reference}/confirm/{code}")
async def choose(request: Request, reference: str, code: Code, form: Form) -> Response:
    """Leads on to the submission after a confirmation. Pressing a button twice has no further effect."""
    submission, which = await _of_link(request, reference, code)
    decide = CHOICES.get(form.get("choice", ""))
    if decide is None:
        return _page(request, submission, which)

    changed = await change(request.app.state.submissions, submission.id, lambda id, state: decide(id, state, which))
    assert changed.state is not None
    if changed.state.confirmation == Confirmation.REFUSED or request.app.state.session_keys is None:
        return RedirectResponse(request.url.path, 303, PRIVATE)
    did = "number" if which is Address.NUMBER else "confirmed"
    return await redirect_with_session(request, changed.id, f"/track/{changed.state.reference}?did={did}")


async def _of_link(request: Request, reference: str, code: str) -> tuple[StoredAggregate[Submission], Address]:
    """The submission and the kind of address. Raises LinkNotUsable for a wrong code or reference number."""
    state = request.app.state
    number = normalised(reference)
    throttle = throttle_of(request)
    throttle.guess(request, number or "")
    id = await state.submissions.id_of(number) if number else None
    which = _confirmed_by(state.tracking, code, id) if id else None
    if which is None:
        throttle.missed(request, number or "")
        raise LinkNotUsable
    found: StoredAggregate[Submission] | None = await state.submissions.find(id)
    if found is None or found.state is None or found.state.erasure is not None:
        raise LinkNotUsable
    if which is Address.MAIL and found.state.confirmation is None:
        raise LinkNotUsable
    return found, which


def _confirmed_by(tracking: TrackingKeys, code: str, id: str) -> Address | None:
    if tracking.confirms(code, id):
        return Address.MAIL
    return Address.NUMBER if tracking.confirms_number(code, id) else None


def _page(request: Request, submission: StoredAggregate[Submission], which: Address) -> Response:
    pages: Pages = request.app.state.pages
    assert submission.state is not None
    is_refused = submission.state.confirmation == Confirmation.REFUSED
    is_known = which in confirm.confirmed(submission.state)
    context = {
        "said": submission.state,
        "now": "refused" if is_refused else "confirmed" if is_known else "awaited",
        "is_number": which is Address.NUMBER,
        "address": request.url.path,
    }
    return pages.render(request, "confirm.html", context, headers=PRIVATE)
