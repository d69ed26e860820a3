"""The common part of HTTP commands: `Idempotency-Key`, `If-Match`, and the cause that their events name."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Request
from pydantic import BaseModel, WithJsonSchema

from shared.events.envelope import Cause
from shared.http.problems import Problem
from shared.operations import tracing
from shared.operations.observability import correlation_id
from shared.storage.aggregates import Decision, Document, StoredAggregate

S = TypeVar("S", bound=BaseModel)

ANSWERS_KEPT = 20


@dataclass(frozen=True)
class CommandKey:
    """A command's `Idempotency-Key` within its caller, and a fingerprint of what it asked."""

    key: str
    fingerprint: str


def key_reused() -> Problem:
    return Problem(
        409,
        "idempotency-key-reused",
        "This Idempotency-Key was used for another request.",
        "استُخدم مفتاح Idempotency-Key هذا لطلب آخر.",
    )


def parse_key(header: str | None) -> UUID | None:
    """Raises Problem 422 for a header that is no UUID."""
    if header is None:
        return None
    try:
        return UUID(header.strip())
    except ValueError as error:
        raise Problem(
            422, "invalid", "Idempotency-Key must be a UUID.", "يجب أن يكون Idempotency-Key معرّف UUID."
        ) from error


def command_key(header: str | None, scope: str, path: str, body: bytes) -> CommandKey | None:
    key = parse_key(header)
    if key is None:
        return None
    scoped = hashlib.sha256(f"{scope}\0{key}".encode()).hexdigest()[:32]
    return CommandKey(scoped, hashlib.sha256(path.encode() + b"\0" + body).hexdigest())


async def read_command_key(request: Request, scope: str) -> CommandKey | None:
    """The key of this request; `scope` names the caller, so that nobody meets another's keys."""
    return command_key(request.headers.get("idempotency-key"), scope, request.url.path, await request.body())


SeenVersions = int | frozenset[int] | None
"""The version that a caller has seen, or those of which any will do; None where the caller does not say."""

_TAG = r'(?:(?:W/)?"[!#-~]*"|[0-9]{1,18})'
IF_MATCH = rf"^(?:\*|(?:[ \t]*,)*[ \t]*{_TAG}(?:[ \t]*,(?:[ \t]*{_TAG})?)*)[ \t]*$"
"""As RFC 9110 has it: `*`, or a list of entity tags. A version without its quotes is taken as well."""

_Header = Annotated[str, WithJsonSchema({"type": "string", "pattern": IF_MATCH, "examples": ['"7"', '"7", "8"', "*"]})]


def if_match(
    request: Request,
    if_match: Annotated[
        _Header | None, Header(description="the `ETag` that one has seen, or a list of which any will do; else 412")
    ] = None,
) -> SeenVersions:
    """The versions that the caller has seen. Raises Problem 422 for what is no list of entity tags.

    A tag that is none of ours is never the current one. The door may have made a weak one of ours: it is taken for it.
    """
    sent = ", ".join(request.headers.getlist("if-match")).strip(" \t")
    if if_match is None or sent == "*":
        return None
    if not re.fullmatch(IF_MATCH, sent):
        en, ar = "If-Match must be a version, or a list of them.", "يجب أن يكون If-Match رقم نسخة أو قائمة نسخ."
        raise Problem(422, "invalid", en, ar)
    tags = [tag.removeprefix("W/").strip('"') for tag in re.findall(_TAG, sent)]
    versions = frozenset(int(tag) for tag in tags if re.fullmatch("[0-9]{1,18}", tag))
    return next(iter(versions)) if len(versions) == 1 else versions


IfMatch = Annotated[SeenVersions, Depends(if_match)]


def differs(seen: SeenVersions, version: int) -> bool:
    """Whether this is none of the versions that the caller has seen."""
    return seen is not None and version not in (seen if isinstance(seen, frozenset) else {seen})


def cause_of_request() -> Cause:
    return Cause(correlation_id.get() or "none", traceparent=tracing.current())


def answer_once(
    key: CommandKey | None,
    decide: Callable[[StoredAggregate[S]], Decision[S] | None],
    answer: Callable[[StoredAggregate[S]], Document],
) -> tuple[
    Callable[[StoredAggregate[S]], Decision[S] | None],
    Callable[[StoredAggregate[S]], None],
    Callable[[StoredAggregate[S]], Document],
]:
    """Make a command idempotent: (decide, remember) for `Aggregates.change`, and what to answer with its result.

    The first run stores its answer with the change it made; a repetition changes nothing and gets that answer, and the
    same key with another body is refused with 409.
    """

    def _decide(aggregate: StoredAggregate[S]) -> Decision[S] | None:
        if key is not None and (kept := aggregate.commands.get(key.key)) is not None:
            if kept["fingerprint"] != key.fingerprint:
                raise key_reused()
            return None
        return decide(aggregate)

    def _remember(aggregate: StoredAggregate[S]) -> None:
        if key is not None:
            newest = list(aggregate.commands.items())[-(ANSWERS_KEPT - 1) :]
            aggregate.commands = dict(newest) | {key.key: {"fingerprint": key.fingerprint, "answer": answer(aggregate)}}

    def _answer(aggregate: StoredAggregate[S]) -> Document:
        kept = aggregate.commands.get(key.key) if key is not None else None
        return kept["answer"] if kept is not None else answer(aggregate)

    return _decide, _remember, _answer
