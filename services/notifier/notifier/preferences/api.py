"""What whoever is signed in wants to be told, by which channel and when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from shared.events.model import Language, Role
from shared.http.auth import OFFICIALS, Caller, SignedIn
from shared.http.commands import IfMatch, parse_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import version_differs

from notifier.deferral.quiet_hours import QuietHours
from notifier.preferences.choices import Chosen, Offered, OfferedEvents
from notifier.preferences.commands import ConsentContext, PreferenceCommands, VersionDiffers
from notifier.preferences.model import OF_CITIZENS, OF_OFFICIALS, Preferences, Way

router = APIRouter(tags=["notifier"])

WITH_AN_OFFICE = (*OFFICIALS, Role.CENTRAL, Role.ADMINISTRATOR)
API = "api 1"
CHOSEN = {"stopped", "choices", "events", "language", "zone", "quiet", "areas", "categories"}

_CONSENT: dict[str, JsonValue] = {
    "at": "2026-11-24T09:12:33.120Z",
    "by": "session",
    "page": "preferences 1",
    "language": "ar",
}
_SHOWN: dict[str, JsonValue] = {
    "version": 1,
    "offered": {"progress": {"mail": True}, "question": {"mail": False}},
    "stopped": False,
    "choices": {"progress": {"mail": "off"}},
    "offered_events": {"progress": {"SubmissionAssigned": {"mail": True}, "SubmissionTransferred": {"mail": True}}},
    "events": {"progress": {"SubmissionTransferred": {"mail": "now"}}},
    "language": None,
    "zone": None,
    "quiet": None,
    "areas": [],
    "categories": [],
    "consents": [_CONSENT | {"chosen": {"progress/mail": "off"}}],
}


class ConsentShown(BaseModel):
    """`chosen`: what changed, by matter, single event and channel; empty where it is as the system has it again."""

    at: datetime
    by: str
    page: str
    language: str
    chosen: dict[str, str]


class PreferencesShown(BaseModel):
    """`offered`: what can be chosen; false where it is told in any case. What nobody chose is told at once.

    What officials are told can also be gathered: `hourly`, `daily` or `weekly`, in one mail. `events` hold for single
    events instead of what holds for their matter; `offered_events` are those of matters that have several.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    version: int = Field(description="for `If-Match`; 0 where nothing was chosen yet")
    offered: dict[str, dict[str, bool]]
    stopped: bool
    choices: dict[str, dict[str, Way]]
    offered_events: dict[str, dict[str, dict[str, bool]]]
    events: dict[str, dict[str, dict[str, Way]]]
    language: Language | None
    zone: str | None
    quiet: QuietHours | None
    areas: list[str]
    categories: list[str]
    consents: list[ConsentShown]


def preference_commands_of(request: Request) -> PreferenceCommands:
    preference_commands: PreferenceCommands = request.app.state.preference_commands
    return preference_commands


Commands = Annotated[PreferenceCommands, Depends(preference_commands_of)]


def offered_to(request: Request, caller: Caller | None) -> Offered:
    """An official may file something, too; only officials are told what officials are.

    Browsers belong to who signed in, not to an address.
    """
    offered: Offered = request.app.state.choices()
    return {matter: _theirs(offered[matter], caller) for matter in offered if matter in _matters_of(caller)}


def events_offered_to(request: Request, caller: Caller | None) -> OfferedEvents:
    """Of the same matters, by the same channels."""
    offered: OfferedEvents = request.app.state.event_choices()
    found = {
        matter: {event: theirs for event, channels in events.items() if (theirs := _theirs(channels, caller))}
        for matter, events in offered.items()
        if matter in _matters_of(caller)
    }
    return {matter: events for matter, events in found.items() if len(events) > 1}


def _matters_of(caller: Caller | None) -> Sequence[str]:
    return (*OF_CITIZENS, *OF_OFFICIALS) if caller is not None and caller.has(*WITH_AN_OFFICE) else OF_CITIZENS


def _theirs(channels: Mapping[str, bool], caller: Caller | None) -> Mapping[str, bool]:
    return channels if caller else {channel: free for channel, free in channels.items() if channel != "push"}


@router.get("/preferences", summary="What I want to be told", responses=refusals(401, 503))
async def read_preferences(
    request: Request, response: Response, caller: SignedIn, preference_commands: Commands
) -> PreferencesShown:
    preferences, version = await preference_commands.of_person(caller.subject)
    return _shown(request, response, caller, preferences, version)


@router.put(
    "/preferences",
    summary="Say what I want to be told",
    responses=refusals(401, 403, 412, 422, 503),
    openapi_extra=ONCE,
)
async def choose(
    sent: JsonBody[Chosen],
    request: Request,
    response: Response,
    caller: SignedIn,
    preference_commands: Commands,
    seen: IfMatch,
) -> PreferencesShown:
    """All at once; the same again changes nothing. What is not offered is left as it was."""
    parse_key(request.headers.get("idempotency-key"))
    offered, events = offered_to(request, caller), events_offered_to(request, caller)
    said = ConsentContext("session", API)
    try:
        preferences, version = await preference_commands.choose(
            caller.subject, lambda before: sent.upon(before, offered, events), seen, said
        )
    except VersionDiffers as error:
        raise version_differs() from error
    return _shown(request, response, caller, preferences, version)


def _shown(
    request: Request, response: Response, caller: Caller, preferences: Preferences, version: int
) -> PreferencesShown:
    response.headers["ETag"] = f'"{version}"'
    response.headers["Cache-Control"] = "private, no-store"
    return PreferencesShown(
        version=version,
        offered={matter: dict(channels) for matter, channels in offered_to(request, caller).items()},
        offered_events={
            matter: {event: dict(channels) for event, channels in events.items()}
            for matter, events in events_offered_to(request, caller).items()
        },
        consents=[ConsentShown.model_validate(each, from_attributes=True) for each in preferences.consents],
        **preferences.model_dump(include=CHOSEN),
    )
