"""The predicate and the query of one visibility agree, for every combination of case and official."""

from itertools import product

from router.cases.case_query import CaseQuery
from router.cases.life import OPEN
from router.cases.store import Assignments
from router.cases.visibility import Visibility, hidden_query
from shared.storage.aggregates import StoredAggregate

from tests.support.infrastructure import Database
from tests.support.router import an_assignment, an_id

ENTITIES = ("works", "water")
CASE_AREAS = ("", "west", "east")
NAMED = (None, (), ("omar",), ("layla",), ("omar", "layla"))

VISIBILITIES = [
    Visibility(entity, areas, names, headed)
    for entity, areas, names, headed in product(
        (None, *ENTITIES),
        (None, frozenset[str](), frozenset({"west"}), frozenset({"west", "east"})),
        (frozenset[str](), frozenset({"omar"}), frozenset({"omar", "layla"}), frozenset({"stranger"})),
        (frozenset[str](), frozenset({"works"}), frozenset(ENTITIES)),
    )
]


async def test_a_list_holds_exactly_the_cases_that_the_predicate_lets_an_official_see(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    cases = {
        an_id(): an_assignment(entity=entity, area=area, named=named)
        for entity, area, named in product(ENTITIES, CASE_AREAS, NAMED)
    }
    await assignments.collection.insert_many(StoredAggregate(id, state=case).document() for id, case in cases.items())
    sizes = set()
    for visibility in VISIBILITIES:
        query = CaseQuery(OPEN, visibility.entity, visibility=visibility)
        seen = {id for id, case in cases.items() if visibility.holds(case)}
        assert {each.id for each in await assignments.page(query, None, 100)} == seen, visibility
        assert await assignments.count(query, 100) == len(seen), visibility
        hidden = {id for id, case in cases.items() if not visibility.is_confided(case)}
        found = assignments.collection.find(hidden_query(visibility), {"_id": 1})
        assert {document["_id"] async for document in found} == hidden, visibility
        sizes.add(len(seen))
    assert max(sizes) == len(cases)
    assert len(sizes) > 5, "some see everything, others different parts"
