"""Preferences of people: a wish for less is heard, and every choice is kept with how it was made."""

import pytest
from notifier.channels import Message
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.contacts.store import StoredContact
from notifier.notifications.outcomes import Outcome
from notifier.preferences.choices import Chosen
from notifier.preferences.model import CONSENTS_KEPT, Preferences, Way, Wishes
from notifier.preferences.pages import read_form
from notifier.preferences.words import EVENTS as EVENT_WORDS
from notifier.sending.addressing import UnreadablePreferences
from pydantic import ValidationError

from tests.support.notifier import (
    A_SUBMISSION,
    NOW,
    a_contact,
    a_notification,
    the_book,
    the_table,
    the_writer,
)

KEY = f"{A_SUBMISSION}/author"
OFFERED = the_table().choices(by_sms=True, by_push=False)
IDS = {"entity": "works", "category": "roads"}
PARAMS = {"reference": "7K3MX-QPA42", "kind": "complaint", "entity": "Entity works", "ids": IDS}


def chose(**ways: Way) -> Preferences:
    """`progress_mail="off"`"""
    choices: dict[str, dict[str, Way]] = {}
    for name, way in ways.items():
        matter, _, channel = name.partition("_")
        choices.setdefault(matter, {})[channel] = way
    return Preferences(choices=choices)


def addressed(*chosen: Preferences, phone: str | None = None, **changed: object) -> Message | Outcome:
    known = {"template": "answered", "matter": "decision", "otherwise": "sms", "params": PARAMS}
    notification = a_notification(**known | changed)
    contact = StoredContact(KEY, a_contact(phone=phone).sealed)
    return the_writer("BH").write(
        notification, RecipientFacts({KEY: contact}, {}, {notification.id: Wishes(chosen)}), NOW
    )


def test_what_is_switched_off_is_not_told_and_what_is_mandatory_is() -> None:
    off = addressed(chose(decision_mail="off"))
    assert isinstance(off, Outcome)
    assert (off.state, off.reason) == ("cancelled", "switched off")
    assert isinstance(addressed(chose(progress_mail="off")), Message)
    assert isinstance(addressed(chose(decision_mail="off"), mandatory=True), Message)


def test_it_goes_by_the_other_channel_where_that_one_is_wanted() -> None:
    other = addressed(chose(decision_mail="off"), phone="36001234")
    assert isinstance(other, Outcome)
    assert (other.channel, other.reason) == ("sms", "switched off")
    neither = addressed(chose(decision_mail="off", decision_sms="off"), phone="36001234")
    assert isinstance(neither, Outcome)
    assert neither.state == "cancelled"


def test_of_a_person_and_an_address_whoever_wants_less_is_heard() -> None:
    for chosen in ((chose(), chose(decision_mail="off")), (chose(decision_mail="off"), chose())):
        assert isinstance(addressed(*chosen), Outcome)
    wishes = Wishes((Preferences(language="ar"), Preferences(language="en", zone="Europe/Berlin")))
    assert (wishes.language, wishes.zone) == ("ar", "Europe/Berlin")


def test_what_somebody_chose_and_we_cannot_read_is_told_later_and_never_on_a_guess() -> None:
    notification, contact = a_notification(), StoredContact(KEY, a_contact().sealed)
    known = RecipientFacts({KEY: contact}, {}, {notification.id: Wishes(readable=False)})
    with pytest.raises(UnreadablePreferences):
        the_writer().write(notification, known, NOW)
    assert not the_book().would_go(notification, known, NOW)


def test_a_language_that_was_chosen_is_spoken_with_the_names_in_it() -> None:
    mail = addressed(Preferences(language="ar"))
    assert isinstance(mail, Message)
    assert mail.language == "ar"
    assert "جهة works" in mail.subject


def test_every_choice_is_kept_with_when_where_and_what() -> None:
    before = Preferences()
    after = before.agreed(chose(progress_mail="off"), NOW, "link", "preferences 1", "ar")
    assert after is not None
    (consent,) = after.consents
    assert consent.model_dump() == {
        "at": NOW,
        "by": "link",
        "page": "preferences 1",
        "language": "ar",
        "chosen": {"progress/mail": "off"},
    }
    assert after.agreed(after, NOW, "link", "preferences 1", "ar") is None, "the same again is no choice"
    for turn in range(CONSENTS_KEPT + 5):
        turned = after.agreed(after.model_copy(update={"stopped": turn % 2 == 0}), NOW, "one-click", "", "")
        assert turned is not None
        after = turned
    assert len(after.consents) == CONSENTS_KEPT
    assert after.consents[-1].chosen == {"all": "stopped"}


def test_what_is_offered_follows_from_the_table() -> None:
    assert OFFERED["question"] == {"mail": False, "sms": False}, "mandatory"
    assert OFFERED["decision"] == {"mail": True, "sms": True}
    assert OFFERED["progress"] == {"mail": True}
    assert the_table().choices(by_sms=False, by_push=False)["decision"] == {"mail": True}


def test_only_what_is_offered_is_taken_and_the_rest_stays_as_it_was() -> None:
    sent = Chosen.model_validate({"choices": {"question": {"mail": "off"}, "progress": {"mail": "off", "owl": "off"}}})
    before = chose(assignment_mail="off", decision_mail="off")
    offered = {matter: OFFERED[matter] for matter in ("question", "progress", "decision")}
    assert sent.upon(before, offered, {}).choices == {"assignment": {"mail": "off"}, "progress": {"mail": "off"}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"choices": {"nonsense": {"mail": "off"}}},
        {"choices": {"progress": {"mail": "sometimes"}}},
        {"choices": {"progress": {f"c{n}": "off" for n in range(11)}}},
        {"zone": "Mars/Olympus"},
        {"quiet": {"start": "06:00", "end": "22:00"}},
        {"language": "fr"},
    ],
)
def test_what_nobody_can_choose_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Chosen.model_validate(wrong)


