"""Why a submission went where it went, as its author and the officials read it, in the submission's language."""

from collections.abc import Sequence

from shared.events.model import Name

from router.domain.country import Category, Rule


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
