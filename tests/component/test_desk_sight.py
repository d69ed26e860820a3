"""What an official finds at the desk, and what is not for them: other areas, and what is confidential."""

import asyncio
import re

from fastapi import FastAPI
from router.cases.model import Assignment
from router.cases.store import Assignments
from shared.events.submissions import PersonErased
from shared.storage.aggregates import StoredAggregate

from tests.support import one_desk
from tests.support.desk import AtTheDesk
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_desk import Town, in_order
from tests.support.provider import Provider
from tests.support.router import an_official

app, officer, clerk, town = one_desk.app, one_desk.officer, one_desk.clerk, one_desk.town


async def test_another_area_is_as_another_entity_and_what_is_confidential_is_there_for_the_named_alone(
    app: FastAPI, officer: AtTheDesk, clerk: AtTheDesk, town: Town, provider: Provider, mongo_database: Database
) -> None:
    _, west = await town.writes("A pothole in the west", location={"block": "150"})
    id, east = await town.writes("A pothole in the east", location={"block": "250"})
    _, unknown = await town.writes("A pothole somewhere")
    officials = [each | ({"areas": ["west"]} if each["id"] == "officer.works" else {}) for each in one_desk.OFFICIALS]
    head = an_official("head.works", "works", "head")
    await one_desk.publish(app, provider, officials=[*officials, head])
    page = await officer.opens("/desk")
    assert [number in page for number in (west, unknown, east)] == [True, True, False]
    assert re.search(r'All open <span class="desk-count">2</span>', page)
    for nowhere in (f"/desk?reference={east}", "/desk?words=pothole+east", "/desk?words=250"):
        assert f'href="/desk/{east}"' not in await officer.opens(nowhere), nowhere
    assert "about another area" in await officer.opens(f"/desk/{east}", 403)
    who = provider.authorization("officer.works", "officer", entity="works")
    listed = (await officer.get("/api/router/v1/assignments", headers=who)).json()["items"]
    assert {item["reference"] for item in listed} == {west, unknown}
    at = f"/api/router/v1/assignments/{id}"
    assert (await officer.get(at, headers=who)).status_code == 403
    assert (await officer.get(f"{at}/events", headers=who)).status_code == 403
    assert (await officer.post(f"{at}/acknowledge", json={}, headers=who)).status_code == 403

    async with (
        AtTheDesk(app, "supervisor.works", "supervisor", "works") as supervisor,
        AtTheDesk(app, "head.works", "head", "works") as leader,
    ):
        page = await supervisor.opens(f"/desk/{west}")
        before = await officer.opens(f"/desk/{west}")
        assert "Who may read it" not in before, "officers do not decide that"
        where = f"/desk/{west}/confidential"
        faulty = await supervisor.sends(page, where, **{"confidential_officials:supervisor.works": "on"})
        assert "Say why." in faulty.text
        said = {"confidential_officials:triage": "on", "confidential_reason": "It names a colleague."}
        done = await supervisor.sends(page, where, **said)
        assert done.headers["location"] == f"/desk/{west}?did=confidential"
        for reader in (supervisor, leader, clerk):
            assert in_order(
                await reader.opens(f"/desk/{west}"), "Confidential", "Supervisor.works", "names a colleague"
            )
            assert west in await reader.opens("/desk")
        await officer.opens(f"/desk/{west}", 404)
        late = await officer.sends(before, f"/desk/{west}/note", note_text="I saw it before.")
        assert late.status_code == 404, "it does not exist, whatever was open"
        page = await officer.opens("/desk")
        assert west not in page
        assert re.search(r'All open <span class="desk-count">1</span>', page)
        assert west not in await officer.opens("/desk?words=pothole")
        exported = await supervisor.opens("/desk/list.csv")
        assert all(number in exported for number in (west, east, unknown))
        again = await supervisor.sends(await supervisor.opens(f"/desk/{west}"), where, confidential_reason="Settled.")
        assert again.status_code == 303
    assert west in await officer.opens("/desk")
    assert await mongo_database["audit_records"].count_documents({"action": "confide"}) == 2


