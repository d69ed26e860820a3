"""Facts of the notifier: what was handed over to whom, without any address (`tawasul.notifications.v1`)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.model import SubmissionEvent


class NotificationEvent(SubmissionEvent):
    """`audience` is author, officer, head, central …; `about` is the type of the event that was told."""

    notification_id: str
    audience: str
    channel: Literal["mail", "sms", "push", "inbox", "webhook"]
    template: str
    about: str


class NotificationSent(NotificationEvent):
    type: Literal["NotificationSent"] = "NotificationSent"


class NotificationDelivered(NotificationEvent):
    type: Literal["NotificationDelivered"] = "NotificationDelivered"


class NotificationFailed(NotificationEvent):
    type: Literal["NotificationFailed"] = "NotificationFailed"
    reason: str


NotificationsEvent = Annotated[
    NotificationSent | NotificationDelivered | NotificationFailed, Field(discriminator="type")
]
