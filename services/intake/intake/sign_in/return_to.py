"""Return addresses after sign-in, limited to our own pages."""

import re

HOME = "/"
RENEWED = "/auth/renewed"
LONGEST = 2_000

_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def own_path(asked: str | None) -> str:
    """`asked` if it is a path of this site, otherwise the home page.

    Browsers read `//host`, `/\\host` and paths with tabs or line ends as other sites. Sign-in pages are excluded to
    prevent loops.
    """
    if asked is None or len(asked) > LONGEST or not _OWN_PATH.fullmatch(asked):
        return HOME
    path = re.split(r"[?#]", asked, maxsplit=1)[0]
    if path != RENEWED and (path == "/auth" or path.startswith("/auth/")):
        return HOME
    return asked
