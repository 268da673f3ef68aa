"""The live page: who may ask, what is answered, and that it follows the log."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page import serve
from tests.conftest import ROOT
from tests.rollouts.hostile import append_step, write_hostile

pytestmark = pytest.mark.slow


@pytest.fixture
def client(healthy_run):
    with open_index(healthy_run) as index:
        state = serve.State(index)
        state.renew(changed=True)
        client = TestClient(serve.application(state, "the-token", 8000), base_url="http://127.0.0.1:8000")
        client.state = state
        yield client


@pytest.fixture
def known(client):
    assert client.get("/?token=the-token").status_code == 200
    return client


def test_nobody_without_the_token(client):
    paths = ("/", "/api/state", "/api/groups", "/api/group?g=1:0", "/api/text?id=0", "/?token=", "/?token=the-toke")
    assert [client.get(path).status_code for path in paths] == [403] * 7
    assert "completion" not in client.get("/api/group?g=1:0").text
    assert client.get("/?token=t\u00f6k\u00e9n").status_code == 403
    assert client.get("/", headers={"cookie": "inspect_8000=the-toke"}).status_code == 403


def test_the_cookie_is_for_this_page_alone(client):
    cookie = client.get("/?token=the-token").headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert client.get("/api/groups").status_code == 200


def test_a_foreign_host_is_refused(known):
    for host in ("evil.example", "127.0.0.1.evil.example", "192.168.0.1:8000"):
        assert known.get("/?token=the-token", headers={"host": host}).status_code == 400
    assert known.get("/?token=the-token", headers={"host": "localhost:8000"}).status_code == 200


def test_headers(known):
    for path in ("/?token=the-token", "/api/groups", "/api/text?id=no"):
        headers = known.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store" and headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


def test_pages_of_groups(known):
    def get(query: str) -> dict:
        return known.get(f"/api/groups?{query}").json()

    first, second = get("limit=5"), get("limit=5&offset=5")
    assert first["total"] == 288
    assert [row["g"] for row in first["rows"] + second["rows"]] == [*(f"1:{k}" for k in range(8)), "2:0", "2:1"]
    assert {row["step"] for row in get("step=7")["rows"]} == {7}
    assert get("first=3&last=4")["total"] == 16
    assert {row["outcome"] for row in get("outcome=mixed")["rows"]} == {"mixed"}
    assert all(row["flat"] for row in get("outcome=flat&limit=200")["rows"])
    assert get(f"prompt={first['rows'][0]['p']}")["total"] == 6
    assert get("offset=9999")["rows"] == []
    longest = [row["chars"] for row in get("sort=length&way=down&limit=200")["rows"]]
    assert longest == sorted(longest, reverse=True)
    rewards = [row["mean"] for row in get("sort=reward&field=reward&low=1.25&high=1.75&limit=200")["rows"]]
    assert rewards == sorted(rewards) and rewards and min(rewards) >= 1.25 and max(rewards) <= 1.75


def test_text_is_searched_in_the_whole_log(known, healthy_run):
    answer = known.get("/api/group?g=20:4").json()["members"][2]["text"]["head"]
    found = known.get("/api/groups", params={"text": answer.upper()}).json()
    lines = (json.loads(line) for line in (healthy_run / "completions.jsonl").open())
    steps = {line["step"][0]: sum(answer in text for text in line["completion"]) for line in lines}
    assert "20:4" in [row["g"] for row in found["rows"]]
    assert {row["step"] for row in found["rows"]} == {int(step) for step, n in steps.items() if n}


@pytest.mark.parametrize(
    "query",
    [
        "outcome=no",
        "step=x",
        "offset=1e9",
        "prompt=1;--",
        "first=99999999999999999999",
        "sort=no",
        "field=reward&low=x",
        "field=length&high=nan",
        "prompt=9" + "9" * 30,
    ],
)
def test_what_cannot_be_read_is_answered_with_400(known, query):
    assert known.get(f"/api/groups?{query}").status_code == 400


def test_what_is_not_there(known):
    assert [
        known.get(path).status_code for path in ("/api/group?g=999:0", "/api/text?id=99999999", "/no", "/api/group")
    ] == [404] * 4


def test_long_texts_come_whole_on_demand(hostile_run):
    with open_index(hostile_run) as index:
        state = serve.State(index)
        state.renew(changed=True)
        client = TestClient(serve.application(state, "t", 1), base_url="http://127.0.0.1:1")
        client.get("/?token=t")
        member = client.get("/api/group?g=1:0").json()["members"][5]
        assert member["text"]["out"] == 980_025
        assert len(client.get(f"/api/text?id={member['id']}").json()["text"]["head"]) == 1_000_025


def test_a_new_step_makes_a_new_version(tmp_path):
    run = write_hostile(tmp_path / "run")
    with open_index(run) as index:
        state = serve.State(index)
        state.renew(changed=True)
        state.renew(state.index.refresh())
        assert state.version == 1
        append_step(run, 4)
        state.renew(state.index.refresh())
        assert state.version == 2 and state.data["run"]["steps"] == [1, 4] and state.data["findings"]


def test_live_in_a_browser_until_ctrl_c(visit, tmp_path):
    run = Run().write(tmp_path / "run")
    command = [sys.executable, "-c", "from swift_grpo.commands.main import main; main()", "inspect", "serve", str(run)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT}/plugin"},
    )
    try:
        url = next(line.strip() for line in process.stdout if line.startswith("http://127.0.0.1:"))
        visited = visit(url)
        page = visited.page
        assert "token" not in page.url
        expect(page.locator("#live")).to_have_text("live, step 36")
        append_step(run, 37, prompt="new <b>prompt</b>")
        expect(page.locator("#live")).to_have_text("live, step 37")
        page.evaluate("location.hash = '#g=37:0:5'")
        page.click("#m5 >> text=Show all")
        expect(page.locator("#m5 .out")).to_have_count(0)
        assert page.evaluate("document.querySelector('#m5 .body').textContent.length") == 1_000_025
        page.fill("#f-text", "A LINK](javascript")
        page.locator("#f-text").press("Enter")
        expect(page.locator("#page-at")).to_have_text("1\u20132 of 2")
        assert "window.__pwned" not in page.evaluate("Object.keys(window).join()")
        assert visited.faults == [] and all(re.match(r"http://127\.0\.0\.1:\d+/", one) for one in visited.requests)
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == ""


def test_a_taken_port_is_said(healthy_run, capsys):
    import socket

    with socket.socket() as taken, open_index(healthy_run) as index:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="--port"):
            serve.serve(index, taken.getsockname()[1])


def test_a_log_that_cannot_be_read_for_a_while_is_said_and_read_later(tmp_path, capsys, monkeypatch):
    run = write_hostile(tmp_path / "run")
    monkeypatch.setattr(serve, "_POLL_SECONDS", 0.02)
    with open_index(run) as index:
        state, refresh, calls = serve.State(index), index.refresh, []

        def failing() -> bool:
            calls.append(1)
            if len(calls) < 4:
                raise RuntimeError("gone")
            return refresh()

        monkeypatch.setattr(index, "refresh", failing)
        append_step(run, 4)
        with serve.following(state):
            for _ in range(500):
                time.sleep(0.02)
                if state.version:
                    break
    assert state.data["run"]["steps"] == [1, 4]
    assert capsys.readouterr().err.count("gone") == 1
