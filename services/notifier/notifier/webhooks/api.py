"""Webhooks for entities and partners: endpoints, their secrets, their log."""

import contextlib
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from shared.http.auth import Caller, SignedIn, refuse
from shared.http.commands import CommandKey, IfMatch, SeenVersions, cause_of_request, read_command_key
from shared.http.cursors import Cursor, read_cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import Problem, busy, changed_meanwhile, not_found, version_differs
from shared.http.rate_limits import Limit
from shared.privacy.audit import audit_of
from shared.privacy.contacts import Unreadable
from shared.storage.aggregates import Conflict, StoredAggregate
from shared.storage.cursors import write_cursor

from notifier.channels import NotTried
from notifier.outbound.safe_http import AddressNotAllowed
from notifier.webhooks.commands import (
    MOST_OF_ONE_OWNER,
    EndpointNotFound,
    InvalidRegistration,
    NotPermitted,
    TooManyEndpoints,
    VersionDiffers,
    WebhookCommands,
)
from notifier.webhooks.endpoint_store import Health
from notifier.webhooks.model import DeliveryState, Endpoint, Partner
from notifier.webhooks.views import (
    Change,
    DeliveryShown,
    EndpointPage,
    EndpointShown,
    Register,
    Replay,
    Replayed,
    Resume,
    WebhookDeliveryPage,
    delivery_shown,
    endpoint_shown,
)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


