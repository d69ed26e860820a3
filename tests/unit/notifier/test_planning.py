"""Planning: what a fact asks for, to whom, and when it asks for nothing."""

from datetime import timedelta

import pytest
from notifier.planning.commands import tell
from pydantic import ValidationError
from shared.events.submissions import PersonErased

from tests.support.notifier import (
    A_SUBMISSION,
    NOW,
    a_directory,
    a_fact,
    an_entity,
    an_event,
    an_official,
    brief,
    received,
    the_messages,
    the_table,
    told,
)


def test_an_author_with_address_and_account_is_told_by_mail_and_in_the_inbox() -> None:
    _, planned = told(received())
    assert brief(planned) == {
        (f"{A_SUBMISSION}/author", "mail", "received"),
        ("citizen.maryam", "inbox", "received"),
    }


def test_an_anonymous_author_without_a_contact_is_told_where_the_secret_link_leads() -> None:
    _, planned = told(received(contact_expected=False, contact_id=None, author=None))
    assert brief(planned) == {(A_SUBMISSION, "inbox", "received")}
    assert {(each["recipient_kind"], each["audience"]) for each in planned} == {("submission", "author")}


def test_assigning_tells_the_author_and_every_officer_of_the_entity() -> None:
    case, _ = told(received(author=None))
    _, planned = told(a_fact("SubmissionAssigned"), case=case)
    assert brief(planned) == {
        (f"{A_SUBMISSION}/author", "mail", "assigned"),
        (A_SUBMISSION, "inbox", "assigned"),
        *((f"officer.{who}", channel, "assigned-to-you") for who in ("one", "two") for channel in ("mail", "inbox")),
    }
    assert {document["language"] for document in planned if document["recipient"] == "officer.two"} == {"ar"}


def test_an_entity_without_officers_is_told_at_its_own_address() -> None:
    case, _ = told(received())
    _, planned = told(a_fact("SubmissionAssigned", entity="power"), case=case)
    assert ("power", "mail", "assigned-to-you") in brief(planned)


def test_an_official_without_address_has_the_inbox_only_and_one_who_left_nothing() -> None:
    directory = a_directory(an_official("officer.one", email=None), an_official("officer.two", active=False))
    case, _ = told(received(contact_expected=False, author=None), directory=directory)
    _, planned = told(a_fact("SubmissionAssigned"), case=case, directory=directory)
    assert brief(planned) - {(A_SUBMISSION, "inbox", "assigned")} == {("officer.one", "inbox", "assigned-to-you")}


def test_a_breach_is_told_to_officers_and_head_and_not_to_the_author() -> None:
    case, _ = told(received())
    _, planned = told(a_fact("DeadlineBreached"), case=case)
    assert {document["recipient"] for document in planned} == {"officer.one", "officer.two", "head.works"}
    assert {document["audience"] for document in planned} == {"in-charge", "head"}


def test_a_breach_at_night_is_mailed_when_people_work_even_after_a_long_weekend() -> None:
    case, _ = told(received())
    monday = NOW + timedelta(days=3)
    _, planned = told(a_fact("DeadlineBreached", tell_from=monday), case=case)
    mails = [each for each in planned if each["channel"] == "mail"]
    assert {(each["state"], each["held_until"], each.get("next_at")) for each in mails} == {("held", monday, None)}
    _, read_late = told(a_fact("DeadlineBreached", tell_from=NOW - timedelta(hours=1)), case=case)
    assert {each["state"] for each in read_late if each["channel"] == "mail"} == {"created"}


@pytest.mark.parametrize(
    ("to_role", "recipient"),
    [("supervisor", "supervisor.works"), ("head", "head.works"), ("central", "central.triage")],
)
def test_an_escalation_goes_to_the_rung_it_names(to_role: str, recipient: str) -> None:
    case, _ = told(received())
    _, planned = told(a_fact("DeadlineEscalated", to_role=to_role), case=case)
    assert {document["recipient"] for document in planned} == {recipient}
    assert {document["audience"] for document in planned} == {to_role}


