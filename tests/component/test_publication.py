"""From an author's word to the public: agreed, moderated, published, taken back."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from shared.events.assignments import SubmissionAnswered, SubmissionAssigned
from shared.events.directory import AreaChanged, CategoryChanged
from shared.events.model import Name
from shared.events.topics import SUBMISSIONS

from tests.support import one_intake
from tests.support.eventually import eventually
from tests.support.intake import a_filing
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider

API = "/api/intake/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
Client = httpx2.AsyncClient
NEVER = "urn:tawasul:problem:never-public"


neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client


@pytest.fixture
def moderator(provider: Provider) -> dict[str, str]:
    return provider.authorization("mod", "central")


async def file(client: Client, **changed: Any) -> dict[str, Any]:
    response = await client.post(f"{API}/submissions", json=a_filing(publish=True) | changed)
    assert response.status_code == 201, response.text
    receipt: dict[str, Any] = response.json()
    return receipt


async def moderate(
    client: Client, who: dict[str, str], receipt: dict[str, Any], action: str, **sent: Any
) -> httpx2.Response:
    return await client.post(f"{API}/moderation/{receipt['reference']}/{action}", json=sent, headers=who)


async def test_of_a_category_that_is_never_public_nothing_is_queued_agreed_to_or_published(
    client: Client, neighbours: Neighbours, intake: FastAPI, moderator: dict[str, str]
) -> None:
    def category(publication: str) -> CategoryChanged:
        name = Name(ar="الفساد", en="Corruption")
        return CategoryChanged.model_validate(
            {"category": "safety.corruption", "name": name, "parent": "safety", "publication": publication}
        )

    directory = intake.state.directory
    await neighbours.publish("category:safety.corruption", category("asked"))
    await eventually(lambda: "safety.corruption" in directory.categories)
    before = await file(client, category="safety.corruption")
    place = {"lat": 26.1, "lon": 50.5, "block": "428"}
    earlier = await published_with(client, moderator, "It was so.", category="safety.corruption", location=place)
    assert earlier["reference"] in (await client.get("/open311/v2/requests.json")).text
    await neighbours.publish("category:safety.corruption", category("never"))
    await eventually(lambda: not directory.is_for_the_public("safety.corruption"))
    refused = await moderate(client, moderator, before, "publish", text="It was so.")
    assert (await client.get(f"{API}/published/{earlier['reference']}")).status_code == 404
    assert earlier["reference"] not in await listed(client)
    (known,) = (await client.get(f"/open311/v2/requests/{earlier['reference']}.json?lang=en")).json()
    assert (known["lat"], known["address"], known["description"]) == (None, None, "Corruption")
    assert earlier["reference"] not in (await client.get("/open311/v2/requests.json")).text
    assert "26.1" not in (await client.get("/open-data/submissions.csv?category=safety.corruption")).text
    assert (refused.status_code, refused.json()["type"]) == (409, NEVER)

    receipt = await file(client, category="safety.corruption")
    path, secret = f"{API}/submissions/{receipt['reference']}", {"Tawasul-Secret": receipt["secret"]}
    assert (await client.get(path, headers=secret)).json()["publication"] is None
    agreed = await client.post(f"{path}/publication", json={"publish": True}, headers=secret)
    assert (agreed.status_code, agreed.json()["type"]) == (409, NEVER)
    assert (await client.post(f"{path}/publication", json={"publish": False}, headers=secret)).status_code == 200


async def test_what_its_author_agreed_to_is_published_edited_and_taken_back(
    client: Client, neighbours: Neighbours, intake: FastAPI, moderator: dict[str, str]
) -> None:
    receipt = await file(client, text="The lamp at Ali's house is out.")
    secret = {"Tawasul-Secret": receipt["secret"]}
    queue = (await client.get(f"{API}/moderation", headers=moderator)).json()
    assert receipt["reference"] in [item["reference"] for item in queue["items"]]

    published = await moderate(client, moderator, receipt, "publish", text="A lamp is out.")
    assert published.status_code == 200, published.text
    assert (published.json()["publication"], published.json()["public_text"]) == ("published", "A lamp is out.")
    edited = await moderate(client, moderator, receipt, "edit", text="The lamp is out.", reason="grammar")
    assert edited.json()["public_text"] == "The lamp is out."
    assert edited.json()["text"] == "The lamp at Ali's house is out."

    seen = (await client.get(f"{API}/submissions/{receipt['reference']}", headers=secret)).json()
    assert seen["publication"] == "published"
    assert "SubmissionPublished" in [entry["type"] for entry in seen["timeline"]]
    back = await client.post(
        f"{API}/submissions/{receipt['reference']}/publication", json={"publish": False}, headers=secret
    )
    assert back.status_code == 200
    events = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionPublished", "SubmissionHidden")
    assert [event.sequence for event in events] == [1, 2, 3]
    assert events[-1].data.reason == "author"
    refused = await moderate(client, moderator, receipt, "publish")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tawasul:problem:not-possible-now")

    one = await client.get(f"{API}/moderation/{receipt['reference']}", headers=moderator)
    assert [done["action"] for done in one.json()["history"]] == ["publish", "edit", "revoke"]
    trail = [entry async for entry in intake.state.service.database["audit_records"].find({"things": receipt["id"]})]
    assert {entry["action"] for entry in trail} == {"list", "read", "publish", "edit"}


async def test_without_its_authors_word_nothing_is_shown_to_a_moderator(
    client: Client, moderator: dict[str, str]
) -> None:
    receipt = await file(client, publish=False)
    assert (await client.get(f"{API}/moderation/{receipt['reference']}", headers=moderator)).status_code == 404
    assert (await moderate(client, moderator, receipt, "publish")).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("citizen", 403), ("officer", 403), ("auditor", 403), ("administrator", 200)]
)
async def test_only_the_central_office_and_administrators_moderate(
    client: Client, provider: Provider, role: str | None, status: int
) -> None:
    receipt = await file(client)
    who = provider.authorization("someone", role, entity="works") if role else {}
    assert (await client.get(f"{API}/moderation", headers=who)).status_code == status
    assert (await client.get("/moderation", headers=who)).status_code == status
    assert (await moderate(client, who, receipt, "publish")).status_code == status


async def test_two_moderators_at_once_do_not_overrule_each_other_unseen(
    client: Client, moderator: dict[str, str]
) -> None:
    receipt = await file(client)
    one = await client.get(f"{API}/moderation/{receipt['reference']}", headers=moderator)
    assert (await moderate(client, moderator, receipt, "hide", reason="names a person")).status_code == 200
    late = await moderate(client, moderator | {"If-Match": one.headers["etag"]}, receipt, "publish")
    assert late.status_code == 412
    form = {"decided": "0", "text": "The lamp is out.", "key": str(uuid4())}
    page = f"/moderation/{receipt['reference']}/publish"
    assert (await client.post(page, data=form, headers=moderator | PAGE)).status_code == 409
    assert (await client.post(page, data=form | {"decided": "1"}, headers=moderator | PAGE)).status_code == 303


async def test_the_queue_is_read_page_by_page_the_oldest_first(client: Client, moderator: dict[str, str]) -> None:
    filed = [(await file(client))["reference"] for _ in range(5)]
    read: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"{API}/moderation", params=query, headers=moderator)).json()
        read += [item["reference"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [reference for reference in read if reference in filed] == filed
    assert len(read) == len(set(read))


async def published_with(client: Client, moderator: dict[str, str], text: str, **changed: Any) -> dict[str, Any]:
    receipt = await file(client, text=text, **changed)
    done = await moderate(client, moderator, receipt, "publish")
    assert done.status_code == 200, done.text
    return receipt


async def listed(client: Client, **asked: Any) -> list[str]:
    """Reference numbers over all pages."""
    read: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | asked | ({"cursor": cursor} if cursor else {})
        answer = await client.get(f"{API}/published", params=query)
        assert answer.status_code == 200, answer.text
        read += [item["reference"] for item in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return read


async def test_everybody_finds_what_is_published_and_nothing_of_its_author(
    client: Client, neighbours: Neighbours, intake: FastAPI, moderator: dict[str, str]
) -> None:
    ring = ((50.4, 26.0), (50.7, 26.0), (50.7, 26.3), (50.4, 26.3), (50.4, 26.0))
    names = Name(ar="محافظة العاصمة", en="Capital Governorate")
    await neighbours.publish("area:capital", AreaChanged(area="capital", name=names, polygon=(ring,)))
    for category in (
        CategoryChanged(category="roads", name=Name(ar="الطرق", en="Roads")),
        CategoryChanged(category="lighting", name=Name(ar="الإنارة", en="Lighting"), parent="roads"),
    ):
        await neighbours.publish(f"category:{category.category}", category)
    await eventually(lambda: "capital" in intake.state.directory.areas)
    await eventually(lambda: "lighting" in intake.state.directory.categories)

    place = {"lat": 26.2235712, "lon": 50.5863921, "address": "House 12, Road 2825"}
    lamp = await published_with(
        client,
        moderator,
        "الإنارةُ معطّلة في الشارع",
        language="ar",
        category="lighting",
        location=place,
        contact={"name": "Maryam", "email": "maryam@citizens.example"},
    )
    idea = await published_with(client, moderator, "Shade for every bus stop", kind="suggestion")
    waiting, private = await file(client), await file(client, publish=False)
    id = lamp["id"]
    assigned = {"submission_id": id, "to_state": "assigned", "entity": "works", "decided_by": "rule", "reason": "r"}
    answered = {"submission_id": id, "to_state": "answered", "entity": "works", "reason_code": "done", "official": "o"}
    await neighbours.publish(id, SubmissionAssigned(**assigned), SubmissionAnswered(**answered, text="Dear Maryam"))

    async def _answered() -> bool:
        return await listed(client, state="answered") == [lamp["reference"]]

    await eventually(_answered)
    everything = await listed(client)
    assert [reference for reference in everything if reference in (lamp["reference"], idea["reference"])] == [
        idea["reference"],
        lamp["reference"],
    ]
    assert waiting["reference"] not in everything
    assert private["reference"] not in everything
    for asked in (
        {"words": "انارة"},
        {"words": "الانارة معطل"},
        {"category": "roads", "kind": "complaint"},
        {"area": "capital"},
        {"entity": "works"},
    ):
        assert await listed(client, **asked) == [lamp["reference"]], asked
    assert idea["reference"] in await listed(client, words="bus SHADE", kind="", category="", state="")
    assert await listed(client, words="nothing like it") == []

    shown = await client.get(f"{API}/published/{lamp['reference']}")
    assert shown.json()["point"] == {"lat": 26.224, "lon": 50.586}
    page = await client.get(f"/submissions/{lamp['reference']}", headers=PAGE)
    feed = await client.get("/submissions/feed.rss?lang=en")
    geojson = await client.get("/submissions/feed.geojson?area=capital")
    assert [each["id"] for each in geojson.json()["features"]] == [lamp["reference"]]
    assert geojson.json()["features"][0]["geometry"]["coordinates"] == [50.586, 26.224]
    assert "Complaint: Lighting" in feed.text
    for answer in (shown, page, feed, geojson):
        assert answer.status_code == 200
        for personal in ("Maryam", "House 12", "26.2235", id):
            assert personal not in answer.text, (answer.url, personal)


async def test_what_is_not_published_answers_like_what_is_not_there(client: Client, moderator: dict[str, str]) -> None:
    waiting = await file(client)
    taken_back = await published_with(client, moderator, "A lamp.")
    secret = {"Tawasul-Secret": taken_back["secret"]}
    assert (await client.get(f"{API}/published/{taken_back['reference']}")).status_code == 200
    withdrawn = await client.post(f"{API}/submissions/{taken_back['reference']}/withdraw", json={}, headers=secret)
    assert withdrawn.status_code == 200
    for reference in (waiting["reference"], taken_back["reference"], "00000-00000", "nonsense"):
        assert (await client.get(f"{API}/published/{reference}")).status_code == 404
        assert (await client.get(f"/submissions/{reference}", headers=PAGE)).status_code == 404
    assert (await client.get(f"{API}/published?cursor=nonsense")).status_code == 422
    assert (await client.get(f"{API}/published?kind=rant")).status_code == 422
    assert (await client.get(f"{API}/published?words={'x' * 300}")).status_code == 422


async def test_a_signed_in_person_follows_what_is_published(
    client: Client, neighbours: Neighbours, provider: Provider, moderator: dict[str, str]
) -> None:
    receipt = await published_with(client, moderator, "A lamp.")
    yusuf = provider.authorization("citizen.yusuf", "citizen")
    at = f"{API}/published/{receipt['reference']}"
    assert (await client.post(f"{at}/follow")).status_code == 401
    key = yusuf | {"Idempotency-Key": str(uuid4())}
    assert (await client.post(f"{at}/follow?language=en", headers=key)).json()["followers"] == 1
    assert (await client.post(f"{at}/follow?language=en", headers=key)).json()["followers"] == 1
    followed = f"{API}/published/followed"
    assert (await client.get(followed)).status_code == 401
    listed = (await client.get(followed, headers=yusuf)).json()["items"]
    assert [item["reference"] for item in listed] == [receipt["reference"]]
    others = provider.authorization("citizen.maryam", "citizen")
    assert (await client.get(followed, headers=others)).json()["items"] == []
    mine = await client.get("/submissions/mine?show=followed", headers=PAGE | yusuf)
    assert f'href="/submissions/{receipt["reference"]}"' in mine.text
    assert "You follow nothing" in (await client.get("/submissions/mine?show=followed", headers=PAGE | others)).text
    page = await client.get(f"/submissions/{receipt['reference']}", headers=PAGE | yusuf)
    assert ("1 person follows it." in page.text, "citizen.yusuf" in page.text) == (True, False)
    left = await client.post(
        f"/submissions/{receipt['reference']}/unfollow", data={"key": str(uuid4())}, headers=PAGE | yusuf
    )
    assert left.status_code == 303
    assert (await client.get(followed, headers=yusuf)).json()["items"] == []
    events = await neighbours.hear(SUBMISSIONS, receipt["id"], "FollowerAdded", "FollowerRemoved")
    assert [(event.data.follower, event.data.language) for event in events if event.type == "FollowerAdded"] == [
        ("citizen.yusuf", "en")
    ]
    waiting = await file(client)
    assert (await client.post(f"{API}/published/{waiting['reference']}/follow", headers=yusuf)).status_code == 404


async def test_before_sending_one_sees_what_others_reported_near_by(client: Client, moderator: dict[str, str]) -> None:
    near = await published_with(client, moderator, "A lamp near by.", location={"lat": 26.1001, "lon": 50.5001})
    far = await published_with(client, moderator, "A lamp far away.", location={"lat": 26.2, "lon": 50.5})
    waiting = await file(client, location={"lat": 26.1001, "lon": 50.5001})
    form = {"step": "check", "kind": "complaint", "text": "A lamp.", "who": "anonymous", "key": str(uuid4())}
    page = await client.post("/submissions/new", data=form | {"lat": "26.1003", "lon": "50.4999"}, headers=PAGE)
    assert page.status_code == 200
    seen = [each["reference"] in page.text for each in (near, far, waiting)]
    assert seen == [True, False, False]
    elsewhere = await client.post("/submissions/new", data=form | {"block": "999"}, headers=PAGE)
    assert near["reference"] not in elsewhere.text


async def test_without_a_map_similar_ones_are_found_by_block_and_words_and_a_program_may_ask_too(
    client: Client, moderator: dict[str, str]
) -> None:
    hole = "حفرة عميقة أمام مدرسة البنات في الزلاق أضرت بسيارتي"
    one = await published_with(client, moderator, hole, language="ar", location={"block": "1057", "address": "بيت 12"})
    form = {"text": "حفره عميقه امام مدرسة البنات بالزلاق", "block": "1057", "kind": "complaint", "who": "anonymous"}
    check = await client.post("/submissions/new", data=form | {"step": "check", "key": str(uuid4())}, headers=PAGE)
    part = await client.post("/submissions/similar?lang=ar", data=form, headers=PAGE)
    for answer in (check, part):
        assert (answer.status_code, one["reference"] in answer.text, "بيت 12" in answer.text) == (200, True, False)
    assert "<html" not in part.text
    assert "هذا يعنيني أيضًا" in part.text
    nothing = await client.post("/submissions/similar?lang=en", data={"text": ""}, headers=PAGE)
    assert (nothing.status_code, nothing.text.strip()) == (200, "")
    foreign = await client.post("/submissions/similar", data=form, headers=PAGE | {"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403

    async def asked(**sent: Any) -> list[str]:
        response = await client.post(f"{API}/published/similar", json=sent)
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store"), response.text
        return [item["reference"] for item in response.json()["items"]]

    assert await asked(text=hole) == [one["reference"]]
    edit = {"text": "حفرة في الطريق العام", "shows_place": False, "reason": "names a school"}
    assert (await moderate(client, moderator, one, "edit", **edit)).status_code == 200
    assert await asked(text="مدرسة البنات في الزلاق", location={"block": "1057"}) == [], (
        "what was taken out is not found"
    )
    secret = {"Tawasul-Secret": one["secret"]}
    back = f"{API}/submissions/{one['reference']}/publication"
    assert await asked(text=edit["text"]) == [one["reference"]]
    assert (await client.post(back, json={"publish": False}, headers=secret)).status_code == 200
    assert await asked(text=edit["text"]) == []
    assert (await client.post(f"{API}/published/similar", json={"text": ""})).status_code == 422
