"""Following a published submission: signed in or by mail, once each, and what is left of an address when it ends."""

from datetime import timedelta
from typing import Any

import pytest
from intake.erasure.commands import erase
from intake.followers import commands as followers
from intake.followers.commands import LAPSES_AFTER, MOST_FOLLOWERS, MOST_REQUESTS, ByMail, ask_by_mail, lapse
from intake.publication.commands import agree, hide
from intake.publication.model import Publication, PublicationState
from intake.submissions.contact_confirmation import Confirmation
from intake.submissions.errors import EnoughFollowers, LinkNotUsable, NotToBePublished
from intake.submissions.model import Erasure, Follower, Submission
from intake.submissions.tracking_secrets import TrackingKeys
from pydantic import SecretStr
from shared.events.contacts import ContactConfirmed, ContactRegistered
from shared.events.topics import CONTACTS
from shared.privacy.contacts import KeyRing
from shared.storage.aggregates import Decision

from tests.support.intake import CONTACT_KEY, NOON, TRACKING_KEYS, a_submission

ID = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"
YUSUF = "yusuf@citizens.example"
KEYS = TrackingKeys(TRACKING_KEYS)
RING = KeyRing(SecretStr(CONTACT_KEY))
CONTACT = KEYS.follower_ids(ID, YUSUF)[0]
CODE = KEYS.following(ID, CONTACT)
ERASED = [(CONTACTS, f"{ID}/{CONTACT}"), (CONTACTS, f"{ID}/{CONTACT}/confirmed")]


def public(*who: Follower, **changed: Any) -> Submission:
    """Published, and followed by these."""
    state = a_submission(publication=Publication(state=PublicationState.PUBLISHED, published_at=NOON), **changed)
    return followers._with(state, list(who))


def yusuf(confirmation: Confirmation | None = Confirmation.AWAITED) -> Follower:
    return Follower(subject=CONTACT, language="en", at=NOON, by_mail=True, confirmation=confirmation)


def asked(submission: Submission, is_to_confirm: bool = True) -> Decision[Submission] | None:
    who = ByMail(KEYS.follower_ids(ID, YUSUF), YUSUF, CODE, is_to_confirm)
    return ask_by_mail(ID, submission, who, "en", RING, NOON)


def followers_of(decision: Decision[Submission] | None) -> list[Follower]:
    assert decision is not None
    return decision.state.followers or []


def test_who_asks_by_mail_follows_once_the_reader_of_the_mail_has_said_so() -> None:
    first = asked(public())
    assert first is not None
    (added, registered) = (draft.data for draft in first.events)
    assert (added.type, added.model_dump()["follower"], added.model_dump()["contact_id"]) == (
        "FollowerAdded",
        CONTACT,
        CONTACT,
    )
    assert isinstance(registered, ContactRegistered)
    sealed = RING.open(registered.sealed, f"{ID}/{CONTACT}")
    assert (sealed.email, sealed.confirmation, sealed.secret) == (YUSUF, CODE, CODE)
    assert YUSUF not in first.state.model_dump_json(), "the address is the notifier's alone"
    assert (first.state.follower_count, first.state.request_open_since) == (0, NOON)

    decision = followers.confirm(ID, first.state, CONTACT)
    assert decision is not None
    assert [draft.data for draft in decision.events] == [ContactConfirmed(submission_id=ID, contact_id=CONTACT)]
    assert (decision.state.follower_count, decision.state.request_open_since) == (1, None)
    assert followers.confirm(ID, decision.state, CONTACT) is None, "a second click"


@pytest.mark.parametrize("before", [*Confirmation, None])
def test_whoever_types_an_address_again_sends_it_no_second_mail(before: Confirmation | None) -> None:
    assert asked(public(yusuf(before))) is None


def test_an_address_is_the_same_however_it_is_written_and_another_with_every_submission() -> None:
    assert KEYS.follower_ids(ID, YUSUF) == KEYS.follower_ids(ID, YUSUF.upper())
    assert not set(KEYS.follower_ids(ID, YUSUF)) & set(KEYS.follower_ids(ID.replace("0", "1"), YUSUF))
    newer = TrackingKeys(f"{TRACKING_KEYS},2:{'a' * 40}")
    assert newer.follower_ids(ID, YUSUF)[1] == CONTACT, "known under the key of before, too"
    assert newer.follows(CODE, ID, CONTACT)
    assert not newer.follows(CODE, ID, "follower-of-another")
    assert not newer.follows(KEYS.secret(ID), ID, CONTACT)


