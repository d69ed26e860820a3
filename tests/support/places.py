"""The four services, each running with one thing in every state that an operation needs, and everybody who may come."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import intake.app
import notifier.app
import router.app
import sla_monitor.app
from fastapi import FastAPI
from intake.repository import Submissions
from shared.clock import utc_now
from shared.events.directory import EntityChanged
from shared.events.model import Name
from shared.events.submissions import AppealFiled, SubmissionClosed
from shared.service import Service

from tests.support import intake as citizens
from tests.support import notifier as readers
from tests.support import router as offices
from tests.support import sla_monitor as clocks
from tests.support.described import Headers, Place, Who, always
from tests.support.eventually import eventually
from tests.support.files import a_photo
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import listening

STREAM = "a stream of events has no end that one could wait for: tests/component/test_live.py and test_desk_live.py"
NOBODY = "00000-00000"
NEVER = "6f1d0a52-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Country:
    """What a service stands on."""

    infrastructure: Infrastructure
    database: str
    neighbours: Neighbours
    provider: Provider

    @property
    def prefix(self) -> str:
        return self.neighbours.settings.topic_prefix

    def people(self) -> dict[str, Who]:
        """Everybody: those who do not say who they are, somebody with a token of nobody's, and every role."""
        of = self.provider.authorization
        return {
            "anybody": always({}),
            "somebody with a false token": always({"Authorization": "Bearer nonsense"}),
            "a citizen": always(of("citizen.maryam", "citizen")),
            "an officer": always(of("officer.one", "officer", entity="works")),
            "another entity's officer": always(of("officer.ewa", "officer", entity="ewa")),
            "the central office": always(of("central.triage", "central", entity="central-office")),
            "an administrator": always(of("administrator", "administrator", entity="central-office")),
        }


@contextlib.asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    service: Service = app.state.service
    async with listening(app) as url, httpx2.AsyncClient(base_url=url) as client:
        await eventually(lambda: not service.why_not_ready())
        yield client


@contextlib.asynccontextmanager
async def an_intake(country: Country) -> AsyncIterator[Place]:
    settings = citizens.intake_settings(
        country.infrastructure, country.database, country.prefix, country.provider.issuer
    )
    app = intake.app.create_app(settings)
    async with _running(app) as client:
        town = _Town(client, country, app.state.submissions)
        await town.settle()
        people = country.people() | {"its author, by the secret": town.by_secret}
        yield Place(
            app,
            str(client.base_url),
            people,
            known=town.known,
            fields={"ErasureSent.reference": [town.reference["erasures"], NOBODY]},
            lenient={"GET /api/intake/v1/published": "a form sends a filter that was left open as an empty one"},
            never_done={
                "GET /api/intake/v1/submissions/{reference}/events": STREAM,
                "POST /api/intake/v1/submissions/{reference}/attachments": "only a real photo, document or film is "
                "taken: tests/component/test_attachments.py",
            },
        )


