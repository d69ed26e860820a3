"""The abuse list finds matches, and a held submission keeps its events until a moderator decides."""

from datetime import timedelta

import pytest
from intake.abuse.commands import held_where_watched, reject, release
from intake.abuse.entries import stop_watching, watch_for
from intake.abuse.hold import Hold
from intake.abuse.model import MOST_ENTRIES, AbuseList, Entry, Sign, Watch, spelled
from intake.submissions.errors import ListIsFull, NotHeld, NothingOfThisKind, NotPossible
from intake.submissions.life import Status
from intake.tracking.commands import withdraw
from shared.privacy.contacts import Contact
from shared.storage.aggregates import Decision

from tests.support.intake import NOON, a_submission

ID = "62bd9044-4c57-46c7-a52b-a3af391c6db0"
SIGNS = [(Sign.MAIL, "Spam@Mail.example"), (Sign.DOMAIN, "throwaway.example"), (Sign.PHONE, "+973 1700 0001")]
SIGNS += [(Sign.PHRASE, "ربح سريع"), (Sign.PHRASE, "buy pills")]


def a_list() -> AbuseList:
    current = AbuseList()
    for sign, value in SIGNS:
        decided = watch_for(current, sign, value, "floods us", "central.one", NOON)
        assert decided is not None
        current = decided.state
    return current


@pytest.mark.parametrize(
    ("text", "email", "phone", "found"),
    [
        ("The lamp is out.", None, None, []),
        ("The lamp is out.", "spam@mail.example", None, [0]),
        ("The lamp is out.", "other@mail.example", None, []),
        ("The lamp is out.", "a@throwaway.example", None, [1]),
        ("The lamp is out.", "a@deep.THROWAWAY.example", None, [1]),
        ("The lamp is out.", "a@notthrowaway.example", None, []),
        ("The lamp is out.", None, "17000001", [2]),
        ("The lamp is out.", None, "00973-17000001", [2]),
        ("والرِّبحُ سريعٌ جدًا", None, None, [3]),
        ("BUY  pills!", "spam@mail.example", None, [0, 4]),
        ("pills to buy", None, None, []),
    ],
)
def test_the_list_finds_what_is_on_it_however_it_is_written(
    text: str, email: str | None, phone: str | None, found: list[int]
) -> None:
    entries = a_list().entries
    assert Watch(entries).matches(text, email, phone) == [entries[number].id for number in found]


def test_an_empty_list_says_so() -> None:
    assert Watch().is_empty
    assert not Watch(a_list().entries).is_empty


@pytest.mark.parametrize(
    ("sign", "value"), [("mail", "no address"), ("domain", "a@b.example"), ("phone", "12"), ("phrase", "!!!")]
)
def test_what_is_nothing_of_its_kind_is_refused(sign: str, value: str) -> None:
    assert spelled(Sign(sign), value) is None
    with pytest.raises(NothingOfThisKind):
        watch_for(AbuseList(), Sign(sign), value, "why", "central.one", NOON)


def test_nothing_stands_on_the_list_twice_and_the_list_has_an_end() -> None:
    current = a_list()
    assert watch_for(current, Sign.MAIL, "SPAM@mail.example", "again", "central.two", NOON) is None
    one = current.entries[0]
    left = stop_watching(current, one.id)
    assert left is not None
    assert one not in left.state.entries
    assert stop_watching(left.state, one.id) is None
    many = [Entry(id=str(n), sign=Sign.MAIL, value=str(n), reason="r", by="b", at=NOON) for n in range(MOST_ENTRIES)]
    with pytest.raises(ListIsFull):
        watch_for(AbuseList(entries=many), Sign.DOMAIN, "x.example", "r", "b", NOON)


def test_what_is_not_watched_for_goes_on_untouched() -> None:
    decision = withdraw(ID, a_submission(text="A lamp."), None, NOON)
    assert held_where_watched(decision, Watch(a_list().entries), None, NOON) is decision


def test_a_released_one_says_what_it_kept_back_in_its_order() -> None:
    first = withdraw(ID, a_submission(text="buy pills"), None, NOON)
    watch = Watch(a_list().entries)
    held = held_where_watched(first, watch, Contact(email="spam@mail.example"), NOON)
    assert held.events == []
    assert held.state.is_held
    released = release(ID, held.state, "central.one", "a real report", NOON + timedelta(hours=1))
    assert [(draft.data, draft.id) for draft in released.events] == [(draft.data, draft.id) for draft in first.events]
    hold = released.state.hold
    assert hold is not None
    assert (hold.is_open, hold.waiting, hold.decision, hold.reason) == (False, [], "released", "a real report")
    with pytest.raises(NotHeld):
        reject(ID, released.state, "central.one", "late", NOON)


def test_a_rejected_one_ends_with_a_reason_and_nobody_else_hears_of_it() -> None:
    decision = reject(ID, a_submission(hold=Hold(at=NOON, entries=["e"])), "central.one", "an advertisement", NOON)
    assert isinstance(decision, Decision)
    assert (decision.state.status, decision.events) == (Status.DECLINED, ())
    assert decision.state.timeline[-1].text == "an advertisement"
    with pytest.raises(NotPossible):
        reject(ID, a_submission(Status.WITHDRAWN, hold=Hold(at=NOON, entries=["e"])), "central.one", "r", NOON)
