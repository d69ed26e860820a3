"""Each pace says when a row is due."""

from datetime import UTC, datetime, timedelta

from tawasul.importing.pace import AtOnce, FixedRate, Replay

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_at_once_is_always_now() -> None:
    assert AtOnce().due(MORNING, 5.0) == 5.0


def test_a_fixed_rate_spaces_rows_evenly() -> None:
    pace = FixedRate(10)
    assert [round(pace.due(None, 100.0), 3) for _ in range(4)] == [100.0, 100.1, 100.2, 100.3]


def test_a_fixed_rate_does_not_make_up_for_a_long_pause() -> None:
    pace = FixedRate(100)
    pace.due(None, 100.0)
    after_the_pause = [round(pace.due(None, 160.0), 3) for _ in range(3)]
    assert after_the_pause == [159.9, 159.91, 159.92]


def test_a_replay_keeps_the_distances_many_times_faster() -> None:
    pace = Replay(60)
    due = [pace.due(MORNING + timedelta(minutes=minutes), 100.0) for minutes in (0, 1, 60, 30)]
    assert due == [100.0, 101.0, 160.0, 130.0]


def test_in_a_replay_a_row_without_a_time_goes_at_once() -> None:
    pace = Replay(60)
    assert pace.due(None, 99.0) == 99.0
    assert pace.due(MORNING, 100.0) == 100.0
