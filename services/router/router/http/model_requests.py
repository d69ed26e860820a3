"""The administration of the classifier's models, for one request."""

from typing import cast

from fastapi import Request
from shared.http.auth import Caller
from shared.reference.working_time import utc_now

from router.classifier.snapshot import ClassifierInUse
from router.classifier.store import Models
from router.classifier.trainings import Trainings
from router.http.dependencies import recorder
from router.model_administration.commands import ModelAdministration


def model_administration(request: Request, caller: Caller) -> ModelAdministration:
    state = request.app.state
    return ModelAdministration(
        models=cast(Models, state.models),
        trainings=cast(Trainings, state.trainings),
        classifier=cast(ClassifierInUse, state.classifier),
        caller=caller,
        record=recorder(request, caller),
        now=utc_now(),
    )