def test_the_last_rung_is_whoever_heads_the_entity_above_all_others() -> None:
    case, _ = told(received())
    climbing = a_fact("DeadlineEscalated", to_role="minister", entity="power")
    below = an_entity("power", parent="works")
    for directory, recipients in ((a_directory(below), {"head.works"}), (a_directory(), {"power"})):
        _, planned = told(climbing, case=case, directory=directory)
        assert {document["recipient"] for document in planned} == recipients
    circle = a_directory(below, an_entity("works", parent="power"))
    assert told(climbing, case=case, directory=circle)[1], "a directory that goes in a circle ends nowhere, and here"


def test_a_breach_where_nobody_holds_an_office_is_told_once_at_the_entitys_own_address() -> None:
    case, _ = told(received(author=None))
    _, planned = told(a_fact("DeadlineBreached", entity="power"), case=case)
    assert [(each["recipient"], each["channel"], each["template"]) for each in planned] == [
        ("power", "mail", "deadline-breached")
    ]


def test_triage_is_asked_of_the_central_office() -> None:
    case, _ = told(received())
    _, planned = told(a_fact("TriageRequested", entity="central-office", to_state="in_triage"), case=case)
    assert {document["recipient"] for document in planned} == {"central.triage"}


def test_a_transfer_names_both_entities_and_goes_to_the_new_one() -> None:
    case, _ = told(received(), a_fact("SubmissionAssigned", entity="power"))
    case, planned = told(a_fact("SubmissionTransferred", from_entity="power", entity="works", text=None), case=case)
    assert case.entity == "works"
    to_author = next(document for document in planned if document["channel"] == "mail" and "/" in document["recipient"])
    assert to_author["params"]["entity"] == "Entity works"
    assert to_author["params"]["from_entity"] == "Entity power"
    assert "text" not in to_author["params"]
    assert ("officer.one", "mail", "transferred-to-you") in brief(planned)


def test_what_the_author_wrote_is_in_no_notification() -> None:
    secret = "my own words"
    case, planned = told(received(text=secret), a_fact("SubmissionAssigned"), a_fact("InformationAdded", text=secret))
    assert ("officer.one", "mail", "information-added") in brief(planned)
    assert secret not in str(planned)
    assert secret not in str(case)


def test_an_answer_carries_its_text_to_the_author_alone() -> None:
    case, _ = told(received(), a_fact("SubmissionAssigned"))
    _, planned = told(a_fact("SubmissionAnswered", text="It is mended."), case=case)
    assert {document["recipient"] for document in planned} == {f"{A_SUBMISSION}/author", "citizen.maryam"}
    assert {document["params"]["text"] for document in planned} == {"It is mended."}


def test_an_answer_of_a_megabyte_is_no_event_and_the_longest_that_is_one_makes_a_small_mail() -> None:
    with pytest.raises(ValidationError):
        a_fact("SubmissionAnswered", text="x" * 1_000_000)
    case, _ = told(received())
    longest = "نعم 👍🏽\u202e" * 500
    _, planned = told(a_fact("SubmissionAnswered", text=longest), case=case)
    params = next(document["params"] for document in planned if document["audience"] == "author")
    assert params["text"] == longest
    mail = the_messages().render("answered", "ar", params, None, "https://tawasul.example/track/7K3MX-QPA42")
    assert len(mail.html) + len(mail.text) < 20_000


def test_an_appeal_is_told_to_the_central_office_and_its_reason_to_nobody() -> None:
    case, _ = told(received(), a_fact("SubmissionAssigned"))
    _, planned = told(a_fact("AppealFiled", reason="my own words"), case=case)
    assert {(each["recipient"], each["template"]) for each in planned} == {("central.triage", "appeal-filed")}
    assert "my own words" not in str(planned)


@pytest.mark.parametrize(
    ("decision", "to_state", "told_to"),
    [("upheld", "assigned", {"author", "in-charge"}), ("dismissed", "closed", {"author"})],
)
def test_what_became_of_an_appeal_is_told_once_with_the_reason(decision: str, to_state: str, told_to: set[str]) -> None:
    case, _ = told(received(), a_fact("SubmissionAssigned"))
    decided = a_fact("AppealDecided", from_state="appealed", to_state=to_state, decision=decision, text="We looked.")
    closed = a_fact("SubmissionClosed", from_state="appealed", to_state="closed", reason="appeal_dismissed")
    _, planned = told(decided, *([closed] if decision == "dismissed" else []), case=case)
    assert {each["audience"] for each in planned} == told_to
    assert {each["params"]["text"] for each in planned} == {"We looked."}
    mails = [each for each in planned if each["audience"] == "author" and each["channel"] == "mail"]
    assert [each["template"] for each in mails] == [f"appeal-{decision}"]


