"""The readers of a confidential case are stored with its clock; no due time depends on them."""

from sla_monitor.operations.rebuild import differences, rebuilt
from sla_monitor.timekeeping.model import read_clock

from tests.support.new_rules import S, a_life_with_the_entity
from tests.support.sla_monitor import HOUR, SUNDAY, confidential


def test_confidentiality_is_kept_and_moves_nothing() -> None:
    life = a_life_with_the_entity()
    before = life.record
    assert before is not None
    for readers, confided in ((("officer",), ("officer",)), ((), None)):
        assert life.hear(confidential(S, *readers), SUNDAY + HOUR) == []
        assert life.record is not None
        assert life.record.standing == before.standing.model_copy(update={"confided": confided})  # type: ignore[union-attr]
        assert (life.record.next_at, life.record.counted) == (before.next_at, before.counted)
        again = rebuilt(S, life.record, life.reference, SUNDAY + HOUR)
        assert list(differences(S, life.record, again)) == []


def test_what_a_version_before_wrote_back_without_its_readers_is_the_heads_alone() -> None:
    life = a_life_with_the_entity()
    life.hear(confidential(S, "officer"), SUNDAY + HOUR)
    assert life.record is not None
    facts = [fact.model_copy(update={"officials": None}) for fact in life.record.facts]
    clock = read_clock(facts, life.reference.rules(), SUNDAY + HOUR)
    assert clock is not None
    assert clock.confided == ()
