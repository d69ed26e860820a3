"""Where a person goes after signing in: back to one of our own pages, and nowhere else."""

import re

HOME = "/"
RENEWED = "/auth/renewed"
LONGEST = 2_000

_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def own_path(asked: str | None) -> str:
    """`asked` where it is a path of this site, else the home page.

    Browsers read `//host`, `/\\host` and paths with tabs or line ends in them as other sites. Pages of the sign-in
    itself are left out too, so that nobody is sent in circles.
    """
    if asked is None or len(asked) > LONGEST or not _OWN_PATH.fullmatch(asked):
        return HOME
    path = re.split(r"[?#]", asked, maxsplit=1)[0]
    if path != RENEWED and (path == "/auth" or path.startswith("/auth/")):
        return HOME
    return asked
