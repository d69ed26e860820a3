"""Photos for the public: chosen and painted over by a moderator, and never the original, whatever one asks for."""

import io
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from intake.attachments.commands import GIVEN_UP_AFTER, clean_up_uploads
from PIL import Image
from shared.privacy.audit import RECORDS
from shared.reference.working_time import utc_now

from tests.support import one_intake
from tests.support.files import a_document, a_photo
from tests.support.intake import a_filing
from tests.support.provider import Provider

API = "/api/intake/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
LEFT_HALF = {"left": 0, "top": 0, "width": 50, "height": 100}
WHY = "a face is covered"
Client = httpx2.AsyncClient
Receipt = dict[str, Any]


neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client


@pytest.fixture
def moderator(provider: Provider) -> dict[str, str]:
    return provider.authorization("mod", "central")


async def file(client: Client, *names: str, **changed: Any) -> Receipt:
    """Filed with these photos; the receipt has their ids under `photos`."""
    filing = a_filing(publish=True, location={"lat": 26.2, "lon": 50.5}) | changed
    receipt: Receipt = (await client.post(f"{API}/submissions", json=filing)).json()
    files = [("files", (name, a_document() if name.endswith("pdf") else a_photo())) for name in names]
    url = f"{API}/submissions/{receipt['reference']}/attachments"
    sent = await client.post(url, files=files, headers={"Tawasul-Secret": receipt["secret"]})
    assert sent.status_code == 201, sent.text
    return receipt | {"photos": [item["id"] for item in sent.json()["items"]]}


async def moderate(client: Client, who: dict[str, str], receipt: Receipt, action: str, **sent: Any) -> httpx2.Response:
    return await client.post(f"{API}/moderation/{receipt['reference']}/{action}", json=sent, headers=who)


async def choose(
    client: Client, who: dict[str, str], receipt: Receipt, *rectangles: dict[str, int], number: int = 0
) -> httpx2.Response:
    action = f"photos/{receipt['photos'][number]}/publish"
    return await moderate(client, who, receipt, action, rectangles=list(rectangles), reason=WHY)


async def public_photos(client: Client, receipt: Receipt) -> list[dict[str, Any]]:
    shown = await client.get(f"{API}/published/{receipt['reference']}")
    assert shown.status_code == 200, shown.text
    photos: list[dict[str, Any]] = shown.json()["photos"]
    return photos


def looks(answer: httpx2.Response) -> list[str]:
    """Its left and its right side."""
    with Image.open(io.BytesIO(answer.content)) as image:
        pixels: list[Any] = [image.convert("RGB").getpixel((x, 16)) for x in (10, 54)]
    return ["red" if pixel[0] > 150 else "blue" if pixel[2] > 150 else "black" for pixel in pixels]


async def later(intake: FastAPI) -> None:
    state = intake.state
    await clean_up_uploads(state.attachments, state.submissions, state.limits, utc_now() + 2 * GIVEN_UP_AFTER)


async def copies_of(intake: FastAPI, receipt: Receipt) -> int:
    found = {"meant_for": receipt["id"], "copy_of": {"$exists": True}}
    return int(await intake.state.service.database["attachments"].count_documents(found))


async def test_the_public_sees_no_photo_but_the_chosen_ones_painted_over(
    client: Client, moderator: dict[str, str]
) -> None:
    receipt = await file(client, "house of Ali.jpg", "b.jpg", "letter.pdf")
    assert (await moderate(client, moderator, receipt, "publish")).status_code == 200
    assert await public_photos(client, receipt) == []
    page = f"/submissions/{receipt['reference']}"
    assert "<img" not in (await client.get(page, headers=PAGE)).text

    chosen = await choose(client, moderator, receipt, LEFT_HALF)
    assert chosen.status_code == 200, chosen.text
    assert [(photo["name"], photo["public"]) for photo in chosen.json()["photos"]] == [
        ("house of Ali.jpg", True),
        ("b.jpg", False),
    ]
    (photo,) = await public_photos(client, receipt)
    seen = await client.get(photo["url"])
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert looks(seen) == ["black", "blue"]
    assert (photo["width"], photo["height"]) == (64, 32)
    assert "sandbox" in seen.headers["content-security-policy"]
    assert looks(await client.get(photo["thumbnail_url"])) == ["black", "blue"]
    shown = await client.get(page, headers=PAGE)
    assert shown.text.count("<img") == 1
    assert photo["url"] in shown.text


