"""Files of officials, on real Kafka and MongoDB: for colleagues alone, until an answer shows them to its author, and to
everybody where it says so and the submission is published."""

from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from intake.official_files.commands import add_official_files
from shared.events.assignments import (
    ConfidentialityChanged,
    Evidence,
    SubCaseConfided,
    SubCaseOpened,
    SubmissionAnswered,
    SubmissionAssigned,
)
from shared.events.topics import SUBMISSIONS
from shared.privacy.audit import RECORDS

from tests.support import one_intake
from tests.support.attached import URL, Client, file, kept, later, shown
from tests.support.browser import Browser, signed_in_cookie
from tests.support.desk import A_PERSON, OWN_PAGE
from tests.support.eventually import eventually
from tests.support.files import a_document, a_photo
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider

neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client

FACT: dict[str, Any] = {"entity": "works", "official": "officer.works"}


async def given_to_works(client: Client, neighbours: Neighbours, receipt: dict[str, Any]) -> None:
    data = SubmissionAssigned(
        submission_id=receipt["id"], to_state="assigned", entity="works", decided_by="rule", reason="lamp"
    )
    await neighbours.publish(receipt["id"], data)
    await stands(client, receipt, "assigned")


async def stands(client: Client, receipt: dict[str, Any], status: str) -> None:
    async def _does() -> bool:
        return bool((await shown(client, receipt))["status"] == status)

    await eventually(_does)


async def put(client: Client, receipt: dict[str, Any], who: dict[str, str], *files: Any) -> httpx2.Response:
    sent = [("files", each) for each in files]
    return await client.post(f"{URL}/{receipt['reference']}/official-files", files=sent, headers=who)


async def test_a_file_of_an_official_is_its_colleagues_until_an_answer_shows_it(
    client: Client, intake: FastAPI, neighbours: Neighbours, provider: Provider
) -> None:
    works, ewa = (provider.authorization(f"officer.{each}", "officer", entity=each) for each in ("works", "ewa"))
    auditor, moderator = provider.authorization("auditor", "auditor"), provider.authorization("mod", "central")
    receipt = await file(client, publish=True)
    secret = {"Tawasul-Secret": receipt["secret"]}
    await given_to_works(client, neighbours, receipt)

    photo = ("after.jpg", a_photo())
    assert (await put(client, receipt, ewa, photo)).status_code == 403
    assert (await put(client, receipt, auditor, photo)).status_code == 403
    assert (await put(client, receipt, secret, photo)).status_code == 403, "its author has a way of their own"
    assert (await put(client, receipt, {}, photo)).status_code == 404
    assert (await put(client, receipt, works, ("x.jpg", b"<script>"))).json()["errors"][0]["code"] == "unknown-type"
    assert (await put(client, receipt, works)).json()["type"].endswith("no-file")
    once = works | {"Idempotency-Key": "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"}
    answer = await put(client, receipt, once, photo, ("bill.pdf", a_document()))
    assert answer.status_code == 201, answer.text
    again = await put(client, receipt, once, photo, ("bill.pdf", a_document()))
    assert again.json() == answer.json()
    after, bill = answer.json()["items"]
    events = await neighbours.hear(SUBMISSIONS, receipt["id"], "OfficialFilesAdded")
    told = [event for event in events if event.type == "OfficialFilesAdded"]
    assert [[each.id for each in event.data.files] for event in told] == [[after["id"], bill["id"]]]
    assert (told[0].data.official, told[0].data.entity) == ("officer.works", "works")
    assert "after" not in told[0].data.model_dump_json()

    for url in (after["url"], after["thumbnail_url"], bill["url"]):
        assert [(await client.get(url, headers=who)).status_code for who in (secret, ewa, works, moderator)] == [
            404,
            403,
            200,
            200,
        ]
    assert b"nobody's business" not in (await client.get(after["url"], headers=works)).content
    body = await shown(client, receipt)
    assert (body["attachments"], body["evidence"]) == ([], [])
    assert "OfficialFilesAdded" not in [entry["type"] for entry in body["timeline"]]

    states = {"submission_id": receipt["id"], "to_state": "assigned"}
    asked = SubCaseOpened(**states, sub_case="1", text="Is it your cable?", **FACT | {"entity": "ewa"})
    await neighbours.publish(receipt["id"], asked)
    files = f"{URL}/{receipt['reference']}/attachments"

    async def _ewa_reads(status: int) -> bool:
        return (await client.get(files, headers=ewa)).status_code == status

    await eventually(lambda: _ewa_reads(200))
    assert (await client.get(files, headers=ewa)).json()["items"] == [], (
        "what its author sent, and no colleagues' files"
    )
    assert (await client.get(after["url"], headers=ewa)).status_code == 404
    assert (await put(client, receipt, ewa, photo)).status_code == 403
    for officials, status in ((("officer.works",), 404), ((), 200)):
        await neighbours.publish(receipt["id"], ConfidentialityChanged(**states, officials=officials, **FACT))
        await eventually(lambda status=status: _ewa_reads(status))
        if officials:
            about = {"sub_case": "1", "entity": "ewa", "official": "head.ewa"}
            for named, then in ((("officer.ewa",), 200), ((), 404), (("officer.ewa",), 200)):
                await neighbours.publish(receipt["id"], SubCaseConfided(**states, **about, officials=named))
                await eventually(lambda status=then: _ewa_reads(status))

    evidence = (Evidence(id=after["id"], is_public=True), Evidence(id="unknown", is_public=True))
    said = SubmissionAnswered(
        submission_id=receipt["id"],
        to_state="answered",
        text="Filled.",
        reason_code="resolved",
        evidence=evidence,
        **FACT,
    )
    await neighbours.publish(receipt["id"], said)
    await stands(client, receipt, "answered")
    body = await shown(client, receipt)
    assert [item["name"] for item in body["evidence"]] == ["after.jpg"]
    assert (await client.get(after["url"], headers=secret)).status_code == 200
    assert (await client.get(bill["url"], headers=secret)).status_code == 404, "the answer did not name it"

    async with Browser(intake) as browser:
        await browser.get(f"/track/{receipt['reference']}/{receipt['secret']}", headers=A_PERSON)
        page = await browser.get(f"/track/{receipt['reference']}", headers=A_PERSON)
    assert page.text.count(f'href="{after["url"]}"') == 2, "beside the answer and in the timeline"

    public = f"/api/intake/v1/published/{receipt['reference']}"
    evidence_url = f"{public}/evidence/{after['id']}"
    assert (await client.get(evidence_url)).status_code == 404, "it is not published"
    moderated = f"/api/intake/v1/moderation/{receipt['reference']}/publish"
    assert (await client.post(moderated, json={}, headers=moderator)).status_code == 200
    (item,) = (await client.get(public)).json()["evidence"]
    assert item["url"] == evidence_url
    for url in (evidence_url, item["thumbnail_url"]):
        assert (await client.get(url)).headers["content-type"] == "image/jpeg"
    assert (await client.get(evidence_url.replace(after["id"], bill["id"]))).status_code == 404
    assert evidence_url in (await client.get(f"/submissions/{receipt['reference']}", headers=A_PERSON)).text

    before = await kept(intake)
    await later(intake)
    assert await kept(intake) == before, "what is put to a submission is not cleared away"
    records = intake.state.service.database[RECORDS].find({"things": after["id"]})
    assert ("officer.works", "add", "custodian") in [
        (record["who"]["subject"], record["action"], record["why"]) async for record in records
    ]
    erased = await client.post(f"{URL}/{receipt['reference']}/erasure", json={}, headers=secret)
    assert erased.status_code < 300, erased.text
    assert (await client.get(after["url"], headers=works)).status_code == 404

    async def _is_gone() -> bool:
        left: int = await intake.state.service.database["attachments"].count_documents({"_id": after["id"]})
        return left == 0

    await eventually(_is_gone)


