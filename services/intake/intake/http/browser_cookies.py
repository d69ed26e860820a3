"""Sets and removes the cookies of a browser's session."""

from fastapi import Request
from shared.http.session_cookie import Session, SessionKeys, cookie_name
from starlette.responses import Response

AUTH = "/auth"


def renewal_name(request: Request) -> str:
    return "__Secure-tawasul-renewal" if request.app.state.is_secure else "tawasul-renewal"


def renewal_secret(request: Request) -> str | None:
    return request.cookies.get(renewal_name(request))


def set_cookies(request: Request, response: Response, session: Session, secret: str | None = None) -> None:
    """Set the short-lived cookie for all services and, for a new session, the renewal cookie that only `/auth`
    receives.

    Neither has a max-age: the browser keeps an expired one, which distinguishes a session to renew from no session.
    """
    keys: SessionKeys = request.app.state.session_keys
    is_secure = request.app.state.is_secure
    name = cookie_name(is_secure)
    response.set_cookie(name, keys.write(session), path="/", secure=is_secure, httponly=True, samesite="lax")
    if secret is not None:
        name = renewal_name(request)
        response.set_cookie(name, secret, path=AUTH, secure=is_secure, httponly=True, samesite="lax")


def forget(request: Request, response: Response) -> None:
    is_secure = request.app.state.is_secure
    for name, path in ((cookie_name(is_secure), "/"), (renewal_name(request), AUTH)):
        response.delete_cookie(name, path=path, secure=is_secure, httponly=True, samesite="lax")