def test_who_is_signed_in_with_this_address_need_not_confirm_it() -> None:
    at_once = asked(public(), is_to_confirm=False)
    assert [(each.follows, each.confirmation) for each in followers_of(at_once)] == [(True, None)]
    asked_before = asked(public(yusuf()), is_to_confirm=False)
    assert asked_before is not None
    assert [draft.data.type for draft in asked_before.events] == ["ContactConfirmed"]
    refused_before = asked(public(yusuf(Confirmation.REFUSED)), is_to_confirm=False)
    assert [each.follows for each in followers_of(refused_before)] == [True]


def test_not_me_erases_the_address_and_is_remembered_so_that_nobody_is_asked_again() -> None:
    decision = followers.stop(ID, public(yusuf()), CONTACT)
    assert decision is not None
    assert ([draft.data.type for draft in decision.events], decision.tombstones) == (["FollowerRemoved"], ERASED)
    assert [each.confirmation for each in followers_of(decision)] == [Confirmation.REFUSED]
    assert asked(decision.state) is None
    with pytest.raises(LinkNotUsable):
        followers.confirm(ID, decision.state, CONTACT)


def test_who_stops_leaves_nothing_and_may_come_back() -> None:
    decision = followers.stop(ID, public(yusuf(Confirmation.CONFIRMED)), CONTACT)
    assert decision is not None
    assert (decision.state.followers, decision.tombstones) == (None, ERASED)
    assert followers.stop(ID, decision.state, CONTACT) is None
    assert asked(decision.state) is not None


def test_a_request_that_nobody_confirms_lapses_with_its_address() -> None:
    confirmed = yusuf(Confirmation.CONFIRMED).model_copy(update={"subject": "follower-another"})
    submission = public(yusuf(), confirmed)
    assert lapse(ID, submission, NOON + LAPSES_AFTER - timedelta(seconds=1)) is None
    decision = lapse(ID, submission, NOON + LAPSES_AFTER)
    assert decision is not None
    assert (decision.state.followers, decision.tombstones) == ([confirmed], ERASED)
    assert decision.state.request_open_since is None


def test_there_is_an_end_of_followers_and_of_requests() -> None:
    def many(count: int, confirmation: Confirmation) -> list[Follower]:
        return [yusuf(confirmation).model_copy(update={"subject": f"follower-{each}"}) for each in range(count)]

    for full in (many(MOST_FOLLOWERS, Confirmation.CONFIRMED), many(MOST_REQUESTS, Confirmation.REFUSED)):
        with pytest.raises(EnoughFollowers):
            asked(public(*full))
    with pytest.raises(EnoughFollowers):
        followers.follow(ID, public(*many(MOST_FOLLOWERS, Confirmation.CONFIRMED)), "citizen.layla", "ar", NOON)
    requests = public(*many(MOST_REQUESTS, Confirmation.AWAITED))
    assert followers.follow(ID, requests, "citizen.layla", "ar", NOON), "requests of strangers lock nobody out"


@pytest.mark.parametrize("confirmation", [*Confirmation, None])
def test_one_that_is_full_does_not_tell_whether_an_address_is_among_its_followers(
    confirmation: Confirmation | None,
) -> None:
    others = [yusuf(Confirmation.REFUSED).model_copy(update={"subject": f"follower-{n}"}) for n in range(MOST_REQUESTS)]
    with pytest.raises(EnoughFollowers):
        asked(public(*others, yusuf(confirmation)))


def test_only_what_is_published_is_followed() -> None:
    with pytest.raises(NotToBePublished):
        asked(a_submission())


@pytest.mark.parametrize(
    "end",
    [
        lambda submission: hide(ID, submission, "mod", "names a person", NOON),
        lambda submission: agree(ID, submission, False, NOON),
        lambda submission: erase(ID, submission, Erasure(at=NOON, by="citizen", reason="asked"), NOON),
    ],
    ids=["hidden", "taken back", "its author erased"],
)
def test_what_is_not_public_any_more_keeps_no_address_of_who_followed_it(end: Any) -> None:
    decision = end(public(yusuf(), Follower(subject="citizen.layla", language="ar", at=NOON)))
    assert (decision.state.followers, decision.state.request_open_since) == (None, None)
    assert [each for each in decision.tombstones if CONTACT in each[1]] == ERASED
    assert not any("layla" in key for _, key in decision.tombstones)
