"""Log files: shown with their writer's name, and kept short while somebody writes."""

from pathlib import Path

from tawasul.stack import log_files


def test_lines_carry_the_name_of_their_component(tmp_path: Path) -> None:
    intake, router = tmp_path / "intake.log", tmp_path / "router.log"
    intake.write_text("one\ntwo\n")
    router.write_text("three\n")
    shown = list(log_files.lines([intake, router], last=1, follow=False))
    assert shown == ["intake | two", "router | three"]


def test_a_long_file_starts_anew_under_its_writers_hands(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"before\n")
        log_files.rotate_long(tmp_path, longest=3)
        writer.write(b"after\n")
    assert log.read_text() == "after\n"
    assert (tmp_path / "kafka.log.1").read_text() == "before\n"
