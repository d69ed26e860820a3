"""The router's own refusals."""

from collections.abc import Sequence

from shared.http.problems import Problem, in_arabic

from router.directory.faults import Fault
from router.directory_files.reading import Unfit

FAULTS_SHOWN = 200


def unknown_entity(entity: str) -> Problem:
    return _invalid("entity", f"There is no entity “{entity}”.", f"لا توجد جهة باسم «{entity}».")


def unknown_category(category: str) -> Problem:
    return _invalid("category", f"There is no category “{category}”.", f"لا توجد فئة باسم «{category}».")


def same_entity() -> Problem:
    return _invalid("entity", "This entity has it already.", "الطلب لدى هذه الجهة بالفعل.")


def asked_by_it() -> Problem:
    return _invalid(
        "entity",
        "This entity asks for the part. Answer it, or name whoever can do it.",
        "هذه الجهة هي التي طلبت الجزء. أجب عنه، أو اختر الجهة التي تستطيع القيام به.",
    )


def not_searched_together() -> Problem:
    return _invalid(
        "state",
        "Words are looked for in what is under way, or in what is over, and not in both at once.",
        "يُبحث بالكلمات فيما هو جارٍ أو فيما انتهى، لا فيهما معًا.",
    )


def same_category() -> Problem:
    return _invalid("category", "It has this category already.", "الطلب في هذه الفئة بالفعل.")


def cannot_read_it(official: str) -> Problem:
    return _invalid(
        "mentions",
        f"“{official}” does not see this submission, and cannot be mentioned.",
        f"«{official}» لا يطّلع على هذا الطلب ولا يمكن ذكره.",
    )


def sub_cases_open(numbers: Sequence[str]) -> Problem:
    named = ", ".join(numbers)
    return _invalid(
        "despite_open",
        f"Entities that were asked for a part have not answered: {named}. Wait for them, or say why you do not.",
        f"لم تُجب بعد جهات طُلب منها جزء: {named}. انتظر ردّها أو اذكر سبب عدم الانتظار.",
    )


def enough_sub_cases(most: int) -> Problem:
    return Problem(
        409,
        "enough-sub-cases",
        f"A submission has at most {most} parts.",
        f"الحد الأقصى لأجزاء الطلب {most}.",
    )


def evidence_needed() -> Problem:
    return _invalid(
        "evidence",
        "An answer in this category needs a photo or document that shows what was done. Add one first, then choose it.",
        "يحتاج الرد في هذه الفئة إلى صورة أو مستند يُثبت ما أُنجز. أضف ملفًا أولًا ثم اختره.",
    )


def file_not_usable(field: str) -> Problem:
    return _invalid(
        field,
        "One of these files cannot be used here: it is not among those that officials added, or a note keeps it "
        "among colleagues.",
        "تعذّر استخدام أحد هذه الملفات هنا، فهو ليس ضمن ما أضافه الموظفون، أو أنه مرفق بملاحظة داخلية.",
    )


def cannot_be_named(official: str) -> Problem:
    return _invalid(
        "officials",
        f"“{official}” does not work on this submission, and nothing can be confided to them.",
        f"«{official}» لا يعمل على هذا الطلب، فلا يمكن حصره به.",
    )


def not_of_the_entity(official: str) -> Problem:
    return _invalid(
        "official",
        f"“{official}” does not work at this entity, or not in this area.",
        f"«{official}» لا يعمل في هذه الجهة أو في هذه المنطقة.",
    )


def one_is_made() -> Problem:
    return Problem(
        409,
        "training-goes-on",
        "A model is being made already. Wait until it is there.",
        "يجري إعداد نموذج الآن. انتظر حتى يكتمل.",
    )


def unknown_placeholder(name: str) -> Problem:
    return _invalid("text", f"Nobody fills in “{{{name}}}”.", f"لا يوجد ما يُملأ به «{{{name}}}».")


def enough_templates(most: int) -> Problem:
    return Problem(
        409,
        "enough-templates",
        f"An entity keeps {most} templates at most. Remove one first.",
        f"الحد الأقصى لقوالب الجهة {most}. احذف أحدها أولًا.",
    )


def not_that_late(days: int) -> Problem:
    return _invalid(
        "expected_on",
        f"Name a day after today, at most {days} days ahead.",
        f"اختر يومًا بعد اليوم، ضمن مدة أقصاها بالأيام: {days}.",
    )


def enough_interim_replies(most: int) -> Problem:
    return Problem(
        409,
        "enough-interim-replies",
        f"No more interim replies: the entity may give {most}. Answer it, or ask its author.",
        f"لا مزيد من الردود المرحلية: الحد الأقصى للجهة {most}. أجب عن الطلب أو اسأل مقدمه.",
    )