def test_an_imported_submission_tells_nobody_ever() -> None:
    _, planned = told(received(channel="import"), a_fact("SubmissionAssigned"), a_fact("DeadlineBreached"))
    assert planned == []


def test_mail_of_what_happened_more_than_a_day_ago_is_cancelled_and_the_inbox_still_shows_it() -> None:
    _, planned = told(received(), a_fact("SubmissionAnswered"), time=NOW - timedelta(hours=24, seconds=1))
    by_channel = {
        channel: {(document["state"], document.get("reason")) for document in planned if document["channel"] == channel}
        for channel in ("mail", "inbox")
    }
    assert by_channel == {"mail": {("cancelled", "too old")}, "inbox": {("delivered", None)}}
    assert all("next_at" not in document for document in planned)
    assert all("text" not in document["params"] for document in planned if document["channel"] == "mail")


def test_facts_before_their_submission_are_told_when_it_comes() -> None:
    shell, planned = told(a_fact("SubmissionAssigned"), a_fact("DeadlineApproaching"))
    assert planned == []
    case, planned = told(received(), case=shell)
    assert {document["template"] for document in planned} == {
        "received",
        "assigned",
        "assigned-to-you",
        "deadline-approaching",
    }
    assert case.entity == "works"
    assert case.state == "assigned"
    assert case.early == ()


def test_facts_before_an_imported_submission_are_told_to_nobody() -> None:
    shell, _ = told(a_fact("SubmissionAssigned"))
    _, planned = told(received(channel="import"), case=shell)
    assert planned == []


def test_an_erased_person_is_told_nothing_more_and_the_entity_still_is() -> None:
    case, _ = told(received(), a_fact("SubmissionAssigned"))
    case, _ = told(PersonErased(submission_id=A_SUBMISSION), case=case)
    _, planned = told(a_fact("SubmissionAnswered"), a_fact("DeadlineBreached"), case=case)
    assert {document["audience"] for document in planned} == {"in-charge", "head"}


def test_the_same_fact_planned_again_has_the_same_ids() -> None:
    event = an_event(received())
    first, second = (tell(None, event, a_directory(), the_table(), NOW).records for _ in range(2))
    assert [document["_id"] for _, document in first] == [document["_id"] for _, document in second]
    assert len({document["_id"] for _, document in first}) == 2


def test_what_tells_nobody_is_still_noted_in_the_case() -> None:
    case, _ = told(received(), a_fact("SubmissionAssigned"))
    _, planned = told(a_fact("DeadlineSet", policy="p", policy_version=1, calendar="c", calendar_version=1), case=case)
    assert planned == []


def test_a_notification_holds_no_address() -> None:
    _, planned = told(received(), a_fact("SubmissionAssigned"))
    assert "@" not in str([{**document, "correlation_id": ""} for document in planned])


def test_what_happens_while_an_officer_is_absent_is_told_to_the_deputy() -> None:
    directory = a_directory()
    today = NOW.date().isoformat()
    absent = [{"first_day": today, "last_day": today}]
    directory.apply(an_official("officer.one", deputies=["supervisor.works"], absences=absent))
    case, _ = told(received(author=None))
    _, planned = told(a_fact("SubmissionAssigned"), case=case, directory=directory)
    officials = {document["recipient"] for document in planned if document["recipient_kind"] == "official"}
    assert officials == {"supervisor.works", "officer.two"}


def test_of_what_is_confidential_only_those_hear_who_read_it_and_whoever_acts_for_them() -> None:
    directory, today = a_directory(), NOW.date().isoformat()
    absent = [{"first_day": today, "last_day": today}]
    directory.apply(an_official("officer.one", deputies=["officer.two"], absences=absent))
    case, _ = told(received(author=None), a_fact("ConfidentialityChanged", officials=("officer.one",), official="x"))
    _, planned = told(a_fact("SubmissionAssigned"), case=case, directory=directory)
    officials = {document["recipient"] for document in planned if document["recipient_kind"] == "official"}
    assert officials == {"officer.two"}
    open_again, _ = told(a_fact("ConfidentialityChanged", officials=(), official="x"), case=case)
    assert open_again.confided == ()


