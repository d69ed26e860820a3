"""Representations of endpoints and deliveries that the API and the pages accept and show."""

import contextlib
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StringConstraints,
    model_validator,
)
from shared.events.model import WRITTEN_OUT, Language
from shared.http.auth import Caller
from shared.http.cursors import read_cursor
from shared.privacy.contacts import Unreadable
from shared.storage.aggregates import StoredAggregate
from shared.storage.cursors import write_cursor

from notifier.webhooks.commands import Registration, WebhookCommands
from notifier.webhooks.endpoint_store import Health
from notifier.webhooks.model import Delivery, DeliveryState, Endpoint, Partner

Url = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^https?://[^\s]+$", max_length=500)]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=60)]
Events = Annotated[list[EventName], Field(min_length=1, max_length=30)]
Mail = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
InOurTime = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST), WRITTEN_OUT]
"""A moment that every database and every time zone can represent."""

_URL = "https://hooks.works.example/tawasul"
_SECRET_SHOWN: dict[str, JsonValue] = {"id": "5b8b0a5e-5b77-4a52-8f5c-2a52b1b7f0c1", "ends_at": None}
_ENDPOINT: dict[str, JsonValue] = {
    "id": "8a4e3f9e-31f1-5a52-9f0f-5b0f8ad0c6b1",
    "version": 1,
    "url": _URL,
    "description": "Case system of the ministry",
    "events": ["submission.assigned", "deadline.breached"],
    "entity": "works",
    "partner": None,
    "state": "active",
    "reason": None,
    "failures": 0,
    "failing_since": None,
    "next_at": None,
    "secrets": [_SECRET_SHOWN],
    "made_at": "2026-11-24T09:12:33.120Z",
    "secret": None,
}


class PartnerSent(BaseModel):
    """Somebody outside government: `subject` is whom they sign in as, `mail` where they are told of a pause."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    subject: Line
    mail: Mail | None = None
    language: Language = "ar"


class Register(BaseModel):
    """For an entity or for a partner. Both are absent where a head, a supervisor or a partner registers their own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"url": _URL, "events": ["submission.assigned"], "entity": "works", "description": ""}]
        },
    )

    url: Url
    events: Events
    description: str = Field(default="", max_length=200)
    entity: str | None = Field(default=None, max_length=64)
    partner: PartnerSent | None = None

    def registration(self) -> Registration:
        sent = self.partner
        return Registration(
            url=self.url,
            events=tuple(dict.fromkeys(self.events)),
            description=self.description,
            entity=self.entity,
            partner=Partner(name=sent.name, subject=sent.subject, language=sent.language) if sent else None,
            mail=sent.mail if sent else None,
        )


class Change(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": _URL, "events": ["submission.answered"], "description": "New"}]},
    )

    url: Url
    events: Events
    description: str = Field(default="", max_length=200)


class Resume(BaseModel):
    """`leave_out`: what waited meanwhile is not sent. It can be replayed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"leave_out": False}]})

    leave_out: StrictBool = False


class Replay(BaseModel):
    """By when it happened: from `since` on, before `until`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"since": "2026-11-24T00:00:00Z", "until": "2026-11-25T00:00:00Z"}]},
    )

    since: InOurTime
    until: InOurTime

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.since >= self.until:
            raise ValueError("until is not after since")
        return self


class Replayed(BaseModel):
    """How many wait once more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"again": 12}]})

    again: int


class SecretShown(BaseModel):
    """A secret that signs, without itself. `ends_at`: until when, where a newer one took its place."""

    id: str
    ends_at: datetime | None


class PartnerShown(BaseModel):
    name: str
    subject: str


class EndpointShown(BaseModel):
    """`secret` is there when it was made, and never again. `state`: `dead` was paused by us, `paused` by its owner."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENDPOINT]})

    id: str
    version: int
    url: str
    description: str
    events: list[str]
    entity: str | None
    partner: PartnerShown | None
    state: Literal["active", "failing", "paused", "dead"]
    reason: str | None = Field(description="why it was paused: the last status, or that none came")
    failures: int
    failing_since: datetime | None
    next_at: datetime | None
    secrets: list[SecretShown]
    made_at: datetime
    secret: str | None = None


