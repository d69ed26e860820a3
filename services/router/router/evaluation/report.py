"""Scores as lines of text."""

from collections.abc import Iterator, Mapping, Sequence

from router.text_model.scores import Judged, Scores, by_language, confusions, scores

COLUMNS = ("texts", "category", "among 3", "entity", "coverage", "decided alone", "of them right")
SHOWN_CONFUSIONS = 10


def heading(name: str) -> str:
    return f"{name}\n{'=' * len(name)}"


def table(judged: Mapping[str, Sequence[Judged]], precision: float) -> Iterator[str]:
    """A row for each model or baseline, and below it a row for each language."""
    yield f"\n{'accuracy of':<34}" + "".join(f"{column:>15}" for column in COLUMNS)
    for name, all_of_it in judged.items():
        yield _row(name, scores(all_of_it, precision))
        languages = by_language(all_of_it)
        if len(languages) > 1:
            for language, some in languages.items():
                yield _row(f"  {language}", scores(some, precision))
    yield f"coverage: an entity can be named, {precision:.0%} of them surely right, at the best threshold for these"
    yield "decided alone: above the thresholds that were learnt from the texts held out in training"


def _row(name: str, found: Scores) -> str:
    shares = (found.accuracy, found.among_three, found.entity_accuracy, found.coverage, found.sure, found.sure_right)
    cells = [f"{found.texts:,}", *("–" if share is None else f"{share:.1%}" for share in shares)]
    return f"{name:<34}" + "".join(f"{cell:>15}" for cell in cells)


def calibration(judged: Sequence[Judged], precision: float) -> Iterator[str]:
    found = scores(judged, precision)
    yield f"\ncalibration of the best guess: off by {found.calibration_error:.3f} on average"
    yield f"{'it said':>12}{'were right':>12}{'texts':>10}"
    for each in found.bins:
        yield f"{each.said:>12.2f}{each.right:>12.2f}{each.texts:>10,}"


def confusion(judged: Sequence[Judged]) -> Iterator[str]:
    found = confusions(judged, SHOWN_CONFUSIONS)
    yield "\nmost often confused" + ("" if found else ": nothing")
    for category, guess, count in found:
        yield f"{count:>6} × {category} taken for {guess}"
