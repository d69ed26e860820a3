"""The four services, each running with one thing in every state that an operation needs."""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx2
import notifier.app
import router.app
import sla_monitor.app
from router.classifier.material import TrainingRequest
from router.classifier.store import ModelRecord
from router.classifier.suggestions import ELSEWHERE
from router.text_model.file import written
from router.text_model.scores import Option
from shared.events.directory import EntityChanged
from shared.events.model import Name
from shared.events.submissions import AppealFiled, SubmissionClosed
from shared.reference.working_time import utc_now

from tests.support import notifier as readers
from tests.support import router as offices
from tests.support import sla_monitor as clocks
from tests.support.browsers import PushingBrowser, a_push_key
from tests.support.country import NEVER, STREAM, Country, running
from tests.support.described import Place, always
from tests.support.eventually import eventually
from tests.support.place_of_citizens import an_intake
from tests.support.post_office import a_post_office
from tests.support.text_model import a_model, a_record
from tests.support.webhooks import a_receiver


@contextlib.asynccontextmanager
async def a_router(country: Country) -> AsyncIterator[Place]:
    app = router.app.create_app(
        offices.router_settings(country.infrastructure, country.database, country.prefix, country.provider.issuer)
    )
    async with running(app) as client:
        desk = _Desk(client, country)
        await desk.settle()
        content = written(a_model())
        told = {"options": {ELSEWHERE: (Option(precision=0.95, least=0.5, texts=40, decided=20, right=19),)}}
        model = await app.state.models.add(a_record(content).model_copy(update=told), content)
        app.state.training.computing = _no_time
        assert await app.state.trainings.ask("administrator", 0.95, utc_now())
        version = {"version": [str(model.version), "999"]}
        yield Place(
            app,
            str(client.base_url),
            country.people()
            | {
                "an auditor": always(country.provider.authorization("auditor", "auditor")),
                "a supervisor": always(country.provider.authorization("supervisor.ewa", "supervisor", entity="ewa")),
            },
            known=desk.known
            | desk.directory
            | {"/models/{version}/use": version, "/models/{version}/thresholds": version},
            fields={
                "Transfer.entity": ["ewa", "nobody"],
                "OpenSubCase.entity": ["ewa", "nobody"],
                "Triage.entity": ["works", "nobody"],
                "PutInCharge.official": ["officer.one", "nobody"],
                "WrittenTemplate.category": ["roads", "nothing"],
                "Recategorise.category": ["roads.lighting", "nothing"],
                "InterimReply.expected_on": [(utc_now() + timedelta(days=7)).date().isoformat(), "2020-01-01"],
                "SetThreshold.entity": [ELSEWHERE, "nobody"],
                "MergeInto.reference": [desk.reference("/note"), "nobody"],
                "LinkWith.reference": [desk.reference("/note"), "nobody"],
            },
            left_out={"/api/router/v1/assignments/events": STREAM},
            streams={
                "/api/router/v1/assignments/events": {},
                "/api/router/v1/assignments/{id}/events": {"id": desk.known["/note"]["id"][0]},
            },
        )


async def _no_time(asked: TrainingRequest) -> tuple[ModelRecord, bytes]:
    raise RuntimeError("no model is made here")