async def test_open311_tells_where_the_first_photo_is_while_it_is_public(
    client: Client, moderator: dict[str, str]
) -> None:
    receipt = await file(client, "a.jpg", "b.jpg")
    requests = f"/open311/v2/requests/{receipt['reference']}"

    async def media_url() -> str | None:
        told: str | None = (await client.get(f"{requests}.json")).json()[0]["media_url"]
        return told

    await choose(client, moderator, receipt, LEFT_HALF, number=1)
    assert await media_url() is None, "chosen, and not published yet"
    await moderate(client, moderator, receipt, "publish")
    (photo,) = await public_photos(client, receipt)
    told = await media_url()
    assert told == f"http://service{photo['url']}"
    assert f"<media_url>{told}</media_url>" in (await client.get(f"{requests}.xml")).text
    seen = await client.get(str(told))
    assert (seen.status_code, seen.headers["cross-origin-resource-policy"]) == (200, "cross-origin")
    assert looks(seen) == ["black", "blue"]
    await moderate(client, moderator, receipt, "hide", reason="a face")
    assert (await media_url(), (await client.get(str(told))).status_code) == (None, 404)


async def test_the_original_is_reached_by_nobody_from_the_public_side(
    client: Client, moderator: dict[str, str], provider: Provider
) -> None:
    receipt = await file(client, "house of Ali.jpg")
    await moderate(client, moderator, receipt, "publish")
    await choose(client, moderator, receipt, LEFT_HALF)
    (photo,) = await public_photos(client, receipt)
    original, reference = receipt["photos"][0], receipt["reference"]
    public = [
        await client.get(address, headers=headers)
        for address, headers in (
            (f"{API}/published/{reference}", {}),
            (f"{API}/published", {}),
            (f"/submissions/{reference}", PAGE),
            ("/submissions", PAGE),
            ("/submissions/feed.rss", {}),
            ("/submissions/feed.geojson", {}),
            ("/open-data/submissions.jsonl", {}),
        )
    ]
    for answer in public:
        assert answer.status_code == 200, answer.url
        for personal in (original, "Ali", receipt["id"], "/attachments"):
            assert personal not in answer.text, (answer.url, personal)
    copy = photo["url"].rpartition("/")[2]
    citizen = provider.authorization("citizen.yusuf", "citizen")
    for address in (
        f"{API}/published/{reference}/photos/{original}",
        f"{API}/published/{reference}/photos/{original}/thumbnail",
        f"{API}/submissions/{reference}/attachments/{original}",
        f"{API}/submissions/{reference}/attachments/{copy}",
    ):
        for headers in ({}, citizen):
            assert (await client.get(address, headers=headers)).status_code == 404, address
    secret = {"Tawasul-Secret": receipt["secret"]}
    whole = await client.get(f"{API}/submissions/{reference}/attachments/{original}", headers=secret)
    assert looks(whole) == ["red", "blue"]
    assert [
        item["id"]
        for item in (await client.get(f"{API}/submissions/{reference}", headers=secret)).json()["attachments"]
    ] == [original]


async def test_another_submissions_photo_is_not_shown_under_this_number(
    client: Client, moderator: dict[str, str]
) -> None:
    one, other = await file(client, "a.jpg"), await file(client, "b.jpg")
    for receipt in (one, other):
        await moderate(client, moderator, receipt, "publish")
    await choose(client, moderator, one)
    copy = (await public_photos(client, one))[0]["url"].rpartition("/")[2]
    assert (await client.get(f"{API}/published/{other['reference']}/photos/{copy}")).status_code == 404
    wrong = f"photos/{one['photos'][0]}/publish"
    assert (await moderate(client, moderator, other, wrong, reason=WHY)).status_code == 404
    document = await file(client, "letter.pdf")
    assert (await choose(client, moderator, document)).status_code == 404


