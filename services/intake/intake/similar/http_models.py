"""The draft that similar submissions are searched for."""

from pydantic import ConfigDict
from shared.events.model import Identifier

from intake.http.models import LocationSent, LongText, Sent


class SimilarTo(Sent):
    """An unsent submission, as far as it is written."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "حفرة كبيرة أمام المدرسة", "location": {"lat": 26.2, "lon": 50.55}}]}
    )

    text: LongText
    category: Identifier | None = None
    location: LocationSent | None = None