class EndpointPage(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ENDPOINT], "next_cursor": None}]})

    items: list[EndpointShown]
    next_cursor: str | None = None


class TryShown(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime
    status: int | None
    reason: str | None
    milliseconds: int


class DeliveryShown(BaseModel):
    """`id` is the `webhook-id` that the receiver saw; `tries` are the last twenty."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "1f4e3f9e-31f1-5a52-9f0f-5b0f8ad0c6b1",
                    "type": "submission.assigned",
                    "submission_id": "5e1c9b5e-7a35-4b6e-9a3c-0a0c5bd5a001",
                    "state": "delivered",
                    "event_at": "2026-11-24T09:12:33.120Z",
                    "attempts": 1,
                    "tries": [{"at": "2026-11-24T09:12:33.320Z", "status": 204, "reason": None, "milliseconds": 40}],
                }
            ]
        },
    )

    id: str
    type: str
    submission_id: str | None
    state: DeliveryState
    event_at: datetime
    attempts: int
    tries: list[TryShown]


class WebhookDeliveryPage(BaseModel):
    """The newest first."""

    items: list[DeliveryShown]
    next_cursor: str | None = None


async def read_endpoints(webhooks: WebhookCommands, caller: Caller) -> list[EndpointShown]:
    """The endpoints that the caller may manage."""
    managed = await webhooks.managed_by(caller)
    health = await webhooks.endpoints.health([each.id for each in managed])
    return [_endpoint_shown(webhooks, each, health.get(each.id, Health())) for each in managed]


async def read_endpoint(
    webhooks: WebhookCommands, found: StoredAggregate[Endpoint], with_secret: bool = False
) -> EndpointShown:
    health = await webhooks.endpoints.health([found.id])
    return _endpoint_shown(webhooks, found, health.get(found.id, Health()), with_secret)


async def read_log(
    webhooks: WebhookCommands, id: str, caller: Caller, state: DeliveryState | None, cursor: str | None, limit: int
) -> WebhookDeliveryPage:
    """Raises EndpointNotFound, and Problem 422 for an unreadable cursor."""
    await webhooks.find(id, caller)
    found = await webhooks.deliveries.page(id, state, read_cursor(cursor), limit + 1)
    shown = found[:limit]
    has_more = len(found) > limit
    return WebhookDeliveryPage(
        items=[delivery_shown(each) for each in shown],
        next_cursor=write_cursor((shown[-1].planned_at, shown[-1].id)) if has_more else None,
    )


def _endpoint_shown(
    webhooks: WebhookCommands, found: StoredAggregate[Endpoint], health: Health, with_secret: bool = False
) -> EndpointShown:
    endpoint = found.state
    assert endpoint is not None
    signing = endpoint.signing(webhooks.clock())
    secret = None
    if with_secret and signing:
        with contextlib.suppress(Unreadable):
            secret = webhooks.secrets.open(found.id, signing[0])
    paused, partner = endpoint.paused, endpoint.partner
    return EndpointShown(
        id=found.id,
        version=found.version,
        url=endpoint.url,
        description=endpoint.description,
        events=list(endpoint.events),
        entity=endpoint.entity,
        partner=PartnerShown(name=partner.name, subject=partner.subject) if partner else None,
        state=("dead" if paused.dead else "paused") if paused else "failing" if health.failures else "active",
        reason=paused.reason if paused else None,
        failures=health.failures,
        failing_since=health.failing_since,
        next_at=health.next_at,
        secrets=[SecretShown(id=each.id, ends_at=each.ends_at) for each in signing],
        made_at=endpoint.made_at,
        secret=secret,
    )


def delivery_shown(delivery: Delivery) -> DeliveryShown:
    return DeliveryShown.model_validate(delivery, from_attributes=True)
