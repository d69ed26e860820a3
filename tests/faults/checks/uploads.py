"""Every acknowledged file is attached once, told once and there whole, and nothing is left of those that are not."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.events.topics import SUBMISSIONS

from tests.faults.checks import Difference
from tests.faults.ledger import Document, Uploaded
from tests.faults.observed import World
from tests.faults.photos import WITH_PHOTOS

FEWER_BY_CHANCE = 3
"""A third of what is to be expected: no seed gives fewer stories with photos, and faults refuse hardly any."""
LOOKED_AT_WITHIN = timedelta(minutes=3)
"""The clearing comes by each minute, if its process lives: what is due for so long was forgotten."""


def enough_files_were_taken(world: World) -> Iterator[Difference]:
    """A run in which hardly any file was acknowledged has shown nothing of files, however well all other checks go."""
    taken = sum(bool(upload.items) for upload in world.ledger.uploads)
    least = int(world.ledger.acknowledged * WITH_PHOTOS / FEWER_BY_CHANCE)
    if taken < least:
        what = f"{taken} acknowledged of {len(world.ledger.uploads)} sent, {least} at least were to be expected"
        yield Difference("too few files", "the whole run", what)


def files_are_attached_once(world: World) -> Iterator[Difference]:
    by_submission: dict[str, list[Uploaded]] = defaultdict(list)
    for upload in world.ledger.uploads:
        by_submission[upload.submission].append(upload)
    for id in by_submission.keys() | world.submissions.keys():
        attached = Counter(file["id"] for file in _attached(world, id))
        least = most = 0
        for upload in by_submission[id]:
            least += len(upload.items)
            most += len(upload.items) or len(upload.pictures) * upload.may_have_happened
            yield from _of_one(upload, attached)
        if not least <= attached.total() <= most:
            yield Difference("files of a submission", id, f"{attached.total()} attached, {least} to {most} were sent")


def _of_one(upload: Uploaded, attached: Counter[str]) -> Iterator[Difference]:
    if upload.items and len(upload.items) != len(upload.pictures):
        what = f"{len(upload.items)} acknowledged of {len(upload.pictures)}"
        yield Difference("file lost", upload.submission, what)
    for item in upload.items:
        if attached[item["id"]] == 0:
            yield Difference("file lost", upload.submission, f"{item['id']} was acknowledged")
        elif attached[item["id"]] > 1:
            yield Difference("file attached twice", upload.submission, item["id"])


def files_are_told_once(world: World) -> Iterator[Difference]:
    """In one event and in one entry of the timeline each, and no others."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for event in world.events(SUBMISSIONS):
        if event.type == "AttachmentsAdded":
            told[event.key].update(file["id"] for file in event.data["attachments"])
    for id, document in world.submissions.items():
        attached = Counter({file["id"] for file in _attached(world, id)})
        entries = [e for e in document["state"]["timeline"] if e.get("type") == "AttachmentsAdded"]
        shown = Counter(file for entry in entries for file in entry["details"]["attachments"])
        for where, found in (("events", told[id]), ("timeline", shown)):
            if found != attached:
                what = f"missing {sorted(attached - found)}, too many {sorted(found - attached)}"
                yield Difference("files told", f"{where} of {id}", what)


def files_are_whole(world: World) -> Iterator[Difference]:
    """Read by their citizen, they have the size that was acknowledged and show what was sent."""
    for upload in world.ledger.uploads:
        for item, picture in zip(upload.items, upload.pictures, strict=False):
            read = world.downloads.get(item["id"])
            if read is None or read.status != 200:
                yield Difference("file unreadable", upload.submission, f"{item['id']}: {read and read.status}")
            elif read.size != item["size"] or read.picture != picture:
                what = f"{item['id']}: {read.size} of {item['size']} bytes, same picture: {read.picture == picture}"
                yield Difference("file damaged", upload.submission, what)


def nothing_is_left_behind(world: World) -> Iterator[Difference]:
    """Files of a submission are settled, others will be cleared away, and all content has its document."""
    due = world.read_at - LOOKED_AT_WITHIN
    named = {file["id"] for id in world.submissions for file in _attached(world, id)}
    for id, stored in world.files.items():
        if id in named:
            if "expires_at" in stored and not _is_looked_at_after(stored, due):
                yield Difference("file not settled", id, "it would be cleared away")
        elif "expires_at" not in stored:
            yield Difference("file of nobody", id, "nothing clears it away")
        elif not _is_looked_at_after(stored, due) or stored["expires_at"] < due:
            yield Difference("file not cleared away", id, f"expired at {stored['expires_at']}")
    for id in named - world.files.keys():
        yield Difference("file lost", id, "it is attached, and not stored")
    for id in world.contents - world.files.keys():
        yield Difference("content of nothing", id, "no document leads to it")


def _is_looked_at_after(stored: Document, due: datetime) -> bool:
    look_at: datetime | None = stored.get("look_at")
    return look_at is None or look_at > due


def _attached(world: World, id: str) -> list[Document]:
    found: list[Document] = world.submissions.get(id, {}).get("state", {}).get("attachments", [])
    return found