class LookedAt(Assignments):
    """Knows when a page has looked at a submission more than once."""

    def __init__(self, assignments: Assignments) -> None:
        super().__init__(assignments.collection.database)
        self._times, self.again = 0, asyncio.Event()

    async def by_reference(self, reference: str) -> StoredAggregate[Assignment] | None:
        found = await super().by_reference(reference)
        self._times += 1
        if self._times > 1:
            self.again.set()
        return found


async def test_what_is_moved_on_while_a_page_waits_for_a_file_is_not_shown_to_who_had_it(
    app: FastAPI, officer: AtTheDesk, clerk: AtTheDesk, town: Town
) -> None:
    _, number = await town.writes("A pothole that is theirs")
    usual, at = app.state.assignments, f"/desk/{number}"
    page = await clerk.opens(at)
    app.state.assignments = LookedAt(usual)
    waiting = asyncio.create_task(officer.opens(f"{at}?did=files&file=on-its-way", 403))
    await app.state.assignments.again.wait()
    moved = {"transfer_entity": "ewa", "transfer_reason": "It is their cable."}
    assert (await clerk.sends(page, f"{at}/transfer", **moved)).status_code == 303
    assert "that is theirs" not in await waiting
    app.state.assignments = usual


async def test_a_submission_is_found_by_words_of_either_language_and_by_where_it_is(
    app: FastAPI, officer: AtTheDesk, clerk: AtTheDesk, town: Town, provider: Provider
) -> None:
    _, english = await town.writes("Potholes all along our street", location={"block": "150"})
    _, arabic = await town.writes("توجد حفرة كبيرة في شارعنا", language="ar", location={"place": "harbour"})
    _, elsewhere = await town.writes("The street light is dark.")
    for words, found in (
        ("pothole", [english]),
        ("الحفرة", [arabic]),
        ("harbour", [arabic]),
        ("block+150", [english]),
        ("west", [english, arabic]),
        ("street", [english]),
        ("pothole+harbour", []),
    ):
        page = await officer.opens(f"/desk?words={words}")
        assert {number for number in (english, arabic, elsewhere) if number in page} == {*found}, words
    assert "Nothing fits this filter" in await officer.opens("/desk?words=street&view=finished")
    assert "stand in every text" in await officer.opens("/desk?words=the")
    page = await clerk.opens("/desk?words=street")
    assert english in page
    assert elsewhere in page
    kept = await officer.sends(await officer.opens("/desk?words=pothole"), "/desk/views", name="Holes")
    assert kept.headers["location"] == "/desk?words=pothole"
    who = provider.authorization("officer.works", "officer", entity="works")
    listed = await officer.get("/api/router/v1/assignments?words=pothole", headers=who)
    assert [item["reference"] for item in listed.json()["items"]] == [english]
    both = "/api/router/v1/assignments?words=pothole&state=assigned&state=closed"
    assert (await officer.get(both, headers=who)).json()["errors"][0]["field"] == "state"


async def test_what_the_same_author_sent_to_the_entity_stands_beside_for_who_works_on_it_until_it_is_erased(
    app: FastAPI, officer: AtTheDesk, town: Town, neighbours: Neighbours, mongo_database: Database
) -> None:
    title = "From the same author"
    first_id, first = await town.writes("A pothole, the first", author="maryam")
    _, elsewhere = await town.writes("The street light is dark.", author="maryam")
    _, second = await town.writes("A pothole, the second", author="maryam")
    _, of_another = await town.writes("A pothole, of another", author="ali")
    _, anonymous = await town.writes("A pothole, of nobody")
    page = await officer.opens(f"/desk/{second}")
    assert in_order(page, title, first, "the first")
    beside = page[page.index("earlier-title") :]
    assert not any(number in beside for number in (elsewhere, of_another, anonymous))
    assert title not in await officer.opens(f"/desk/{anonymous}")
    assert title not in await officer.opens(f"/desk/{of_another}")
    async with AtTheDesk(app, "auditor", "auditor", "central-office") as auditor:
        assert title not in await auditor.opens(f"/desk/{second}")
    stored = await mongo_database["assignments"].find_one({"_id": first_id})
    assert "maryam" not in str(stored)
    await neighbours.publish(first_id, PersonErased(submission_id=first_id))
    await town.becomes(first_id, lambda state: state.erased)
    assert title not in await officer.opens(f"/desk/{second}")
