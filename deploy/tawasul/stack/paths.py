"""Where things are: the repository, and the one folder that holds all state."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
COUNTRY = REPOSITORY / "deploy" / "country"
NODE_MODULES = REPOSITORY / "node_modules"


def state_folder() -> Path:
    return Path(os.environ.get("TAWASUL_STATE") or REPOSITORY / ".state").resolve()
