"""The reader of an inbox: a signed-in person, and the submissions whose secret links were opened."""

from dataclasses import dataclass

from notifier.notifications.model import OF_AN_ENTITY, Notification


@dataclass(frozen=True)
class Reader:
    """`scope`: ids of submissions. Who has their secret links reads what their authors are told."""

    subject: str | None
    scope: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids whose version changes with every notification to this reader."""
        return (*((self.subject,) if self.subject else ()), *self.scope)


def name_of(item: Notification) -> str:
    """The number of the submission that it is about, or the name of an endpoint's server, or of an entity."""
    return str(item.params.get("reference") or item.params.get("endpoint") or item.params.get("entity") or "")


def place_of(item: Notification) -> str:
    """Where what an inbox item tells about is seen, under the one origin."""
    if item.audience == OF_AN_ENTITY:
        return "/performance/entity"
    if not item.concerns_a_submission:
        return f"/inbox/webhooks/{item.submission_id}"
    reference = item.params["reference"]
    if item.audience == "author":
        return f"/track/{reference}"
    if item.audience in ("follower", "subscriber"):
        return f"/submissions/{reference}"
    return f"/desk/{reference}"
