"""Whatever is done to an audit trail afterwards shows, and the first broken record is named."""

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from shared.privacy.audit_chain import Entry, hash_of, origin_of_chain, signature_of, verify

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY, OTHER_KEY = secrets.token_bytes(32), secrets.token_bytes(32)


def a_chain(name: str, length: int) -> list[Entry]:
    previous, records = origin_of_chain(name), []
    for sequence in range(1, length + 1):
        record: Entry = {
            "chain": name,
            "sequence": sequence,
            "previous": previous,
            "at": NOON + timedelta(seconds=sequence),
            "who": {"subject": "officer.works", "roles": ["officer"], "entity": "works"},
            "action": "read",
            "things": [f"{name}-{sequence}"],
            "from": None,
        }
        record["hash"] = previous = hash_of(record)
        records.append(record)
    return records


def sealed(*states: dict[str, list[Entry]], key: bytes = KEY) -> list[Entry]:
    """A seal for each state of the chains, naming their last records."""
    previous, seals = origin_of_chain("seals"), []
    for number, chains in enumerate(states, start=1):
        heads = {name: {"sequence": chain[-1]["sequence"], "hash": chain[-1]["hash"]} for name, chain in chains.items()}
        seal: Entry = {"number": number, "at": NOON, "heads": heads, "previous": previous}
        seal["hash"] = previous = hash_of(seal)
        seal["signature"] = signature_of(seal["hash"], key)
        seals.append(seal)
    return seals


def a_trail() -> tuple[list[Entry], list[Entry]]:
    """Two processes, two seals; the last record of `b` came after the second seal."""
    a, b = a_chain("a", 5), a_chain("b", 4)
    return [*a, *b], sealed({"a": a[:2], "b": b[:1]}, {"a": a, "b": b[:3]})


def record(records: list[Entry], chain: str, sequence: int) -> Entry:
    return next(entry for entry in records if (entry["chain"], entry["sequence"]) == (chain, sequence))


def remade(records: list[Entry], chain: str) -> None:
    """As somebody would who knows how hashes are made: every later hash made anew."""
    previous = origin_of_chain(chain)
    for entry in sorted((r for r in records if r["chain"] == chain), key=lambda r: int(r["sequence"])):
        entry["previous"] = previous
        entry["hash"] = previous = hash_of(entry)


def test_an_untouched_trail_is_whole() -> None:
    verdict = verify(*a_trail(), keys=[KEY])
    assert verdict.faults == []
    assert (verdict.records, verdict.seals, verdict.chains, verdict.unsealed) == (9, 2, 2, 1)


def test_the_order_of_an_export_does_not_matter_nor_how_it_writes_times() -> None:
    records, seals = a_trail()
    exported = json.loads(json.dumps([records, seals], default=lambda at: at.isoformat(timespec="milliseconds")))
    assert verify(reversed(exported[0]), reversed(exported[1]), keys=[KEY]).faults == []


def test_an_empty_trail_is_whole() -> None:
    assert verify([], []).faults == []


@pytest.mark.parametrize("sequence", range(1, 6))
def test_a_changed_record_is_named(sequence: int) -> None:
    records, seals = a_trail()
    record(records, "a", sequence)["who"]["subject"] = "somebody.else"
    assert verify(records, seals).faults[0] == f"record {sequence} of a was changed"


@pytest.mark.parametrize("field", ["at", "action", "things", "from", "previous", "chain"])
def test_every_field_counts(field: str) -> None:
    records, seals = a_trail()
    record(records, "a", 3)[field] = "changed"
    assert verify(records, seals).faults


@pytest.mark.parametrize("sequence", range(1, 5))
def test_a_deleted_record_is_named(sequence: int) -> None:
    records, seals = a_trail()
    records.remove(record(records, "a", sequence))
    assert verify(records, seals).faults[0] == f"record {sequence} of a is missing"


def test_records_that_changed_places_are_found() -> None:
    records, seals = a_trail()
    second, third = record(records, "a", 2), record(records, "a", 3)
    second["sequence"], third["sequence"] = 3, 2
    assert verify(records, seals).faults[0] == "record 2 of a does not follow the one before it"


def test_a_record_that_is_put_in_between_is_found() -> None:
    records, seals = a_trail()
    records.append(dict(record(records, "a", 2), things=["other"]))
    assert verify(records, seals).faults


@pytest.mark.parametrize(("chain", "kept"), [("a", 4), ("a", 1), ("a", 0), ("b", 2)])
def test_a_chain_that_was_cut_at_its_end_is_found(chain: str, kept: int) -> None:
    records, seals = a_trail()
    left = [entry for entry in records if entry["chain"] != chain or entry["sequence"] <= kept]
    assert f"{chain} ends before record" in verify(left, seals).faults[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda records: record(records, "a", 2)["who"].update(subject="somebody.else"),
        lambda records: records.remove(record(records, "a", 5)),
    ],
)
def test_who_makes_every_hash_anew_is_found_by_the_seals(change: Callable[[list[Entry]], None]) -> None:
    records, seals = a_trail()
    change(records)
    remade(records, "a")
    assert "which seal" in verify(records, seals).faults[0] or "that seal" in verify(records, seals).faults[0]


def test_who_makes_the_seals_anew_too_lacks_the_key() -> None:
    records, _ = a_trail()
    record(records, "a", 2)["who"]["subject"] = "somebody.else"
    remade(records, "a")
    chains = {name: [entry for entry in records if entry["chain"] == name] for name in ("a", "b")}
    forged = sealed(chains, key=OTHER_KEY)
    assert verify(records, forged, keys=[KEY]).faults == ["seal 1 is not signed with a key of ours"]
    assert verify(records, forged, keys=[OTHER_KEY, KEY]).faults == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_changed_seal_is_named(number: int) -> None:
    records, seals = a_trail()
    seals[number - 1]["heads"].pop("a")
    assert verify(records, seals).faults == [f"seal {number} of seals was changed"]


def test_a_deleted_seal_is_named() -> None:
    records, seals = a_trail()
    assert verify(records, seals[1:]).faults == ["seal 1 of seals is missing"]


def test_a_trail_cut_with_its_last_seals_lacks_the_one_that_a_log_names() -> None:
    records, seals = a_trail()
    left = [entry for entry in records if entry["sequence"] <= {"a": 2, "b": 1}[entry["chain"]]]
    assert verify(left, seals[:1], keys=[KEY]).faults == []
    cut = verify(left, seals[:1], keys=[KEY], expected=seals[1]["hash"])
    assert "is missing" in cut.faults[0]
