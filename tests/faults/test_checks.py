"""Each check finds what it is there for: a world in which all is well, spoilt in one place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS
from tawasul.reconcile import Reconciliation, Refused

from tests.faults.checks.everything import differences
from tests.faults.checks.notifications import was_overtaken
from tests.faults.downloads import Download
from tests.faults.ledger import Document, Fate, Filed
from tests.faults.mail_server import Mail
from tests.faults.observed import Record, World
from tests.faults.photos import a_photo, picture_of
from tests.faults.plan import Kind
from tests.faults.reconciliation import differences_of
from tests.faults.rollback import RolledBack
from tests.faults.whole_world import (
    ANSWERED,
    ASSIGNED,
    ENTITY,
    EXPECTATION,
    ID,
    NOON,
    PHOTO,
    SET,
    SHOWN,
    a_whole_world,
    an_event,
)


def test_in_a_whole_world_there_is_no_difference() -> None:
    assert differences(a_whole_world(), EXPECTATION) == []


def test_a_redelivered_record_is_no_difference() -> None:
    world = a_whole_world()
    world.records[ASSIGNMENTS.name].append(ASSIGNED)
    assert differences(world, EXPECTATION) == []


def test_what_clearing_will_still_do_is_no_difference() -> None:
    """An upload that was not answered, one that was refused, and one that is attached and not settled yet."""
    world, later = a_whole_world(), NOON + timedelta(minutes=30)
    world.files["f1"] |= {"expires_at": later, "look_at": NOON - timedelta(minutes=1)}
    world.files |= {id: {"_id": id, "expires_at": later} for id in ("f2", "f3")}
    world.files["f3"]["look_at"] = NOON + timedelta(minutes=1)
    world.contents |= {"f2", "f3"}
    assert differences(world, EXPECTATION) == []


def test_an_upload_without_an_answer_may_be_there_whole_or_not_at_all() -> None:
    world = a_whole_world()
    (upload,) = world.ledger.uploads
    upload.fate, upload.answer = Fate.UNRESOLVED, {}
    assert differences(world, EXPECTATION) == []


def test_a_photo_is_known_by_its_pixels_and_only_whole() -> None:
    photo, other = a_photo(Random(1)), a_photo(Random(2))
    assert picture_of(photo)
    assert picture_of(photo) != picture_of(other)
    assert picture_of(photo[: len(photo) // 2]) == picture_of(b"") == ""


@pytest.mark.parametrize(
    ("otherwise", "is_right"),
    [
        ({}, True),
        ({"over_in": ["withdrawn"]}, False),
        ({"event_at": NOON + timedelta(seconds=1)}, False),
        ({"reason": "no address"}, False),
        ({"state": "permanent-failure"}, False),
    ],
)
def test_what_came_too_late_to_say_anything_is_dropped_and_nothing_else(otherwise: Document, is_right: bool) -> None:
    dropped = {"state": "cancelled", "reason": "overtaken", "event_at": NOON, "over_in": ["answered"]}
    assert was_overtaken(dropped | otherwise, [ASSIGNED, ANSWERED]) is is_right


def test_what_was_withdrawn_before_the_router_knew_of_it_is_dropped_too() -> None:
    withdrawn = replace(an_event(SUBMISSIONS, 2, "SubmissionWithdrawn", to_state="withdrawn"), time=NOON)
    dropped = {"state": "cancelled", "reason": "overtaken", "event_at": NOON + timedelta(seconds=1)}
    assert was_overtaken(dropped | {"over_in": ["answered", "withdrawn"]}, [withdrawn, ASSIGNED])
    assert not was_overtaken(dropped | {"over_in": ["answered"]}, [withdrawn, ASSIGNED])


def test_what_was_told_together_has_one_mail() -> None:
    world = a_whole_world()
    mine = [each for each in world.notifications if each["recipient_kind"] == "contact" and each["channel"] == "mail"]
    one = mine[-1] | {"_id": "together", "template": "several", "members": [each["_id"] for each in mine]}
    world.notifications.append(one)
    for each in mine:
        each["told_in"] = "together"
    world.mails[:] = [each for each in world.mails if each.recipient != "c@citizens.example"]
    assert {difference.sort for difference in differences(world, EXPECTATION)} == {"mail lost"}
    world.mails.append(Mail("together@tawasul.example", "c@citizens.example", ID, ""))
    assert differences(world, EXPECTATION) == []


def test_a_mail_may_come_again_once_for_each_kill_that_can_repeat_it() -> None:
    world = a_whole_world()
    world.mails.append(world.mails[0])
    assert [difference.sort for difference in differences(world, EXPECTATION)] == ["mail repeated"]
    world.disturbances[Kind.KILL, "smtp"] = 1
    assert differences(world, EXPECTATION) == []


def _state(documents: dict[str, Document]) -> Document:
    state: Document = documents[ID]["state"]
    return state


def _lose_a_submission(world: World) -> None:
    world.submissions.clear()


def _lose_an_event(world: World) -> None:
    world.records[ASSIGNMENTS.name].remove(ASSIGNED)


def _number_two_events_alike(world: World) -> None:
    twin = an_event(ASSIGNMENTS, 7, "AssignmentAcknowledged", entity=ENTITY)
    world.records[ASSIGNMENTS.name].append(Record(**{**vars(twin), "sequence": 2}))


def _send_out_of_order(world: World) -> None:
    world.records[ASSIGNMENTS.name].reverse()


def _answer_twice(world: World) -> None:
    world.records[ASSIGNMENTS.name].append(Record(**{**vars(ANSWERED), "sequence": 3, "id": "another"}))


def _carry_out_what_was_refused(world: World) -> None:
    world.ledger.commands[0].fate = Fate.REFUSED
    world.ledger.commands[0].statuses = [409]


def _assign_twice(world: World) -> None:
    again = an_event(ASSIGNMENTS, 3, "SubmissionAssigned", to_state="assigned", entity=ENTITY, reason="again")
    world.records[ASSIGNMENTS.name].append(again)


def _set_two_deadlines(world: World) -> None:
    world.records[DEADLINES.name].append(an_event(DEADLINES, 3, "DeadlineSet", entity=ENTITY))


def _tell_under_another_id(world: World) -> None:
    world.notifications.append({**world.notifications[0], "_id": "another"})


def _lose_a_mail(world: World) -> None:
    world.mails.pop()


def _mail_without_a_notification(world: World) -> None:
    world.mails.append(Mail("unknown@tawasul.example", "c@citizens.example", ID, ""))


def _forget_to_tell(world: World) -> None:
    world.notifications.pop()


def _give_up_telling(world: World) -> None:
    world.notifications[0]["state"] = "cancelled"


def _miss_an_event(world: World) -> None:
    world.inboxes["router"].discard(SET.id)


def _write_an_entry_twice(world: World) -> None:
    timeline = _state(world.submissions)["timeline"]
    timeline.append(timeline[0])


def _count_a_fact_twice(world: World) -> None:
    facts = _state(world.clocks)["facts"]
    facts.append(facts[0])


def _disagree(world: World) -> None:
    _state(world.submissions)["status"] = "assigned"


def _alarm_of_a_gap(world: World) -> None:
    world.gaps["router-1"] = 1


def _come_back_with_everything(world: World) -> None:
    world.rollbacks.append(RolledBack(written=50, gone=0))


def _set_aside(world: World) -> None:
    world.dead_letters["router"] = [{"key": ID, "event_type": "DeadlineSet", "reason": "a bug"}]


def _answer_otherwise(world: World) -> None:
    world.ledger.commands[0].other_answers = [{"state": "assigned"}]


def _lose_a_file(world: World) -> None:
    _state(world.submissions)["attachments"] = []


def _take_hardly_any_file(world: World) -> None:
    """A hundred citizens, and one whose photo was taken."""
    world.ledger.filed += [
        Filed(f"k{number}", "intake/file", "", None, Fate.ACKNOWLEDGED, 1) for number in range(100, 200)
    ]


def _attach_a_file_twice(world: World) -> None:
    _state(world.submissions)["attachments"].append(PHOTO)


def _attach_what_nobody_sent(world: World) -> None:
    _state(world.submissions)["attachments"].append({**PHOTO, "id": "f2"})


def _acknowledge_one_of_two(world: World) -> None:
    world.ledger.uploads[0].pictures.append("another")


def _tell_of_a_file_twice(world: World) -> None:
    world.records[SUBMISSIONS.name].append(Record(**{**vars(SHOWN), "sequence": 3, "id": "another"}))


def _show_no_file_on_the_timeline(world: World) -> None:
    _state(world.submissions)["timeline"][0]["details"] = {"attachments": []}


def _break_off_a_download(world: World) -> None:
    world.downloads["f1"] = Download(200, 8, "")


def _answer_with_another_picture(world: World) -> None:
    world.downloads["f1"] = Download(200, 9, "another picture")


def _find_no_file(world: World) -> None:
    world.downloads["f1"] = Download(404, 0, "")


def _forget_to_settle(world: World) -> None:
    world.files["f1"] |= {"expires_at": NOON + timedelta(hours=1), "look_at": NOON - timedelta(minutes=5)}


def _forget_what_was_staged(world: World) -> None:
    world.files["f2"] = {"_id": "f2", "expires_at": NOON - timedelta(minutes=5)}


def _forget_what_was_refused(world: World) -> None:
    late = NOON - timedelta(minutes=5)
    world.files["f2"] = {"_id": "f2", "expires_at": NOON + timedelta(hours=1), "look_at": late}


def _settle_what_belongs_to_nothing(world: World) -> None:
    world.files["f2"] = {"_id": "f2"}


def _lose_a_document(world: World) -> None:
    world.files.clear()


def _keep_a_piece(world: World) -> None:
    world.contents.add("f2")


Spoil = Callable[[World], None]


@pytest.mark.parametrize(
    ("spoil", "sort"),
    [
        (_lose_a_submission, "submission lost"),
        (_lose_an_event, "sequence gap"),
        (_number_two_events_alike, "sequence ambiguous"),
        (_send_out_of_order, "sequence out of order"),
        (_answer_twice, "effect of a command"),
        (_carry_out_what_was_refused, "effect of a command"),
        (_assign_twice, "assigned not once"),
        (_set_two_deadlines, "DeadlineSet"),
        (_tell_under_another_id, "told twice"),
        (_lose_a_mail, "mail lost"),
        (_mail_without_a_notification, "mail of no notification"),
        (_forget_to_tell, "told"),
        (_give_up_telling, "not told"),
        (_miss_an_event, "event not taken"),
        (_write_an_entry_twice, "timeline entry twice"),
        (_count_a_fact_twice, "fact of a clock twice"),
        (_disagree, "of different minds"),
        (_alarm_of_a_gap, "gap alarm"),
        (_set_aside, "dead letter"),
        (_come_back_with_everything, "nothing rolled back"),
        (_answer_otherwise, "another answer to the same key"),
        (_lose_a_file, "file lost"),
        (_take_hardly_any_file, "too few files"),
        (_attach_a_file_twice, "file attached twice"),
        (_attach_what_nobody_sent, "files of a submission"),
        (_acknowledge_one_of_two, "file lost"),
        (_tell_of_a_file_twice, "files told"),
        (_show_no_file_on_the_timeline, "files told"),
        (_break_off_a_download, "file damaged"),
        (_answer_with_another_picture, "file damaged"),
        (_find_no_file, "file unreadable"),
        (_forget_to_settle, "file not settled"),
        (_forget_what_was_staged, "file not cleared away"),
        (_forget_what_was_refused, "file not cleared away"),
        (_settle_what_belongs_to_nothing, "file of nobody"),
        (_lose_a_document, "file lost"),
        (_keep_a_piece, "content of nothing"),
    ],
)
def test_what_is_spoilt_is_found(spoil: Spoil, sort: str) -> None:
    world = a_whole_world()
    spoil(world)
    assert sort in {difference.sort for difference in differences(world, EXPECTATION)}


def test_what_the_services_find_or_could_not_compare_is_a_difference() -> None:
    found = {"submission": ID, "topic": SUBMISSIONS.name, "kind": "event", "sequence": 1, "cause": "not_taken"}
    lacking = Reconciliation(is_whole=True, differences={"sla-monitor": [found]}, counts={"sla-monitor": 1})
    assert [each.about for each in differences_of(lacking)] == [ID, "in all"]
    assert [each.about for each in differences_of(Reconciliation())] == ["not all compared"]
    assert [each.about for each in differences_of(Refused("router does not answer"))] == ["not compared"]
    assert list(differences_of(Reconciliation(is_whole=True))) == []
