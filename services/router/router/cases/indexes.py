"""The indexes over assignments: what lists, search and counts read without a sort, and most of it without a document.

Partial where only some have what is asked for, so that no query that does not ask for it is planned over them. A name
stands for its key and condition: another key gets another name, and the earlier one goes once nobody asks by it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import DESCENDING, IndexModel
from shared.storage.aggregates import Document

BEHIND = ["state.list_at", "_id", "state.category", "state.due.target"]
"""Looked at in the index, so that filters and counts read no documents."""

NEWEST_FIRST = ("state.submission.received_at", DESCENDING)
EVER = {"$gt": datetime.fromtimestamp(0, UTC)}

SIGNS_UNDER_WAY, SIGNS_OVER = "signs_under_way", "signs_over"
"""Nothing in them moves, so that no other write than from the one to the other touches so many keys."""

REFERENCE, PROPOSED = "reference", "proposed_by_due"
"""Named where they are read: few of the open cases wait for approval, but a database that may choose reads them all."""


def _of_some(
    keys: Sequence[str | tuple[str, int]], name: str, field: str, condition: Document | bool | None = None
) -> IndexModel:
    """Index only documents that have this field, or that meet the condition."""
    having = {field: {"$exists": True} if condition is None else condition}
    return IndexModel(keys, name=name, partialFilterExpression=having)


INDEXES = [
    IndexModel(["state.entity", "state.state", *BEHIND, "state.area"], name="of_an_entity_in_areas"),
    IndexModel(["state.state", *BEHIND], name="of_all"),
    IndexModel(["state.submission.reference"], name=REFERENCE),
    IndexModel(["state.like", NEWEST_FIRST], name="alike_by_receipt"),
    _of_some(["state.entity", "state.found_by", NEWEST_FIRST, ("_id", DESCENDING)], SIGNS_UNDER_WAY, "state.found_by"),
    _of_some(["state.entity", "state.found_over", NEWEST_FIRST, ("_id", DESCENDING)], SIGNS_OVER, "state.found_over"),
    _of_some(["state.entity", "state.named"], "confidential", "state.named"),
    _of_some(["state.author_key", "state.entity", NEWEST_FIRST], "of_an_author", "state.author_key"),
    _of_some(["state.list_at", "_id", "state.entity"], PROPOSED, "state.proposed.at"),
    _of_some(["state.entity", "state.charge.official", "state.state", *BEHIND], "in_charge", "state.charge.official"),
    _of_some(["state.entity", "state.list_at", "_id"], "unstaffed", "state.unstaffed", True),
    _of_some(["state.answered_at", "state.entity"], "answered", "state.answered_at", EVER),
    _of_some(["state.parent.id"], "sub_cases", "state.parent.id"),
    _of_some(["state.tells_sub_cases"], "tells_sub_cases", "state.tells_sub_cases", True),
    _of_some(["state.duplicates"], "leading", "state.duplicates"),
]

EARLIER = ("found_under_way", "found_over", "of_an_entity", "of_an_area", "alike", "proposed")