def test_a_box_that_is_not_ticked_is_a_no() -> None:
    chosen = read_form({"progress-mail": "yes", "assignment-mail": "yes", "breach-mail": "off"}, OFFERED, {})
    assert chosen.choices["progress"]["mail"] == "now"
    assert chosen.choices["decision"] == {"mail": "off", "sms": "off"}
    assert chosen.choices["assignment"]["mail"] == "now"
    assert "breach" not in chosen.choices
    assert read_form({"quiet": "never"}, OFFERED, {}).quiet is not None
    assert read_form({"quiet": "", "quiet-start": "21:00", "quiet-end": "07:00"}, OFFERED, {}).quiet is None


EVENTS = the_table().event_choices(by_sms=True, by_push=False)


def of_events(**matters: dict[str, dict[str, Way]]) -> Chosen:
    return Chosen.model_validate({"events": matters})


def test_single_events_are_offered_of_matters_that_have_several_with_words_for_each() -> None:
    assert "receipt" not in EVENTS
    assert "closing" not in EVENTS
    assert EVENTS["progress"]["SubmissionTransferred"] == {"mail": True}
    assert EVENTS["question"]["InformationRequested"] == {"mail": False, "sms": False}, "mandatory"
    assert "AttachmentsAdded" not in EVENTS.get("reply", {}), "it comes into the inbox alone"
    pushed = the_table().event_choices(by_sms=False, by_push=True)
    assert pushed["reply"]["AttachmentsAdded"] == {"push": True}
    assert {event for events in pushed.values() for event in events} <= EVENT_WORDS.keys()


def test_what_is_chosen_for_an_event_holds_for_it_alone_whatever_holds_for_its_matter() -> None:
    off = of_events(decision={"SubmissionDeclined": {"mail": "off"}}).upon(Preferences(), OFFERED, EVENTS)
    assert isinstance(addressed(off, about="SubmissionDeclined"), Outcome)
    assert isinstance(addressed(off, about="SubmissionAnswered"), Message)

    only = {"choices": {"decision": {"mail": "off"}}, "events": {"decision": {"SubmissionAnswered": {"mail": "now"}}}}
    answers_alone = Chosen.model_validate(only).upon(Preferences(), OFFERED, EVENTS)
    assert isinstance(addressed(answers_alone, about="SubmissionAnswered"), Message)
    assert isinstance(addressed(answers_alone, about="AppealDecided"), Outcome)
    assert isinstance(addressed(answers_alone, about="AppealDecided", mandatory=True), Message)
    other = addressed(off, about="SubmissionDeclined", phone="36001234")
    assert isinstance(other, Outcome)
    assert (other.channel, other.reason) == ("sms", "switched off")
    gathered = Preferences(events={"assignment": {"SubCaseClosed": {"mail": "daily"}}})
    assert gathered.way("assignment", "SubCaseClosed", "mail") == "daily"
    assert Wishes((gathered, Preferences())).way("assignment", "SubmissionAssigned", "mail") == "now"


def test_events_are_kept_where_nothing_is_said_of_them_and_given_up_where_all_is() -> None:
    before = of_events(progress={"SubmissionMerged": {"mail": "off"}}).upon(Preferences(), OFFERED, EVENTS)
    assert Chosen().upon(before, OFFERED, EVENTS).events == before.events, "of who knows matters alone"
    assert of_events().upon(before, OFFERED, EVENTS).events == {}
    assert of_events().upon(before, OFFERED, {}).events == before.events, "not offered"
    mandatory = of_events(question={"InformationRequested": {"mail": "off"}}, progress={"NoSuch": {"mail": "off"}})
    assert mandatory.upon(Preferences(), OFFERED, EVENTS).events == {}
    consented = before.agreed(of_events().upon(before, OFFERED, EVENTS), NOW, "session", "preferences 4", "ar")
    assert consented is not None
    assert consented.consents[-1].chosen == {"progress/SubmissionMerged/mail": ""}


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonsense": {"SubmissionMerged": {"mail": "off"}}},
        {"progress": {"SubmissionMerged": {"mail": "daily"}}},
        {"assignment": {"SubCaseClosed": {"push": "daily"}}},
        {"progress": {"a b": {"mail": "off"}}},
        {"progress": {f"E{'x' * n}": {"mail": "off"} for n in range(101)}},
        {"progress": {"SubmissionMerged": {f"c{n}": "off" for n in range(11)}}},
    ],
)
def test_of_events_as_well_nobody_chooses_what_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Chosen.model_validate({"events": wrong})


def test_of_a_form_an_event_is_as_its_matter_unless_something_is_chosen_for_it() -> None:
    merged, moved = "progress-SubmissionMerged-mail", "progress-SubmissionTransferred-mail"
    form = {"progress-mail": "yes", merged: "off", moved: "", "question-InformationRequested-mail": "off"}
    chosen = read_form(form, OFFERED, EVENTS)
    assert chosen.upon(Preferences(), OFFERED, EVENTS).events == {"progress": {"SubmissionMerged": {"mail": "off"}}}
    assert read_form({moved: ""}, OFFERED, EVENTS).events == {}
    assert read_form({"progress-mail": "yes"}, OFFERED, EVENTS).events is None, "a page of before asks for none"
