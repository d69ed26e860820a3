"""The pages for administrators: a change, a file, what differs, what is wrong, publishing, the history; nobody else."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from fastapi import FastAPI
from router.app import create_app

from tests.support.desk import A_PERSON, OWN_PAGE, AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.router import a_country, a_place, an_id, received, router_settings
from tests.support.serving import serving

AT = "/desk/directory"
Doc = dict[str, Any]
WORKS: Doc = {"name-ar": "ا", "name-en": "Works", "kind": "ministry", "calendar": "government"}


@pytest_asyncio.fixture(loop_scope="session")
async def app(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> AsyncIterator[FastAPI]:
    app = create_app(router_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer))
    async with serving(app) as client:
        who = provider.authorization("administrator", "administrator", entity="central-office")
        response = await client.put(
            "/api/router/v1/directory", json=a_country(places=[a_place("harbour")]), headers=who
        )
        assert response.status_code == 200, response.text
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def administrator(app: FastAPI) -> AsyncIterator[AtTheDesk]:
    async with AtTheDesk(app, "administrator", "administrator", "central-office") as browser:
        yield browser


async def changes(administrator: AtTheDesk, item: str, status: int = 303, **typed: Any) -> str:
    """The form of one thing, with what it shows and what was typed into it."""
    page = await administrator.opens(f"{AT}/{item}")
    shown = {} if item.endswith("+") else _shown(page)
    response = await administrator.sends(page, f"{AT}/{item}", **(shown | typed))
    assert response.status_code == status, response.text
    return response.text if status != 303 else response.headers["Location"]


def _shown(page: str) -> dict[str, str]:
    inputs = dict(re.findall(r'<input id="([^"]+)" name="[^"]+" type="text" value="([^"]*)"', page))
    areas = dict(re.findall(r'<textarea id="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.S))
    chosen = {
        name: value
        for name, options in re.findall(r'<select id="([^"]+)"(.*?)</select>', page, re.S)
        for value in re.findall(r'<option value="([^"]+)" selected>', options)
    }
    return inputs | areas | chosen


async def sends(administrator: AtTheDesk, action: str, status: int = 303, **typed: str) -> str:
    page = await administrator.opens(AT)
    response = await administrator.sends(page, f"{AT}/{action}", **typed)
    assert response.status_code == status, response.text
    return response.text if status != 303 else response.headers["Location"]


async def uploads(administrator: AtTheDesk, name: str, octets: bytes, of: str = "", status: int = 303) -> str:
    page = await administrator.opens(AT)
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.S) if 'type="file"' in form)
    carried: dict[str, Any] = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    response = await administrator.post(
        f"{AT}/import",
        data=carried | {"list": of},
        files={"file": (name, octets, "application/octet-stream")},
        headers=A_PERSON | OWN_PAGE,
    )
    assert response.status_code == status, response.text
    return response.text if status != 303 else response.headers["Location"]


async def test_a_change_is_drafted_compared_published_and_found_in_the_history(administrator: AtTheDesk) -> None:
    page = await administrator.opens(f"{AT}/entities")
    assert page.index("Works") < page.index("Ewa")
    location = await changes(administrator, "entities/works", email="new@works.example")
    assert location == f"{AT}/entities?did=put"
    assert "Changed" in await administrator.opens(location)
    page = await administrator.opens(AT)
    assert "new@works.example" in page
    assert "The check found no fault." in page
    again = await sends(administrator, "publish", 422, why="")
    assert "Say why." in again
    assert await sends(administrator, "publish", why="A new address.") == f"{AT}?did=published"
    page = await administrator.opens(AT)
    assert "Version 2 holds since" in page
    assert "No draft is begun." in page
    assert "A new address." in await administrator.opens(f"{AT}/history")
    page = await administrator.opens(f"{AT}/history/2")
    assert "new@works.example" in page
    assert "administrator" in page


async def test_a_form_that_is_not_right_comes_back_with_all_that_was_typed(administrator: AtTheDesk) -> None:
    page = await changes(administrator, "categories/rubbish", 422, **{"entity_by_area": "west", "name-en": "Waste"})
    assert "This is area=entity" in page
    assert 'value="Waste"' in page
    page = await changes(administrator, "places/+", 422, **{"id": "x", "name-ar": "ا", "name-en": "X", "lat": "91"})
    assert 'id="lat-error"' in page
    assert 'id="lon-error"' in page
    page = await changes(administrator, "officials/triage", 422, absences="from Monday on")
    assert "These are days like 2026-12-01..2026-12-10" in page
    page = await changes(administrator, "areas/west", 422, polygons="[[[[1, 2], [3, 4], [5, 6], [1, 2]]]]")
    assert 'id="polygon-error"' in page
    page = await changes(administrator, "entities/+", 422, **(WORKS | {"id": "works"}))
    assert "This short name is taken." in page
    location = await changes(administrator, "categories/roads.pothole", entity="")
    assert location.endswith("?did=put")
    page = await administrator.opens(AT)
    assert "needs either an entity or an entity for each area" in page
    assert 'action="/desk/directory/publish"' not in page
    assert await sends(administrator, "discard") == f"{AT}?did=discarded"
    assert "No draft is begun." in await administrator.opens(AT)


async def test_a_second_click_does_nothing_more_and_looks_as_if_there_had_been_one(administrator: AtTheDesk) -> None:
    async def clicked_twice(page: str, action: str, **typed: str) -> str:
        clicks = (administrator.sends(page, f"{AT}{action}", **typed) for _ in range(2))
        first, second = await asyncio.gather(*clicks)
        assert (first.status_code, second.status_code) == (303, 303), first.text + second.text
        late = await administrator.sends(page, f"{AT}{action}", **typed)
        assert late.status_code == 303, late.text
        assert first.headers["Location"] == second.headers["Location"] == late.headers["Location"]
        return first.headers["Location"]

    page = await administrator.opens(f"{AT}/entities/+")
    assert await clicked_twice(page, "/entities/+", **(WORKS | {"id": "harbours"})) == f"{AT}/entities?did=put"
    page = await administrator.opens(AT)
    later = {"why": "A new one.", "valid_from": "2099-01-01T08:00"}
    assert await clicked_twice(page, "/publish", **later) == f"{AT}?did=scheduled"
    page = await administrator.opens(AT)
    assert "Version 2 waits" in page
    assert await clicked_twice(page, "/take-back", why="Not yet.") == f"{AT}?did=taken-back"
    page = await administrator.opens(AT)
    assert await clicked_twice(page, "/discard") == f"{AT}?did=discarded"
    assert "Version 3" not in await administrator.opens(f"{AT}/history")


async def test_who_acts_for_whom_and_how_an_entity_is_reached_are_written_shown_and_kept(
    administrator: AtTheDesk,
) -> None:
    deputy: Doc = {"id": "deputy", "name-ar": "ن", "name-en": "Deputy", "entity": "works", "role": "supervisor"}
    await changes(administrator, "officials/+", **deputy, language="ar")
    away: Doc = {"deputies": "deputy", "absences": "2026-12-16..2026-12-31", "skills": "roads"}
    await changes(administrator, "officials/officer.works", **away, other_roles="supervisor")
    assert "absent 2026-12-16 to 2026-12-31" in await administrator.opens(f"{AT}/officials")
    reached: Doc = {"head": "deputy", "phone": "+973 0000 0000", "website": "https://works.example"}
    reached |= {"address-ar": "المنامة", "address-en": "Manama"}
    await changes(administrator, "entities/works", **reached)
    await changes(administrator, "categories/roads.pothole", publication="never")
    assert await sends(administrator, "publish", why="Who acts.") == f"{AT}?did=published"
    entities = (await administrator.get("/api/router/v1/entities")).json()["items"]
    works = next(entity for entity in entities if entity["id"] == "works")
    assert (works["phone"], works["address"]["en"]) == ("+973 0000 0000", "Manama")
    for item in ("officials/officer.works", "entities/works", "categories/roads.pothole"):
        await changes(administrator, item)
    assert "It is what is published already." in await administrator.opens(AT)


async def test_what_a_form_shows_is_what_it_writes(administrator: AtTheDesk) -> None:
    for item in ("categories/rubbish", "areas/west", "places/harbour", "rules/potholes", "officials/triage"):
        await changes(administrator, item)
    assert "It is what is published already." in await administrator.opens(AT)


async def test_a_rule_is_put_where_it_is_wanted_and_taken_out(administrator: AtTheDesk) -> None:
    names = {"name-ar": "مصابيح", "name-en": "Lamps"}
    lamps: dict[str, Any] = {
        "id": "lamps",
        "when-words": "lamp|مصباح",
        "when-times": "sun-thu 07:00-14:00|fri 22:00-06:00",
        "then": "entity ewa",
    } | names
    await changes(administrator, "rules/+", before="potholes", **lamps)
    page = await administrator.opens(f"{AT}/rules")
    assert page.index("/rules/chosen") < page.index("/rules/lamps") < page.index("/rules/potholes")
    page = await administrator.opens(f"{AT}/rules/lamps")
    response = await administrator.sends(page, f"{AT}/rules/lamps", do="remove")
    assert response.headers["Location"] == f"{AT}/rules?did=removed"
    assert "/rules/lamps" not in await administrator.opens(f"{AT}/rules")


async def test_rules_are_tried_on_what_came_in_before_they_are_published(
    app: FastAPI, administrator: AtTheDesk, neighbours: Neighbours
) -> None:
    ids = [an_id(), an_id()]
    for number, (id, text) in enumerate(zip(ids, ("A street light is out.", "A pothole."), strict=True)):
        await neighbours.publish(id, received(id, text=text, reference=f"7K3M{number}-QPA42"))

    async def _are_there() -> bool:
        return len(await app.state.assignments.past(10)) == 2

    await eventually(_are_there)
    await administrator.opens(f"{AT}/trial", 409)
    await changes(administrator, "rules/lighting", then="entity works")
    page = await administrator.opens(f"{AT}/trial")
    assert "Of the newest 2 submissions, 1 would go elsewhere." in page
    assert page.index("Ewa") < page.index('Works</bdi> <small><bdi dir="ltr">lighting')
    assert "street light" not in page
    await changes(administrator, "rules/lighting", then="entity nobody")
    assert "There is no entity “nobody”." in await administrator.opens(f"{AT}/trial", 422)


async def test_a_file_is_taken_whole_or_the_page_says_what_is_wrong_on_which_line(administrator: AtTheDesk) -> None:
    whole = (await administrator.get(f"{AT}/export")).content
    page = await uploads(administrator, "country.yaml", whole.replace(b"kind: authority", b"kind: kingdom"), status=422)
    line = 1 + whole.split(b"kind: authority")[0].count(b"\n")
    assert f"Line {line} · entities[2].kind" in page
    assert "No draft is begun." in page
    for name, octets, said in (
        ("country.xlsx", whole, "ends in .yaml"),
        ("country.yaml", b"\xff\xfe", "not in UTF-8"),
        ("country.yaml", b"", "Choose a file."),
        ("entities.csv", b"id\n", "The whole directory is YAML"),
    ):
        assert said in await uploads(administrator, name, octets, status=422)
    table = (await administrator.get(f"{AT}/export?format=csv&list=categories")).content
    assert await uploads(administrator, "categories.csv", table, "categories") == f"{AT}?did=imported"
    assert "It is what is published already." in await administrator.opens(AT)


async def test_a_version_for_later_is_shown_and_taken_back(administrator: AtTheDesk) -> None:
    await changes(administrator, "entities/works", email="new@works.example")
    page = await sends(administrator, "publish", 422, why="Soon.", valid_from="tomorrow")
    assert "This is no date and time." in page
    assert await sends(administrator, "publish", why="Soon.", valid_from="2099-01-01T08:00") == f"{AT}?did=scheduled"
    page = await administrator.opens(AT)
    assert "Version 2 waits" in page
    assert await sends(administrator, "take-back", why="Not yet.") == f"{AT}?did=taken-back"
    page = await administrator.opens(AT)
    assert "Version 2 waits" not in page
    assert "new@works.example" in page
    assert "Not yet." in await administrator.opens(f"{AT}/history")


async def test_a_form_of_an_older_draft_changes_nothing(administrator: AtTheDesk) -> None:
    old = await administrator.opens(f"{AT}/entities/ewa")
    await changes(administrator, "entities/works", email="new@works.example")
    late = await administrator.sends(old, f"{AT}/entities/ewa", **(_shown(old) | {"email": "late@ewa.example"}))
    assert late.status_code == 412
    assert 'value="late@ewa.example"' in late.text
    assert "late@ewa.example" not in await administrator.opens(AT)


async def test_the_desk_leads_nobody_else_to_these_pages(app: FastAPI) -> None:
    for role in ("officer", "head", "central", "auditor", "citizen"):
        async with AtTheDesk(app, "somebody", role, "works") as other:
            assert AT not in await other.opens("/desk", 403 if role == "citizen" else 200)


async def test_what_is_not_there_is_not_found(administrator: AtTheDesk) -> None:
    for path in ("/nothing", "/nothing/works", "/entities/nobody", "/history/9"):
        await administrator.opens(f"{AT}{path}", 404)
    await administrator.opens(f"{AT}/history/{10**30}", 422)
