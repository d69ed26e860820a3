"""Bodies of a moderator's decisions on photos."""

from pydantic import ConfigDict, Field

from intake.http.models import Sent, ShortText
from intake.publication.model import Rectangle

MOST_RECTANGLES = 20


class RectangleSent(Sent):
    """Percentages of the photo's width and height, from its upper left corner, clipped at its edges."""

    left: float = Field(ge=0, lt=100, allow_inf_nan=False)
    top: float = Field(ge=0, lt=100, allow_inf_nan=False)
    width: float = Field(gt=0, le=100, allow_inf_nan=False)
    height: float = Field(gt=0, le=100, allow_inf_nan=False)

    def rectangle(self) -> Rectangle:
        return Rectangle(**self.model_dump())


class PublishPhotoSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rectangles": [{"left": 12.5, "top": 40, "width": 20, "height": 25}],
                    "reason": "A face and a number plate are covered.",
                }
            ]
        }
    )

    rectangles: list[RectangleSent] = Field(default=[], max_length=MOST_RECTANGLES)
    """Areas to paint over in the copy; without any, the photo is shown in full."""
    reason: ShortText
