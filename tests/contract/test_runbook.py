"""Every command of the runbook is run by a test, or named with the reason why not."""

import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from notifier.channels.dkim import Dkim
from pydantic import SecretStr
from shared.privacy.contacts import KeyRing

from tests.compose.runbook import BY_THE_CHECK_ITSELF, IN_THIS_ORDER, NOT_HERE, OF_ROTATION
from tests.operations.test_the_demo_watched import ELSEWHERE as NOT_WATCHED
from tests.operations.test_the_demo_watched import is_run_here
from tests.support.named import missing
from tests.support.runbook import commands

HERE = "tests/contract/test_runbook.py"
OF_THE_KEY = f"{HERE}::test_the_key_of_a_program_and_its_hash_belong_together"
OF_BACKUPS = (
    "tests/integration/test_backup.py"
    "::test_what_was_backed_up_under_load_is_whole_after_a_restore_and_nobody_is_told_twice"
)
ELSEWHERE = {
    "/mail/reports": "tests/component/test_mail_reports.py"
    "::test_who_reports_a_mail_gets_no_more_until_the_central_office_lifts_it",
    "/api/intake/v1/erasures": "tests/component/test_erasure.py"
    "::test_the_central_office_erases_by_reference_and_leaves_a_record",
    "sla_monitor rebuild": "tests/component/test_rebuild.py"
    "::test_clocks_come_back_from_their_facts_and_facts_from_kafka",
    "openssl rand -hex 24": OF_THE_KEY,
    "name-of-the-program:": OF_THE_KEY,
    "head -c 32 /dev/urandom": f"{HERE}::test_a_key_that_is_made_as_the_runbook_says_is_taken",
    "openssl genrsa": f"{HERE}::test_a_key_for_signing_mail_that_is_made_as_the_runbook_says_is_taken",
    "make up": "tests/unit/deploy/test_up_and_down.py::test_ctrl_c_leaves_no_process_and_no_run_file",
    "kill NUMBER": "tests/unit/deploy/test_supervisor.py::test_what_dies_is_started_again_and_later_each_time",
    "tawasul restore FOLDER": OF_BACKUPS,
    "deploy/keycloak/token.sh": "tests/integration/test_keycloak.py"
    "::test_the_command_for_a_token_prints_one_once_somebody_has_signed_in_where_it_says",
}
"""The test with the same request or call, by a part of the command that no other has."""
NO_TEST = {
    "make test-full": "it is a test",
    "df -h": "looks at the machine",
    "du -xsh": "looks at the machine",
}


def test_every_command_is_run_by_a_test_or_named_with_why_not() -> None:
    parts = (*ELSEWHERE, *NO_TEST, *NOT_WATCHED)
    named = {
        command: [part for part in parts if part in command] + ["watched"] * is_run_here(command)
        for command in commands()
        if "docker compose" not in command
    }
    assert {command: by for command, by in named.items() if len(by) != 1} == {}
    assert missing(ELSEWHERE.values()) == []


def test_every_command_for_docker_is_run_by_the_check_of_compose_or_named_with_why_not() -> None:
    parts = (*IN_THIS_ORDER, *OF_ROTATION, *NOT_HERE)
    found = {
        command: [part for part in parts if part in command]
        for command in commands()
        if "docker compose" in command and command not in BY_THE_CHECK_ITSELF
    }
    assert {command: named for command, named in found.items() if len(named) != 1} == {}
    assert {part for named in found.values() for part in named} >= {*IN_THIS_ORDER, *OF_ROTATION}


def _run(part: str, folder: Path) -> str:
    (command,) = [command for command in commands() if part in command]
    done = subprocess.run(["bash", "-ec", command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_key_of_a_program_and_its_hash_belong_together() -> None:
    script = "\n".join(
        command for command in commands() if "openssl rand" in command or "name-of-the-program" in command
    )
    said = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=True).stdout.split()
    key, entry = said
    assert entry == f"name-of-the-program:{sha256(key.encode()).hexdigest()}"


def test_a_key_that_is_made_as_the_runbook_says_is_taken(tmp_path: Path) -> None:
    first, second = (_run("head -c 32 /dev/urandom", tmp_path).strip() for _ in range(2))
    assert KeyRing(SecretStr(f"{first},{second}"))


def test_a_key_for_signing_mail_that_is_made_as_the_runbook_says_is_taken(tmp_path: Path) -> None:
    _run("openssl genrsa", tmp_path)
    assert re.match(r"-----BEGIN RSA PRIVATE KEY-----", (tmp_path / "s2.pem").read_text())
    assert Dkim("tawasul.example", "s2", tmp_path / "s2.pem")


@pytest.mark.parametrize("part", [*BY_THE_CHECK_ITSELF])
def test_what_the_check_of_compose_does_by_itself_stands_in_the_runbook(part: str) -> None:
    assert part in commands()
