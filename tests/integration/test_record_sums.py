"""The sums behind the record: whatever a cell counts, all rows count that it is a part of."""

from collections import Counter

from sla_monitor.clocks.case_results import NOW
from sla_monitor.clocks.store import DIFFERENCES
from sla_monitor.performance.rows import LATER, SIDES, rows_before, rows_of_country
from sla_monitor.performance.store import PROGRESS, SUMS, RecordStore

from tests.support.infrastructure import Database

YEAR, MONTH = "2026", "2026-04"
POTHOLES, LAMPS = "works/2026-04/roads.pothole/complaint/capital", "works/2026-04/roads.lighting/enquiry/-"
OPEN = "works/now/roads.lighting/enquiry/-"


async def a_store(database: Database) -> RecordStore:
    store = RecordStore(*(database[name] for name in (SUMS, DIFFERENCES, PROGRESS)))
    await store.ensure_indexes()
    return store


async def by_side(
    store: RecordStore, *periods: str, entity: str | None = "works"
) -> dict[tuple[str, str], Counter[str]]:
    """Counts by the name of a side and what it is of; of this entity or of the country."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in await (store.sides(periods, entity) if entity else store.sides_of_country(periods)):
        for side in SIDES:
            if (of := getattr(row, side)) is not None:
                found.setdefault((side, of), Counter()).update({what: n for what, n in row.counts.items() if n})
    return found


async def test_what_is_added_to_a_cell_is_added_to_each_of_its_sides(mongo_database: Database) -> None:
    store = await a_store(mongo_database)
    changes = [(f"{POTHOLES}/received", 3), (f"{POTHOLES}/t70", 2), (f"{LAMPS}/received", 1), (f"{OPEN}/open", 1)]
    await mongo_database[DIFFERENCES].insert_one({"changes": changes})
    assert await store.add_up() == 1
    potholes, lamp = {"received": 3, "t70": 2}, {"received": 1}
    expected = {
        ("category", "roads.pothole"): potholes,
        ("category", "roads.lighting"): lamp,
        ("kind", "complaint"): potholes,
        ("kind", "enquiry"): lamp,
        ("area", "capital"): potholes,
        ("area", "-"): lamp,
    }
    assert await by_side(store, MONTH) == await by_side(store, YEAR) == expected
    assert await by_side(store, MONTH, entity=None) == await by_side(store, YEAR, entity=None) == expected
    for entity in ("works", None):
        assert (await by_side(store, YEAR, NOW, entity=entity))["kind", "enquiry"] == lamp | {"open": 1}
    for period in (MONTH, YEAR):
        assert [row.counts for row in await store.totals([period])] == [{"received": 4, "t70": 2}]
    [of_country], [of_entity] = await store.months(2026, None), await store.months(2026, "works")
    assert of_country.counts == of_entity.counts == {"received": 4, "t70": 2}
    assert await store.totals([YEAR], ["health"]) == []
    assert await store.spread() == 0


async def test_what_a_version_before_added_is_made_up_for_once(mongo_database: Database) -> None:
    store = await a_store(mongo_database)
    sums = mongo_database[SUMS]
    await mongo_database[DIFFERENCES].insert_one({"changes": [(f"{POTHOLES}/received", 3), (f"{LAMPS}/received", 1)]})
    await store.add_up()
    known = {row["_id"]: row async for row in sums.find()}
    before = {id for cell in (POTHOLES, LAMPS) for id in rows_before(cell)}
    await sums.delete_many({"_id": {"$nin": [*before]}})
    await sums.update_many({}, {"$unset": dict.fromkeys(LATER, 1)})

    assert [await store.spread_new(), await store.spread_new()] == [2, 0]
    assert {row["_id"]: row async for row in sums.find()} == known
    # Of a version that knew some of them.
    of_country = {id for cell in (POTHOLES, LAMPS) for id in rows_of_country(cell)}
    await sums.delete_many({"_id": {"$in": [*of_country]}})
    await sums.update_many({}, {"$unset": {"spread_in_country": 1}})
    assert await store.spread() == 2
    assert {row["_id"]: row async for row in sums.find()} == known
    # Rolled back, and forward again: a case that was one of lamps is found to be one of potholes.
    for cell, number in ((POTHOLES, 1), (LAMPS, -1)):
        await sums.update_one({"_id": cell}, {"$inc": {"counts.received": number}})
    assert [await store.spread(), await store.spread()] == [2, 0]
    corrected = await by_side(store, YEAR)
    assert corrected["category", "roads.pothole"] == corrected["kind", "complaint"] == {"received": 4}
    assert corrected["category", "roads.lighting"] == {}
    assert await by_side(store, YEAR, entity=None) == corrected
    assert [row.counts["received"] for row in await store.totals([YEAR])] == [4]
