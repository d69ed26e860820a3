"""Parts of a submission that other entities do, at the desk on real Kafka and MongoDB."""

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from router.cases.life import State
from router.cases.store import Assignments
from router.duplicates.duplicate_sync import bring_sub_cases_along
from router.sub_cases.decisions import id_of, open_sub_case
from shared.events.model import Priority
from shared.events.submissions import AttachedFile, AttachmentsAdded, InformationAdded, PersonErased
from shared.events.topics import ASSIGNMENTS
from shared.operations.metrics import LEFT_BEHIND
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from tests.support import one_desk
from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_desk import Town, in_order
from tests.support.provider import Provider
from tests.support.router import NOW, an_assignment, an_id, an_official

app, officer, clerk, town = one_desk.app, one_desk.officer, one_desk.clerk, one_desk.town


async def asks(officer: AtTheDesk, number: str, question: str, entity: str = "ewa") -> None:
    at = f"/desk/{number}"
    page = await officer.opens(at)
    typed = {"sub-case_entity": entity, "sub-case_question": question}
    done = await officer.sends(page, f"{at}/sub-case", **typed)
    assert done.status_code == 303, done.text


async def test_another_entity_is_asked_for_a_part_answers_it_and_the_answer_waits_for_it(
    app: FastAPI, officer: AtTheDesk, clerk: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes()
    at, typed = f"/desk/{number}", {"answer_text": "It is filled.", "answer_reason_code": "resolved"}
    page = await officer.opens(at)
    faulty = await officer.sends(page, f"{at}/sub-case", **{"sub-case_entity": "nobody", "sub-case_question": "When?"})
    assert in_order(faulty.text, "There is no entity", "When?")
    await asks(officer, number, "When is the cable laid?")
    await asks(officer, number, "Who pays?", "central-office")
    page = await officer.opens(at)
    assert in_order(page, "Parts of other entities", "When is the cable laid?", "Who pays?", "was asked for a part")

    about: dict[str, Any] = {"submission_id": id, "from_state": "assigned", "to_state": "assigned"}
    photo = AttachedFile(id="photo-1", media_type="image/jpeg", size=9)
    added = (InformationAdded(**about, text="It is by the school."), AttachmentsAdded(**about, attachments=(photo,)))
    await neighbours.publish(id, *added)
    await town.becomes(id, lambda parent: bool(parent.files))
    await bring_sub_cases_along(app.state.assignments, utc_now())
    await town.becomes(id_of(id, 1), lambda part: part.heard == len(added))
    await town.becomes(id, lambda parent: not parent.tells_sub_cases)

    async with AtTheDesk(app, "supervisor.ewa", "supervisor", "ewa") as other:
        assert f"{number}-1" in await other.opens("/desk")
        assert f'href="/desk/{number}-1"' in await other.opens(f"/desk?reference={number.lower()}-1")
        await other.opens(at, 403)
        its = await other.opens(f"{at}-1")
        parent, part = [await app.state.assignments.find(each) for each in (id, id_of(id, 1))]
        assert f'data-live-version="{parent.version + part.version}"' in its, "drawn anew when its parent changes"
        assert in_order(its, f"{number}/attachments/photo-1", "Its author added files", "It is by the school.")
        assert in_order(its, "a part of", number, "When is the cable laid?", "There is a pothole")
        assert "Those who asked you read this, and its author does not." in its
        assert "Its author reads this" not in its
        for action in ("question", "interim", "decline", "sub-case", "merge"):
            assert f'action="{at}-1/{action}"' not in its
        refused = await officer.sends(await officer.opens(at), f"{at}/answer", **typed)
        assert refused.status_code == 422
        assert in_order(refused.text, 'href="#answer_despite_open"', f"{number}-1, {number}-2", "It is filled.")
        await other.sends(its, f"{at}-1/answer", answer_text="In May.", answer_reason_code="explained")
        assert "In May." in await other.opens(f"{at}-1")
    page = await officer.opens(at)
    assert in_order(page, "Parts of other entities", "Answered", "When is the cable laid?", "In May.")
    taken = await officer.sends(page, f"{at}/take-back", **{"take-back_number": "1", "take-back_reason": "Late."})
    assert taken.status_code == 409, "it is answered"
    await asks(officer, number, "And the kerb?")
    page = await officer.opens(at)
    await officer.sends(page, f"{at}/take-back", **{"take-back_number": "2", "take-back_reason": "We pay."})
    assert "Taken back" in await officer.opens(at)

    page = await officer.opens(at)
    done = await officer.sends(page, f"{at}/answer", **typed, answer_despite_open="The kerb is another matter.")
    assert done.status_code == 303, done.text
    assert "Ended without waiting" in await officer.opens(at)
    await bring_sub_cases_along(app.state.assignments, utc_now())
    states = [(await app.state.assignments.find(id_of(id, part))).state.state for part in (1, 2, 3)]
    assert states == [State.ANSWERED, State.WITHDRAWN, State.WITHDRAWN]

    events = await neighbours.hear(ASSIGNMENTS, id, "SubmissionAnswered")
    told = [event.type for event in events if event.type.startswith("SubCase")]
    assert told == ["SubCaseOpened", "SubCaseOpened", "SubCaseClosed", "SubCaseOpened", "SubCaseClosed"]
    own = await neighbours.hear(ASSIGNMENTS, id_of(id, 1), "SubmissionAnswered")
    told = [event.type for event in own if event.type != "SubCaseInformed"]
    assert told == ["SubCaseReceived", "SubmissionAssigned", "SubmissionAnswered"]
    assert [event.sequence for event in own] == [*range(1, len(own) + 1)]
    assert len(own) > len(told), "that its author added something"
    ended = await neighbours.hear(ASSIGNMENTS, id_of(id, 3), "SubCaseTakenBack")
    assert ended[-1].data.parent == id


async def test_a_part_asked_of_the_wrong_entity_moves_on_and_on_the_third_time_is_placed_by_the_central_office(
    app: FastAPI, officer: AtTheDesk, clerk: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes()
    await asks(officer, number, "When is it dug up?")
    at, part = f"/desk/{number}-1", id_of(id, 1)

    async def moves(who: AtTheDesk, entity: str, status: int = 303) -> str:
        typed = {"transfer_entity": entity, "transfer_reason": f"It is for {entity}."}
        answer = await who.sends(await who.opens(at), f"{at}/transfer", **typed)
        assert answer.status_code == status, answer.text
        return str(answer.text if status != 303 else answer.headers["location"])

    async with AtTheDesk(app, "officer.ewa", "officer", "ewa") as ewa:
        page = await ewa.opens(at)
        assert "Those who asked you and the other entity read this." in page
        assert "This entity asks for the part." in await moves(ewa, "works", 422)
        nothing = await ewa.sends(page, f"{at}/transfer", transfer_entity="central-office", transfer_reason="")
        assert (nothing.status_code, "Say why." in nothing.text) == (422, True)
        await officer.opens(at, 403)
        assert await moves(ewa, "central-office") == "/desk?did=transfer"
        await ewa.opens(at, 403)
        assert in_order(await officer.opens(f"/desk/{number}"), "Parts of other entities", "The part is with", "Part 1")
        await moves(clerk, "ewa")
        assert "It was transferred twice before." in await ewa.opens(at)
        assert await moves(ewa, "central-office") == "/desk?did=give-up"
        await ewa.opens(at, 403)
    waits = await clerk.opens(f"/desk/triage?reference={number}-1")
    assert in_order(waits, "Who does this part of", number, "When is it dug up?", "There is a pothole")
    assert "It is nobody's?" not in waits
    own = {"triage_entity": "works", "triage_reason": "They asked."}
    assert "This entity asks for the part." in (await clerk.sends(waits, f"{at}/triage", **own)).text
    typed = {"answer_text": "It is filled.", "answer_reason_code": "resolved"}
    refused = await officer.sends(await officer.opens(f"/desk/{number}"), f"/desk/{number}/answer", **typed)
    assert (refused.status_code, f"{number}-1" in refused.text) == (422, True), "what waits to be placed is open"
    placed = await clerk.sends(waits, f"{at}/triage", triage_entity="ewa", triage_reason="It is their cable.")
    assert placed.status_code == 303, placed.text
    events = await neighbours.hear(ASSIGNMENTS, id, *["SubCaseMoved"] * 4)
    told = [event.data for event in events if event.type == "SubCaseMoved"]
    central = "central-office"
    assert [(each.from_entity, each.entity) for each in told] == [
        ("ewa", central),
        (central, "ewa"),
        ("ewa", central),
        (central, "ewa"),
    ]
    assert {each.officials for each in told} == {("officer.works",)}
    its = [event.type for event in await neighbours.hear(ASSIGNMENTS, part, "TriageRequested", "SubmissionAssigned")]
    assert its[2:] == [*["SubmissionTransferred", "SubmissionAssigned"] * 2, "TriageRequested", "SubmissionAssigned"]


async def test_of_a_confidential_duplicate_nobody_learns_the_parts_to_whom_it_is_not_confided(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    _, shown = await town.writes()
    id, secret = await town.writes()
    at, typed = f"/desk/{shown}", {"answer_text": "It is filled.", "answer_reason_code": "resolved"}
    async with AtTheDesk(app, "supervisor.works", "supervisor", "works") as supervisor:
        await asks(supervisor, secret, "Was the foreman there?")
        said = {"confidential_officials:supervisor.works": "on", "confidential_reason": "It names a colleague."}
        page = await supervisor.opens(f"/desk/{secret}")
        assert (await supervisor.sends(page, f"/desk/{secret}/confidential", **said)).status_code == 303
        await bring_sub_cases_along(app.state.assignments, utc_now())
        await town.becomes(id_of(id, 1), lambda part: part.named is not None)
        async with AtTheDesk(app, "supervisor.ewa", "supervisor", "ewa") as asked:
            await asked.opens(f"/desk/{secret}-1", 404)
        similar = f"/desk/{secret}/similar"
        page = await supervisor.opens(similar)
        merged = await supervisor.sends(page, similar, do="merge", reference=shown, reason="The same.")
        assert merged.status_code == 303, merged.text
        assert in_order(await supervisor.opens(at), f"{secret}-1", "Was the foreman there?")
        refused = await supervisor.sends(await supervisor.opens(at), f"{at}/answer", **typed)
        assert (refused.status_code, f"{secret}-1" in refused.text) == (422, True)
    page = await officer.opens(at)
    assert [word for word in (f"{secret}-1", "foreman") if word in page] == []
    assert (await officer.sends(page, f"{at}/answer", **typed)).status_code == 303


async def test_nobody_answers_over_a_part_of_a_duplicate_that_cannot_be_read(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    leading, shown = await town.writes()
    id, other = await town.writes()
    await asks(officer, other, "Is it open?")
    at, similar = f"/desk/{shown}", f"/desk/{other}/similar"
    merged = await officer.sends(await officer.opens(similar), similar, do="merge", reference=shown, reason="The same.")
    assert merged.status_code == 303, merged.text
    spoilt = ({"_id": id_of(id, 1)}, {"$set": {"state.priority": "not one"}})
    await app.state.assignments.collection.update_one(*spoilt)
    page = await officer.opens(at)
    assert "Is it open?" not in page
    typed = {"answer_text": "It is filled.", "answer_reason_code": "resolved"}
    with pytest.raises(ValidationError):
        await officer.sends(page, f"{at}/answer", **typed)
    assert (await app.state.assignments.find(leading)).state.state is State.ASSIGNED


async def test_of_a_confidential_part_the_head_names_officers_who_are_told_what_its_author_adds(
    app: FastAPI, officer: AtTheDesk, town: Town, neighbours: Neighbours, provider: Provider
) -> None:
    heads = [an_official(f"head.{each}", each, "head") for each in ("ewa", "works")]
    await one_desk.publish(app, provider, officials=[*one_desk.OFFICIALS, *heads])
    id, number = await town.writes()
    part, at = id_of(id, 1), f"/desk/{number}-1"
    api = f"/api/router/v1/assignments/{part}/confidential"
    async with (
        AtTheDesk(app, "supervisor.works", "supervisor", "works") as asker,
        AtTheDesk(app, "head.ewa", "head", "ewa") as head,
        AtTheDesk(app, "officer.ewa", "officer", "ewa") as ewa,
    ):
        await asks(asker, number, "Was the foreman there?")
        assert "Who may read it" not in await head.opens(at), "everybody of the entity reads it"
        said = {"confidential_officials:supervisor.works": "on", "confidential_reason": "It names a colleague."}
        page = await asker.opens(f"/desk/{number}")
        assert (await asker.sends(page, f"/desk/{number}/confidential", **said)).status_code == 303
        await bring_sub_cases_along(app.state.assignments, utc_now())
        await ewa.opens(at, 404)
        page = await head.opens(at)
        assert in_order(page, "Confidential: of the entity that does it these", "Officer.ewa")
        assert 'name="confidential_officials:triage"' not in page, "of the entity alone"
        who = provider.authorization("head.ewa", "head", entity="ewa")
        stranger = {"officials": ["officer.works"], "reason": "He knows."}
        assert (await head.post(api, json=stranger, headers=who)).status_code == 422
        mine = {"officials": ["officer.ewa"], "reason": "He knows."}
        officers = provider.authorization("officer.ewa", "officer", entity="ewa")
        assert (await ewa.post(api, json=mine, headers=officers)).status_code == 404
        named = {"confidential_officials:officer.ewa": "on", "confidential_reason": "Who knows the cable."}
        done = await head.sends(page, f"{at}/confidential", **named)
        assert done.headers["location"] == f"{at}?did=confidential"
        assert "Those who are named read this part" in await head.opens(f"{at}?did=confidential")
        page = await ewa.opens(at)
        assert in_order(page, "Supervisor.works", "Officer.ewa", "Who knows the cable.")
        assert f'action="{at}/confidential"' not in page, "officers do not decide that"
        assert (await ewa.post(api, json=mine, headers=officers)).status_code == 403
        await ewa.opens(f"/desk/{number}", 404)
        assert in_order(await asker.opens(f"/desk/{number}"), "reads the part was decided", "Officer.ewa")

        about: dict[str, Any] = {"submission_id": id, "from_state": "assigned", "to_state": "assigned"}
        await neighbours.publish(id, InformationAdded(**about, text="The foreman has a red car."))
        await town.becomes(id, lambda parent: parent.added_by_its_author() == 1)
        await bring_sub_cases_along(app.state.assignments, utc_now())
        assert "a red car" in await ewa.opens(at)
        to_central = {"transfer_entity": "central-office", "transfer_reason": "It is for them."}
        assert (await ewa.sends(await ewa.opens(at), f"{at}/transfer", **to_central)).status_code == 303
    told = await neighbours.hear(ASSIGNMENTS, part, *["ConfidentialityChanged"] * 3)
    assert [(event.type, event.data.officials) for event in told if event.type == "ConfidentialityChanged"] == [
        ("ConfidentialityChanged", ("supervisor.works",)),
        ("ConfidentialityChanged", ("supervisor.works", "officer.ewa", "head.ewa")),
        ("ConfidentialityChanged", ("supervisor.works",)),
    ]
    assert [event.data.parent for event in told if event.type == "SubCaseInformed"] == [id]
    (own,) = [
        each for each in await neighbours.hear(ASSIGNMENTS, id, "SubCaseConfided") if each.type == "SubCaseConfided"
    ]
    assert (own.data.sub_case, own.data.entity, own.data.officials) == ("1", "ewa", ("officer.ewa", "head.ewa"))


async def test_what_cannot_be_read_keeps_no_others_from_following_their_parent(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    parents = sorted(an_id() for _ in range(3))
    for id in parents:
        parent, part = open_sub_case(id, an_assignment(), "ewa", "Is it your cable?", "officer.works", 1, NOW)
        assert part is not None
        state = parent.state.changed(tells_sub_cases=True, priority=Priority.HIGH)
        documents = [
            StoredAggregate(id, state=state).document(),
            StoredAggregate(id_of(id, 1), state=part.state).document(),
        ]
        await assignments.collection.insert_many(documents)
    await assignments.collection.update_one({"_id": id_of(parents[0], 1)}, {"$set": {"state.state": "of another time"}})
    await assignments.collection.update_one({"_id": parents[1]}, {"$set": {"state.state": "of another time"}})
    failed = LEFT_BEHIND.labels("together")._value.get()
    await bring_sub_cases_along(assignments, NOW)
    assert LEFT_BEHIND.labels("together")._value.get() == failed + 2
    left = [each["_id"] for each in await assignments.telling_sub_cases("", 9)]
    assert left == parents[:2], "tried again the next time"
    assert [each["_id"] for each in await assignments.telling_sub_cases(parents[0], 9)] == parents[1:2]
    followed = await assignments.find(id_of(parents[2], 1))
    assert followed is not None
    assert followed.state is not None
    assert followed.state.priority is Priority.HIGH


async def test_erasing_its_author_leaves_no_word_in_the_parts(
    app: FastAPI, officer: AtTheDesk, town: Town, neighbours: Neighbours
) -> None:
    id, number = await town.writes()
    await asks(officer, number, "Does Maryam owe anything?")
    await neighbours.publish(id, PersonErased(submission_id=id))

    async def _is_erased() -> bool:
        await bring_sub_cases_along(app.state.assignments, utc_now())
        found: Any = await app.state.assignments.find(id_of(id, 1))
        return bool(found.state.erased) and "Maryam" not in found.state.model_dump_json()

    await eventually(_is_erased)
