"""The reasons why a file is not taken, in both languages."""

from collections.abc import Sequence

from shared.http.problems import Problem

from intake.attachments.model import Unusable
from intake.submissions.errors import FileFault

WHY: dict[Unusable, tuple[str, str]] = {
    Unusable.EMPTY: ("The file is empty.", "الملف فارغ."),
    Unusable.TOO_LARGE: ("The file is larger than 10 MB.", "حجم الملف أكبر من 10 ميغابايت."),
    Unusable.UNKNOWN_TYPE: (
        "We take photos (JPEG, PNG, WebP), PDF documents and MP4 videos. This is none of them, whatever its name says.",
        "نقبل الصور (JPEG وPNG وWebP) ومستندات PDF ومقاطع MP4 فقط. هذا الملف من نوع آخر مهما كان اسمه.",
    ),
    Unusable.DAMAGED: (
        "The file is damaged or incomplete. Please try another copy of it.",
        "الملف تالف أو ناقص. يرجى تجربة نسخة أخرى منه.",
    ),
    Unusable.TOO_MANY_PIXELS: (
        "The image is too large to be opened safely. Please make it smaller.",
        "أبعاد الصورة أكبر من أن تُفتح بأمان. يرجى تصغيرها.",
    ),
    Unusable.INFECTED: (
        "The file was not taken: our scanner found harmful software in it.",
        "لم يُقبل الملف، فقد وجد الفاحص فيه برنامجًا ضارًا.",
    ),
    Unusable.ONE_TOO_MANY: (
        "There is no room for this file any more.",
        "لم يعد هناك متسع لهذا الملف.",
    ),
}


def files_refused(faults: Sequence[FileFault]) -> Problem:
    """`field` gives the file's position in the request; its name is not repeated."""
    return Problem(
        422,
        "files-refused",
        "Some of the files cannot be taken. None was kept.",
        "تعذّر قبول بعض الملفات، ولم يُحفظ أي منها.",
        errors=[
            {
                "field": f"files.{fault.number}",
                "code": fault.why,
                "message": WHY[fault.why][0],
                "message_ar": WHY[fault.why][1],
            }
            for fault in list(faults)[:20]
        ],
    )


def scanner_away() -> Problem:
    return Problem(
        503,
        "scanner-away",
        "Files cannot be checked for harmful software right now, so they were not taken. Please try again in a moment.",
        "يتعذّر فحص الملفات الآن، لذلك لم تُقبل. يرجى المحاولة مجددًا بعد لحظات.",
        headers={"Retry-After": "30"},
    )
