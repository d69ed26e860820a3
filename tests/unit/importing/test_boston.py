"""The first rows of Boston's real requests, through the example mapping; skipped where the file is not at hand."""

import contextlib
import itertools
import json
import os
from pathlib import Path

import pytest
from intake.http.models import SubmissionSent
from tawasul.importing.conversion import Conversion
from tawasul.importing.mapping import load_mapping
from tawasul.importing.pace import Replay
from tawasul.importing.rows import CsvFile
from tawasul.stack.paths import COUNTRY, REPOSITORY

DATA = Path(os.environ.get("TAWASUL_DATA") or REPOSITORY.parent / "shared" / "data")
BOSTON = DATA / "boston311" / "requests_2011.csv.gz"
ROWS = 2_000

pytestmark = pytest.mark.skipif(
    not BOSTON.exists(), reason=f"Boston's requests are not at {BOSTON}: name their folder in TAWASUL_DATA"
)


def test_the_first_rows_become_submissions_that_intake_takes() -> None:
    mapping, pace = load_mapping(COUNTRY / "mappings" / "boston-311.yaml"), Replay(600)
    with contextlib.closing(CsvFile(BOSTON, mapping.file, mapping.columns())) as file:
        conversion = Conversion(mapping, file.columns)
        requests = [conversion.request(row) for row in itertools.islice(file.rows(), ROWS)]
    bodies = [json.loads(request.body) for request in requests]
    for body in bodies:
        SubmissionSent.model_validate(body)
    assert len({request.key for request in requests}) == ROWS
    assert {body["kind"] for body in bodies} == {"complaint", "observation"}
    assert all(body["location"]["address"].endswith("Boston") for body in bodies)
    assert sum("category" in body for body in bodies) > ROWS // 10
    due = [pace.due(request.at, 0.0) for request in requests]
    assert due == sorted(due)