class _Town:
    """Citizens who filed, as far as each of intake's operations needs it."""

    def __init__(self, client: httpx2.AsyncClient, country: Country, submissions: Submissions) -> None:
        self.client = client
        self.neighbours = country.neighbours
        self.submissions = submissions
        self.moderator = country.provider.authorization("mod", "central")
        self.reference: dict[str, str] = {}
        self.known: dict[str, dict[str, list[str]]] = {}
        self._secrets: dict[str, str] = {}

    def by_secret(self, path: Mapping[str, Any]) -> Headers:
        return {"Tawasul-Secret": self._secrets.get(path.get("reference", ""), "nobody's")}

    async def settle(self) -> None:
        for operation in ("", "/information", "/withdraw", "/publication", "/erasure", "erasures"):
            await self.files(operation)
        for operation in ("/rating", "/reopen"):
            await self.is_answered(await self.files(operation))
        await self.is_answered_twice(await self.files("/appeal"))
        await self.waits_for_a_confirmation()
        await self.is_published()
        await self.shows_a_photo()
        await self.is_held()
        self.known["/submissions/{reference}/events"] = {"reference": [NOBODY]}

    async def files(self, operation: str, **changed: Any) -> dict[str, Any]:
        sent = citizens.a_filing(publish=True) | changed
        receipt: dict[str, Any] = (await self._post("/submissions", sent)).json()
        reference = receipt["reference"]
        self.reference[operation], self._secrets[reference] = reference, receipt["secret"]
        self.known[operation] = {"reference": [reference, NOBODY]}
        return receipt

    async def waits_for_a_confirmation(self) -> None:
        """For long enough that the mail may be sent again."""
        receipt = await self.files("/confirmation", contact={"email": "maryam@citizens.example"})
        before = {"$set": {"state.received_at": utc_now() - timedelta(hours=1)}}
        await self.submissions.collection.update_one({"_id": receipt["id"]}, before)

    async def is_answered(self, receipt: dict[str, Any]) -> None:
        id = receipt["id"]
        await self.neighbours.publish(id, citizens.assigned(id), citizens.answered(id))
        at, secret = f"/submissions/{receipt['reference']}", {"Tawasul-Secret": receipt["secret"]}

        async def _answered() -> bool:
            shown = await self.client.get(f"/api/intake/v1{at}", headers=secret)
            return bool(shown.json()["status"] == "answered")

        await eventually(_answered)

    async def is_answered_twice(self, receipt: dict[str, Any]) -> None:
        await self.is_answered(receipt)
        at, secret = f"/submissions/{receipt['reference']}/reopen", {"Tawasul-Secret": receipt["secret"]}
        await self._post(at, {"reason": "Out again."}, secret)
        await self.is_answered(receipt)

    async def sends_a_photo(self, receipt: dict[str, Any]) -> str:
        secret = {"Tawasul-Secret": receipt["secret"]}
        at = f"/api/intake/v1/submissions/{receipt['reference']}/attachments"
        sent = await self.client.post(at, files={"files": ("lamp.jpg", a_photo())}, headers=secret)
        assert sent.status_code == 201, sent.text
        reference, id = receipt["reference"], sent.json()["items"][0]["id"]
        for end in ("/attachments/{id}", "/attachments/{id}/thumbnail"):
            self.known[end] = {"reference": [reference], "id": [id, "another"]}
        return str(id)

    async def is_published(self) -> None:
        moderated = "/moderation/{reference}"
        await self.files(f"{moderated}/publish")
        for operation in (moderated, f"{moderated}/edit", f"{moderated}/hide", "/published/{reference}"):
            receipt = await self.files(operation)
            await self._post(f"/moderation/{receipt['reference']}/publish", {}, self.moderator)
        for followed in ("/follow", "/unfollow", "/follow-by-mail"):
            self.known[f"/published/{{reference}}{followed}"] = self.known["/published/{reference}"]

    async def shows_a_photo(self) -> None:
        receipt = await self.files("/attachments")
        reference, id = receipt["reference"], await self.sends_a_photo(receipt)
        await self._post(f"/moderation/{reference}/publish", {}, self.moderator)
        await self._post(f"/moderation/{reference}/photos/{id}/publish", {"reason": "a lamp"}, self.moderator)
        shown = await self.client.get(f"/api/intake/v1/published/{reference}")
        copy = shown.json()["photos"][0]["url"].rpartition("/")[2]
        for end in ("", "/thumbnail"):
            self.known[f"/published/{{reference}}/photos/{{id}}{end}"] = {"reference": [reference], "id": [copy, id]}
        # The public's copy goes with what is decided on the original, so that is another one.
        receipt = await self.files("/moderated")
        reference, id = receipt["reference"], await self.sends_a_photo(receipt)
        await self._post(f"/moderation/{reference}/publish", {}, self.moderator)
        for end in ("", "/thumbnail", "/publish", "/hide"):
            self.known[f"/moderation/{{reference}}/photos/{{id}}{end}"] = {"reference": [reference], "id": [id, copy]}

    async def is_held(self) -> None:
        entry = {"sign": "phrase", "value": "quick money", "reason": "floods us"}
        watched = await self._post("/moderation/abuse-list", entry, self.moderator)
        self.known["/abuse-list/{id}"] = {"id": [watched.json()["entries"][0]["id"], "another"]}
        for decision in ("release", "reject"):
            await self.files(f"/held/{{reference}}/{decision}", text="Quick money for everybody.")

    async def _post(self, path: str, sent: Any, who: Headers | None = None) -> httpx2.Response:
        answer = await self.client.post(f"/api/intake/v1{path}", json=sent, headers=who or {})
        assert answer.is_success, answer.text
        return answer


@contextlib.asynccontextmanager
async def a_router(country: Country) -> AsyncIterator[Place]:
    app = router.app.create_app(
        offices.router_settings(country.infrastructure, country.database, country.prefix, country.provider.issuer)
    )
    async with _running(app) as client:
        desk = _Desk(client, country)
        await desk.settle()
        yield Place(
            app,
            str(client.base_url),
            country.people() | {"an auditor": always(country.provider.authorization("auditor", "auditor"))},
            known=desk.known | desk.directory,
            fields={"Transfer.entity": ["ewa", "nobody"], "Triage.entity": ["works", "nobody"]},
            never_done={"GET /api/router/v1/assignments/{id}/events": STREAM},
        )