async def test_redacting_again_begins_with_the_original_and_takes_the_copy_of_before(
    client: Client, intake: FastAPI, moderator: dict[str, str]
) -> None:
    receipt = await file(client, "a.jpg")
    await moderate(client, moderator, receipt, "publish")
    await choose(client, moderator, receipt, LEFT_HALF)
    (before,) = await public_photos(client, receipt)
    await choose(client, moderator, receipt)
    (after,) = await public_photos(client, receipt)
    assert looks(await client.get(after["url"])) == ["red", "blue"]
    assert (await client.get(before["url"])).status_code == 404
    await later(intake)
    assert await copies_of(intake, receipt) == 1
    assert (await client.get(after["url"])).status_code == 200
    hidden = await moderate(
        client, moderator, receipt, f"photos/{receipt['photos'][0]}/hide", reason="it shows a house"
    )
    assert hidden.status_code == 200
    assert await public_photos(client, receipt) == []
    assert (await client.get(after["url"])).status_code == 404
    await later(intake)
    assert await copies_of(intake, receipt) == 0


async def test_a_photo_is_public_only_while_its_submission_is(client: Client, moderator: dict[str, str]) -> None:
    """Chosen before the text is published, gone with it, and gone when its author takes the word back."""
    receipt = await file(client, "a.jpg")
    assert (await choose(client, moderator, receipt, LEFT_HALF)).status_code == 200
    assert (await client.get(f"{API}/published/{receipt['reference']}")).status_code == 404
    await moderate(client, moderator, receipt, "publish")
    (photo,) = await public_photos(client, receipt)
    await moderate(client, moderator, receipt, "hide", reason="wait")
    assert (await client.get(photo["url"])).status_code == 404
    await moderate(client, moderator, receipt, "publish")
    assert (await client.get(photo["url"])).status_code == 200
    await client.post(
        f"{API}/submissions/{receipt['reference']}/publication",
        json={"publish": False},
        headers={"Tawasul-Secret": receipt["secret"]},
    )
    for address in (photo["url"], photo["thumbnail_url"]):
        assert (await client.get(address)).status_code == 404
    refused = await choose(client, moderator, receipt)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tawasul:problem:not-possible-now")


async def test_an_authors_word_of_before_photos_does_not_count_for_them(
    client: Client, intake: FastAPI, moderator: dict[str, str]
) -> None:
    receipt = await file(client, "a.jpg")
    before = {"$unset": {"state.publication.covers_photos": ""}}
    await intake.state.submissions.collection.update_one({"_id": receipt["id"]}, before)
    refused = await choose(client, moderator, receipt)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tawasul:problem:photos-not-agreed-to")
    await later(intake)
    assert await copies_of(intake, receipt) == 0


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("citizen", 403), ("officer", 403), ("auditor", 403), ("administrator", 200)]
)
async def test_only_moderators_look_at_a_photo_for_this_and_decide(
    client: Client, provider: Provider, role: str | None, status: int
) -> None:
    receipt = await file(client, "a.jpg")
    who = provider.authorization("someone", role, entity="works") if role else {}
    at = f"{API}/moderation/{receipt['reference']}/photos/{receipt['photos'][0]}"
    for address in (at, f"{at}/thumbnail", f"/moderation/{receipt['reference']}/photos/{receipt['photos'][0]}"):
        assert (await client.get(address, headers=who)).status_code == status, address
    assert (await choose(client, who, receipt)).status_code == status
    hidden = await moderate(client, who, receipt, f"photos/{receipt['photos'][0]}/hide", reason="a face")
    assert hidden.status_code == status


async def test_history_and_audit_trail_say_who_looked_who_decided_and_why(
    client: Client, intake: FastAPI, moderator: dict[str, str]
) -> None:
    receipt = await file(client, "a.jpg")
    await choose(client, moderator, receipt, LEFT_HALF)
    await moderate(client, moderator, receipt, f"photos/{receipt['photos'][0]}/hide", reason="it shows a house")
    history = (await client.get(f"{API}/moderation/{receipt['reference']}", headers=moderator)).json()["history"]
    assert [(done["action"], done["by"], done["reason"], done["photo"]) for done in history] == [
        ("publish_photo", "mod", WHY, receipt["photos"][0]),
        ("hide_photo", "mod", "it shows a house", receipt["photos"][0]),
    ]
    assert history[0]["rectangles"] == [LEFT_HALF]
    records = intake.state.service.database[RECORDS]
    told = {record["action"] async for record in records.find({"things": receipt["id"]})}
    assert {"publish_photo", "hide_photo"} <= told
    read = [record async for record in records.find({"things": receipt["photos"][0]})]
    assert {(record["who"]["subject"], record["action"], record["why"]) for record in read} == {
        ("mod", "read", "moderation")
    }


