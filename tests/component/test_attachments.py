"""Files of a submission, on real Kafka and MongoDB: sent, refused, and read by who may."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from intake.app import create_app
from intake.attachments.model import LARGEST
from shared.events.assignments import SubmissionAssigned
from shared.events.topics import SUBMISSIONS
from shared.privacy.audit import RECORDS

from tests.support import one_intake
from tests.support.attached import URL, Client, file, kept, later, send, shown
from tests.support.clamd import clamd
from tests.support.eventually import eventually
from tests.support.files import EICAR_LIKE, a_document, a_photo, a_png_of, a_video
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import serving

neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client


async def test_files_are_kept_cleaned_told_and_read_again(client: Client, neighbours: Neighbours) -> None:
    receipt = await file(client)
    answer = await send(client, receipt, ("عمود.jpg", a_photo()), ("letter.pdf", a_document()), ("v.mp4", a_video()))
    assert answer.status_code == 201, answer.text
    photo, letter, video = answer.json()["items"]
    assert [item["media_type"] for item in (photo, letter, video)] == ["image/jpeg", "application/pdf", "video/mp4"]
    assert [bool(item["thumbnail_url"]) for item in (photo, letter, video)] == [True, False, False]
    (_, event) = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionReceived", "AttachmentsAdded")
    assert [told.id for told in event.data.attachments] == [photo["id"], letter["id"], video["id"]]
    assert "عمود" not in event.data.model_dump_json()

    secret = {"Tawasul-Secret": receipt["secret"]}
    read = await client.get(photo["url"], headers=secret)
    assert (read.status_code, read.headers["content-type"]) == (200, "image/jpeg")
    assert len(read.content) == photo["size"] == int(read.headers["content-length"])
    assert b"nobody's business" not in read.content
    assert read.headers["content-disposition"].startswith("inline; filename*=UTF-8''%D8%B9")
    assert "sandbox" in read.headers["content-security-policy"]
    assert read.headers["x-content-type-options"] == "nosniff"
    small = await client.get(photo["thumbnail_url"], headers=secret)
    assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
    saved = await client.get(letter["url"], headers=secret)
    assert (saved.content, saved.headers["content-type"]) == (a_document(), "application/pdf")
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''letter.pdf"
    assert b"050.5859" not in (await client.get(video["url"], headers=secret)).content
    assert (await client.get(letter["url"] + "/thumbnail", headers=secret)).status_code == 404

    body = await shown(client, receipt)
    assert [item["name"] for item in body["attachments"]] == ["عمود.jpg", "letter.pdf", "v.mp4"]
    assert body["timeline"][-1]["type"] == "AttachmentsAdded"


async def test_who_may_not_read_is_told_nothing_and_an_officials_reading_is_recorded(
    client: Client, intake: FastAPI, neighbours: Neighbours, provider: Provider
) -> None:
    receipt = await file(client)
    (item,) = (await send(client, receipt, ("lamp.png", a_photo("PNG")))).json()["items"]
    assigned = SubmissionAssigned(
        submission_id=receipt["id"], to_state="assigned", entity="works", decided_by="rule", reason="lamp"
    )
    await neighbours.publish(receipt["id"], assigned)

    async def _is_assigned() -> bool:
        return bool((await shown(client, receipt))["entity"] == "works")

    await eventually(_is_assigned)
    as_citizen = provider.authorization("yusuf", "citizen")
    theirs, others = (provider.authorization(f"officer.{e}", "officer", entity=e) for e in ("works", "ewa"))
    central = provider.authorization("central", "central", entity="central-office")
    auditor = provider.authorization("auditor", "auditor")
    other = await file(client)
    for path in (item["url"], item["thumbnail_url"], item["url"].rpartition("/")[0]):
        assert (await client.get(path)).status_code == 404
        assert (await client.get(path, headers={"Tawasul-Secret": other["secret"]})).status_code == 404
        assert (await client.get(path, headers=as_citizen)).status_code == 404
        assert (await client.get(path, headers=others)).status_code == 403
        assert (await client.get(path, headers=auditor)).status_code == 403
        assert (await client.get(path, headers=theirs)).status_code == 200
        assert (await client.get(path, headers=central)).status_code == 200
    elsewhere = f"{URL}/{other['reference']}/attachments/{item['id']}"
    assert (await client.get(elsewhere, headers={"Tawasul-Secret": other["secret"]})).status_code == 404
    assert (await client.post(f"{URL}/{receipt['reference']}/attachments", headers=theirs)).status_code == 404

    records = intake.state.service.database[RECORDS].find({"things": item["id"]}, sort=[("at", 1)])
    told = [(record["who"]["subject"], record["action"], record["why"]) async for record in records]
    assert sorted(set(told)) == [
        ("central", "list", "central office"),
        ("central", "read", "central office"),
        ("officer.works", "list", "custodian"),
        ("officer.works", "read", "custodian"),
    ]
    assert len(told) == 6


HOSTILE: list[tuple[str, bytes, str]] = [
    ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "unknown-type"),
    ("page.jpg", b"<html><script>alert(1)</script></html>", "unknown-type"),
    ("run.jpg", b"MZ\x90\x00" + bytes(100), "unknown-type"),
    ("empty.jpg", b"", "empty"),
    ("half.jpg", a_photo(size=(200, 200))[:500], "damaged"),
    ("bomb.png", a_png_of(20_000, 20_000), "too-many-pixels"),
    ("long.pdf", a_document() + bytes(LARGEST), "file-too-large"),
    ("two-in-one.pdf", a_document() + b"<script>" * 500, "damaged"),
    ("two-in-one.mp4", a_video() + b"<script>", "damaged"),
]


@pytest.mark.parametrize(("name", "content", "code"), HOSTILE, ids=[code + "-" + name for name, _, code in HOSTILE])
async def test_a_hostile_file_is_refused_with_its_reason_and_nothing_is_kept(
    client: Client, intake: FastAPI, name: str, content: bytes, code: str
) -> None:
    receipt, before = await file(client), await kept(intake)
    refused = await send(client, receipt, ("good.png", a_photo("PNG")), (name, content))
    assert refused.status_code == 422, refused.text
    (fault,) = refused.json()["errors"]
    assert (fault["field"], fault["code"]) == ("files.1", code)
    assert fault["message_ar"]
    assert (await shown(client, receipt))["attachments"] == []
    assert await kept(intake) == before


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("../../../etc/passwd.png", "passwd.png"),
        ("gpj.exe\u202egnp.png", "gpj.exegnp.png"),
        ("<script>alert(1)</script>.png", "script_.png"),
        ("م" * 1_000 + ".png", "م" * 96 + ".png"),
    ],
)
async def test_a_hostile_name_is_shown_harmlessly(client: Client, sent: str, named: str) -> None:
    receipt = await file(client)
    answer = await send(client, receipt, (sent, a_photo("PNG")))
    assert answer.status_code == 201, answer.text
    assert answer.json()["items"][0]["name"] == named


async def test_a_file_that_is_two_things_comes_out_as_an_image_alone(client: Client) -> None:
    receipt = await file(client)
    sent = a_photo(comment=b"<script>alert(1)</script>") + b"PK\x03\x04<script>"
    (item,) = (await send(client, receipt, ("polyglot.html", sent))).json()["items"]
    read = await client.get(item["url"], headers={"Tawasul-Secret": receipt["secret"]})
    assert (item["name"], read.headers["content-type"]) == ("polyglot.html.jpg", "image/jpeg")
    assert b"script" not in read.content


async def test_the_sixth_file_is_refused_at_once_and_later(client: Client, intake: FastAPI) -> None:
    receipt, photo = await file(client), a_photo("PNG")
    six = await send(client, receipt, *[(f"{n}.png", photo) for n in range(6)])
    assert (six.status_code, six.json()["errors"][0]["code"]) == (422, "one-too-many")
    assert (await send(client, receipt, *[(f"{n}.png", photo) for n in range(5)])).status_code == 201
    refused = await send(client, receipt, ("6.png", photo))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tawasul:problem:too-many-files")
    assert len((await shown(client, receipt))["attachments"]) == 5


async def test_a_body_of_fifty_megabytes_is_refused_by_what_it_says_and_by_what_it_is(client: Client) -> None:
    receipt = await file(client)
    address, secret = f"{URL}/{receipt['reference']}/attachments", {"Tawasul-Secret": receipt["secret"]}
    one = await send(client, receipt, ("large.pdf", b"%PDF-" + bytes(50 * 1024 * 1024)))
    assert (one.status_code, one.json()["errors"][0]["code"]) == (422, "file-too-large")
    form = secret | {"Content-Type": "multipart/form-data; boundary=x"}
    announced = await client.post(address, content=b"--x", headers=form | {"Content-Length": str(60 * 1024 * 1024)})
    assert announced.status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-'
        for _ in range(54):
            yield bytes(1024 * 1024)

    assert (await client.post(address, content=endless(), headers=form)).status_code == 413
    text = await client.post(
        f"{URL}/{receipt['reference']}/information", content=b'{"text":"' + b"x" * 2_000_000, headers=secret
    )
    assert text.status_code == 413


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; filename="a.png"\r\n\r\nabc\r\n--x--',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nab',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A" * 100_000 + b": b\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("application/json", b"{}"),
        ("text/plain", b"files"),
    ],
)
async def test_a_broken_form_is_a_clear_refusal(client: Client, content_type: str, body: bytes) -> None:
    receipt = await file(client)
    headers = {"Tawasul-Secret": receipt["secret"], "Content-Type": content_type}
    refused = await client.post(f"{URL}/{receipt['reference']}/attachments", content=body, headers=headers)
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"].rpartition(":")[2] in ("broken-form", "no-file")
    assert refused.json()["detail_ar"]


async def test_the_same_key_attaches_once_and_other_files_are_refused(client: Client, intake: FastAPI) -> None:
    await later(intake)
    receipt, key, photo = await file(client), str(uuid4()), ("a.png", a_photo("PNG"))
    first = await send(client, receipt, photo, **{"Idempotency-Key": key})
    before = await kept(intake)
    again = await send(client, receipt, photo, **{"Idempotency-Key": key})
    other = await send(client, receipt, ("b.pdf", a_document()), **{"Idempotency-Key": key})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert len((await shown(client, receipt))["attachments"]) == 1
    await later(intake)
    assert await kept(intake) == before


async def test_what_ended_takes_no_files(client: Client) -> None:
    receipt = await file(client)
    secret = {"Tawasul-Secret": receipt["secret"]}
    await client.post(f"{URL}/{receipt['reference']}/withdraw", json={}, headers=secret)
    refused = await send(client, receipt, ("a.png", a_photo("PNG")))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tawasul:problem:not-possible-now")


async def test_an_infected_file_is_refused_and_without_the_scanner_every_file_is(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours
) -> None:
    name = f"test_{uuid4().hex[:12]}"
    async with clamd() as daemon:
        prefix = neighbours.settings.topic_prefix
        app = create_app(intake_settings(infrastructure, name, prefix, scanner=daemon.address, ordinal=1))
        async with serving(app, ready=False) as client:
            receipt = await file(client)
            assert (await send(client, receipt, ("a.png", a_photo("PNG")))).status_code == 201
            refused = await send(client, receipt, ("b.pdf", EICAR_LIKE))
            assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "infected")
    app = create_app(intake_settings(infrastructure, name, prefix, scanner=daemon.address, ordinal=1))
    async with serving(app, ready=False) as client:
        away = await send(client, receipt, ("c.png", a_photo("PNG")))
        assert (away.status_code, away.json()["type"]) == (503, "urn:tawasul:problem:scanner-away")
        assert away.headers["retry-after"]
        assert len((await shown(client, receipt))["attachments"]) == 1
    await mongo_client.drop_database(name)


async def test_uploads_have_an_allowance_together(client: Client, intake: FastAPI) -> None:
    receipt, allowance = await file(client), intake.state.upload_allowance
    left = allowance._left
    allowance.take(left - 10)
    try:
        busy = await send(client, receipt, ("a.png", a_photo("PNG")))
        assert (busy.status_code, busy.json()["type"]) == (503, "urn:tawasul:problem:busy")
    finally:
        allowance.give_back(left - 10)
    assert (await send(client, receipt, ("a.png", a_photo("PNG")))).status_code == 201
    assert allowance._left == left
