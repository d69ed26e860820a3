"""The in-app inbox: of officials, of signed-in citizens, and of whoever has the secret link of a submission."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from notifier.app import create_app
from notifier.settings import NotifierSettings
from shared.events.model import Role
from shared.events.submissions import PersonErased
from shared.http.session_cookie import Session, SessionKeys
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.neighbours import Neighbours
from tests.support.notifier import SESSION_KEYS, a_fact
from tests.support.one_notifier import file
from tests.support.provider import Provider
from tests.support.serving import listening

API = "/api/notifier/v1/inbox"
PATIENCE_SECONDS = 10

office, settings, country = one_notifier.office, one_notifier.settings, one_notifier.country


@dataclass
class Reading:
    """One person's browser."""

    client: httpx2.AsyncClient
    session: Session

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"__Host-tawasul={SessionKeys(SESSION_KEYS).write(self.session)}"}

    async def page(self, at: str = "/inbox", language: str = "en") -> str:
        answer = await self.client.get(at, headers={**self.cookie, "Accept": "text/html", "Accept-Language": language})
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        return str(answer.text)

    async def inbox(self, **asked: Any) -> dict[str, Any]:
        answer = await self.client.get(API, headers=self.cookie, params=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def sends(self, at: str, **fields: str) -> httpx2.Response:
        own = {"Origin": "https://tawasul.example", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        return await self.client.post(
            at, data={"form_token": self.session.form_token, **fields}, headers={**self.cookie, **own}
        )

    async def has(self, count: int) -> None:
        async def _has() -> bool:
            return len((await self.inbox())["items"]) == count

        await eventually(_has)

    async def badge(self) -> str:
        answer = await self.client.get("/inbox/unread.svg", headers=self.cookie)
        assert answer.headers["content-type"].startswith("image/svg+xml")
        return str(answer.text)


@pytest_asyncio.fixture(loop_scope="session")
async def client(settings: NotifierSettings, country: None) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(settings)
    async with listening(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE_SECONDS) as opened:
        await eventually(lambda: not app.state.service.why_not_ready())
        yield opened


def a_session(subject: str | None = None, scope: tuple[str, ...] = (), roles: frozenset[Role] = frozenset()) -> Session:
    return Session(uuid4().hex, subject, subject or "", roles, None, scope, utc_now() + timedelta(minutes=10))


def reading(client: httpx2.AsyncClient, *who: Any, **more: Any) -> Reading:
    return Reading(client, a_session(*who, **more))


async def test_an_official_reads_one_item_then_all_of_them_page_by_page(
    client: httpx2.AsyncClient, neighbours: Neighbours, provider: Provider
) -> None:
    officer = reading(client, "officer.one", roles=frozenset({Role.OFFICER}))
    assert "You have no notifications yet." in await officer.page()
    assert 'width="0"' in await officer.badge()

    ids = [await file(neighbours) for _ in range(3)]
    for number, fact in enumerate(("SubmissionAssigned", "InformationAdded"), start=1):
        for id in ids:
            await neighbours.publish(id, a_fact(fact, id))
        await officer.has(number * len(ids))
    first = await officer.inbox(limit=4)
    assert (first["unread"], len(first["items"])) == (6, 4)
    rest = await officer.inbox(limit=4, cursor=first["next_cursor"])
    assert (len(rest["items"]), rest["next_cursor"]) == (2, None)
    assert len({item["id"] for item in (*first["items"], *rest["items"])}) == 6
    assert ">6</text>" in await officer.badge()

    english, arabic = await officer.page(), await officer.page(language="ar")
    assert "6 are unread." in english
    assert "6 إشعارات غير مقروءة." in arabic
    assert english.count('class="case unread"') == 6

    one = first["items"][0]
    opened = await officer.sends(f"/inbox/{one['id']}/open")
    assert (opened.status_code, opened.headers["location"]) == (303, f"/desk/{one['reference']}")
    other = first["items"][1]["id"]
    assert (await officer.sends(f"/inbox/{other}/read")).headers["location"] == "/inbox?did=read"
    assert (await officer.inbox())["unread"] == 4
    # What came since the page was drawn stays unread.
    seen = (await officer.inbox())["items"][0]["created_at"]
    await neighbours.publish(ids[0], a_fact("SubmissionReopened", ids[0]))
    await officer.has(7)
    assert (await officer.sends("/inbox/read", until=seen)).headers["location"] == "/inbox?did=all"
    assert (await officer.inbox())["unread"] == 1
    officers_token = provider.authorization("officer.one", "officer", entity="works")
    marked = await client.post(f"{API}/read", json={}, headers=officers_token)
    assert marked.json() == {"marked": 1, "unread": 0}
    assert "You have read everything." in await officer.page()

    # Somebody else's items are nobody else's to mark.
    stranger = reading(client, "officer.two")
    assert (await stranger.sends(f"/inbox/{one['id']}/read")).status_code == 404
    assert (await stranger.inbox())["unread"] == 6 + 1


async def test_who_has_a_secret_link_reads_what_its_author_is_told_until_the_author_is_erased(
    client: httpx2.AsyncClient, neighbours: Neighbours
) -> None:
    anonymous = await file(neighbours, author=None, contact_expected=False, contact_id=None)
    signed_in = await file(neighbours, author="citizen.maryam")
    await neighbours.publish(anonymous, a_fact("SubmissionAnswered", anonymous, text="x" * 2_000))
    by_link = reading(client, scope=(anonymous, signed_in))
    await by_link.has(3)
    maryam = reading(client, "citizen.maryam")
    assert [item["submission_id"] for item in (await maryam.inbox())["items"]] == [signed_in]
    assert (await reading(client, "citizen.maryam", scope=(anonymous,)).inbox())["unread"] == 3

    page = await by_link.page()
    assert "x" * 500 in page
    assert "x" * 1_000 not in page
    assert "private links" in page
    theirs = next(item for item in (await by_link.inbox())["items"] if item["submission_id"] == signed_in)
    assert (await by_link.sends(f"/inbox/{theirs['id']}/open")).headers["location"] == "/track/7K3MX-QPA42"
    assert (await maryam.inbox())["unread"] == 0

    await neighbours.publish(signed_in, PersonErased(submission_id=signed_in, reason="asked"))
    await by_link.has(2)

    signed_out = await client.get("/inbox", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert (signed_out.status_code, "private link" in signed_out.text) == (401, True)
    assert (await client.get(API)).status_code == 401
    assert 'width="0"' in (await client.get("/inbox/unread.svg")).text
    forged = await client.post("/inbox/read", headers=by_link.cookie | {"Origin": "https://elsewhere.example"})
    assert forged.status_code == 403


async def test_an_open_inbox_hears_at_once_of_what_is_told_and_of_what_is_read_elsewhere(
    client: httpx2.AsyncClient, neighbours: Neighbours
) -> None:
    officer = reading(client, "officer.one", roles=frozenset({Role.OFFICER}))
    id = await file(neighbours)
    by_link = reading(client, scope=(id,))
    await by_link.has(1)
    before = (await officer.inbox())["version"]
    async with (
        client.stream("GET", f"{API}/events?seen={before}", headers=officer.cookie) as of_officer,
        client.stream("GET", f"{API}/events?seen={before}", headers=by_link.cookie) as of_author,
    ):
        heard, heard_too = of_officer.aiter_lines(), of_author.aiter_lines()
        await neighbours.publish(id, a_fact("SubmissionAssigned", id))
        told = await next_version(heard)
        assert told > before
        assert await next_version(heard_too) > before
        page = await officer.inbox()
        assert (len(page["items"]), page["version"] >= told) == (1, True)
        await officer.sends(f"/inbox/{page['items'][0]['id']}/read")
        read = await next_version(heard)
        assert read > told
    # What was missed is told to who comes again.
    again = {**officer.cookie, "Last-Event-ID": str(before)}
    async with client.stream("GET", f"{API}/events", headers=again) as stream:
        assert await next_version(stream.aiter_lines()) > before
    assert (await client.get(f"{API}/events")).status_code == 401


async def next_version(lines: AsyncIterator[str]) -> int:
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for line in lines:
            if line.startswith("id: "):
                return int(line.removeprefix("id: "))
    raise AssertionError("the stream ended")