async def test_the_same_key_makes_one_copy_and_a_stale_version_none(
    client: Client, intake: FastAPI, moderator: dict[str, str]
) -> None:
    receipt, key = await file(client, "a.jpg"), {"Idempotency-Key": str(uuid4())}
    first = await choose(client, moderator | key, receipt, LEFT_HALF)
    again = await choose(client, moderator | key, receipt, LEFT_HALF)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (await choose(client, moderator | key, receipt)).status_code == 409
    assert (await choose(client, moderator | {"If-Match": '"1"'}, receipt)).status_code == 412
    await later(intake)
    assert await copies_of(intake, receipt) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"rectangles": [LEFT_HALF]},
        {"rectangles": [LEFT_HALF], "reason": " "},
        {"rectangles": [LEFT_HALF | {"left": 100}], "reason": WHY},
        {"rectangles": [LEFT_HALF | {"top": -1}], "reason": WHY},
        {"rectangles": [LEFT_HALF | {"width": 0}], "reason": WHY},
        {"rectangles": [LEFT_HALF | {"height": 101}], "reason": WHY},
        {"rectangles": [LEFT_HALF] * 21, "reason": WHY},
    ],
)
async def test_what_is_no_rectangle_or_has_no_reason_is_refused(
    client: Client, moderator: dict[str, str], sent: dict[str, Any]
) -> None:
    receipt = await file(client, "a.jpg")
    refused = await moderate(client, moderator, receipt, f"photos/{receipt['photos'][0]}/publish", **sent)
    assert refused.status_code == 422, refused.text


async def test_without_a_script_numbers_are_typed_looked_at_and_published(
    client: Client, moderator: dict[str, str]
) -> None:
    receipt, who = await file(client, "a.jpg"), moderator | PAGE
    at = f"/moderation/{receipt['reference']}/photos/{receipt['photos'][0]}"
    form = {"key": str(uuid4()), "decided": "0", "left-1": "٠", "top-1": "0", "width-1": "49,5 %", "height-1": "100"}
    more = await client.post(at, data=form | {"step": "more"}, headers=who)
    assert ('value="49,5 %"' in more.text, 'id="left-2"' in more.text) == (True, True)
    looked = await client.post(at, data=form | {"step": "preview"}, headers=who)
    assert (looked.status_code, "data:image/jpeg;base64," in looked.text) == (200, True)
    wrong = await client.post(at, data=form | {"step": "preview", "top-1": "below"}, headers=who)
    assert (wrong.status_code, 'href="#top-1"' in wrong.text) == (422, True)
    unsaid = await client.post(at, data=form | {"step": "publish"}, headers=who)
    assert (unsaid.status_code, 'href="#reason"' in unsaid.text) == (422, True)
    gone = await client.post(at, data=form | {"step": "remove-1"}, headers=who)
    assert "49,5" not in gone.text
    sent = form | {"step": "publish", "reason": WHY}
    assert (await client.post(at, data=sent, headers=who)).status_code == 303
    assert (await client.post(at, data=sent, headers=who)).status_code == 303
    late = await client.post(at, data=sent | {"key": str(uuid4())}, headers=who)
    assert late.status_code == 409
    shown = await client.get(at, headers=who)
    assert 'value="49.5"' in shown.text
    hide = {"key": str(uuid4()), "decided": "1", "step": "hide"}
    assert (await client.post(at, data=hide, headers=who)).status_code == 422
    assert (await client.post(at, data=hide | {"reason": "a house"}, headers=who)).status_code == 303
    assert (await client.post(at.rpartition("/")[0] + "/none", data=form, headers=who)).status_code == 404
    stranger = await client.post(at, data=sent, headers=moderator | {"Sec-Fetch-Site": "cross-site"})
    assert stranger.status_code == 403


async def test_an_erased_persons_photos_are_gone_with_their_copies(
    client: Client, intake: FastAPI, moderator: dict[str, str]
) -> None:
    receipt = await file(client, "a.jpg")
    await moderate(client, moderator, receipt, "publish")
    await choose(client, moderator, receipt, LEFT_HALF)
    (photo,) = await public_photos(client, receipt)
    erased = await client.post(
        f"{API}/submissions/{receipt['reference']}/erasure", headers={"Tawasul-Secret": receipt["secret"]}
    )
    assert erased.status_code == 200, erased.text
    assert (await client.get(photo["url"])).status_code == 404
    await intake.state.attachments.delete_all_of(receipt["id"])
    assert await copies_of(intake, receipt) == 0
