"""Message templates and recipients change while the system runs: drafted, checked, tried, published, and taken back."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from notifier.settings import NotifierSettings

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact, an_official
from tests.support.one_notifier import MARYAM, Client, file
from tests.support.post_office import PostOffice
from tests.support.provider import Provider

API = "/api/notifier/v1/wording"
WHY = {"why": "The ministry asked for a shorter text."}
OWN = {"Origin": "https://tawasul.example", "Sec-Fetch-Site": "same-origin"}

office, settings = one_notifier.office, one_notifier.settings
country, client = one_notifier.country, one_notifier.client


class Administrator:
    def __init__(self, client: Client, provider: Provider) -> None:
        self.client = client
        self.headers = provider.authorization("admin.one", "administrator", entity="central-office")

    async def reads(self, at: str = "", **asked: Any) -> Any:
        answer = await self.client.get(f"{API}{at}", headers=self.headers, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def does(self, method: str, at: str, sent: Any = None, **headers: str) -> httpx2.Response:
        return await self.client.request(method, f"{API}{at}", json=sent, headers=self.headers | headers)

    async def writes(self, name: str, **parts: str) -> None:
        texts = (await self.reads("/draft"))["wording"]["templates"][name]
        changed = {"en": {**texts["en"], **parts}, "ar": texts["ar"]}
        assert (await self.does("PUT", f"/draft/templates/{name}", changed)).status_code == 200

    async def page(self, at: str, language: str = "en", status: int = 200) -> str:
        headers = {**self.headers, "Accept": "text/html", "Accept-Language": language}
        answer = await self.client.get(f"/inbox/wording{at}", headers=headers)
        assert answer.status_code == status, answer.text
        return str(answer.text)

    async def sends(self, at: str, **fields: str) -> httpx2.Response:
        headers = {**self.headers, **OWN, "Accept": "text/html", "Accept-Language": "en"}
        return await self.client.post(f"/inbox/wording{at}", data=fields, headers=headers)


async def test_a_template_is_drafted_checked_published_used_and_taken_back(
    client: Client, neighbours: Neighbours, office: PostOffice, provider: Provider
) -> None:
    administrator = Administrator(client, provider)
    first = await administrator.reads()
    assert (first["version"], first["by"]) == (1, "software")
    assert (await administrator.reads("/draft"))["changed"] == []

    # Faulty: it stays a draft.
    await administrator.writes("received", subject="{{ nmae }}", body="{% for x in reference %}{{ x }}{% endfor %}")
    draft = await administrator.reads("/draft")
    assert draft["changed"] == ["template:received:en"]
    assert {(each["code"], each["what"]) for each in draft["faults"]} == {
        ("unknown-placeholder", "nmae"),
        ("not-allowed", "For"),
    }
    refused = await administrator.does("POST", "/draft/publish", WHY)
    assert (refused.status_code, refused.json()["type"].endswith("faulty-wording")) == (409, True)

    # Sent twice it is written once; another one's change is not overwritten unseen.
    texts = draft["wording"]["templates"]["received"]
    texts["en"] |= {"subject": "{{ reference }}: got it", "body": "We have it now."}
    once = {"Idempotency-Key": str(uuid4()), "If-Match": f'"{draft["version"]}"'}
    wrote = await administrator.does("PUT", "/draft/templates/received", texts, **once)
    assert (wrote.status_code, wrote.json()) == (200, {"version": draft["version"] + 1})
    assert (await administrator.does("PUT", "/draft/templates/received", texts, **once)).json() == wrote.json()
    other = {**texts, "ar": {**texts["ar"], "heading": "غيره"}}
    assert (await administrator.does("PUT", "/draft/templates/received", other, **once)).status_code == 409
    unseen = await administrator.does("PUT", "/draft/templates/received", other, **{"If-Match": once["If-Match"]})
    assert unseen.status_code == 412
    assert (await administrator.reads("/draft"))["faults"] == []
    stale = await administrator.does("POST", "/draft/publish", WHY, **{"If-Match": '"1"'})
    assert stale.status_code == 412
    key = {"Idempotency-Key": str(uuid4())}
    published = await administrator.does("POST", "/draft/publish", WHY, **key)
    assert published.json() == {"version": 2, "changed": ["template:received:en"]}
    assert (await administrator.does("POST", "/draft/publish", WHY, **key)).json() == published.json()
    assert (await administrator.does("POST", "/draft/publish", WHY)).status_code == 409

    async def _is_told(subject: str) -> bool:
        await file(neighbours)
        return any(subject in said for said in office.subjects_to(MARYAM))

    await eventually(lambda: _is_told("got it"))
    back = await administrator.does("POST", "/versions/2/take-back", {"why": "It was too short."})
    assert back.json()["version"] == 3
    assert (await administrator.does("POST", "/versions/2/take-back", {"why": "Once more."})).status_code == 409
    office.mails.clear()
    await eventually(lambda: _is_told("we have received your complaint"))
    history = (await administrator.reads("/versions"))["items"]
    assert [(each["version"], each["takes_back"]) for each in history] == [(3, 2), (2, None), (1, None)]
    assert (history[1]["by"], history[1]["why"]) == ("admin.one", WHY["why"])


@pytest.mark.full
async def test_a_row_is_written_and_a_transition_that_can_happen_is_not_forgotten(
    client: Client, neighbours: Neighbours, office: PostOffice, provider: Provider
) -> None:
    administrator = Administrator(client, provider)
    draft = await administrator.reads("/draft")
    table = draft["wording"]["table"]
    rows = [row for row in table["rows"] if row["template"] != "closed" or row.get("from") != "closed"]
    sent = {"rows": rows, "nobody": table["nobody"]}
    assert (await administrator.does("PUT", "/draft/table", sent)).status_code == 200
    faults = (await administrator.reads("/draft"))["faults"]
    assert [(each["code"], each["where"]) for each in faults] == [
        ("untold-transition", "SubmissionClosed from closed to closed")
    ]
    both = {"rows": rows, "nobody": [*table["nobody"], "SubmissionReceived"]}
    assert (await administrator.does("PUT", "/draft/table", both)).status_code == 422
    once = {"Idempotency-Key": str(uuid4())}
    thrown = await administrator.does("DELETE", "/draft", **once)
    assert thrown.status_code == 200
    assert (await administrator.does("DELETE", "/draft", **once)).json() == thrown.json()

    # By the pages: acknowledging, told to nobody until now, is told to the author.
    version = (await administrator.reads("/draft"))["version"]
    fields = {"event": "AssignmentAcknowledged", "audience": "author", "template": "assigned", "mail": "yes"}
    fields |= {"over-answered": "yes", "over-closed": "yes"}
    saved = await administrator.sends("/row", version=str(version), do="write", lane="normal", **fields)
    assert (saved.status_code, saved.headers["location"]) == (303, "/inbox/wording?did=row#table")
    old = await administrator.sends("/row", version=str(version), do="write", **fields)
    assert old.status_code == 409
    overview = await administrator.page("")
    assert "event:AssignmentAcknowledged" in overview
    assert "The check found no fault." in overview
    draft = await administrator.reads("/draft")
    version, rows = draft["version"], draft["wording"]["table"]["rows"]
    (place,) = (place for place, row in enumerate(rows) if row["event"] == "AssignmentAcknowledged")
    assert rows[place]["over_in"] == ["answered", "closed"]
    assert (await administrator.page(f"/row?place={place}")).count("checked") == 3
    assert (await administrator.sends("/publish", version=str(version), why="")).status_code == 422
    done = await administrator.sends("/publish", version=str(version), why="People asked for it.", key=str(uuid4()))
    assert done.headers["location"] == "/inbox/wording?did=publish"
    id = await file(neighbours)
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    await eventually(lambda: any("is with" in said for said in office.subjects_to(MARYAM)))
    office.mails.clear()

    async def _is_told() -> bool:
        await neighbours.publish(id, a_fact("AssignmentAcknowledged", id))
        return any("is with" in said for said in office.subjects_to(MARYAM))

    await eventually(_is_told)
    assert "People asked for it." in await administrator.page("/history", "ar")


@pytest.mark.full
async def test_a_draft_that_was_overtaken_is_brought_up_to_date(client: Client, provider: Provider) -> None:
    administrator = Administrator(client, provider)
    await administrator.writes("answered", heading="First")
    await administrator.does("POST", "/draft/publish", WHY)
    await administrator.writes("declined", heading="Second")
    assert (await administrator.does("POST", "/versions/2/take-back", WHY)).json()["version"] == 3
    outdated = await administrator.does("POST", "/draft/publish", WHY)
    assert (outdated.status_code, outdated.json()["type"].endswith("outdated-draft")) == (409, True)
    assert "Bring the draft up to date" in await administrator.page("")
    version = str((await administrator.reads("/draft"))["version"])
    saved = await administrator.sends("/bring-up-to-date", version=version, key=str(uuid4()))
    assert saved.headers["location"] == "/inbox/wording?did=update"
    draft = await administrator.reads("/draft")
    assert (draft["based_on"], draft["changed"]) == (3, ["template:declined:en"])
    assert (await administrator.does("POST", "/draft/publish", WHY)).json()["version"] == 4


async def test_a_template_is_previewed_with_a_real_case_and_sent_to_nobody_but_oneself(
    client: Client, neighbours: Neighbours, office: PostOffice, provider: Provider, settings: NotifierSettings
) -> None:
    administrator = Administrator(client, provider)
    await neighbours.publish("official:admin.one", an_official("admin.one", "central-office", "central"))
    id = await file(neighbours)
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    await eventually(lambda: any("is with" in said for said in office.subjects_to(MARYAM)))
    at = "/draft/templates/answered/preview"
    sample = await administrator.reads(at, language="en")
    assert "(sample)" in sample["text"]
    real = await administrator.reads(at, language="en", submission="7K3MX-QPA42")
    assert ("Entity works" in real["text"], "pothole" in real["text"], MARYAM in real["text"]) == (True, False, False)
    assert (real["sms_alphabet"], real["sms_parts"]) == ("gsm-7", 1)
    assert (await administrator.reads(at, language="ar"))["sms_alphabet"] == "ucs-2"
    missing = await client.get(f"{API}{at}", headers=administrator.headers, params={"submission": str(uuid4())})
    assert missing.status_code == 404

    async def _is_sent() -> bool:
        return (await administrator.does("POST", "/draft/templates/answered/test?language=en")).status_code == 200

    await eventually(_is_sent)
    office.mails.clear()
    once = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        again = await administrator.does("POST", "/draft/templates/answered/test?language=en", **once)
        assert again.json() == {"sent": True}
    (mail,) = office.to("admin.one@gov.example")
    assert str(mail.message["Subject"]).startswith("[Test] 7K3MX-QPA42")
    page = await administrator.page("/template/answered?submission=7K3MX-QPA42")
    assert ("Entity works" in page, "GSM-7" in page, "UCS-2" in page) == (True, True, True)
    whole = await client.get("/inbox/wording/template/answered/mail?language=ar", headers=administrator.headers)
    assert "sandbox" in whole.headers["content-security-policy"]
    faulty = {"en-subject": "{{ 7 * 7 }}", "version": "0"}
    assert (await administrator.sends("/template/answered", **faulty)).status_code == 422

    for headers, status in ((provider.authorization("central.triage", "central"), 403), ({}, 401)):
        for path in ("", "/draft", "/versions", "/versions/1", at):
            assert (await client.get(f"{API}{path}", headers=headers)).status_code == status
        assert (await client.post(f"{API}/draft/publish", json=WHY, headers=headers)).status_code == status
        shown = await client.get("/inbox/wording", headers={**headers, "Accept": "text/html"})
        assert shown.status_code == (status if headers else 303)
