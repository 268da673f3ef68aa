"""The page on the whole log, live, on loopback."""

import contextlib
import math
import re
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from swift_grpo.page_kit.json_values import dumps
from swift_grpo.rollouts.facts.browse import ORDERS, in_full, listed, whole
from swift_grpo.rollouts.facts.reasons import Reasons
from swift_grpo.rollouts.facts.search import grep, rollouts_of
from swift_grpo.rollouts.index import Index, numbers
from swift_grpo.rollouts.page.formulas import Formulas, texts_of
from swift_grpo.rollouts.page.payload import findings_data, page_data
from swift_grpo.rollouts.page.report_page import page

HOST = "127.0.0.1"
GROUP_CHARS = 20_000  # of a text in a group; the whole text on demand
_MOST_FOUND = 2_000  # completions at which a text search ends
_LONGEST_PAGE = 200
_FORMULA_SECONDS = 0.3  # for converting a group's formulas
_REASON_SECONDS = 1.0  # for grading a group
_POLL_SECONDS, _DIAGNOSE_SECONDS = 1.0, 20.0
_OUTCOMES = {"": "true", "flat": "flat", "eval": "is_eval"} | {
    name: f"outcome = '{name}'" for name in ("right", "wrong", "mixed", "unknown")
}
_RANGES = {"reward": "reward_mean", "spread": "reward_std", "length": "chars"}
_CONDITIONS = {"step": "step = ?", "first": "step >= ?", "last": "step <= ?", "prompt": "prompt_hash = ?"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest of the policy is in the page
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass
class State:
    """The page's data for the current log. One thread renews it; requests read it."""

    index: Index
    version: int = 0
    data: dict = field(default_factory=dict)
    searches: dict[str, tuple[list[int], bool]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    diagnosed: float = -math.inf  # seconds, by the monotonic clock
    findings: dict = field(default_factory=dict)
    stale: bool = False  # the log grew since the last diagnosis

    def renew(self, changed: bool, diagnose: bool = True) -> None:
        """Computes the page's data again, but the diagnosis, which reads texts, at most every 20 seconds."""
        self.stale = self.stale or changed
        due = diagnose and self.stale and time.monotonic() - self.diagnosed >= _DIAGNOSE_SECONDS
        if not changed and not due:
            return
        with self.lock:
            if due:
                self.findings = findings_data(self.index)
                self.diagnosed, self.stale = time.monotonic(), False
            self.data = page_data(self.index) | self.findings
            self.searches = {}
            self.version += 1

    def json(self) -> str:
        return dumps(self.data | {"live": True, "version": self.version})


def serve(index: Index, port: int) -> None:
    """Serves until Ctrl-C. Prints the address with the token once it answers. Raises OSError for a port in use."""
    import uvicorn

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise OSError(f"--port {port}: {error.strerror}; leave out --port to use a free one") from error
        listener.listen(128)
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        state = State(index)
        state.renew(changed=True, diagnose=False)  # the page answers at once; its findings follow
        print(f"http://{HOST}:{port}/?token={token}\nCtrl-C ends it", flush=True)
        config = uvicorn.Config(
            application(state, token, port), log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        with following(state), contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


@contextlib.contextmanager
def following(state: State) -> Iterator[None]:
    """Reads what is appended to the log; runs in a thread."""
    end = threading.Event()

    def follow() -> None:
        said = ""
        while True:
            try:
                state.renew(state.index.refresh())
            except Exception as error:  # the next try may succeed; an ended thread would go unnoticed
                if said != (said := f"swift-grpo: the log could not be read again: {error!r}"):
                    print(said, file=sys.stderr, flush=True)
            if end.wait(_POLL_SECONDS):
                return

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(timeout=10)


def application(state: State, token: str, port: int) -> Starlette:
    """The routes. A request needs the token, in the address or in the cookie that the first response sets.

    Only this machine's own host names are served, so that a foreign site cannot reach it by resolving to 127.0.0.1.
    """
    cookie = f"inspect_{port}"  # cookies ignore ports: two servers must not overwrite each other's

    def allowed(request: Request) -> bool:
        given = request.query_params.get("token") or request.cookies.get(cookie) or ""
        return secrets.compare_digest(given.encode(), token.encode())

    def guarded(answer):
        async def endpoint(request: Request) -> Response:
            if not allowed(request):
                response = PlainTextResponse("open the address that swift-grpo inspect serve printed\n", 403)
            else:
                try:
                    response = await run_in_threadpool(answer, state, request)
                except ValueError as error:
                    response = PlainTextResponse(f"{error}\n", 400)
            response.headers.update(_HEADERS)
            return response

        return endpoint

    def start(state: State, request: Request) -> Response:
        response = Response(page(state.json(), connect="'self'"), media_type="text/html")
        response.set_cookie(cookie, token, httponly=True, samesite="strict")
        return response

    routes = {"/": start, "/api/state": _state, "/api/groups": _groups, "/api/group": _group, "/api/text": _text}
    return Starlette(
        routes=[Route(path, guarded(answer)) for path, answer in routes.items()],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
    )


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")


def _whole(request: Request, name: str) -> int | None:
    """An integer of the query; None if it is missing. Raises ValueError for anything else."""
    value = request.query_params.get(name, "")
    if not value:
        return None
    if not re.fullmatch(r"-?\d{1,19}", value) or abs(int(value)) >= 1 << 63:
        raise ValueError(f"{name}: not an integer, or too large")
    return int(value)


def _real(request: Request, name: str) -> float | None:
    """A finite number of the query; None if it is missing. Raises ValueError for anything else."""
    value = request.query_params.get(name, "")
    with contextlib.suppress(ValueError):
        if not value or math.isfinite(float(value)):
            return float(value) if value else None
    raise ValueError(f"{name}: not a number")


def _state(state: State, request: Request) -> Response:
    if _whole(request, "seen") == state.version:
        return _json(dumps({"version": state.version}))
    return _json(state.json())


def _groups(state: State, request: Request) -> Response:
    """A page of groups by outcome, first, last (or step), prompt, text, field, low, high, sort, way, offset, limit."""
    query = request.query_params
    outcome = query.get("outcome", "")
    if outcome not in _OUTCOMES:
        raise ValueError(f"outcome: must be one of {', '.join(name for name in _OUTCOMES if name)}")
    where, more = [_OUTCOMES[outcome]], False
    parameters: list[float] = []
    for name, condition in _CONDITIONS.items():
        if (whole_number := _whole(request, name)) is not None:
            where.append(condition)
            parameters.append(whole_number)
    for end, sign in (("low", ">="), ("high", "<=")):
        if query.get("field", "") in _RANGES and (value := _real(request, end)) is not None:
            where.append(f"{_RANGES[query['field']]} {sign} ?")
            parameters.append(value)
    if text := query.get("text", ""):
        found, more = _search(state, text)
        where.append(f"group_id IN ({numbers(found)})")
    condition = " AND ".join(where)
    total = state.index.query(f"SELECT count(*) FROM browse WHERE {condition}", parameters)[0][0]
    limit = _whole(request, "limit")
    limit = 50 if limit is None else min(_LONGEST_PAGE, max(1, limit))
    order, way = query.get("sort", "step"), query.get("way", "")
    if order not in ORDERS:
        raise ValueError(f"sort: must be one of {', '.join(ORDERS)}")
    offset = max(0, _whole(request, "offset") or 0)
    rows = listed(state.index, condition, parameters, limit, offset, order, way == "down")
    return _json(dumps({"rows": rows, "total": total, "more": more}))


def _search(state: State, text: str) -> tuple[list[int], bool]:
    """Groups with a completion that contains a text in any case, and whether the search ended early."""
    with state.lock:
        if text not in state.searches:
            hits, more = [], False
            for batch in grep(state.index, re.escape(text), ignore_case=True):
                hits += batch
                if more := len(hits) >= _MOST_FOUND:
                    break
            ids = [row["id"] for _, row in rollouts_of(state.index, hits[:_MOST_FOUND])]
            rows = state.index.query(f"SELECT DISTINCT group_id FROM rollouts WHERE id IN ({numbers(ids)})")
            state.searches[text] = ([row[0] for row in rows], more)
        return state.searches[text]


def _group(state: State, request: Request) -> Response:
    rows = state.index.dicts("SELECT * FROM browse WHERE name = ?", [request.query_params.get("g", "")])
    group = next(in_full(state.index, rows[:1], GROUP_CHARS, Reasons(_REASON_SECONDS)), None)
    if group is None:
        return _json("null", 404)
    return _json(dumps(group | {"math": Formulas(_FORMULA_SECONDS).of(texts_of(group))}))


def _text(state: State, request: Request) -> Response:
    rollout = _whole(request, "id")
    found = None if rollout is None else whole(state.index, rollout)
    return _json("null", 404) if found is None else _json(dumps(found))
