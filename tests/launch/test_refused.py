"""A trainer that ends because a rollout server answered 500 says so with the exception in the server's log.

The logs are those that ms-swift 4.6.0 and uvicorn wrote when a prompt outgrew the window, with shorter paths."""

import pytest

from swift_grpo.launch.causes import explain
from swift_grpo.launch.end import failed_call
from tests.launch.stubs import SERVER, free_port, launch, python, record

SWIFT = "/env/lib/python3.11/site-packages/swift"
CALLED = f"""[ERROR:swift] Method execution failed: async_infer
Traceback (most recent call last):
  File "{SWIFT}/pipelines/infer/rollout.py", line 718, in async_llm_worker
    result = await method(*args, **kwargs)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{SWIFT}/rollout/multi_turn.py", line 227, in _infer_async_single
    return await self.run(infer_request, request_config, **kwargs)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"""
WINDOW = (
    "ValueError: Input length (617) leaves no room for generation with max_model_len (512) and max_tokens_offset (-1)."
    " Please shorten the input or increase max_model_len."
)
TOO_LONG = f"""{CALLED}  File "{SWIFT}/infer_engine/infer_engine.py", line 247, in set_default_max_tokens
    raise ValueError(
{WINDOW}

"""
ANSWERED = f"""INFO:     127.0.0.1:60326 - "POST /infer/ HTTP/1.1" 500 Internal Server Error
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/env/lib/python3.11/site-packages/uvicorn/protocols/http/httptools_impl.py", line 422, in run_asgi
    result = await app(  # type: ignore[func-returns-value]
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{SWIFT}/pipelines/infer/rollout.py", line 1105, in infer
    all_outputs = list(chain.from_iterable(all_outputs))  # from list of list to single list
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
TypeError: 'NoneType' object is not iterable
"""
OF_A_PLUGIN = f"""{CALLED}  File "/home/me/turns.py", line 31, in on_turn_end
    answer = self.tools[call["name"]]
             ~~~~~~~~~~^^^^^^^^^^^^^^
KeyError: '{{}}'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/home/me/turns.py", line 33, in on_turn_end
    raise RuntimeError("no tool") from None
RuntimeError: no tool

"""
TRAINER = f"""Traceback (most recent call last):
  File "{SWIFT}/cli/rlhf.py", line 7, in <module>
    rlhf_main()
  File "{SWIFT}/rlhf_trainers/vllm_client.py", line 200, in infer
    raise RuntimeError(f'Multiple errors: {{all_errors}}')
RuntimeError: Multiple errors: [Exception('Server 0 failed: 500, Internal Server Error')]
"""
HEALTHY = "OSError: a hub that did not answer\nINFO:     127.0.0.1:1 - \"GET /health/ HTTP/1.1\" 200 OK\n"  # fmt: skip


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (HEALTHY + TOO_LONG + ANSWERED, WINDOW),
        (OF_A_PLUGIN.format("search") + ANSWERED + TOO_LONG, WINDOW),  # the last call that failed
        (OF_A_PLUGIN.format("search") + ANSWERED, "KeyError: 'search' (/home/me/turns.py, line 31)"),
        (OF_A_PLUGIN.format("\x1b[2J\u202e") + ANSWERED, r"KeyError: '\x1b[2J\u202e' (/home/me/turns.py, line 31)"),
        (CALLED + "AssertionError\n", "AssertionError"),
        (CALLED, ""),  # torn
        (TOO_LONG[:30], ""),
        (HEALTHY + ANSWERED, ""),
        ("", ""),
    ],
)
def test_the_exception_of_the_last_call_that_failed(tmp_path, log, said):
    (tmp_path / "rollout.log").write_text(log)
    assert failed_call(tmp_path / "rollout.log") == said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("log", "said", "means"),
    [
        (TOO_LONG, WINDOW, "a prompt, or a trajectory of several turns, grew longer than"),
        (OF_A_PLUGIN.format("solution"), "KeyError: 'solution' (/home/me/turns.py, line 31)", "the scheduler asked for what"),
    ],
)  # fmt: skip
def test_a_server_that_answered_500_is_the_cause(tmp_path, log, said, means):
    words = python(f"print({log + ANSWERED!r}, flush=True)\n" + SERVER, str(tmp_path / "status"))
    served = [*words, "--host", "127.0.0.1", "--port", str(free_port())]
    trainer = python(f"import sys; sys.stderr.write({TRAINER!r}); sys.exit(1)")
    run = launch(tmp_path, served, trainer)
    assert run.wait(30) == 1
    assert record(tmp_path)["cause"] == f"the rollout server failed: {said} (rollout.log)"
    assert record(tmp_path)["why"].startswith(means)
    assert explain(record(tmp_path)["cause"]).words.startswith(means)


@pytest.mark.slow
def test_a_server_without_an_exception_leaves_the_trainers_own(tmp_path):
    served = [*python(SERVER, str(tmp_path / "status")), "--host", "127.0.0.1", "--port", str(free_port())]
    run = launch(tmp_path, served, python(f"import sys; sys.stderr.write({TRAINER!r}); sys.exit(1)"))
    assert run.wait(30) == 1
    assert "Multiple errors: [Exception('Server 0 failed: 500" in record(tmp_path)["cause"]
