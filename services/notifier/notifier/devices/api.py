"""Web push: a browser says where it takes what its owner is told, and takes that back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from shared.http.commands import parse_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import Problem

from notifier.devices.commands import DeviceCommands, InvalidKeys
from notifier.devices.model import Subscription
from notifier.inbox.http import InboxReader
from notifier.outbound.safe_http import AddressNotAllowed

router = APIRouter(prefix="/push", tags=["notifier"], dependencies=WAYS_TO_SIGN_IN)

_SUBSCRIPTION: dict[str, JsonValue] = {
    "endpoint": "https://push.example/send/f2kSgT0yZ8",
    "expirationTime": None,
    "keys": {
        "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "auth": "tBHItJI5svbpez7KI4CCXg",
    },
}


class PushKey(BaseModel):
    """For `applicationServerKey`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "public_key": (
                        "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
                    )
                }
            ]
        }
    )

    public_key: str


class SubscriptionSent(Subscription):
    """As the browser writes one out (`PushSubscription.toJSON()`)."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [_SUBSCRIPTION]})


class EndpointSent(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"endpoint": "https://push.example/send/f2kSgT0yZ8"}]}
    )

    endpoint: str = Field(min_length=10, max_length=500)


class Registered(BaseModel):
    registered: bool


def no_push() -> Problem:
    return Problem(404, "no-push", "This system sends no web push.", "هذا النظام لا يرسل إشعارات إلى المتصفح.")


def unfit() -> Problem:
    en = "This is no subscription of a browser: its address or its keys cannot be used."
    return Problem(422, "invalid", en, "هذا ليس اشتراك متصفح: لا يمكن استخدام عنوانه أو مفاتيحه.")


def _desk(request: Request) -> DeviceCommands:
    """Raises Problem 404 where nothing is pushed."""
    desk: DeviceCommands | None = request.app.state.device_commands
    if desk is None:
        raise no_push()
    return desk


Desk = Annotated[DeviceCommands, Depends(_desk)]


@router.get("/key", summary="The key by which browsers know us", responses=refusals(401, 404, 503))
async def key(reader: InboxReader, desk: Desk, request: Request) -> PushKey:
    return PushKey(public_key=request.app.state.push_key)


@router.post(
    "/devices",
    summary="Tell this browser at once what comes into my inbox",
    responses=refusals(401, 404, 422, 503),
    openapi_extra=ONCE,
)
async def register(sent: JsonBody[SubscriptionSent], reader: InboxReader, desk: Desk, request: Request) -> Registered:
    """Registering it again changes nothing. A reader has at most ten browsers; the one unseen for longest goes."""
    parse_key(request.headers.get("idempotency-key"))
    try:
        await desk.register(reader, sent)
    except (AddressNotAllowed, InvalidKeys) as error:
        raise unfit() from error
    return Registered(registered=True)


@router.post(
    "/devices/forget",
    summary="Tell this browser nothing any more",
    responses=refusals(401, 404, 422, 503),
    openapi_extra=ONCE,
)
async def forget(sent: JsonBody[EndpointSent], reader: InboxReader, desk: Desk, request: Request) -> Registered:
    """Forgetting it again changes nothing."""
    parse_key(request.headers.get("idempotency-key"))
    await desk.forget(sent.endpoint)
    return Registered(registered=False)
