"""Lists the files that git keeps of this repository."""

import functools
import subprocess
from pathlib import Path

from tawasul.stack.paths import REPOSITORY


@functools.cache
def kept_files() -> list[Path]:
    """Files that git keeps, or will."""
    ask = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ask, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [REPOSITORY / name for name in listed.stdout.splitlines() if (REPOSITORY / name).is_file()]
