"""The classifier in the router, on real Kafka and MongoDB: trained from what officials did, used, rolled back, lost."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from prometheus_client import REGISTRY
from router.app import create_app, models_in
from router.cases.store import Assignments
from router.classifier.store import LearntFrom, ModelRecord, Models
from router.directory.store import PUBLICATIONS, Publications
from router.operations.commands import list_models, read_texts, train_and_use, use_model
from router.text_model.file import written
from router.text_model.scores import Scores
from shared.events.submissions import PersonErased
from shared.events.topics import ASSIGNMENTS
from shared.reference.working_time import utc_now

from tests.support.desk import OWN_PAGE, AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.router import EAST, a_country, a_rule, an_id, received, router_settings
from tests.support.serving import serving
from tests.support.text_model import TEXTS, a_model, a_record

URL = "/api/router/v1"
LIGHTING = "In the evening it is dark at night, no lamp of the road gives light"
RULES = [a_rule("chosen", {"catalogue": True}), a_rule("triage", {"triage": True})]

Read = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture(loop_scope="session")
async def app(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> AsyncIterator[FastAPI]:
    app = create_app(router_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer))
    async with serving(app) as client:
        app.state.client = client
        who = provider.authorization("administrator", "administrator", entity="central-office")
        response = await client.put(f"{URL}/directory", json=a_country(rules=RULES), headers=who)
        assert response.status_code == 200, response.text
        yield app


@pytest.fixture
def client(app: FastAPI) -> httpx2.AsyncClient:
    client: httpx2.AsyncClient = app.state.client
    return client


@pytest.fixture
def clerk(provider: Provider) -> dict[str, str]:
    return provider.authorization("central.triage", "central", entity="central-office")


@pytest.fixture
def models(mongo_database: Database) -> Models:
    return models_in(mongo_database)


@pytest.fixture
def becomes(client: httpx2.AsyncClient, clerk: dict[str, str]) -> Read:
    async def read(id: str, *states: str) -> dict[str, Any]:
        shown: dict[str, Any] = {}

        async def _is() -> bool:
            response = await client.get(f"{URL}/assignments/{id}", headers=clerk)
            shown.update(response.json())
            return bool(response.status_code == 200 and shown["state"] in states)

        await eventually(_is)
        return shown

    return read


async def put(models: Models, app: FastAPI, file: bytes | None = None, sure_from: float | None = 0.5) -> ModelRecord:
    """A model in use, sure by default; with other content than its record says where `file` is given."""
    content = written(a_model())
    added = await models.add(a_record(content, sure_from), content if file is None else file)
    assert await models.use(added.version)
    await app.state.classifier.refresh()
    return added


async def sent(neighbours: Neighbours, text: str = LIGHTING, **more: Any) -> str:
    id = an_id()
    await neighbours.publish(id, received(id, text=text, **more))
    return id


async def test_a_submission_that_no_rule_knows_is_given_to_the_entity_that_its_text_names(
    app: FastAPI, models: Models, neighbours: Neighbours, becomes: Read
) -> None:
    record = await put(models, app)
    id = await sent(neighbours)
    shown = await becomes(id, "assigned")
    assert (shown["entity"], shown["category"], shown["decided_by"]) == ("ewa", "roads.lighting", "classifier")
    assert (shown["rule"], shown["model_version"]) == (None, record.version)
    assert shown["words"]
    (event,) = await neighbours.hear(ASSIGNMENTS, id, "SubmissionAssigned")
    assert (event.data.decided_by, event.data.probability) == ("classifier", shown["probability"])
    assert event.data.model_version == record.version


async def test_before_there_is_a_model_and_when_its_file_is_broken_triage_goes_on(
    app: FastAPI, models: Models, neighbours: Neighbours, becomes: Read
) -> None:
    assert (await becomes(await sent(neighbours), "in_triage"))["suggested"] is None
    await put(models, app, file=b"not what its record says")
    assert app.state.classifier.current is None
    assert (await becomes(await sent(neighbours), "in_triage"))["suggested"] is None
    await put(models, app)
    await becomes(await sent(neighbours), "assigned")


@pytest.mark.parametrize(("part", "named"), [("files", "_id"), ("chunks", "files_id")])
async def test_a_model_whose_file_is_gone_or_not_whole_leaves_the_one_before_it_in_use(
    app: FastAPI,
    models: Models,
    mongo_database: Database,
    neighbours: Neighbours,
    becomes: Read,
    part: str,
    named: str,
) -> None:
    first = await put(models, app)
    lost = await models.add(first.model_copy(update={"in_use_since": None}), written(a_model()))
    record = await mongo_database["models"].find_one({"_id": lost.version})
    assert record is not None
    await mongo_database[f"model_files.{part}"].delete_one({named: record["file"]})
    assert await models.use(lost.version)
    await app.state.classifier.refresh()
    shown = await becomes(await sent(neighbours), "assigned")
    assert shown["model_version"] == first.version


async def test_a_correction_is_learnt_and_the_model_before_it_can_be_taken_back(
    app: FastAPI,
    client: httpx2.AsyncClient,
    models: Models,
    mongo_database: Database,
    neighbours: Neighbours,
    becomes: Read,
    clerk: dict[str, str],
    tmp_path: Any,
) -> None:
    text, body = "Balconies drip onto the people who walk below them", {"entity": "works", "category": "roads.pothole"}
    for number in range(3):
        id = await sent(neighbours, f"{text} {'again ' * number}")
        await becomes(id, "in_triage")
        placed = await client.post(f"{URL}/assignments/{id}/triage", json=body | {"reason": "It is."}, headers=clerk)
        assert placed.status_code == 200, placed.text
    erased = await sent(neighbours, "An erased person wrote this")
    await becomes(erased, "in_triage")
    await client.post(f"{URL}/assignments/{erased}/triage", json=body | {"reason": "It is."}, headers=clerk)
    await neighbours.publish(erased, PersonErased(submission_id=erased))

    async def _is_erased() -> bool:
        return bool((await client.get(f"{URL}/assignments/{erased}", headers=clerk)).json()["erased"])

    await eventually(_is_erased)

    file = tmp_path / "texts.yaml"
    lines = [
        f"- {{category: {label}, language: en, split: train, text: {text!r}}}"
        for label, texts in TEXTS.items()
        for text in texts
    ]
    file.write_text("\n".join(lines))
    told: list[str] = []
    stores = models, Publications(mongo_database[PUBLICATIONS]), Assignments(mongo_database)
    first = await put(models, app)
    await train_and_use(*stores, read_texts(file), 0.95, keep=False, now=utc_now(), tell=told.append)
    newest = (await models.all())[0]
    assert (newest.version, newest.learnt_from.corrections, newest.learnt_from.texts) == (first.version + 1, 3, 18)
    assert told[-1] == f"model {newest.version} is in use"
    await app.state.classifier.refresh()
    assert app.state.classifier.current.version == newest.version
    shown = await becomes(await sent(neighbours, text), "in_triage", "assigned")
    assert shown["suggested"]["items"][0]["category"] == "roads.pothole"

    await use_model(models, first.version, told.append)
    await app.state.classifier.refresh()
    assert app.state.classifier.current.version == first.version
    await list_models(models, told.append)
    assert [line[:9] for line in told[-2:]] == [f"  model {newest.version}", f"* model {first.version}"]


async def test_a_model_that_took_long_to_make_is_in_use_although_another_was_meanwhile(
    app: FastAPI, models: Models, mongo_database: Database
) -> None:
    begun_at = utc_now()
    await put(models, app)
    told: list[str] = []
    stores = models, Publications(mongo_database[PUBLICATIONS]), Assignments(mongo_database)
    await train_and_use(*stores, [], 0.95, keep=False, now=begun_at, tell=told.append)
    in_use = await models.in_use()
    assert in_use is not None
    assert told[-1] == f"model {in_use.version} is in use"


async def test_a_model_that_is_kept_is_not_used(app: FastAPI, models: Models, mongo_database: Database) -> None:
    told: list[str] = []
    stores = models, Publications(mongo_database[PUBLICATIONS]), Assignments(mongo_database)
    await train_and_use(*stores, [], 0.95, keep=True, now=utc_now(), tell=told.append)
    assert await models.in_use() is None
    assert "it is not used" in told[-1]
    await app.state.classifier.refresh()
    assert app.state.classifier.current is None


async def test_triage_takes_a_suggestion_over_and_how_often_it_does_is_counted(
    app: FastAPI, models: Models, neighbours: Neighbours, becomes: Read
) -> None:
    await put(models, app, sure_from=None)
    text = "عمود الإنارة لا يضيء والشارع ظلمة، اتصلوا على 33445566"
    id = await sent(neighbours, text, language="ar")
    await becomes(id, "in_triage")
    taken = REGISTRY.get_sample_value("tawasul_router_suggestions_taken_total", {"outcome": "first"}) or 0
    async with AtTheDesk(app, "central.triage", "central", "central-office") as clerk:
        page = await clerk.opens("/desk/triage")
        suggestions = page[
            page.index("suggestions-title") : page.index("<form method", page.index("suggestions-title"))
        ]
        assert suggestions.index("Roads.lighting") < suggestions.index("Take it over")
        assert "Ewa" in suggestions
        assert "33445566" not in suggestions
        first = re.findall(r'href="(/desk/triage\?reference=[^"]+suggestion=1)#', suggestions)[0]
        filled = await clerk.opens(first)
        assert re.search(r'<option value="roads.lighting" selected', filled)
        assert re.search(r'<option value="ewa" selected', filled)
        assert "يشير النص إلى «" in filled
        for none in ("/desk/triage?suggestion=3", "/desk/triage?suggestion=2&reference=NONE"):
            assert "suggestions-title" in await clerk.opens(none)
        placed = await clerk.sends(
            filled, "/desk/7K3MX-QPA42/triage", triage_category="roads.lighting", triage_reason="It is."
        )
        assert placed.status_code == 303, placed.text
        assert "suggestions-title" not in await clerk.opens("/desk/7K3MX-QPA42")
    shown = await becomes(id, "assigned")
    assert (shown["entity"], shown["decided_by"]) == ("ewa", "person")
    assert shown["suggested"]["items"][0]["category"] == "roads.lighting"
    assert REGISTRY.get_sample_value("tawasul_router_suggestions_taken_total", {"outcome": "first"}) == taken + 1


async def test_a_text_is_answered_with_the_likeliest_categories_by_anybody_and_is_not_kept(
    app: FastAPI, client: httpx2.AsyncClient, models: Models, mongo_database: Database
) -> None:
    nothing = await client.post(f"{URL}/suggest", json={"text": LIGHTING})
    assert (nothing.status_code, nothing.json()) == (200, {"items": [], "model_version": None})
    record = await put(models, app)
    before = await mongo_database.list_collection_names()
    answer = await client.post(f"{URL}/suggest", json={"text": LIGHTING})
    first = answer.json()["items"][0]
    assert answer.headers["cache-control"] == "no-store"
    assert (first["category"], first["entity"]["id"], first["elsewhere"]) == ("roads.lighting", "ewa", None)
    assert first["name"]["en"] == "Roads.lighting"
    assert answer.json()["model_version"] == record.version
    by_address = await client.get(f"{URL}/suggest", params={"text": LIGHTING})
    assert by_address.status_code == 405  # what a citizen writes is in no address: doors and browsers log those
    assert await mongo_database.list_collection_names() == before
    assert await mongo_database["assignments"].count_documents({}) == 0


async def test_who_answers_for_a_suggestion_depends_on_the_place_where_the_category_does(
    app: FastAPI, client: httpx2.AsyncClient, models: Models
) -> None:
    await put(models, app)
    text = "The rubbish was not collected, bins overflow with waste"
    nowhere = (await client.post(f"{URL}/suggest", json={"text": text})).json()["items"][0]
    east = {"text": text, "location": {"lon": EAST[0], "lat": EAST[1]}}
    there = (await client.post(f"{URL}/suggest", json=east)).json()["items"][0]
    west = {"text": text, "location": {"block": "150"}}
    block = (await client.post(f"{URL}/suggest", json=west)).json()["items"][0]
    assert (nowhere["category"], nowhere["entity"]) == ("rubbish", None)
    assert (there["entity"]["id"], block["entity"]["id"]) == ("east-municipality", "west-municipality")


async def test_what_is_no_text_to_suggest_for_is_refused(client: httpx2.AsyncClient) -> None:
    for body in (
        {},
        {"text": "  "},
        {"text": "x" * 4_001},
        {"text": "x", "more": 1},
        {"text": "x", "location": {"lat": 91}},
        {"text": "x", "location": {"block": "one"}},
    ):
        refused = await client.post(f"{URL}/suggest", json=body)
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


def of_texts(accuracy: float, judged_on: str, texts: int = 18) -> ModelRecord:
    """With so many texts to learn from."""
    shares: dict[str, float] = {
        "accuracy": accuracy,
        "among_three": 1.0,
        "entity_accuracy": 1.0,
        "coverage": 0.5,
        "sure": 0.5,
    }
    found = Scores(texts=40, precision=0.95, sure_right=1.0, calibration_error=0.1, judged_on=judged_on, **shares)
    learnt = LearntFrom(categories=3, texts=texts, corrections=0 if texts else 9)
    return a_record(written(a_model())).model_copy(update={"evaluation": found, "learnt_from": learnt})


async def test_no_model_is_called_better_over_other_texts_and_one_without_any_says_so(
    app: FastAPI, models: Models
) -> None:
    content, refusal = written(a_model()), "These two were not judged on the same texts"
    await models.add(of_texts(0.7, "the country's"), content)
    await models.add(of_texts(0.9, "corrections alone", texts=0), content)
    async with AtTheDesk(app, "administrator", "administrator", "central-office") as browser:
        page = await browser.opens("/desk/models")
        assert refusal in page
        assert ">better<" not in page
        assert "There were no texts when it was made" in page
        await models.add(of_texts(0.8, "the country's"), content)
        page = await browser.opens("/desk/models?one=3&other=1")
        assert refusal not in page
        assert ">better<" in page


async def test_models_are_seen_compared_and_rolled_back_at_the_desk_and_by_whom(
    app: FastAPI, client: httpx2.AsyncClient, models: Models, clerk: dict[str, str], provider: Provider
) -> None:
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    officer = provider.authorization("officer.works", "officer", entity="works")
    async with AtTheDesk(app, "administrator", "administrator", "central-office") as browser:
        assert "There is no model yet" in await browser.opens("/desk/models")
        first, second = await put(models, app), await put(models, app)
        page = await browser.opens("/desk/models")
        assert "Two models side by side" in page
        assert f"Model {first.version}" in page
        used = await browser.sends(page, "/desk/models/use", version=str(first.version))
        assert used.headers["Location"] == "/desk/models?did=used"
        listed = (await client.get(f"{URL}/models", headers=clerk)).json()["items"]
        assert [(each["version"], each["is_wanted"], each["is_in_use"]) for each in listed] == [
            (second.version, False, False),
            (first.version, True, True),
        ]
        broken = await put(models, app, file=b"nothing")
        page = await browser.opens("/desk/models")
        assert "The chosen model cannot be used" in page
        assert "Chosen, and cannot be used" in page
    again = await client.post(f"{URL}/models/{second.version}/use", json={}, headers=administrator)
    assert [each["version"] for each in again.json()["items"] if each["is_in_use"]] == [second.version]
    for who, expected in ((clerk, 403), (officer, 403), ({}, 401)):
        tried = await client.post(f"{URL}/models/{broken.version}/use", json={}, headers=who)
        assert tried.status_code == expected
    assert (await client.get(f"{URL}/models", headers=officer)).status_code == 403
    assert (await client.post(f"{URL}/models/999/use", json={}, headers=administrator)).status_code == 404
    async with AtTheDesk(app, "officer.works", "officer", "works") as stranger:
        await stranger.opens("/desk/models", 403)
    async with AtTheDesk(app, "central.triage", "central", "central-office") as reader:
        page = await reader.opens("/desk/models")
        assert "Use this one" not in page
        assert (await reader.post("/desk/models/use", data={"version": "1"}, headers=OWN_PAGE)).status_code == 403
