"""The posted form of a new submission, for the public form and the counter."""

from typing import Annotated

from fastapi import Depends
from shared.web.forms import posted

from intake.filing.form_fields import with_ascii_digits


async def posted_submission(form: Annotated[dict[str, str], Depends(posted)]) -> dict[str, str]:
    return with_ascii_digits(form)


Form = Annotated[dict[str, str], Depends(posted_submission)]
