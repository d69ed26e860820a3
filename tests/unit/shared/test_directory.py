"""Officials are found by their entity, wherever they were before."""

from shared.directory import Directory
from shared.events.model import Role

from tests.support.notifier import an_official


def test_an_official_who_moves_is_found_at_the_new_entity_alone() -> None:
    directory = Directory()
    for change in (an_official("b", "works"), an_official("a", "works"), an_official("b", "power")):
        directory.apply(change)
    assert [o.official for o in directory.officials_of("works", [Role.OFFICER])] == ["a"]
    assert [o.official for o in directory.officials_of("power", [Role.OFFICER])] == ["b"]
    assert directory.officials_of("power", [Role.HEAD]) == []
