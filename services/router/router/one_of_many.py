"""A worker goes through many submissions: one that fails keeps itself waiting, and no other."""

import contextlib
import logging
from collections.abc import Iterator

from shared.aggregates import Conflict
from shared.mongo import is_transient

from router.metrics import LEFT_BEHIND

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def one_of_many(worker: str, id: str) -> Iterator[None]:
    """What cannot be read, or fails otherwise, is told and counted, and tried again the next time. Where the database
    is away, all wait."""
    try:
        yield
    except Conflict:
        logger.info("it changed meanwhile", extra={"submission_id": id, "worker": worker})
    except Exception as error:
        if is_transient(error):
            raise
        LEFT_BEHIND.labels(worker).inc()
        logger.exception("a submission was left behind", extra={"submission_id": id, "worker": worker})