async def test_files_of_the_central_office_are_of_an_entity_also_in_triage(
    client: Client, neighbours: Neighbours, provider: Provider
) -> None:
    receipt, photo = await file(client), ("after.jpg", a_photo())
    of_none = provider.authorization("mod", "central")
    assert (await put(client, receipt, of_none, photo)).status_code == 403
    of_the_office = provider.authorization("clerk", "central", entity="central-office")
    assert (await put(client, receipt, of_the_office, photo)).status_code == 201
    *_, told = await neighbours.hear(SUBMISSIONS, receipt["id"], "OfficialFilesAdded")
    assert told.data.entity == "central-office"


async def test_an_official_puts_files_to_a_submission_by_a_form_that_leads_back_to_the_desk(
    client: Client, intake: FastAPI, neighbours: Neighbours
) -> None:
    receipt = await file(client)
    await given_to_works(client, neighbours, receipt)
    at = f"/submissions/{receipt['reference']}/files"
    async with Browser(intake) as browser:
        signed_out = await browser.get(at, headers=A_PERSON)
        assert (signed_out.status_code, "/auth/sign-in" in signed_out.headers["Location"]) == (303, True)
        assert (await browser.post(at, headers=A_PERSON | OWN_PAGE)).status_code == 401
        browser.cookie = await signed_in_cookie(intake, "officer.works", "officer", entity="works")
        page = await browser.get(at, headers=A_PERSON)
        assert "Colleagues who have the submission see them" in page.text
        hidden = {"form_token": browser.form_token, "key": str(uuid4())}
        nothing = await browser.post(at, data=hidden, headers=A_PERSON | OWN_PAGE)
        assert (nothing.status_code, "Choose a file first." in nothing.text) == (422, True)
        wrong = {"files": ("run.jpg", b"MZ\x90\x00" + bytes(100))}
        refused = await browser.post(at, data=hidden, files=wrong, headers=A_PERSON | OWN_PAGE)
        assert refused.status_code == 422
        assert "run.jpg" in refused.text
        assert "None of the files was kept" in refused.text
        done = await browser.post(
            at, data=hidden, files={"files": ("a.png", a_photo("PNG"))}, headers=A_PERSON | OWN_PAGE
        )
        assert done.status_code == 303, done.text
        assert done.headers["location"].startswith(f"/desk/{receipt['reference']}?did=files&file=")
    found = await intake.state.submissions.by_reference(receipt["reference"])
    assert [(each.name, each.official) for each in found.state.official_files] == [("a.png", "officer.works")]
    assert (
        add_official_files(
            found.id, found.state, found.state.official_files, "works", "officer.works", intake.state.limits
        )
        is None
    )
