"""A category that asks all that can be asked, and one that is no matter for this system: both of the sample country."""

from pathlib import Path
from typing import Any

import yaml
from shared.events.directory import CategoryChanged
from tawasul.stack.paths import COUNTRY

from tests.e2e.citizen import Citizen
from tests.support.eventually import eventually

ASKING, NOTICE = "animals", "emergency"


def _of_the_country(id: str, **changed: Any) -> CategoryChanged:
    catalogue = yaml.safe_load((Path(COUNTRY) / "categories.yaml").read_text())
    written = next(category for category in catalogue if category["id"] == id)
    parts = {name: written[name] for name in ("name", "questions", "elsewhere") if name in written}
    return CategoryChanged.model_validate(parts | changed)


async def has_a_catalogue(citizen: Citizen) -> None:
    asking = _of_the_country("environment.animals", category=ASKING, parent="roads")
    required = [
        question.model_copy(update={"required": question.code in ("animal", "state")}) for question in asking.questions
    ]
    note = _of_the_country("utilities.hazard", category="x").questions[0]
    since = _of_the_country("utilities.water-cut", category="x").questions[1]
    details = _of_the_country("housing.maintenance", category="x").questions[2]
    asking = asking.model_copy(update={"questions": (note, *required, since, details)})
    notice = _of_the_country("safety.emergency", category=NOTICE, parent="roads")
    for category in (asking, notice):
        await citizen.site.neighbours.publish(f"category:{category.category}", category)
    directory = citizen.site.intake.state.directory
    await eventually(lambda: {ASKING, NOTICE} <= directory.categories.keys())
