"""The few plain pages of the sign-in: they need no style, no script and no template."""

from html import escape

from shared.csrf import FIELD
from shared.session_end import WITH_FORM
from starlette.responses import HTMLResponse


def _page(title_ar: str, title_en: str, body: str, status: int = 200, head: str = "") -> HTMLResponse:
    return HTMLResponse(
        f"""<!doctype html>
<html lang="ar" dir="rtl">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{head}
<title>{title_ar} · {title_en}</title></head>
<body><main><h1>{title_ar}<br><span lang="en" dir="ltr">{title_en}</span></h1>{body}</main></body></html>""",
        status,
        WITH_FORM,
    )


def _link(address: str, ar: str, en: str) -> str:
    return f'<p><a href="{escape(address)}">{ar} · <span lang="en" dir="ltr">{en}</span></a></p>'


def not_signed_in(again: str) -> HTMLResponse:
    return _page(
        "لم يكتمل تسجيل الدخول",
        "You are not signed in",
        _link(again, "حاول مرة أخرى", "Try again") + _link("/", "الصفحة الرئيسية", "Home"),
        400,
    )


def renewed() -> HTMLResponse:
    return _page(
        "جُدّد تسجيل الدخول",
        "Your sign-in is renewed",
        "<p>أغلق هذه النافذة ثم أرسل ما كتبته. · "
        '<span lang="en" dir="ltr">Close this tab and send what you typed.</span></p>',
    )


def confirm_sign_out(token: str) -> HTMLResponse:
    return _page(
        "تسجيل الخروج",
        "Sign out",
        f'<form method="post" action="/auth/sign-out"><input type="hidden" name="{FIELD}" value="{escape(token)}">'
        '<button type="submit">تسجيل الخروج · <span lang="en" dir="ltr">Sign out</span></button></form>',
    )


def leaving(address: str) -> HTMLResponse:
    """On to the provider's sign-out. A redirect would be held back: a page's forms may lead to this site alone."""
    return _page(
        "جارٍ تسجيل الخروج",
        "Signing out",
        _link(address, "متابعة", "Continue"),
        head=f'<meta http-equiv="refresh" content="0; url={escape(address)}">',
    )
