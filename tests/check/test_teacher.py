"""The teacher's tokens against the student's, in files and in the answers of a server."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.check.conftest import BASE
from tests.conftest import tiny_model

HAVE_CASES = {"teacher/other-tokenizer", "teacher/other-ids", "teacher/no-answer"}


def said(problems, subject="teacher"):
    return {problem.id: problem.what for problem in problems if problem.check == subject}


@pytest.fixture
def models(tmp_path):
    """A student, a teacher of the same tokenizer, and one whose last two words have changed places."""
    for name in ("student", "same", "other"):
        tiny_model(tmp_path / name)
    path = tmp_path / "other/tokenizer.json"
    content = json.loads(path.read_text())
    first, last = list(content["model"]["vocab"].items())[-2:]
    content["model"]["vocab"] |= {first[0]: last[1], last[0]: first[1]}
    path.write_text(json.dumps(content))
    words = {id: word for word, id in content["model"]["vocab"].items() if word.isascii() and word.isalpha()}
    return {id: words[id] for id in sorted(words)[-3:]}


@contextmanager
def server(status=200, answer=None):
    """`/infer/` of a server: its status, and `answer(ids)` as JSON."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, body))
            ids = body["infer_requests"][0]["messages"][-1]["content"]["token_ids"]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer(ids) if answer else {"detail": "Not Found"}).encode())

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}", asked
    http.shutdown()
    http.server_close()


def logprobs(words):
    """What `swift deploy` answers; `words`: what it takes an id for."""

    def answer(ids):
        tokens = [{str(id): {"logprob": -1.0, "rank": 1, "decoded_token": words(id)}} for id in ids]
        return [{"choices": [], "prompt_logprobs": [None, {"9": {"logprob": -2.0, "decoded_token": "a"}}, *tokens]}]

    return answer


TRAINER = BASE.replace("Qwen/Qwen2.5-7B-Instruct", "student") + " --model_type qwen2 --beta 0 --temperature 1"


def test_tokenizers_of_two_folders(examine, models):
    assert said(examine(f"{TRAINER} --teacher_model same --teacher_model_type qwen2")) == {}
    told = said(examine(f"{TRAINER} --teacher_model other --teacher_model_type qwen2"))
    assert list(told) == ["teacher/other-tokenizer"]
    assert ": 2 of " in told["teacher/other-tokenizer"]


def test_tokenizers_of_a_server_that_is_started(examine, models):
    """And one teacher is asked neither twice nor before it is there."""
    served = "env CUDA_VISIBLE_DEVICES=1 swift deploy --model {} --model_type qwen2 --infer_backend vllm --port 23999"
    trainer = f"{TRAINER} --teacher_model_server http://127.0.0.1:23999/"
    assert said(examine(f"{served.format('same')} :: {trainer}")) == {}
    assert list(said(examine(f"{served.format('other')} :: {trainer}"))) == ["teacher/other-tokenizer"]


def test_tokenizers_in_a_cache(examine, models, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    snapshot = tmp_path / ".cache/huggingface/hub/models--org--taught/snapshots/abc"
    snapshot.parent.mkdir(parents=True)
    (tmp_path / "other").rename(snapshot)
    told = said(examine(f"{TRAINER} --use_hf true --teacher_model org/taught --teacher_model_type qwen2"))
    assert list(told) == ["teacher/other-tokenizer"]


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (200, logprobs({}.get), ["teacher/other-ids"]),  # it has no such tokens
        (200, lambda ids: [{"choices": [], "prompt_logprobs": None}], ["teacher/no-answer"]),  # transformers
        (404, None, ["teacher/no-answer"]),  # another kind of server
        (400, lambda ids: {"message": "API key error"}, ["teacher/no-answer"]),
        (200, lambda ids: "hello", ["teacher/no-answer"]),
    ],
)
def test_answers_of_a_server(examine, models, status, answer, expected):
    with server(status, answer) as (url, _):
        assert list(said(examine(f"{TRAINER} --teacher_model_server {url}"))) == expected


def test_a_server_as_it_should_be_is_asked_as_the_trainer_asks(examine, models):
    with server(answer=logprobs(models.get)) as (url, asked):
        assert said(examine(f"{TRAINER} --teacher_model_server {url}")) == {}
    [(path, body)] = asked
    assert path == "/infer/"
    assert body["request_config"] == {"prompt_logprobs": 0, "max_tokens": 1, "temperature": 0.0}


def test_each_row_has_a_teacher(examine, tmp_path):
    """ms-swift overwrites the column `dataset` by the name of the row's data set."""
    rows = [{"query": f"{n} + 1?", "solution": "$2$", "tag": ("math", 7)[n % 2], "dataset": "math"} for n in range(32)]
    (tmp_path / "tagged.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def told(*tags, flags=""):
        teachers = json.dumps([{"url": f"http://x.invalid/{tag}", "tags": [tag]} for tag in tags])
        trainer = BASE.replace("rows.jsonl", "tagged.jsonl#16")
        return said(examine(f"{trainer} --teacher_model_server '{teachers}' {flags}")).get("teacher/tag")

    assert told("math", 7) == "the data set tagged.jsonl has no teacher: they are for math, 7"
    assert told("tagged.jsonl", "other.jsonl") is None
    assert told("math", 7, flags="--teacher_tag_key tag") is None
    assert (
        told("math", "code", flags="--teacher_tag_key tag")
        == "a row with tag 7 has no teacher: they are for math, code"
    )


@pytest.mark.parametrize(
    ("servers", "reason"),
    [
        ("localhost:8000", "has no url"),
        ("[]", "it names none"),
        ('[{"url": "http://a"}, {"url": "http://b", "tags": ["x"]}]', "no list of tags"),
        ('[{"url": "http://a", "tags": ["x"]}, {"url": "http://b", "tags": ["x"]}]', "the tag x has two teachers"),
        ("[{", "cannot be read"),
    ],
)
def test_a_list_of_teachers_that_ms_swift_refuses(examine, servers, reason):
    assert reason in said(examine(f"{BASE} --teacher_model_server '{servers}'"))["teacher/server-list"]
