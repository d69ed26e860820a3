"""A check of the webhooks finds what it is for, and finds nothing where all is well."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.faults.checks.everything import differences
from tests.faults.observed import World
from tests.faults.plan import Kind
from tests.faults.whole_world import ASSIGNED, ENDPOINT, EXPECTATION, RECEIVED, a_hook, a_whole_world


def _lose_one(world: World) -> None:
    world.hooks.pop()


def _refuse_one(world: World) -> None:
    world.hooks[-1] = replace(world.hooks[-1], was_taken=False)


def _turn_the_order_round(world: World) -> None:
    world.hooks.reverse()


def _repeat_one(world: World) -> None:
    world.hooks.append(world.hooks[-1])


def _say_something_else_under_the_same_id(world: World) -> None:
    world.disturbances[Kind.KILL, "notifier"] = 1
    world.hooks.append(replace(a_hook(ASSIGNED), body="{}"))


def _sign_by_another_key(world: World) -> None:
    world.hooks[0] = replace(world.hooks[0], signature="v1,bm90IG91cnM=")


def _tell_of_nothing(world: World) -> None:
    world.hooks.append(a_hook(RECEIVED))


def _forget_the_log(world: World) -> None:
    world.hooks_planned.pop()


@pytest.mark.parametrize(
    ("spoil", "sort"),
    [
        (_lose_one, "webhook lost"),
        (_refuse_one, "webhook lost"),
        (_turn_the_order_round, "webhooks out of order"),
        (_repeat_one, "webhook repeated"),
        (_say_something_else_under_the_same_id, "one webhook-id says two things"),
        (_sign_by_another_key, "webhook with a false signature"),
        (_tell_of_nothing, "webhook of nothing"),
        (_forget_the_log, "webhook that stands in no log"),
    ],
)
def test_what_is_wrong_is_found(spoil: Callable[[World], None], sort: str) -> None:
    world = a_whole_world()
    assert differences(world, EXPECTATION) == []
    spoil(world)
    assert sort in {difference.sort for difference in differences(world, EXPECTATION)}


def test_one_may_come_again_where_something_was_killed_or_it_was_not_heard_that_it_came() -> None:
    world = a_whole_world()
    world.hooks.append(world.hooks[-1])
    world.disturbances[Kind.KILL, "notifier"] = 1
    assert differences(world, EXPECTATION) == []


def test_what_happened_before_every_process_knew_of_the_endpoint_may_be_unheard() -> None:
    world = a_whole_world()
    world.endpoints = [replace(ENDPOINT, at=ASSIGNED.time - timedelta(seconds=2))]
    world.hooks.clear()
    assert differences(world, EXPECTATION) == []
