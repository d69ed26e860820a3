"""The preferences of a signed-in person: which matters, by which channel and when."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from shared.events.model import Language
from shared.http.auth import Caller, SignedIn
from shared.http.commands import IfMatch, parse_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import version_differs

from notifier.deferral.quiet_hours import QuietHours
from notifier.preferences.choices import Chosen
from notifier.preferences.commands import ConsentContext, PreferenceCommands, VersionDiffers
from notifier.preferences.http import Commands
from notifier.preferences.model import Preferences, Way

router = APIRouter(tags=["notifier"])

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


@router.get("/preferences", summary="What I want to be told", responses=refusals(401, 503))
async def read_preferences(response: Response, caller: SignedIn, commands: Commands) -> PreferencesShown:
    preferences, version = await commands.of_person(caller.subject)
    return _shown(commands, response, caller, preferences, version)


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
    commands: Commands,
    seen: IfMatch,
) -> PreferencesShown:
    """Replaces all choices at once and is idempotent. Choices that are not offered stay as they were."""
    parse_key(request.headers.get("idempotency-key"))
    try:
        preferences, version = await commands.choose(caller, sent, seen, ConsentContext("session", API))
    except VersionDiffers as error:
        raise version_differs() from error
    return _shown(commands, response, caller, preferences, version)


def _shown(
    commands: PreferenceCommands, response: Response, caller: Caller, preferences: Preferences, version: int
) -> PreferencesShown:
    response.headers["ETag"] = f'"{version}"'
    response.headers["Cache-Control"] = "private, no-store"
    offer = commands.offers.to(caller)
    return PreferencesShown(
        version=version,
        offered={matter: dict(channels) for matter, channels in offer.matters.items()},
        offered_events={
            matter: {event: dict(channels) for event, channels in events.items()}
            for matter, events in offer.events.items()
        },
        consents=[ConsentShown.model_validate(each, from_attributes=True) for each in preferences.consents],
        **preferences.model_dump(include=CHOSEN),
    )
