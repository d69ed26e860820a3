"""The relay's queue: no document is in two rounds at the same time, and no notice is lost."""

import asyncio

from shared.messaging.outbox_queue import OutboxQueue, Pending


def document(number: int) -> Pending:
    return ("cases", number)


def a_queue(*numbers: int, batch: int = 2, bound: int = 4) -> OutboxQueue:
    queue = OutboxQueue(batch, bound)
    for number in numbers:
        queue.notice(document(number))
    return queue


async def let_the_others_run() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_a_document_noticed_twice_is_taken_once() -> None:
    queue = a_queue(1, 1)
    assert queue.take() == [document(1)]
    assert queue.take() == []


def test_documents_are_taken_in_batches_in_the_order_of_their_notices() -> None:
    queue = a_queue(3, 1, 2)
    assert [queue.take(), queue.take()] == [[document(3), document(1)], [document(2)]]


def test_a_document_noticed_while_it_is_sent_is_taken_again_only_after_its_round() -> None:
    queue = a_queue(1)
    taken = queue.take()
    queue.notice(document(1))
    assert queue.take() == []
    queue.finish(taken)
    assert queue.take() == [document(1)]


def test_a_round_gives_back_only_its_own_documents() -> None:
    queue = a_queue(1, 2, batch=1)
    first, second = queue.take(), queue.take()
    queue.notice(document(1))
    queue.finish(second)
    assert queue.take() == []
    queue.finish(first)
    assert queue.take() == first


def test_a_document_that_is_finished_without_a_notice_is_not_taken_again() -> None:
    queue = a_queue(1)
    queue.finish(queue.take())
    assert queue.take() == []


async def test_a_round_waits_for_a_document_and_a_further_round_for_a_full_batch() -> None:
    queue = a_queue(batch=2)
    any_, full = asyncio.ensure_future(queue.wait_for_any()), asyncio.ensure_future(queue.wait_for_full_batch())
    await let_the_others_run()
    queue.notice(document(1))
    await any_
    assert not full.done()
    queue.notice(document(2))
    await full


async def test_a_round_whose_batch_another_round_took_waits_on() -> None:
    queue = a_queue(1)
    queue.take()
    waiting = asyncio.ensure_future(queue.wait_for_any())
    await let_the_others_run()
    assert not waiting.done()
    queue.notice(document(2))
    await waiting


async def test_a_sweep_pauses_while_the_queue_is_full() -> None:
    queue = a_queue(1, 2, 3, batch=1, bound=2)
    room = asyncio.ensure_future(queue.wait_for_room())
    await let_the_others_run()
    queue.take()
    await let_the_others_run()
    assert not room.done(), "two still wait"
    queue.take()
    await room
