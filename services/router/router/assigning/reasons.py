"""Why a submission went where it went, as its author and the officials read it, in the submission's language."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from shared.events.model import Name

from router.directory.model import Category, Rule


def _name(name: Name, language: str) -> str:
    return name.ar if language == "ar" else name.en


def chosen_category(category: Category, language: str) -> str:
    name = _name(category.name, language)
    return f"اختار مقدم الطلب الفئة «{name}»." if language == "ar" else f"The category “{name}” was chosen."


def words_in_text(rule: Rule, words: Sequence[str], language: str) -> str:
    name = _name(rule.name, language)
    if language == "ar":
        return f"القاعدة «{name}»: ورد في النص {'، '.join(f'«{word}»' for word in words)}."
    return f"Rule “{name}”: the text mentions {', '.join(f'“{word}”' for word in words)}."


def other_rule(rule: Rule, language: str) -> str:
    name = _name(rule.name, language)
    return f"القاعدة «{name}»." if language == "ar" else f"Rule “{name}”."


def no_place(category: Category, language: str) -> str:
    name = _name(category.name, language)
    if language == "ar":
        return f"الفئة «{name}» تختلف جهتها باختلاف المكان، والمكان غير معروف."
    return f"Who answers for “{name}” depends on the place, and the place is not known."


def no_rule(language: str) -> str:
    if language == "ar":
        return "لم تنطبق أي قاعدة، وسيقرر موظف في المكتب المركزي."
    return "No rule matched; a person at the central office decides."


def danger_read(words: Sequence[str], language: str) -> str:
    """Why a person looks at it at once, whoever it may belong to."""
    if language == "ar":
        spoke = f": {'، '.join(f'«{word}»' for word in words)}" if words else ""
        return f"قد يشير النص إلى خطر على الأرواح{spoke}، وسينظر فيه موظف على الفور."
    spoke = f": {', '.join(f'“{word}”' for word in words)}" if words else ""
    return f"The text may speak of danger to life{spoke}; a person looks at it at once."


def text_reads_like(name: Name, words: Sequence[str], language: str) -> str:
    """What the classifier decided by; `name` is the category's or, where that is open, the entity's."""
    if language == "ar":
        spoke = f": {'، '.join(f'«{word}»' for word in words)}" if words else ""
        return f"يشير النص إلى «{name.ar}»{spoke}."
    spoke = f": {', '.join(f'“{word}”' for word in words)}" if words else ""
    return f"The text reads like “{name.en}”{spoke}."


def reopened(language: str) -> str:
    return "أعاد مقدم الطلب فتحه." if language == "ar" else "Its author reopened it."


def entity_gone(language: str) -> str:
    if language == "ar":
        return "الجهة التي أجابت لم تعد موجودة في الدليل."
    return "The entity that answered is no longer in the directory."


def told_in(
    language: str,
    reason: str,
    names: Sequence[Name],
    category: Category | None,
    rule: Rule | None,
    words: Sequence[str],
) -> str:
    """A reason that was written here, in another language; what a person wrote, or what names have changed since, as
    it stands. `names`: what the text may have been read like."""
    for made in _makers(names, category, rule, words):
        if reason in (made("ar"), made("en")):
            return made(language)
    return reason


def _makers(
    names: Sequence[Name], category: Category | None, rule: Rule | None, words: Sequence[str]
) -> Iterator[Callable[[str], str]]:
    yield from (no_rule, reopened, entity_gone, partial(danger_read, words), partial(danger_read, ()))
    yield from (partial(text_reads_like, name, words) for name in names)
    if category is not None:
        yield from (partial(chosen_category, category), partial(no_place, category))
    if rule is not None:
        yield from (partial(other_rule, rule), partial(words_in_text, rule, words))