def _invalid(field: str, en: str, ar: str) -> Problem:
    return Problem(422, "invalid", en, ar, errors=[{"field": field, "message": en, "message_ar": ar}])


def faulty_directory(faults: list[Fault]) -> Problem:
    return Problem(
        422,
        "faulty-directory",
        f"The directory has {len(faults)} faults. Nothing was published.",
        f"في الدليل أخطاء عددها {len(faults)}. لم يُنشر شيء.",
        errors=[{"field": fault.field, "message": fault.en, "message_ar": fault.ar} for fault in faults[:FAULTS_SHOWN]],
    )


def unfit_file(faults: Sequence[Unfit]) -> Problem:
    """Each fault with the line on which it is."""
    return Problem(
        422,
        "unfit-file",
        f"The file cannot be taken. Nothing of it was; what is published stays as it is. Faults: {len(faults)}.",
        f"لا يمكن قبول الملف، ولم يؤخذ منه شيء، ويبقى المنشور كما هو. عدد الأخطاء: {len(faults)}.",
        errors=[
            {
                "field": fault.field,
                "code": fault.code,
                "message": fault.en,
                "message_ar": fault.ar or in_arabic(fault.code),
            }
            | ({"line": str(fault.line)} if fault.line is not None else {})
            for fault in faults[:FAULTS_SHOWN]
        ],
    )


def another_waits(version: int) -> Problem:
    return Problem(
        409,
        "another-waits",
        f"Version {version} waits to begin. Take it back first, or wait until it holds.",
        f"النسخة {version} بانتظار السريان. اسحبها أولًا أو انتظر حتى تسري.",
    )


def no_directory() -> Problem:
    return Problem(
        409,
        "no-directory",
        "Nothing is published yet: import a whole directory first.",
        "لم يُنشر شيء بعد: استورد دليلًا كاملًا أولًا.",
    )


def no_draft() -> Problem:
    return Problem(409, "no-draft", "No draft is begun.", "لا توجد مسودة.")


def nothing_changed() -> Problem:
    return Problem(409, "nothing-changed", "The draft is what is published already.", "المسودة مطابقة لما هو منشور.")


def draft_outdated() -> Problem:
    return Problem(
        409,
        "draft-outdated",
        "Another directory was published since the draft was begun. Take its changes over, then publish.",
        "نُشر دليل آخر منذ بدء المسودة. أدخل تغييراته فيها ثم انشرها.",
    )


def holds_already() -> Problem:
    return Problem(
        409,
        "holds-already",
        "This version holds already, is about to, or was taken back before.",
        "هذه النسخة سارية أو على وشك السريان أو سُحبت من قبل.",
    )


def too_large() -> Problem:
    return Problem(413, "too-large", "The directory would be too large.", "سيكون الدليل أكبر من المسموح.")


def not_in_list(id: str) -> Problem:
    return _invalid("before", f"There is nothing “{id}” in this list.", f"لا يوجد «{id}» في هذه القائمة.")


def no_such_file() -> Problem:
    return _invalid(
        "format",
        "The whole directory is YAML, one list YAML or CSV, and GeoJSON holds areas.",
        "الدليل كله بصيغة YAML، والقائمة الواحدة YAML أو CSV، وGeoJSON للمناطق.",
    )


def no_such_reference() -> Problem:
    """Also where there is one that the caller may not see."""
    return _invalid(
        "reference",
        "There is no submission with this reference number that you may see.",
        "لا يوجد طلب بهذا الرقم المرجعي يمكنك الاطلاع عليه.",
    )


_NOT_TO_BE_MERGED = {
    "itself": ("It is the same submission.", "هذا هو الطلب نفسه."),
    "ended": (
        "The other submission is not being worked on any more: nothing would come of it.",
        "لم يعد الطلب الآخر قيد العمل، فلن يأتي منه رد.",
    ),
    "leads": (
        "Others are merged into this submission. Merge the other one into it, or undo those first.",
        "دُمجت في هذا الطلب طلبات أخرى. ادمج الآخر فيه، أو ألغِ تلك أولًا.",
    ),
    "kinds": (
        "A suggestion is decided in another way than a complaint: they can only be linked.",
        "يُبت في الاقتراح بغير ما يُبت به في الشكوى، فلا يمكن إلا ربطهما.",
    ),
    "full": ("As many as possible belong to it already.", "بلغ عدد ما ينتمي إليه الحد الأقصى."),
}


def not_to_be_merged(why: str) -> Problem:
    en, ar = _NOT_TO_BE_MERGED[why]
    return Problem(409, "not-to-be-merged", en, ar, errors=[{"field": "reference", "message": en, "message_ar": ar}])
