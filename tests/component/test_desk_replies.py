"""What officials write at the desk beside the answer: notes that mention somebody, answers that need approval, interim
replies, a suggestion's own middle, corrections."""

from datetime import timedelta
from uuid import uuid4

from fastapi import FastAPI
from shared.events.submissions import AttachedFile, OfficialFilesAdded
from shared.events.topics import ASSIGNMENTS
from shared.reference.working_time import utc_now

from tests.support import one_desk
from tests.support.desk import AtTheDesk
from tests.support.neighbours import Neighbours
from tests.support.one_desk import Town, in_order
from tests.support.provider import Provider

OFFICER = "officer.works"
app, officer, clerk, town = one_desk.app, one_desk.officer, one_desk.clerk, one_desk.town


async def test_an_answer_that_needs_approval_goes_out_when_a_supervisor_has_approved_it(
    app: FastAPI, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes("The street light is dark.")
    at, typed = f"/desk/{number}", {"propose_text": "It shines.", "propose_reason_code": "resolved"}
    async with (
        AtTheDesk(app, "officer.ewa", "officer", "ewa") as officer,
        AtTheDesk(app, "supervisor.ewa", "supervisor", "ewa") as supervisor,
    ):
        page = await officer.opens(at)
        assert f'{at}/answer"' not in page
        assert f'{at}/decline"' not in page, "the last word is a supervisor's"
        begun = await officer.sends(page, f"{at}/propose", propose_template="done", step="insert")
        assert f"{number} is done.</textarea>" in begun.text
        await officer.sends(page, f"{at}/propose", **typed)
        assert in_order(await officer.opens(at), "Proposed answer, not sent yet", "It shines.", "Officer.ewa")
        assert f"{at}/approve" not in await officer.opens(at)
        assert number in await supervisor.opens("/desk?view=approval")

        page = await supervisor.opens(at)
        assert (await supervisor.sends(page, f"{at}/send-back")).status_code == 422
        await supervisor.sends(page, f"{at}/send-back", **{"send-back_reason": "Since when?"})
        page = await officer.opens(at)
        assert in_order(page, "was sent back", "Since when?")
        assert "not sent yet" not in page
        await officer.sends(page, f"{at}/propose", **typed | {"propose_text": "It shines since Sunday."})
        old = await supervisor.opens(at)
        await officer.sends(await officer.opens(at), f"{at}/propose", **typed | {"propose_text": "Since Monday."})
        refused = await supervisor.sends(old, f"{at}/approve")
        assert (refused.status_code, "Since Monday." in refused.text) == (412, True), "what is approved was read"
        done = await supervisor.sends(refused.text, f"{at}/approve")
        assert "Approved. The answer is on its way" in await supervisor.opens(done.headers["location"])
        assert "There is nothing here" in await supervisor.opens("/desk?view=approval")
    events = await neighbours.hear(ASSIGNMENTS, id, "SubmissionAnswered")
    assert (events[-1].data.text, events[-1].data.approved_by) == ("Since Monday.", "supervisor.ewa")
    assert [event.type for event in events].count("AnswerProposed") == 3


async def test_who_is_mentioned_in_a_note_must_be_able_to_read_it(
    officer: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes()
    at, note = f"/desk/{number}", {"note_text": "She calls every day."}
    page = await officer.opens(at)
    assert "note_mentions:supervisor.works" in page
    assert "note_mentions:officer.ewa" not in page
    stranger = await officer.sends(page, f"{at}/note", **note, **{"note_mentions:officer.ewa": "yes"})
    assert stranger.status_code == 422
    assert in_order(stranger.text, 'href="#note_mentions"', "does not see this submission", "She calls every day.")
    await officer.sends(page, f"{at}/note", **note, **{"note_mentions:supervisor.works": "yes"})
    assert in_order(await officer.opens(at), "Internal note", "Mentioned: \u2068Supervisor.works\u2069", "She calls")
    events = await neighbours.hear(ASSIGNMENTS, id, "OfficialsMentioned")
    assert events[-1].data.officials == ("supervisor.works",)
    assert "She calls" not in events[-1].data.model_dump_json()


async def test_an_author_is_put_off_as_often_and_as_far_as_the_directory_allows(officer: AtTheDesk, town: Town) -> None:
    _, number = await town.writes()
    at = f"/desk/{number}/interim"

    async def puts_off(days: int) -> str:
        day = (utc_now() + timedelta(days=days)).date().isoformat()
        page = await officer.opens(f"/desk/{number}")
        answer = await officer.sends(page, at, interim_text="It is ordered.", interim_expected_on=day)
        return answer.text if answer.status_code != 303 else await officer.opens(answer.headers["location"])

    assert in_order(await puts_off(60), 'href="#interim_expected_on"', "at most 30 days ahead", "It is ordered.")
    assert in_order(await puts_off(10), "interim reply is on its way", "Its author expects the answer by")
    assert "Expected by" in await puts_off(20)
    assert "No more interim replies" in await puts_off(25)


async def test_a_suggestion_is_looked_into_accepted_and_put_into_practice(
    officer: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes("A crossing at the pothole, please.", kind="suggestion")
    at = f"/desk/{number}"
    page = await officer.opens(at)
    faulty = await officer.sends(page, f"{at}/suggestion", suggestion_text="We look.")
    assert in_order(faulty.text, "Choose how you decide", "We look.")
    for decision, shown in (("evaluating", "Looked into"), ("accepted", "Accepted")):
        page = await officer.opens(at)
        await officer.sends(page, f"{at}/suggestion", suggestion_decision=decision, suggestion_text=f"We: {decision}.")
        page = await officer.opens(at)
        assert in_order(page, shown, f"We: {decision}.")
        assert number in await officer.opens("/desk?view=suggestions")
    assert f'{at}/answer"' not in page
    await officer.sends(page, f"{at}/implement", implement_text="It is open.")
    assert "Put into practice" in await officer.opens(at)
    assert number in await officer.opens("/desk?view=finished")
    events = await neighbours.hear(ASSIGNMENTS, id, "SuggestionImplemented")
    assert [event.data.to_state for event in events][-3:] == ["evaluating", "accepted", "implemented"]


async def test_a_suggestion_that_turns_out_to_be_anothers_while_it_is_looked_into_moves_on(
    app: FastAPI, officer: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes("A lamp at the pothole, please.", kind="suggestion")
    at, typed = f"/desk/{number}", {"suggestion_decision": "evaluating", "suggestion_text": "We look."}
    await officer.sends(await officer.opens(at), f"{at}/suggestion", **typed)
    moved = {"transfer_entity": "ewa", "transfer_reason": "Lamps are theirs."}
    done = await officer.sends(await officer.opens(at), f"{at}/transfer", **moved)
    assert done.headers["location"] == "/desk?did=transfer"
    async with AtTheDesk(app, "supervisor.ewa", "supervisor", "ewa") as other:
        assert in_order(await other.opens(at), "New", "Acknowledge", "Transferred to", "Lamps are theirs.")
        await other.sends(await other.opens(at), f"{at}/suggestion", **typed | {"suggestion_decision": "accepted"})
    events = await neighbours.hear(ASSIGNMENTS, id, "SubmissionTransferred", "SubmissionAssigned", "SuggestionDecided")
    assert [(event.data.from_state, event.data.to_state) for event in events[1:]] == [
        ("assigned", "evaluating"),
        ("evaluating", "transferred"),
        ("transferred", "assigned"),
        ("assigned", "accepted"),
    ]


async def test_category_and_priority_are_corrected_with_a_reason(
    officer: AtTheDesk, clerk: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes()
    at = f"/desk/{number}"
    page, lamp = await officer.opens(at), {"recategorise_category": "roads.lighting", "recategorise_reason": "A lamp."}
    same = await officer.sends(page, f"{at}/recategorise", **lamp | {"recategorise_category": "roads.pothole"})
    assert in_order(same.text, 'href="#recategorise_category"', "has this category already", "A lamp.")
    await officer.sends(page, f"{at}/recategorise", **lamp)
    page = await clerk.opens(at)
    await clerk.sends(page, f"{at}/prioritise", prioritise_priority="urgent", prioritise_reason="A school.")
    page = await officer.opens(at)
    assert in_order(page, "Urgent", "Another priority", "Urgent", "A school.", "category was corrected", "A lamp.")
    await neighbours.hear(ASSIGNMENTS, id, "PriorityChanged")


async def test_an_entity_keeps_templates_of_its_own_that_nobody_elses_officials_see(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    _, number = await town.writes()
    at, address = f"/desk/{number}", f"/desk/templates/{uuid4()}"
    written = {"name-ar": "ردم", "name-en": "Filled", "category": "roads", "text-ar": "رُدمت.", "text-en": "{reference}"}
    assert "supervisors" in await officer.opens("/desk/templates", 403)
    async with AtTheDesk(app, "supervisor.works", "supervisor", "works") as supervisor:
        assert "There are none yet." in await supervisor.opens("/desk/templates")
        page = await supervisor.opens(address)
        faulty = await supervisor.sends(page, address, **written | {"name-ar": "", "text-en": "Dear {name}"})
        assert in_order(faulty.text, 'href="#name-ar"', "Dear {name}")
        faulty = await supervisor.sends(page, address, **written | {"text-en": "Dear {name}"})
        assert in_order(faulty.text, "Nobody fills in “{name}”.", "Filled")
        await supervisor.sends(page, address, **written)
        assert in_order(await supervisor.opens("/desk/templates?did=put"), "is kept", "Filled", "Roads")
        page = await supervisor.opens(address)
        await supervisor.sends(page, address, **written | {"text-en": "{reference} was filled by {entity}."})
        stale = await supervisor.sends(page, address, **written | {"text-en": "Older."})
        assert (stale.status_code, "Older." in stale.text) == (412, True)

        page = await officer.opens(at)
        assert in_order(page, '<optgroup label="Works">', "Filled", "Done")
        chosen = page.split('">Filled</option>')[0].rsplit('"', 1)[1]
        begun = await officer.sends(page, f"{at}/answer", answer_template=chosen, step="insert")
        assert f"{number} was filled by Works.</textarea>" in begun.text
        async with AtTheDesk(app, "supervisor.ewa", "supervisor", "ewa") as stranger:
            await stranger.opens(address, 404)
            assert "There are none yet." in await stranger.opens("/desk/templates")
        await supervisor.sends(await supervisor.opens(address), address, do="remove")
        assert "There are none yet." in await supervisor.opens("/desk/templates")
    assert "Filled" not in await officer.opens(at)


async def test_what_was_moved_on_twice_is_the_central_offices_to_place(
    app: FastAPI, officer: AtTheDesk, clerk: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes()
    at = f"/desk/{number}"
    async with AtTheDesk(app, "officer.ewa", "officer", "ewa") as other:
        for who, whose in ((officer, "ewa"), (other, "works")):
            moved = {"transfer_entity": whose, "transfer_reason": "Theirs."}
            done = await who.sends(await who.opens(at), f"{at}/transfer", **moved)
            assert done.headers["location"] == "/desk?did=transfer"
    page = await officer.opens(at)
    assert "It was transferred twice before." in page
    third = await officer.sends(page, f"{at}/transfer", transfer_entity="ewa", transfer_reason="Theirs after all.")
    assert "The central office has it now" in await officer.opens(third.headers["location"])
    assert in_order(await clerk.opens("/desk/triage"), number, "Theirs after all.", "Sent here by Officer.works")
    assert in_order(await clerk.opens(at), "Why here", "Theirs after all.", "Decided by Officer.works")
    event = (await neighbours.hear(ASSIGNMENTS, id, "TriageRequested"))[-1].data
    assert (event.from_state, event.to_state, event.entity) == ("assigned", "in_triage", "central-office")


async def test_an_answer_comes_with_the_evidence_that_its_category_needs_and_a_note_keeps_its_files(
    app: FastAPI, provider: Provider, officer: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    categories = [each | {"needs_evidence": each["id"] == "roads.pothole"} for each in one_desk.CATEGORIES]
    await one_desk.publish(app, provider, categories=categories)
    id, number = await town.writes()
    at, typed = f"/desk/{number}", {"answer_text": "It is filled.", "answer_reason_code": "resolved"}
    page = await officer.opens(at)
    assert in_order(page, "Add it first", 'name="files_key"', f'formaction="/submissions/{number}/files"')
    refused = await officer.sends(page, f"{at}/answer", **typed)
    assert refused.status_code == 422
    assert in_order(refused.text, 'href="#answer_evidence"', "needs a photo or document", "It is filled.")

    files = tuple(AttachedFile(id=each, media_type="image/jpeg", size=9) for each in ("before", "after", "bill"))
    put = OfficialFilesAdded(
        submission_id=id, from_state="assigned", to_state="assigned", files=files, entity="works", official=OFFICER
    )
    await neighbours.publish(id, put)
    page = await officer.opens(f"{at}?did=files&file=bill")
    assert in_order(page, "The files are here", "Photo 3", "officials alone see it", "Photo 1 goes with the answer")
    back = await officer.sends(page, f"{at}/answer", **typed, step="go-on", file="bill", entries="0", files="")
    assert back.status_code == 200
    assert in_order(back.text, "The files are here", "It is filled.", "Photo 1 goes with the answer")
    assert "New since you opened the page" not in back.text
    unadded = await officer.sends(page, f"{at}/answer", **typed, files="after.jpg")
    assert unadded.status_code == 422
    assert in_order(unadded.text, 'href="#answer_evidence"', "are not added yet", "It is filled.")
    await officer.sends(page, f"{at}/note", note_text="The bill.", **{"note_files:bill": "yes"})
    page = await officer.opens(at)
    assert in_order(page, "Internal note", "/attachments/bill", "The bill.")
    assert "answer_evidence:bill" not in page
    for stranger in ("bill", "unknown"):
        ticks = {f"answer_evidence:{stranger}": "yes", "answer_evidence:after": "yes"}
        wrong = await officer.sends(page, f"{at}/answer", **typed, **ticks)
        assert (wrong.status_code, "cannot be used here" in wrong.text) == (422, True)
    ticks = {"answer_evidence:before": "yes", "answer_public:after": "yes"}
    await officer.sends(page, f"{at}/answer", **typed, **ticks)
    assert in_order(await officer.opens(at), "Photo 2", "its author sees it", "Photo 3", "officials alone see it")
    events = await neighbours.hear(ASSIGNMENTS, id, "SubmissionAnswered")
    assert [(each.id, each.is_public) for each in events[-1].data.evidence] == [("before", False), ("after", True)]
