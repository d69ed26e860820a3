"""A command that asks a person for something: run in a terminal of its own, and answered."""

import contextlib
import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping, Sequence

from tawasul.stack.paths import REPOSITORY


def in_a_terminal(
    command: str, question: str, answers: Sequence[str], environment: Mapping[str, str], patience: float
) -> tuple[int, str]:
    """Exit code and what was shown. Each answer is typed when `question` is shown once more; patience in seconds."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-c", command], stdin=its, stdout=its, stderr=its, cwd=REPOSITORY, env={**os.environ, **environment}
    )
    os.close(its)
    shown, answered, deadline = "", 0, time.monotonic() + patience
    try:
        # Reading fails as soon as nobody holds the other end any more.
        with contextlib.suppress(OSError):
            while time.monotonic() < deadline:
                if select.select([ours], [], [], 1.0)[0]:
                    shown += os.read(ours, 4096).decode(errors="replace")
                if answered < min(shown.count(question), len(answers)):
                    os.write(ours, f"{answers[answered]}\r".encode())
                    answered += 1
        return process.wait(max(1.0, deadline - time.monotonic())), shown
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return -1, f"{shown}\n(it did not end)"
    finally:
        os.close(ours)
