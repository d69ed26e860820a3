"""The desk without a server: what is offered to whom, what a reference means, what no spreadsheet may calculate."""

import inspect
from collections.abc import Callable
from functools import partial

import pytest
from router.access.policy import COMMANDS, Office, check_may, possible
from router.answer_templates.model import fitting
from router.assigning import facts as follow
from router.assigning import reasons
from router.cases.life import OVER, TRANSITIONS, UNDER_WAY, State
from router.cases.model import Decided, Proposed, Refusal
from router.cases.reference_numbers import beginning_of
from router.casework.actions import ACTIONS, with_template
from router.directory.checks import faults
from router.directory.model import Country
from router.duplicates import pages as similar
from router.http.names import Names
from router.http.words import DONE, FACTS, STATES
from shared.events.deadlines import DeadlineApproaching
from shared.events.model import Role
from shared.http.auth import Caller
from shared.web.sheets import harmless

from tests.support.router import A_SUBMISSION, NOW, a_country, a_directory, a_template, an_assignment, an_entity, due

PLAIN = Office(a_directory())
CENTRAL = an_entity("central-office", "central")
APPROVING = Office(a_directory(entities=[CENTRAL, an_entity("works", answers_need_approval=True)]))
PASSED_THROUGH = (State.EXPECTED, State.TRANSFERRED, State.REOPENED)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("entity", ["works", "ewa"])
@pytest.mark.parametrize("state", [state for state in State if state not in PASSED_THROUGH])
@pytest.mark.parametrize("kind", ["complaint", "suggestion"])
def test_the_actions_offered_are_those_that_would_be_done_and_no_others(
    role: Role, entity: str, state: State, kind: str
) -> None:
    caller = Caller("someone", "Someone", frozenset({role}), entity)
    proposed = Proposed(text="Done.", reason_code="resolved", official="somebody", at=NOW)
    for assignment in (an_assignment(state, kind=kind), an_assignment(state, kind=kind, proposed=proposed)):
        for office in (PLAIN, APPROVING):
            offered = possible(caller, assignment, office)
            for move in COMMANDS:
                try:
                    check_may(caller, move, assignment, office)
                    is_allowed = True
                except Refusal:
                    is_allowed = False
                fits = state in TRANSITIONS[move] and assignment.allows(move)
                assert (move in offered) is (is_allowed and fits)


def test_every_command_has_a_form_and_a_confirmation_and_every_state_a_name_and_a_list() -> None:
    beside = {action.move for action in similar.ACTIONS.values()}
    assert {move for action in ACTIONS.values() for move in action.moves} == set(COMMANDS) - beside
    assert set(similar.ACTIONS) == set(similar.DONE)
    assert {*ACTIONS, "give-up"} == set(DONE)
    assert set(STATES) == set(State) - set(PASSED_THROUGH) == {*UNDER_WAY, *OVER}
    assert "SubmissionAssigned" in FACTS


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7k3mx-qpa42", "7K3MX-QPA42"),
        (" 7K3 ", "7K3"),
        ("7K3MXQ", "7K3MX-Q"),
        ("OIL", "011"),
        ("7K", None),
        ("7K3MX-QPA42-1", "7K3MX-QPA42-1"),
        ("7k3mxqpa4212", "7K3MX-QPA42-12"),
        ("7K3MX-QPA42-X", None),
        ("7K3MX-QPA42-123", None),
        (".*..", None),
        ("^7K3", None),
        ("٧٧٧٧", "7777"),
    ],
)
def test_a_reference_number_is_found_by_its_beginning(typed: str, meant: str | None) -> None:
    assert beginning_of(typed) == meant


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1"])
def test_a_cell_that_a_spreadsheet_would_calculate_becomes_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless(f"a {cell}") == f"a {cell}"


def test_why_it_is_here_is_read_in_the_readers_language_and_what_a_person_wrote_as_it_stands() -> None:
    directory = a_directory()
    rule, category = directory.country.rules[0], directory.categories["roads.pothole"]
    arabic, english = Names(directory, "ar"), Names(directory, "en")
    makers: list[tuple[Callable[[str], str], str | None]] = [
        (reasons.no_rule, None),
        (reasons.reopened, None),
        (reasons.entity_gone, None),
        (partial(reasons.danger_read, ["hole"]), None),
        (partial(reasons.chosen_category, category), None),
        (partial(reasons.no_place, category), None),
        (partial(reasons.text_reads_like, category.name, ["hole"]), None),
        (partial(reasons.text_reads_like, directory.entities["works"].name, ["hole"]), None),
        (partial(reasons.other_rule, rule), rule.id),
        (partial(reasons.words_in_text, rule, ["hole"]), rule.id),
    ]
    known = {each for name, each in inspect.getmembers(reasons, inspect.isfunction) if not name.startswith("_")}
    assert known - {reasons.told_in} == {getattr(made, "func", made) for made, _ in makers}
    for made, rule_id in makers:
        for written in ("ar", "en"):
            decided = Decided(by="rule", reason=made(written), rule=rule_id, words=("hole",))
            case = an_assignment(category="roads.pothole").changed(decided=decided)
            assert [arabic.reason(case), english.reason(case)] == [made("ar"), made("en")]
    case = an_assignment().changed(decided=Decided(by="person", reason="They asked."))
    assert [names.reason(case) for names in (arabic, Names(None, "ar"))] == ["They asked."] * 2


def test_a_due_time_is_at_risk_when_the_sla_monitor_says_so_of_this_very_one() -> None:
    before = an_assignment(due=due(NOW), list_at=NOW)
    said = DeadlineApproaching(
        submission_id=A_SUBMISSION, to_state="running", target="answer", entity="works", share=0.8, due_at=NOW
    )
    decision = follow.approaching(before, said, NOW)
    assert decision is not None
    assert decision.state.due is not None
    assert decision.state.due.at_risk
    moved = an_assignment(due=due(NOW.replace(hour=12)))
    assert follow.approaching(moved, said, NOW) is None


TEMPLATES = [
    a_template("thanks", "Thank you. {entity}"),
    a_template("road", "About {category}, {reference}{category}.", category="roads"),
    a_template("rubbish", "Collected.", category="rubbish"),
]


def test_templates_of_the_category_and_of_the_groups_above_it_are_offered_and_filled_in() -> None:
    directory = a_directory(templates=TEMPLATES)
    found = fitting(directory.country.templates, directory.categories, "roads.pothole")
    assert [template.id for template in found] == ["thanks", "road"]
    assert [template.id for template in fitting(directory.country.templates, directory.categories, None)] == ["thanks"]
    form = {"answer_template": "thanks", "answer_text": "Dear Maryam,"}
    begun = with_template("answer", form, an_assignment(category="roads.pothole"), directory)
    assert begun["answer_text"] == "Dear Maryam,\n\nThank you. Works"
    # Not offered for this one, gone meanwhile, or none chosen: the form stays as it is.
    for chosen in ("rubbish", "gone", ""):
        form = {"answer_template": chosen, "answer_text": "x"}
        assert with_template("answer", form, an_assignment(), directory) == form


def test_a_placeholder_that_nobody_fills_in_and_a_category_that_is_not_there_are_faults() -> None:
    templates = [a_template("a", "Dear {name}"), a_template("b", "Hello.", category="nothing")]
    country = Country.model_validate(a_country(templates=templates))
    assert [fault.field for fault in faults(country)] == ["templates[0].text", "templates[1].category"]
