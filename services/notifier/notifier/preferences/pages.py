"""The pages of preferences: `/inbox/preferences` signed in, `/inbox/unsubscribe/{token}/choices` from a mail.

A reader who comes from a mail chooses for its address; a signed-in person for what they filed or do signed in. If both
have chosen, the choice of fewer messages counts.
"""

import contextlib
from collections.abc import Mapping
from operator import itemgetter
from typing import Annotated, Any

from babel.dates import get_day_names
from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.auth import Caller, SignedIn
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.deferral.digests import WEEKDAYS, Weekday
from notifier.deferral.model import HoldingRules
from notifier.preferences import time_zones as zones
from notifier.preferences.choices import Chosen, Offered, OfferedEvents
from notifier.preferences.commands import ConsentContext, VersionDiffers
from notifier.preferences.http import Commands, Token, as_problems
from notifier.preferences.model import OF_CITIZENS, OF_OFFICIALS, Preferences
from notifier.preferences.offers import Offer
from notifier.preferences.words import CHANNELS, EVENTS, MATTERS
from notifier.rendering.templates import LOCALES

router = APIRouter(include_in_schema=False)

AT = "/inbox/preferences"
BY_LINK = "/inbox/unsubscribe/{token}/choices"
PAGE = "preferences 4"
"""With the version of what the page says: whoever changes its meaning counts it up."""

OWN_FAULTS = {
    "quiet.start": N_("Please give a time, such as 21:00."),
    "quiet.end": N_("Please give a time, such as 07:00."),
    "quiet": N_("Quiet hours can last 14 hours at most."),
}

Form = Annotated[dict[str, str], Depends(posted)]
Did = Annotated[str, Query(max_length=10)]


@router.get(AT)
async def mine(request: Request, caller: SignedIn, commands: Commands, did: Did = "") -> Response:
    preferences, version = await commands.of_person(caller.subject)
    return _page(request, commands.offers.to(caller), preferences, version, caller, did=did)


@router.post(AT)
async def choose(request: Request, caller: SignedIn, commands: Commands, form: Form) -> Response:
    offer = commands.offers.to(caller)
    before, version = await commands.of_person(caller.subject)
    try:
        choice = read_form(form, offer.matters, offer.events)
        context = ConsentContext("session", PAGE, language_of(request))
        await commands.choose(caller, choice, _seen(form), context)
    except (ValidationError, VersionDiffers) as error:
        return _again(request, offer, before, version, caller, form, error)
    return RedirectResponse(f"{AT}?did=saved", 303, PRIVATE)


@router.get(BY_LINK)
async def of_address(request: Request, token: Token, commands: Commands, did: Did = "") -> Response:
    with as_problems():
        found = await commands.subscription(token)
    if found.is_gone or found.suppressed:
        return _to_unsubscribing(token)
    return _page(request, commands.offers.to(None), found.preferences, found.version, None, token, did=did)


@router.post(BY_LINK)
async def choose_for_address(request: Request, token: Token, commands: Commands, form: Form) -> Response:
    with as_problems():
        found = await commands.subscription(token)
    offer = commands.offers.to(None)
    try:
        choice = read_form(form, offer.matters, offer.events)
        context = ConsentContext("link", PAGE, language_of(request))
        await commands.choose_by_link(token, choice, _seen(form), context)
    except (ValidationError, VersionDiffers) as error:
        return _again(request, offer, found.preferences, found.version, None, form, error, token)
    return RedirectResponse(f"{request.url.path}?did=saved", 303, PRIVATE)


def read_form(form: Mapping[str, str], offered: Offered, events: OfferedEvents) -> Chosen:
    """A box that is not ticked is not sent, and a "no"; of a single event nothing is said where it is as its matter.
    A form that does not ask for these leaves them as they are. Raises ValidationError."""
    choices: dict[str, dict[str, str]] = {}
    for matter, channels in offered.items():
        for channel, is_free in channels.items():
            if is_free:
                way = form.get(f"{matter}-{channel}", "off")
                choices.setdefault(matter, {})[channel] = "now" if way in ("yes", "") else way
    quiet: Any = {"own": {"start": form.get("quiet-start"), "end": form.get("quiet-end")}, "never": _NEVER}
    return Chosen.model_validate(
        {
            "stopped": form.get("stopped") == "yes",
            "choices": choices,
            "events": _of_events(form, events),
            "language": form.get("language") or None,
            "zone": form.get("zone") or None,
            "quiet": quiet.get(form.get("quiet", "")),
            "areas": _ticked(form, "area-"),
            "categories": _ticked(form, "category-"),
        }
    )


