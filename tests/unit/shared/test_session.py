"""The session cookie: what it holds, and everything that must not be taken for one."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shared.events.model import Role
from shared.http.auth import caller_of
from shared.http.session_cookie import (
    LARGEST_COOKIE,
    SCOPES_KEPT,
    Session,
    SessionKeys,
    Unreadable,
    cookie_name,
    mail_mark,
)

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def a_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


OLD, NEW = a_key(), a_key()

MARYAM = Session(
    id="5f" * 32,
    subject="officer.works",
    name="مريم الخليفي",
    roles=frozenset({Role.OFFICER, Role.HEAD}),
    entity="works",
    scope=("0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11",),
    expires_at=NOON,
)


def test_what_is_written_is_read() -> None:
    keys = SessionKeys(NEW)
    assert keys.read(keys.write(MARYAM)) == MARYAM
    by_link = replace(MARYAM, subject=None, name="", roles=frozenset(), entity=None)
    assert keys.read(keys.write(by_link)) == by_link


def test_a_person_has_the_same_mark_in_every_session_and_nobody_has_none() -> None:
    assert replace(MARYAM, id="0a" * 32).person_mark == MARYAM.person_mark != ""
    assert replace(MARYAM, subject="officer.roads").person_mark != MARYAM.person_mark
    assert replace(MARYAM, subject=None).person_mark == ""


def test_the_mark_of_an_address_is_in_it_and_the_address_is_not() -> None:
    keys = SessionKeys(NEW)
    marked = replace(MARYAM, mail_mark=mail_mark("Maryam@Citizens.example "))
    assert keys.read(keys.write(marked)).mail_mark == mail_mark("maryam@citizens.example")
    assert "maryam@" not in str(vars(marked))


@pytest.mark.parametrize(
    ("claims", "reads"),
    [
        ({"email": "Maryam@citizens.example", "email_verified": True}, True),
        ({"email": "maryam@citizens.example"}, False),
        ({"email": "maryam@citizens.example", "email_verified": False}, False),
        ({"email": "maryam@citizens.example", "email_verified": "false"}, False),
        ({"email": "other@citizens.example", "email_verified": True}, False),
        ({"email_verified": True}, False),
    ],
)
def test_an_address_is_a_persons_own_where_the_provider_says_that_it_is_verified(
    claims: dict[str, Any], reads: bool
) -> None:
    caller = caller_of({"sub": "citizen.maryam", **claims})
    assert caller.reads("maryam@citizens.example") is reads
    assert not caller.reads(None)


def test_nothing_of_it_can_be_seen() -> None:
    cookie = SessionKeys(NEW).write(MARYAM)
    seen = b"".join(urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in cookie.split("."))
    assert b"works" not in seen
    assert MARYAM.id.encode() not in seen


def test_it_ends_with_its_last_second() -> None:
    assert not MARYAM.is_expired(NOON - timedelta(seconds=1))
    assert MARYAM.is_expired(NOON)


def test_an_expired_one_can_still_be_read() -> None:
    keys = SessionKeys(NEW)
    long_ago = replace(MARYAM, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert keys.read(keys.write(long_ago)).is_expired(NOON)


def test_keys_rotate_without_a_stop() -> None:
    before, between, after = SessionKeys(OLD), SessionKeys(f"{NEW},{OLD}"), SessionKeys(NEW)
    assert between.read(before.write(MARYAM)) == MARYAM
    assert after.read(between.write(MARYAM)) == MARYAM
    with pytest.raises(Unreadable):
        after.read(before.write(MARYAM))


def test_a_cookie_of_another_key_is_unreadable_also_under_our_keys_name() -> None:
    ours, theirs = SessionKeys(NEW).write(MARYAM), SessionKeys(OLD).write(MARYAM)
    with pytest.raises(Unreadable):
        SessionKeys(NEW).read(theirs)
    with pytest.raises(Unreadable):
        SessionKeys(NEW).read(".".join([ours.split(".")[0], *theirs.split(".")[1:]]))


@pytest.mark.parametrize("part", range(5))
def test_every_changed_letter_shows(part: int) -> None:
    keys = SessionKeys(NEW)
    parts = keys.write(MARYAM).split(".")
    first = parts[part][:1]
    parts[part] = ("B" if first != "B" else "C") + parts[part][1:]
    with pytest.raises(Unreadable):
        keys.read(".".join(parts))


@pytest.mark.parametrize(
    "value", ["", ".", "....", "e30....", "x" * 100, "a.b.c", "ÿ.b.c.d.e", "eyJhbGciOiJub25lIn0.e30.", "{}"]
)
def test_what_is_no_cookie_of_ours_is_unreadable(value: str) -> None:
    with pytest.raises(Unreadable):
        SessionKeys(NEW).read(value)


def test_what_was_sealed_for_another_use_is_no_session() -> None:
    keys = SessionKeys(NEW)
    with pytest.raises(Unreadable):
        keys.read(keys.seal("sign-in", {"sid": "x", "sub": "administrator", "roles": ["administrator"]}))
    with pytest.raises(Unreadable):
        keys.open("sign-in", keys.write(MARYAM))
    with pytest.raises(Unreadable):
        keys.read(keys.seal("session", {"sid": "x"}))


def test_long_names_and_many_links_still_fit_into_a_cookie() -> None:
    crowded = replace(MARYAM, name="م" * 5_000, scope=tuple(f"{n:036}" for n in range(100)))
    keys = SessionKeys(NEW)
    read = keys.read(keys.write(crowded))
    assert read.scope == crowded.scope[-SCOPES_KEPT:]
    assert len(keys.write(crowded)) <= LARGEST_COOKIE


def test_one_that_browsers_would_drop_is_neither_written_nor_read() -> None:
    keys = SessionKeys(NEW)
    with pytest.raises(ValueError, match="does not fit"):
        keys.write(replace(MARYAM, entity="e" * 4_000))
    with pytest.raises(Unreadable):
        keys.read("a" * (LARGEST_COOKIE + 1))


def test_the_form_token_belongs_to_the_session_and_outlives_its_cookies() -> None:
    renewed = replace(MARYAM, expires_at=NOON + timedelta(minutes=15))
    assert renewed.form_token == MARYAM.form_token
    assert replace(MARYAM, id="60" * 32).form_token != MARYAM.form_token


@pytest.mark.parametrize("keys", ["", " , ", "c2hvcnQ", "c2hvcnQ="])
def test_a_ring_without_good_keys_is_refused_at_the_start(keys: str) -> None:
    with pytest.raises(ValueError, match="session key"):
        SessionKeys(keys)


def test_with_tls_the_name_binds_it_to_this_host() -> None:
    assert (cookie_name(True), cookie_name(False)) == ("__Host-tawasul", "tawasul")
