"""The officials' files as the case page shows them."""

from shared.web.catalogues import N_

from router.cases.model import Assignment, OfficialFile
from router.desk.view import OfficialFileShown, Reader, named

NAMES = {"image": N_("Photo %(num)s"), "video": N_("Video %(num)s"), "application": N_("Document %(num)s")}


def official_files(assignment: Assignment, reader: Reader) -> list[OfficialFileShown]:
    """At intake, which asks by itself who may see them. They are numbered, as their names stay there."""
    showable = {file.id for file in assignment.showable}
    told = {id for entry in assignment.history if entry.what == "SubmissionAnswered" for id in entry.files}
    return [
        _shown(assignment, file, number, reader, file.id in showable, file.id in told)
        for number, file in enumerate(assignment.official_files, start=1)
    ]


def _shown(
    assignment: Assignment, file: OfficialFile, number: int, reader: Reader, is_showable: bool, is_told: bool
) -> OfficialFileShown:
    assert assignment.submission is not None
    url = f"/api/intake/v1/submissions/{assignment.submission.reference}/attachments/{file.id}"
    kind = file.media_type.partition("/")[0]
    return OfficialFileShown(
        id=file.id,
        url=url,
        name=reader.words.ugettext(NAMES.get(kind, NAMES["application"])) % {"num": reader.formats.number(number)},
        thumbnail=f"{url}/thumbnail" if kind == "image" else None,
        media_type=file.media_type,
        size=file.size,
        by=named(file.official, reader),
        at=file.at,
        is_showable=is_showable,
        is_told=is_told,
    )