def _of_events(form: Mapping[str, str], offered: OfferedEvents) -> dict[str, dict[str, dict[str, str]]] | None:
    asked = {
        (matter, event, channel): form[name]
        for matter, events in offered.items()
        for event, channels in events.items()
        for channel in channels
        if (name := f"{matter}-{event}-{channel}") in form
    }
    said: dict[str, dict[str, dict[str, str]]] = {}
    for (matter, event, channel), way in asked.items():
        if way:
            said.setdefault(matter, {}).setdefault(event, {})[channel] = way
    return said if asked else None


def name_of_day(day: Weekday, language: str) -> str:
    return str(get_day_names("wide", "stand-alone", LOCALES[language])[WEEKDAYS.index(day)])


def _ticked(form: Mapping[str, str], before: str) -> list[str]:
    return [name.removeprefix(before) for name, said in form.items() if name.startswith(before) and said == "yes"]


def _subscribed(request: Request, language: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The areas and top categories that one can subscribe to, sorted by name."""
    directory: Directory = request.app.state.directory
    areas = {area.area: area.name for area in directory.areas.values() if area.active}
    top = {each.category: each.name for each in directory.categories.values() if each.active and each.parent is None}
    return [
        (field, words, sorted(((id, str(getattr(name, language))) for id, name in listed.items()), key=itemgetter(1)))
        for field, words, listed in (("area", N_("Areas"), areas), ("category", N_("Categories"), top))
        if listed
    ]


_NEVER = {"start": "00:00", "end": "00:00"}


def _quiet(preferences: Preferences, typed: Mapping[str, str] | None) -> tuple[str, str, str]:
    """Which hours are chosen, and what stands in the fields of the own ones."""
    if typed is not None:
        return typed.get("quiet", ""), typed.get("quiet-start", ""), typed.get("quiet-end", "")
    quiet = preferences.quiet
    if quiet is None or quiet.start == quiet.end:
        return "" if quiet is None else "never", "21:00", "07:00"
    return "own", f"{quiet.start:%H:%M}", f"{quiet.end:%H:%M}"


def _seen(form: Mapping[str, str]) -> int | None:
    return int(seen) if (seen := form.get("seen", "")).isdecimal() and len(seen) < 10 else None


def _to_unsubscribing(token: str) -> Response:
    return RedirectResponse(f"/inbox/unsubscribe/{token}", 303, PRIVATE)


def _again(
    request: Request,
    offer: Offer,
    before: Preferences,
    version: int,
    caller: Caller | None,
    form: Mapping[str, str],
    error: ValidationError | VersionDiffers,
    token: str = "",
) -> Response:
    """With what was typed and what is wrong with it; after a change elsewhere, with what holds now."""
    if isinstance(error, VersionDiffers):
        errors = {
            "form": N_("This was changed in the meantime. The page shows the current choices; please choose again.")
        }
        return _page(request, offer, before, version, caller, token, 412, errors)
    found = {field.replace(".", "-"): message for field, message in faults(error, OWN_FAULTS).items()}
    with contextlib.suppress(ValidationError):  # all that a person can get wrong
        again = read_form({**form, "quiet": ""}, offer.matters, offer.events)
        before = again.upon(before, offer.matters, offer.events)
    return _page(request, offer, before, version, caller, token, 422, found, typed=form)


def _page(
    request: Request,
    offer: Offer,
    preferences: Preferences,
    version: int,
    caller: Caller | None,
    token: str = "",
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    did: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    pages: Pages = request.app.state.pages
    rules: HoldingRules = request.app.state.holding_rules
    language = language_of(request)
    offered, events = offer.matters, offer.events
    groups = [[matter for matter in matters if matter in offered] for matters in (OF_OFFICIALS, OF_CITIZENS)]
    context = {
        "groups": [group for group in groups if group],
        "officials": OF_OFFICIALS,
        "matters": MATTERS,
        "channels": CHANNELS,
        "offered": offered,
        "events": events,
        "event_words": EVENTS,
        "chosen": preferences,
        "version": version,
        "digests": rules.digests,
        "day": name_of_day(rules.digests.weekday, language),
        "quiet_default": rules.quiet,
        "zones": zones.listed(language, preferences.zone, utc_now()),
        "zone_default": zones.city(pages.zone.key, language),
        "subscribed": _subscribed(request, language) if not token else (),
        "token": token,
        "errors": Fields(errors or {}),
        "quiet": _quiet(preferences, typed),
        "did": did,
    }
    return pages.render(request, "preferences.html", context, status, PRIVATE)