class _Desk:
    """An assignment for each command of the router."""

    API = "/api/router/v1"

    def __init__(self, client: httpx2.AsyncClient, country: Country) -> None:
        self.client = client
        self.neighbours = country.neighbours
        of = country.provider.authorization
        self.administrator = of("administrator", "administrator", entity="central-office")
        self.officer = of("officer.one", "officer", entity="works")
        self.supervisor = of("supervisor.ewa", "supervisor", entity="ewa")
        self.author = of("author.ewa", "officer", entity="ewa")
        self.clerk = of("central.triage", "central", entity="central-office")
        self.known: dict[str, dict[str, list[str]]] = {}
        self.template = str(uuid4())
        self.references: dict[str, str] = {}
        version = {"version": ["2"]}
        self.directory = {
            "/templates/{id}": {"id": [self.template]},
            "/directory/draft/{list}/{id}": {"list": ["entities"], "id": ["works", "nobody"]},
            "/directory/publications/{version}/changes": version,
            "/directory/publications/{version}/export": version,
            "/directory/publications/{version}/take-back": version,
        }

    async def settle(self) -> None:
        published = await self.client.put(f"{self.API}/directory", json=self.country(), headers=self.administrator)
        assert published.is_success, published.text
        await self.has_a_publication_that_waits()
        for command in ("", "/acknowledge", "/question", "/answer", "/decline", "/note", "/transfer"):
            await self.has(command)
        await self.has("/triage", "Something is wrong.", "in_triage")
        await self.is_appealed(await self.has("/appeal-decision"))
        await self.has_replies()
        await self.has_a_template()
        for command in ("/merge", "/unmerge", "/link", "/unlink"):
            await self.has(command)
        await self.is_merged(self.known["/unmerge"]["id"][0], self.reference("/note"))
        self.known["/assignments/{id}/events"] = {"id": [NEVER]}

    @staticmethod
    def country() -> dict[str, Any]:
        """The answers of the authority need approval."""
        country = offices.a_country()
        for entity in country["entities"]:
            if entity["id"] == "ewa":
                entity["answers_need_approval"] = True
        country["officials"] += [offices.an_official("officer.one", "works")]
        return country

    async def has_a_publication_that_waits(self) -> None:
        """To be taken back, and a draft beside it."""
        draft, later = f"{self.API}/directory/draft", (utc_now() + timedelta(days=1)).isoformat()
        for address, sent in (("/publish", {"why": "The ministry asked.", "valid_from": later}), ("", None)):
            item = offices.an_entity("works", email=f"{len(address)}@works.example")
            answers = [await self.client.put(f"{draft}/entities/works", json=item, headers=self.administrator)]
            if sent is not None:
                answers.append(await self.client.post(f"{draft}{address}", json=sent, headers=self.administrator))
            assert all(answer.is_success for answer in answers), [answer.text for answer in answers]

    async def has(
        self, command: str, text: str = "There is a pothole.", state: str = "assigned", kind: str = "complaint"
    ) -> str:
        id = str(uuid4())
        reference = f"7K3{len(self.known):02}-QPA42"
        await self.neighbours.publish(id, offices.received(id, text=text, reference=reference, kind=kind))
        await self._becomes(id, state)
        self.known[command] = {"id": [id, NEVER]}
        self.references[command] = reference
        return id

    async def has_replies(self) -> None:
        """The authority has what needs approval, the ministry the suggestions."""
        for command in ("/interim-reply", "/recategorise", "/prioritise", "/in-charge", "/confidential", "/sub-cases"):
            await self.has(command)
        part = {"entity": "ewa", "question": "Is the cable yours?"}
        await self.does(await self.has("/take-back"), "sub-cases", part, self.officer)
        for command in ("/suggestion-decision", "/implemented"):
            await self.has(command, kind="suggestion")
        accepted = {"decision": "accepted", "text": "We will."}
        await self.does(self.known["/implemented"]["id"][0], "suggestion-decision", accepted, self.officer)
        for command in ("/propose", "/approve", "/send-back"):
            id = await self.has(command, "The street light is dark.")
            if command != "/propose":
                await self.does(id, "propose", {"text": "Done.", "reason_code": "resolved"}, self.author)

    async def has_a_template(self) -> None:
        """With the authority, whose supervisor is among those who ask."""
        who = self.supervisor
        template = {"name": {"ar": "شكر", "en": "Thanks"}, "text": {"ar": "شكرًا.", "en": "Thank you."}}
        put = await self.client.put(f"{self.API}/templates/{self.template}", json=template, headers=who)
        assert put.is_success, put.text

    async def does(self, id: str, command: str, body: dict[str, str], who: dict[str, str]) -> None:
        done = await self.client.post(f"{self.API}/assignments/{id}/{command}", json=body, headers=who)
        assert done.is_success, done.text

    def reference(self, command: str) -> str:
        """The case that stands for this command."""
        return self.references[command]

    async def is_merged(self, id: str, into: str) -> None:
        body = {"reference": into, "reason": "The same hole."}
        merged = await self.client.post(f"{self.API}/assignments/{id}/merge", json=body, headers=self.officer)
        assert merged.is_success, merged.text

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
    async with running(app) as client:
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
            country.people() | {"a head": always(country.provider.authorization("head.works", "head", entity="works"))},
            known={
                "": {
                    "submission_id": [id, NEVER],
                    "version": ["1", "999"],
                    "entity": ["works", "nobody"],
                    "month": [f"{utc_now().astimezone(ZoneInfo('Asia/Bahrain')):%Y-%m}"],
                    "period": [f"{utc_now():%Y}"],
                },
                "/freeze": {"period": ["2025-04"]},
            },
        )


