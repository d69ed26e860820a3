"""The officials' desk on real Kafka and MongoDB: what is due is on top, all is done once, nothing typed is lost."""

import asyncio
from datetime import timedelta

from fastapi import FastAPI
from shared.events.submissions import (
    AppealFiled,
    AttachedFile,
    AttachmentsAdded,
    AuthorConfirmed,
    InformationAdded,
    PersonErased,
)
from shared.events.topics import ASSIGNMENTS
from shared.reference.working_time import utc_now

from tests.support import one_desk
from tests.support.desk import AtTheDesk
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_desk import Town, in_order

app, officer, clerk, town = one_desk.app, one_desk.officer, one_desk.clerk, one_desk.town


async def test_who_asks_an_author_that_nobody_reaches_is_told_that_the_time_runs_on(
    officer: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes(needs_confirmation=True)
    await town.says_due(id, utc_now() + timedelta(hours=2))
    at = f"/desk/{number}"
    await officer.sends(await officer.opens(at), f"{at}/acknowledge")
    asked = await officer.sends(await officer.opens(at), f"{at}/question", question_text="Which side of the road?")
    assert "The time stands still once it reaches them" in await officer.opens(asked.headers["location"])
    page = await officer.opens(at)
    assert in_order(page, "Left: ", "has not confirmed their address yet")
    assert "The time stands still<" not in page
    await neighbours.publish(id, AuthorConfirmed(submission_id=id, from_state="assigned", to_state="assigned"))
    await town.becomes(id, lambda state: not state.submission.needs_confirmation)
    page = await officer.opens(at)
    assert "The time stands still<" in page
    assert "has not confirmed their address yet" not in page


async def test_an_officers_day(
    officer: AtTheDesk, town: Town, neighbours: Neighbours, mongo_database: Database
) -> None:
    now = utc_now()
    assert "Everything is done" in await officer.opens("/desk")
    calm, calm_number = await town.writes()
    late, late_number = await town.writes()
    soon, soon_number = await town.writes(location={"block": "428", "address": "=HYPERLINK()", "place": "harbour"})
    await town.writes("Something else entirely.")  # waits at the central office
    await town.says_due(calm, now + timedelta(days=5))
    await town.says_due(late, now - timedelta(days=1))
    await town.says_due(soon, now + timedelta(hours=2), at_risk=True)

    page = await officer.opens("/desk")
    assert in_order(page, late_number, "Overdue</strong>", soon_number, "At risk", "Left: ", calm_number)
    assert page.count('class="desk-row"') == 3
    assert late_number in (overdue := await officer.opens("/desk?view=overdue"))
    assert soon_number not in overdue
    assert page.count("7K3M") == (await officer.opens("/desk?category=roads.pothole")).count("7K3M")
    assert "Nothing fits" in await officer.opens("/desk?category=rubbish")
    found = await officer.opens(f"/desk?reference={soon_number[:5].lower()}")
    assert soon_number in found
    assert calm_number not in found
    assert "Nothing fits" in await officer.opens("/desk?reference=.*")

    await town.says_no_due_time(late)
    assert in_order(page := await officer.opens("/desk"), late_number, "Clock unknown</strong>")
    assert "Overdue</strong>" not in page
    assert "as if it were due soon" in await officer.opens(f"/desk/{late_number}")
    await town.says_due(late, now - timedelta(days=1))

    at = f"/desk/{soon_number}"
    page = await officer.opens(at)
    assert in_order(page, "At risk", "Rule “Potholes”", "pothole", "Harbour", "428", "Acknowledge", "Given to")
    assert "Place it" not in page
    assert (await officer.sends(page, f"{at}/acknowledge")).headers["location"] == f"{at}?did=acknowledge"
    page = await officer.opens(f"{at}?did=acknowledge")
    assert "Acknowledged. Its author sees" in page
    assert f"{at}/acknowledge" not in page

    await officer.sends(page, f"{at}/note", note_text="The contractor comes on Sunday.")
    page = await officer.opens(at)
    assert in_order(page, "Internal note", "The contractor comes on Sunday.")
    asked = await officer.sends(page, f"{at}/question", question_text="Which side of the road?")
    page = await officer.opens(asked.headers["location"])
    assert in_order(page, "The time stands still", "Open question", "Which side of the road?")
    question = (await town.app.state.assignments.find(soon)).state.question
    answer = InformationAdded(
        submission_id=soon, from_state="awaiting_citizen", to_state="in_progress", text="Left.", answers=question.id
    )
    await neighbours.publish(soon, answer)
    await town.becomes(soon, lambda state: state.question is None)

    page = await officer.opens(at)
    begun = await officer.sends(page, f"{at}/answer", answer_text="Hello.", answer_template="done", step="insert")
    assert f"Hello.\n\n{soon_number} is done.</textarea>" in begun.text
    assert f'data-live-page="{at}"' in begun.text
    assert "data-live-kept" in begun.text, "what was typed is not drawn anew under the official's hands"
    assert "data-live-kept" not in page
    faulty = await officer.sends(begun.text, f"{at}/answer", answer_text="It was filled.")
    assert faulty.status_code == 422
    assert in_order(faulty.text, "Something is not right yet", "#answer_reason_code", "It was filled.")
    sent = {"answer_text": "It was filled.", "answer_reason_code": "resolved"}
    done, again = await asyncio.gather(*(officer.sends(page, f"{at}/answer", **sent) for _ in range(2)))
    assert (done.status_code, again.status_code) == (303, 303)
    page = await officer.opens(done.headers["location"])
    assert in_order(page, "Your answer is on its way", "Internal note", "It was filled.")
    assert soon_number in await officer.opens("/desk?view=finished")
    events = await neighbours.hear(ASSIGNMENTS, soon, "SubmissionAnswered")
    assert [event.type for event in events].count("SubmissionAnswered") == 1
    actions = [r["action"] async for r in mongo_database["audit_records"].find({"things": soon}).sort("sequence", 1)]
    assert set(actions) == {"list", "read", "acknowledge", "note", "question", "answer"}


async def test_files_and_answers_to_what_the_category_asks_are_shown(
    officer: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes(answers={"lane": ["left"], "since": "Monday"})
    file = {"media_type": "image/jpeg", "size": 1_500_000}
    files = [AttachedFile(id=name, **file) for name in ("f1", "f2")]
    for added in (files[:1], files):
        known = {"submission_id": id, "from_state": "assigned", "to_state": "assigned"}
        await neighbours.publish(id, AttachmentsAdded(**known, attachments=tuple(added)))
    await town.becomes(id, lambda state: len(state.files) == 2)
    page = await officer.opens(f"/desk/{number}")
    assert in_order(page, "In which lane?", "Left", "since", "Monday", "Photo 1", "1.4 MB", "Photo 2", "added files")
    assert f'src="/api/intake/v1/submissions/{number}/attachments/f1/thumbnail"' in page
    await neighbours.publish(id, PersonErased(submission_id=id))
    await town.becomes(id, lambda state: not state.files)
    page = await officer.opens(f"/desk/{number}")
    assert "The text was erased." in page
    assert "Monday" not in page


async def test_the_second_official_is_told_before_overwriting_and_nothing_typed_is_lost(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    id, number = await town.writes()
    at = f"/desk/{number}"
    async with AtTheDesk(app, "supervisor.works", "supervisor", "works") as colleague:
        mine, theirs = await officer.opens(at), await colleague.opens(at)
        await town.says_due(id, utc_now() + timedelta(days=1))
        # A new due time is nothing that one would decide otherwise for.
        await colleague.sends(theirs, f"{at}/question", question_text="Since when?")
        begun = await officer.sends(mine, f"{at}/answer", answer_template="done", step="insert")
        assert in_order(begun.text, "New since you opened", "Since when?")
        refused = await officer.sends(mine, f"{at}/transfer", transfer_entity="ewa", transfer_reason="Their cable.")
        assert refused.status_code == 412
        assert in_order(refused.text, "changed since you opened", "Since when?", "Their cable.")
        passed = await officer.sends(
            refused.text, f"{at}/transfer", transfer_entity="ewa", transfer_reason="Their cable."
        )
        assert passed.headers["location"] == "/desk?did=transfer"
        assert "The other entity has it now" in await officer.opens("/desk?did=transfer")
        gone = await colleague.sends(
            theirs, f"{at}/answer", answer_text="I wrote for an hour.", answer_reason_code="resolved"
        )
        assert gone.status_code == 403
        assert in_order(gone.text, "This was not done", "I wrote for an hour.")
    assert "with another entity" in await officer.opens(at, 403)


async def test_a_clerks_day(app: FastAPI, clerk: AtTheDesk, officer: AtTheDesk, town: Town) -> None:
    _, first = await town.writes("Something is wrong.")
    _, second = await town.writes("And here as well.", location={"block": "250"}, received_at=utc_now())
    assert "2 submissions wait to be placed" in await clerk.opens("/desk")
    page = await clerk.opens("/desk/triage")
    assert in_order(page, second, "And here as well.", first, "Something is wrong", "No rule matched", "Whose is it?")
    at = f"/desk/{first}/triage"
    unknown = await clerk.sends(page, at, triage_entity="nobody", triage_reason="A hole, says the picture.")
    assert in_order(unknown.text, "Something is not right", "#triage_entity", "A hole, says the picture.")
    placed = await clerk.sends(unknown.text, at, triage_entity="works", triage_reason="A hole, says the picture.")
    assert placed.headers["location"] == "/desk/triage?did=triage"

    page = await clerk.opens("/desk/triage?did=triage")
    assert in_order(page, "Placed. The entity has it now.", second)
    at = f"/desk/{second}/triage"
    assert (await clerk.sends(page, at, triage_reason="Rubbish.")).status_code == 422
    await clerk.sends(page, at, triage_category="rubbish", triage_reason="Rubbish, in the east.")
    assert "east-municipality" in (await clerk.opens(f"/desk/{second}")).lower()
    assert "Everything has its entity" in await clerk.opens("/desk/triage")
    assert in_order(await officer.opens(f"/desk/{first}"), "A hole, says the picture.", "Decided by Triage")
    assert "Only the central office" in await officer.opens("/desk/triage", 403)


async def test_who_places_one_sees_what_was_placed_before_and_reads_alike(clerk: AtTheDesk, town: Town) -> None:
    title, text = "Placed before, and reads alike", "Balconies of the old market drip onto people who walk below them."
    _, before = await town.writes(text)
    page = await clerk.opens("/desk/triage")
    assert title not in page
    placed = {"triage_entity": "works", "triage_category": "roads.pothole", "triage_reason": "They keep it."}
    assert (await clerk.sends(page, f"/desk/{before}/triage", **placed)).status_code == 303
    _, again = await town.writes("The balconies of the old market drip onto the people who walk below.")
    page = await clerk.opens("/desk/triage")
    assert in_order(page, again, title, "Works", "Roads.pothole", "of 100 alike", text, f'href="/desk/{before}"')
    _, other = await town.writes("My neighbour plays the trumpet until midnight.")
    assert title not in await clerk.opens(f"/desk/triage?reference={other}")


async def test_an_appeal_is_decided_at_the_central_office_and_nowhere_else(
    officer: AtTheDesk, clerk: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes()
    at = f"/desk/{number}"
    page = await officer.opens(at)
    await officer.sends(page, f"{at}/answer", answer_text="Done.", answer_reason_code="resolved")
    await neighbours.publish(
        id, AppealFiled(submission_id=id, from_state="answered", to_state="appealed", reason="It is not.")
    )
    await town.becomes(id, lambda state: state.state == "appealed")
    assert "1 appeal waits" in await clerk.opens("/desk")
    assert in_order(await officer.opens(at), "Appealed against", "Internal note", "It is not.")
    page = await clerk.opens(at)
    faulty = await clerk.sends(page, f"{at}/appeal", appeal_text="Name a date.")
    assert in_order(faulty.text, "Choose how you decide", "Name a date.")
    done = await clerk.sends(faulty.text, f"{at}/appeal", appeal_text="Name a date.", appeal_decision="upheld")
    assert "Both sides are told" in await clerk.opens(done.headers["location"])
    assert f"{at}/acknowledge" in await officer.opens(at)


async def test_the_desk_is_closed_to_citizens_and_other_sites_and_leads_strangers_to_the_sign_in(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    _, number = await town.writes()
    at = f"/desk/{number}"
    async with AtTheDesk(app, "maryam", "citizen", None) as citizen:
        for path in ("/desk", at, "/desk/triage", "/desk/team"):
            assert "for officials" in await citizen.opens(path, 403)
    async with AtTheDesk(app, "officer.ewa", "officer", "ewa") as stranger:
        assert number not in await stranger.opens("/desk")
        assert "with another entity" in await stranger.opens(at, 403)
        assert "Nothing fits" in await stranger.opens(f"/desk?entity=works&reference={number}")
    async with AtTheDesk(app, "auditor", "auditor", "central-office") as auditor:
        assert "Nothing at the moment." in await auditor.opens(at)
    async with AtTheDesk(app, "nobody", "citizen", None) as nobody:
        nobody.cookie = ""
        response = await nobody.get(f"{at}?did=answer", headers={"Accept-Language": "en"})
        asked = f"/auth/sign-in?return_to=%2Fdesk%2F{number}%3Fdid%3Danswer&language=en"
        assert (response.status_code, response.headers["location"]) == (303, asked)
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    forged = await officer.post(f"{at}/acknowledge", data={"form_token": officer.form_token}, headers=elsewhere)
    assert forged.status_code == 403
    assert "New" in await officer.opens(at)
    await officer.opens("/desk/00000-00000", 404)
