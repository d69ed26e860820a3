"""The step between writing and checking: the category's questions, or a notice that it is handled elsewhere."""

from shared.events.directory import AnswerType, CategoryChanged
from shared.reference.directory import Directory
from shared.web.catalogues import N_
from shared.web.forms import Fields
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.requests import Request
from starlette.responses import Response

from intake.catalogue.category_answers import Answer, Given, NotAnswered, Why, checked, with_questions

PREFIX = "q-"
NOT_CARRIED = ("step", "lang", "remove", "asked", "form_token")

WRONG = {
    Why.MISSING: N_("This question needs an answer."),
    Why.TOO_LONG: N_("The answer is too long. Please shorten it."),
    Why.NO_NUMBER: N_("Write a number, like 3 or 2.5."),
    Why.NO_DATE: N_("Choose a date."),
    Why.NO_OPTION: N_("Choose from the list."),
}


def answers_in(form: dict[str, str], directory: Directory) -> dict[str, Given]:
    """Answers by question. Fields are named `q-<code>`, and `q-<code>.<key>` for each of several options."""
    category = directory.categories.get(form.get("category", ""))
    given: dict[str, Given] = {}
    for question in category.questions if category else ():
        name = PREFIX + question.code
        if question.answer is AnswerType.MULTIPLE:
            said: Given = [option.key for option in question.options if form.get(f"{name}.{option.key}")]
        else:
            said = form.get(name, "")
        if said:
            given[question.code] = said
    return given


FORM = "/submissions/new"


def page_before_check(request: Request, form: dict[str, str], address: str = FORM) -> Response | None:
    """The page to show before the check: a notice, or the questions until they are answered; None where neither is
    needed.

    `address` is the form's target, as officials at the counter use it as well.
    """
    directory: Directory = request.app.state.directory
    category = directory.categories.get(form.get("category", ""))
    if category is None:
        return None
    if category.elsewhere is not None:
        return _page(request, form, "elsewhere.html", category, {}, address)
    if not category.questions:
        return None
    if form.get("asked") != category.category:
        return _page(request, form, "questions.html", category, {}, address)
    try:
        checked(category.questions, answers_in(form, directory))
    except NotAnswered as error:
        wrong = {PREFIX + each.code: WRONG[each.why] for each in error.wrong if each.why in WRONG}
        return _page(request, form, "questions.html", category, wrong, address)
    return None


def answered(form: dict[str, str], directory: Directory, lang: str) -> list[tuple[str, str]]:
    """Questions and answers in words, after `stop` has accepted them."""
    category = directory.categories.get(form.get("category", ""))
    questions = category.questions if category else ()
    kept: dict[str, Answer] = checked(questions, answers_in(form, directory))
    separator = "، " if lang == "ar" else ", "
    return [
        (str(getattr(each.question.name, lang)), separator.join(each.text(lang)))
        for each in with_questions(questions, kept)
        if each.question is not None
    ]


def _page(
    request: Request,
    form: dict[str, str],
    template: str,
    category: CategoryChanged,
    wrong: dict[str, str],
    address: str,
) -> Response:
    pages: Pages = request.app.state.pages
    lang = language_of(request)
    words = pages.messages(lang).ugettext
    names = {PREFIX + question.code: getattr(question.name, lang) for question in category.questions}
    context = {
        "form": Fields(form),
        "carried": {
            name: value for name, value in form.items() if name not in NOT_CARRIED and not name.startswith(PREFIX)
        },
        "category": category,
        "address": address,
        "is_own": address == FORM,
        "errors": Fields(wrong),
        "summary": {name: f"{names[name]} {words(message)}" for name, message in wrong.items()},
    }
    return pages.render(request, template, context, 422 if wrong else 200)
