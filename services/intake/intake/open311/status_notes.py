"""Public descriptions of events in English and Arabic."""

from intake.submissions.life import Status

Words = tuple[str, str]

STATUSES: dict[Status, Words] = {
    Status.RECEIVED: ("Received", "استُلم"),
    Status.ASSIGNED: ("With the responsible entity", "لدى الجهة المسؤولة"),
    Status.IN_PROGRESS: ("Being worked on", "قيد المعالجة"),
    Status.AWAITING_CITIZEN: ("Waiting for the citizen's answer", "بانتظار رد مقدّم الطلب"),
    Status.ANSWERED: ("Answered", "أُجيب عنه"),
    Status.CLOSED: ("Closed", "أُغلق"),
    Status.REOPENED: ("Reopened", "أُعيد فتحه"),
    Status.APPEALED: ("Under appeal", "قيد التظلم"),
    Status.WITHDRAWN: ("Withdrawn by the citizen", "سحبه مقدّمه"),
    Status.DECLINED: ("Not accepted", "لم يُقبل"),
    Status.MERGED: ("Reported before; both are answered together", "سبق الإبلاغ عنه، ويُجاب عنهما معًا"),
    Status.EVALUATING: ("Being evaluated", "قيد التقييم"),
    Status.ACCEPTED: ("Accepted", "قُبل"),
    Status.REJECTED: ("Not taken up", "لم يؤخذ به"),
    Status.IMPLEMENTED: ("Implemented", "نُفّذ"),
}
"""The `status_notes` of a status."""

UPDATES: dict[str, Words] = {
    "TriageRequested": ("A person decides who is responsible", "يحدد موظف الجهة المسؤولة"),
    "SubmissionAssigned": ("Given to the responsible entity", "أُحيل إلى الجهة المسؤولة"),
    "AssignmentAcknowledged": ("The entity confirmed that it has it", "أكدت الجهة استلامه"),
    "InformationRequested": ("The entity asked the citizen a question", "طلبت الجهة معلومات من مقدّمه"),
    "InterimReplyGiven": ("The entity gave an interim reply", "أرسلت الجهة ردًا مرحليًا"),
    "SubmissionTransferred": ("Passed on to another entity", "أُحيل إلى جهة أخرى"),
    "SubmissionAnswered": ("Answered", "أُجيب عنه"),
    "SubmissionDeclined": ("Not accepted", "لم يُقبل"),
    "SubmissionReopened": ("Reopened by the citizen", "أعاد مقدّمه فتحه"),
    "SubmissionWithdrawn": ("Withdrawn by the citizen", "سحبه مقدّمه"),
    "SubmissionRated": ("Rated and closed by the citizen", "قيّمه مقدّمه وأُغلق"),
    "SubmissionClosed": ("Closed", "أُغلق"),
    "SubmissionMerged": ("Joined to an earlier report of the same matter", "ضُمّ إلى بلاغ سابق عن الأمر نفسه"),
    "SubmissionUnmerged": ("Stands by itself again", "فُصل عن البلاغ الآخر"),
    "SuggestionDecided": ("The entity decided on the suggestion", "بتّت الجهة في المقترح"),
    "SuggestionImplemented": ("The suggestion was put into practice", "نُفّذ المقترح"),
    "AppealFiled": ("The citizen appealed", "تظلّم مقدّمه"),
    "AppealDecided": ("The central office decided on the appeal", "بتّ المكتب المركزي في التظلم"),
}
"""Events that are shown as updates, without the words that people wrote in them."""


def status_note(status: Status | str, lang: str) -> str:
    en, ar = STATUSES[Status(status)]
    return ar if lang == "ar" else en


def update_note(type: str, lang: str) -> str:
    en, ar = UPDATES[type]
    return ar if lang == "ar" else en