COMMANDS_ON_WEBHOOKS = ("", "/secret", "/pause", "/resume", "/test", "/replay", "/deliveries")


@contextlib.asynccontextmanager
async def a_notifier(country: Country) -> AsyncIterator[Place]:
    async with a_post_office() as office, a_receiver() as receiver:
        settings = readers.notifier_settings(
            country.infrastructure,
            country.database,
            country.prefix,
            country.provider.issuer,
            office.port,
            outside_allowed_networks="127.0.0.0/8",
            push_key=a_push_key(),
        )
        app = notifier.app.create_app(settings)
        for change in readers.the_country():
            kind = change.type.removesuffix("Changed").lower()
            await country.neighbours.publish(f"{kind}:{getattr(change, kind)}", change)
        async with running(app) as client:
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
            administrator = country.provider.authorization("administrator", "administrator")
            browser = PushingBrowser(receiver.url("/push")).subscription
            endpoint = {"url": receiver.url(), "events": ["submission.assigned"], "entity": "works"}
            registered = await client.post("/api/notifier/v1/webhooks", json=endpoint, headers=administrator)
            webhook = {"id": [registered.json()["id"], NEVER]}
            waits = str(uuid4())  # for a contact that does not come
            await country.neighbours.publish(waits, readers.received(waits, reference="7K3MY-QPA43"))
            sent = await _message_of(client, country, id, "sent")
            waiting = await _message_of(client, country, waits, "created")
            await _two_wordings(client, country)
            known = {
                "/inbox/{id}/read": {"id": [*items, NEVER]},
                "/submissions/{id}/notifications": {"id": [id, NEVER]},
                "/deliveries/{id}": {"id": [sent, NEVER]},
                "/deliveries/{id}/resend": {"id": [sent, NEVER]},
                "/deliveries/{id}/cancel": {"id": [waiting, NEVER]},
                **{f"/webhooks/{{id}}{command}": webhook for command in COMMANDS_ON_WEBHOOKS},
                "": {"name": ["answered"], "version": ["3"]},
            }
            yield Place(
                app,
                str(client.base_url),
                country.people(),
                known=known,
                left_out={"/api/notifier/v1/inbox/events": STREAM},
                streams={"/api/notifier/v1/inbox/events": {}},
                fields={
                    **{f"{body}.url": [receiver.url()] for body in ("Register", "Change")},
                    **{f"{body}.endpoint": [browser["endpoint"]] for body in ("SubscriptionSent", "EndpointSent")},
                    **{f"Keys.{name}": [key] for name, key in browser["keys"].items()},
                },
                never_done={
                    "POST /api/notifier/v1/wording/draft/publish": "nothing generated passes the check",
                },
            )


async def _message_of(client: httpx2.AsyncClient, country: Country, id: str, state: str) -> str:
    clerk = country.provider.authorization("central.triage", "central")
    found: list[str] = []

    async def _is_there() -> bool:
        asked = {"submission": id, "state": state}
        answer = await client.get("/api/notifier/v1/deliveries", params=asked, headers=clerk)
        found[:] = [each["id"] for each in answer.json()["items"] if each["audience"] == "author"]
        return bool(found)

    await eventually(_is_there)
    return found[0]


async def _two_wordings(client: httpx2.AsyncClient, country: Country) -> None:
    """Beside the software's: the newest of them can be taken back. Its administrator has an address."""
    administrator = readers.an_official("administrator", "central-office", "central")
    await country.neighbours.publish("official:administrator", administrator)
    headers = country.provider.authorization("administrator", "administrator")
    at = "/api/notifier/v1/wording"
    for heading in ("One", "Two"):
        draft = (await client.get(f"{at}/draft", headers=headers)).json()["wording"]["templates"]["answered"]
        draft["en"]["heading"] = heading
        written = await client.put(f"{at}/draft/templates/answered", json=draft, headers=headers)
        published = await client.post(f"{at}/draft/publish", json={"why": "For the test."}, headers=headers)
        assert (written.status_code, published.status_code) == (200, 200), published.text


PLACES: dict[str, Callable[[Country], contextlib.AbstractAsyncContextManager[Place]]] = {
    "intake": an_intake,
    "router": a_router,
    "sla-monitor": an_sla_monitor,
    "notifier": a_notifier,
}