class _Desk:
    """An assignment for each command of the router."""

    API = "/api/router/v1"

    def __init__(self, client: httpx2.AsyncClient, country: Country) -> None:
        self.client = client
        self.neighbours = country.neighbours
        of = country.provider.authorization
        self.administrator = of("administrator", "administrator", entity="central-office")
        self.officer = of("officer.one", "officer", entity="works")
        self.clerk = of("central.triage", "central", entity="central-office")
        self.known: dict[str, dict[str, list[str]]] = {}
        version = {"version": ["2"]}
        self.directory = {
            "/directory/draft/{list}/{id}": {"list": ["entities"], "id": ["works", "nobody"]},
            "/directory/publications/{version}/changes": version,
            "/directory/publications/{version}/export": version,
            "/directory/publications/{version}/take-back": version,
        }

    async def settle(self) -> None:
        published = await self.client.put(f"{self.API}/directory", json=offices.a_country(), headers=self.administrator)
        assert published.is_success, published.text
        await self.has_a_publication_that_waits()
        for command in ("", "/acknowledge", "/question", "/answer", "/decline", "/note", "/transfer"):
            await self.has(command)
        await self.has("/triage", "Something is wrong.", "in_triage")
        await self.is_appealed(await self.has("/appeal-decision"))
        self.known["/assignments/{id}/events"] = {"id": [NEVER]}

    async def has_a_publication_that_waits(self) -> None:
        """To be taken back, and a draft beside it."""
        draft, later = f"{self.API}/directory/draft", (utc_now() + timedelta(days=1)).isoformat()
        for address, sent in (("/publish", {"why": "The ministry asked.", "valid_from": later}), ("", None)):
            item = offices.an_entity("works", email=f"{len(address)}@works.example")
            answers = [await self.client.put(f"{draft}/entities/works", json=item, headers=self.administrator)]
            if sent is not None:
                answers.append(await self.client.post(f"{draft}{address}", json=sent, headers=self.administrator))
            assert all(answer.is_success for answer in answers), [answer.text for answer in answers]

    async def has(self, command: str, text: str = "There is a pothole.", state: str = "assigned") -> str:
        id = str(uuid4())
        reference = f"7K3M{len(self.known)}-QPA42"
        await self.neighbours.publish(id, offices.received(id, text=text, reference=reference))
        await self._becomes(id, state)
        self.known[command] = {"id": [id, NEVER]}
        return id

    async def is_appealed(self, id: str) -> None:
        answer = {"text": "It was filled.", "reason_code": "resolved"}
        answered = await self.client.post(f"{self.API}/assignments/{id}/answer", json=answer, headers=self.officer)
        assert answered.is_success, answered.text
        closed = SubmissionClosed(submission_id=id, from_state="answered", to_state="closed", reason="time_passed")
        appeal = AppealFiled(submission_id=id, from_state="closed", to_state="appealed", reason="It never was.")
        await self.neighbours.publish(id, closed, appeal)
        await self._becomes(id, "appealed")

    async def _becomes(self, id: str, state: str) -> None:
        async def _is() -> bool:
            shown = await self.client.get(f"{self.API}/assignments/{id}", headers=self.clerk)
            return shown.is_success and bool(shown.json()["state"] == state)

        await eventually(_is)


@contextlib.asynccontextmanager
async def an_sla_monitor(country: Country) -> AsyncIterator[Place]:
    works = EntityChanged(entity="works", name=Name.model_validate(clocks.NAME), kind="ministry", calendar="government")
    await country.neighbours.publish("entity:works", works)
    settings = clocks.sla_monitor_settings(
        country.infrastructure, country.database, country.prefix, country.provider.issuer
    )
    app = sla_monitor.app.create_app(settings)
    async with _running(app) as client:
        administrator = country.provider.authorization("administrator", "administrator")
        at = "/api/sla-monitor/v1/calendars-and-policies"
        published = await client.put(at, json=clocks.a_rulebook_body(), headers=administrator)
        assert published.is_success, published.text
        id = str(uuid4())
        await country.neighbours.publish(id, clocks.received(id))
        await country.neighbours.publish(id, clocks.assigned(id))
        clerk = country.provider.authorization("central.triage", "central")

        async def _runs() -> bool:
            shown = await client.get(f"/api/sla-monitor/v1/clocks/{id}", headers=clerk)
            return shown.is_success and bool(shown.json()["custodian"] == "works")

        await eventually(_runs)
        yield Place(
            app,
            str(client.base_url),
            country.people(),
            known={"": {"submission_id": [id, NEVER], "version": ["1", "999"]}},
        )


@contextlib.asynccontextmanager
async def a_notifier(country: Country) -> AsyncIterator[Place]:
    async with readers.a_post_office() as office:
        settings = readers.notifier_settings(
            country.infrastructure, country.database, country.prefix, country.provider.issuer, office.port
        )
        app = notifier.app.create_app(settings)
        for change in readers.the_country():
            kind = change.type.removesuffix("Changed").lower()
            await country.neighbours.publish(f"{kind}:{getattr(change, kind)}", change)
        async with _running(app) as client:
            id = str(uuid4())
            await country.neighbours.publish(f"{id}/author", readers.a_contact(id))
            await country.neighbours.publish(id, readers.received(id), readers.a_fact("SubmissionAssigned", id))
            officer = country.provider.authorization("officer.one", "officer", entity="works")
            items: list[str] = []

            async def _told() -> bool:
                inbox = (await client.get("/api/notifier/v1/inbox", headers=officer)).json()
                items[:] = [item["id"] for item in inbox["items"]]
                return bool(items)

            await eventually(_told)
            known = {
                "/inbox/{id}/read": {"id": [*items, NEVER]},
                "/submissions/{id}/notifications": {"id": [id, NEVER]},
            }
            yield Place(app, str(client.base_url), country.people(), known=known)


PLACES: dict[str, Callable[[Country], contextlib.AbstractAsyncContextManager[Place]]] = {
    "intake": an_intake,
    "router": a_router,
    "sla-monitor": an_sla_monitor,
    "notifier": a_notifier,
}