def test_of_what_is_confidential_the_head_hears_what_was_for_others_who_do_not_read_it() -> None:
    confided = a_fact("ConfidentialityChanged", officials=("officer.one",), official="x")
    case, _ = told(received(author=None, contact_expected=False), confided, a_fact("SubmissionAssigned"))
    climbing = a_fact("DeadlineEscalated", to_role="central")
    for fact in (climbing, a_fact("TriageRequested"), a_fact("AppealFiled"), a_fact("AnswerProposed")):
        _, planned = told(fact, case=case)
        officials = {document["recipient"] for document in planned if document["recipient_kind"] == "official"}
        assert officials == {"head.works"}, fact.type
    _, planned = told(a_fact("OfficialsMentioned", officials=("officer.two",), official="officer.one"), case=case)
    assert planned == [], "what concerns one person is nobody else's"


def test_who_is_mentioned_is_told_and_nobody_elses_desk_hears_of_it() -> None:
    case, _ = told(received())
    mentioned = ("head.works", "left.long.ago")
    _, planned = told(a_fact("OfficialsMentioned", officials=mentioned, official="officer.one"), case=case)
    assert brief(planned) == {("head.works", channel, "mentioned") for channel in ("mail", "inbox")}
    _, planned = told(a_fact("OfficialsMentioned", officials=("left.long.ago",), official="officer.one"), case=case)
    assert planned == []


def test_a_proposed_answer_is_told_to_the_supervisor_and_one_sent_back_to_who_wrote_it() -> None:
    case, _ = told(received())
    case, planned = told(a_fact("AnswerProposed"), case=case)
    assert {document["recipient"] for document in planned} == {"supervisor.works"}
    without = a_directory(an_official("supervisor.works", role="supervisor", active=False))
    _, planned = told(a_fact("AnswerProposed"), case=case, directory=without)
    assert {document["recipient"] for document in planned} == {"head.works"}
    _, planned = told(a_fact("AnswerSentBack", officials=("officer.two",)), case=case)
    assert {document["recipient"] for document in planned} == {"officer.two"}


@pytest.mark.parametrize(
    ("decision", "template"),
    [
        ("evaluating", "suggestion-evaluating"),
        ("accepted", "suggestion-accepted"),
        ("rejected", "suggestion-rejected"),
    ],
)
def test_what_becomes_of_a_suggestion_is_told_to_its_author_in_the_entitys_words(decision: str, template: str) -> None:
    case, _ = told(received(kind="suggestion"))
    fact = a_fact("SuggestionDecided", to_state=decision, decision=decision, text="We have looked.")
    _, planned = told(fact, case=case)
    assert {document["template"] for document in planned} == {template}
    assert {document["params"]["text"] for document in planned} == {"We have looked."}


def test_an_interim_reply_names_the_day_on_which_to_expect_the_answer() -> None:
    case, _ = told(received())
    _, planned = told(a_fact("InterimReplyGiven", text="It is ordered.", expected_at=NOW), case=case)
    assert {document["params"]["expected_at"] for document in planned} == {NOW}


def test_a_part_is_told_to_the_officials_who_have_it_and_to_no_author() -> None:
    part = a_fact("SubCaseReceived", to_state="assigned", reference="7K3MX-QPA42-1", kind="complaint", language="en")
    assigned = a_fact("SubmissionAssigned", to_state="assigned")
    case, planned = told(part, assigned)
    assert (case.reference, case.is_part) == ("7K3MX-QPA42-1", True)
    assert {document["template"] for document in planned} == {"assigned-to-you"}
    assert {document["audience"] for document in planned} == {"in-charge"}
    _, planned = told(a_fact("SubCaseTakenBack", to_state="withdrawn"), case=case)
    assert {document["template"] for document in planned} == {"part-taken-back"}
    _, planned = told(a_fact("SubCaseInformed", from_state="assigned", to_state="assigned"), case=case)
    assert {(each["template"], each["audience"]) for each in planned} == {("part-informed", "in-charge")}
    _, planned = told(received(), a_fact("SubCaseMoved", officials=("officer.two",)))
    assert brief([each for each in planned if each["audience"] == "named"]) == {
        ("officer.two", channel, "part-moved") for channel in ("mail", "inbox")
    }
    _, planned = told(received(), a_fact("SubCaseClosed"))
    assert {document["template"] for document in planned if document["audience"] == "named"} == {"part-answered"}
