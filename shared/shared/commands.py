"""What every HTTP command has in common: `Idempotency-Key`, `If-Match`, and the cause its events name."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Header, Request
from pydantic import BaseModel

from shared import tracing
from shared.aggregates import Aggregate, Decision, Document
from shared.events.envelope import Cause
from shared.observability import correlation_id
from shared.problems import Problem

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


def if_match(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The version the caller has seen, or None. Raises Problem 422 for what is no version of ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    try:
        return int(if_match.strip().removeprefix("W/").strip('"'))
    except ValueError as error:
        raise Problem(422, "invalid", "If-Match must be a version.", "يجب أن يكون If-Match رقم نسخة.") from error


def cause_of_request() -> Cause:
    return Cause(correlation_id.get() or "none", traceparent=tracing.current())


def answer_once(
    key: CommandKey | None,
    decide: Callable[[Aggregate[S]], Decision[S] | None],
    answer: Callable[[Aggregate[S]], Document],
) -> tuple[
    Callable[[Aggregate[S]], Decision[S] | None], Callable[[Aggregate[S]], None], Callable[[Aggregate[S]], Document]
]:
    """Make a command idempotent: (decide, remember) for `Aggregates.change`, and what to answer with its result.

    The first run stores its answer with the change it made; a repetition changes nothing and gets that answer, and the
    same key with another body is refused with 409.
    """

    def _decide(aggregate: Aggregate[S]) -> Decision[S] | None:
        if key is not None and (kept := aggregate.commands.get(key.key)) is not None:
            if kept["fingerprint"] != key.fingerprint:
                raise key_reused()
            return None
        return decide(aggregate)

    def _remember(aggregate: Aggregate[S]) -> None:
        if key is not None:
            newest = list(aggregate.commands.items())[-(ANSWERS_KEPT - 1) :]
            aggregate.commands = dict(newest) | {key.key: {"fingerprint": key.fingerprint, "answer": answer(aggregate)}}

    def _answer(aggregate: Aggregate[S]) -> Document:
        kept = aggregate.commands.get(key.key) if key is not None else None
        return kept["answer"] if kept is not None else answer(aggregate)

    return _decide, _remember, _answer