class Console:
    """Whoever looks after endpoints, and one command of theirs as far as all commands are alike."""

    def __init__(self, request: Request, caller: SignedIn) -> None:
        self.webhooks: WebhookCommands = request.app.state.webhooks
        self.caller: Caller = caller
        self.request = request
        self.key: CommandKey | None = None
        """Set by a page, whose form carries it; otherwise the header's."""

    async def command_key(self) -> CommandKey | None:
        return self.key or await read_command_key(self.request, self.caller.subject)

    async def all(self) -> list[EndpointShown]:
        mine = await self.webhooks.seen_by(self.caller)
        health = await self.webhooks.endpoints.health([each.id for each in mine])
        return [self._shown(each, health.get(each.id, Health())) for each in mine]

    async def one(self, id: str) -> EndpointShown:
        with told():
            found = await self.webhooks.find(id, self.caller)
        return await self.shown(found)

    async def shown(self, found: StoredAggregate[Endpoint], with_secret: bool = False) -> EndpointShown:
        health = await self.webhooks.endpoints.health([found.id])
        return self._shown(found, health.get(found.id, Health()), with_secret)

    def _shown(self, found: StoredAggregate[Endpoint], health: Health, with_secret: bool = False) -> EndpointShown:
        endpoint = found.state
        assert endpoint is not None
        signing = endpoint.signing(self.webhooks.clock())
        secret = None
        if with_secret and signing:
            with contextlib.suppress(Unreadable):
                secret = self.webhooks.secrets.open(found.id, signing[0])
        return endpoint_shown(found.id, found.version, endpoint, health, signing, secret)

    async def note(self, action: str, id: str) -> None:
        await audit_of(self.request).record(self.request, self.caller, action, "webhook", [id], "looks after it")

    async def register(self, sent: Register) -> EndpointShown:
        partner = sent.partner
        with told():
            made = await self.webhooks.register(
                self.caller,
                sent.entity,
                Partner(name=partner.name, subject=partner.subject, language=partner.language) if partner else None,
                partner.mail if partner else None,
                sent.url,
                tuple(dict.fromkeys(sent.events)),
                sent.description,
                await self.command_key(),
                cause_of_request(),
            )
        await self.note("register", made.id)
        return await self.shown(made, with_secret=True)

    async def change(self, id: str, sent: Change, seen: SeenVersions) -> EndpointShown:
        with told():
            changed = await self.webhooks.change(
                id,
                self.caller,
                seen,
                sent.url,
                tuple(dict.fromkeys(sent.events)),
                sent.description,
                await self.command_key(),
                cause_of_request(),
            )
        await self.note("change", id)
        return await self.shown(changed)

    async def rotate(self, id: str) -> EndpointShown:
        with told():
            changed = await self.webhooks.rotate(id, self.caller, await self.command_key(), cause_of_request())
        await self.note("rotate", id)
        return await self.shown(changed, with_secret=True)

    async def pause(self, id: str) -> EndpointShown:
        with told():
            changed = await self.webhooks.pause(id, self.caller, await self.command_key(), cause_of_request())
        await self.note("pause", id)
        return await self.shown(changed)

    async def resume(self, id: str, leave_out: bool) -> EndpointShown:
        with told():
            changed = await self.webhooks.resume(
                id, self.caller, leave_out, await self.command_key(), cause_of_request()
            )
        await self.note("resume", id)
        return await self.shown(changed)

    async def remove(self, id: str) -> None:
        with told():
            await self.webhooks.remove(id, self.caller, await self.command_key(), cause_of_request())
        await self.note("remove", id)

    async def replay(self, id: str, sent: Replay) -> int:
        with told():
            key = await self.command_key()
            again = await self.webhooks.replay(id, self.caller, sent.since, sent.until, key, cause_of_request())
        await self.note("replay", id)
        return again

    async def test(self, id: str) -> DeliveryShown:
        limit: Limit = self.request.app.state.webhook_tests
        if wait := limit.take(self.caller.subject):
            raise limit.refusal(
                self.caller.subject,
                wait,
                "You have sent many tests in a short time. Please wait a moment.",
                "أرسلت اختبارات كثيرة في وقت قصير. يرجى الانتظار قليلًا.",
            )
        with told():
            return delivery_shown(await self.webhooks.test(id, self.caller, await self.command_key()))

    async def log(self, id: str, state: DeliveryState | None, cursor: str | None, limit: int) -> WebhookDeliveryPage:
        with told():
            await self.webhooks.find(id, self.caller)
        found = await self.webhooks.deliveries.page(id, state, read_cursor(cursor), limit + 1)
        shown = found[:limit]
        more = len(found) > limit
        return WebhookDeliveryPage(
            items=[delivery_shown(each) for each in shown],
            next_cursor=write_cursor((shown[-1].planned_at, shown[-1].id)) if more else None,
        )


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What use cases refuse, as problems."""
    try:
        yield
    except EndpointNotFound as error:
        raise not_found() from error
    except NotPermitted as error:
        raise refuse("role") from error
    except VersionDiffers as error:
        raise version_differs() from error
    except Conflict as error:
        raise changed_meanwhile() from error
    except TooManyEndpoints as error:
        en = f"There are {MOST_OF_ONE_OWNER} endpoints already. Remove one that is not needed."
        ar = f"توجد {MOST_OF_ONE_OWNER} نقاط استقبال بالفعل. احذف ما لا تحتاج إليه."
        raise Problem(409, "too-many-endpoints", en, ar) from error
    except NotTried as error:
        raise busy() from error
    except AddressNotAllowed as error:
        en = "The address has to begin with https:// and lead to a server on the open internet."
        ar = "يجب أن يبدأ العنوان بـ https:// وأن يقود إلى خادم على الإنترنت."
        raise Problem(422, "not-outside", en, ar, [{"field": "url", "message": en, "message_ar": ar}]) from error
    except InvalidRegistration as error:
        field = str(error)
        en = "There is no such event for this owner." if field == "events" else "Name one entity or one partner."
        ar = "لا يوجد حدث بهذا الاسم لهذا المالك." if field == "events" else "حدد جهة واحدة أو شريكًا واحدًا."
        raise Problem(422, "invalid", en, ar, [{"field": field, "message": en, "message_ar": ar}]) from error


def _console(request: Request, caller: SignedIn) -> Console:
    return Console(request, caller)


TheConsole = Annotated[Console, Depends(_console)]
SEEN = refusals(401, 403, 404, 422, 503)
CHANGED = refusals(401, 403, 404, 409, 422, 503)


@router.get("", summary="The endpoints that I look after", responses=refusals(401, 422, 503))
async def read_webhooks(console: TheConsole) -> EndpointPage:
    return EndpointPage(items=await console.all())


@router.post(
    "", status_code=201, summary="Register an endpoint", responses=refusals(401, 403, 409, 422, 503), openapi_extra=ONCE
)
async def register_webhook(sent: JsonBody[Register], console: TheConsole) -> EndpointShown:
    """The answer has the secret, which is shown this once."""
    return await console.register(sent)


@router.get("/{id}", summary="An endpoint", responses=SEEN)
async def read_webhook(id: UUID, console: TheConsole, response: Response) -> EndpointShown:
    shown = await console.one(str(id))
    response.headers["ETag"] = f'"{shown.version}"'
    return shown


@router.put(
    "/{id}",
    summary="Change address and events of an endpoint",
    responses=refusals(401, 403, 404, 409, 412, 422, 503),
    openapi_extra=ONCE,
)
async def change_webhook(id: UUID, sent: JsonBody[Change], console: TheConsole, seen: IfMatch) -> EndpointShown:
    return await console.change(str(id), sent, seen)


@router.delete("/{id}", status_code=204, summary="Remove an endpoint", responses=CHANGED, openapi_extra=ONCE)
async def remove_webhook(id: UUID, console: TheConsole) -> Response:
    await console.remove(str(id))
    return Response(status_code=204)


@router.post("/{id}/secret", summary="A new secret", responses=CHANGED, openapi_extra=ONCE)
async def rotate_secret(id: UUID, console: TheConsole) -> EndpointShown:
    """The answer has it, and it is shown this once. The earlier one signs beside it for 24 hours."""
    return await console.rotate(str(id))


@router.post("/{id}/pause", summary="Send nothing for now", responses=CHANGED, openapi_extra=ONCE)
async def pause_webhook(id: UUID, console: TheConsole) -> EndpointShown:
    """What happens meanwhile waits for thirty days."""
    return await console.pause(str(id))


@router.post("/{id}/resume", summary="Send again", responses=CHANGED, openapi_extra=ONCE)
async def resume_webhook(id: UUID, sent: JsonBody[Resume], console: TheConsole) -> EndpointShown:
    return await console.resume(str(id), sent.leave_out)


@router.post("/{id}/test", summary="Send a test now", responses=SEEN, openapi_extra=ONCE)
async def test_webhook(id: UUID, console: TheConsole) -> DeliveryShown:
    """Also while the endpoint is paused. The answer tells what came of it."""
    return await console.test(str(id))


@router.post("/{id}/replay", summary="Send a period once more", responses=CHANGED, openapi_extra=ONCE)
async def replay_webhook(id: UUID, sent: JsonBody[Replay], console: TheConsole) -> Replayed:
    """What was delivered or left out, under the ids that it had; 10,000 at most, the oldest first."""
    return Replayed(again=await console.replay(str(id), sent))


@router.get("/{id}/deliveries", summary="What was sent to an endpoint", responses=SEEN)
async def read_deliveries(
    id: UUID,
    console: TheConsole,
    state: DeliveryState | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> WebhookDeliveryPage:
    return await console.log(str(id), state, cursor, limit)
