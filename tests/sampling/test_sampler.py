"""Every (prompt, sample) once, whatever the server and the disk do."""

import contextlib
import fcntl
import json
import resource
import time

import pytest

from swift_grpo.formats.rows import prompt_hash, prompt_of
from swift_grpo.formats.samples import SamplingParameters, read_samples, seed_of
from swift_grpo.sampling.models import Endpoint, Hosted, SamplingError
from swift_grpo.sampling.sampler import Patience, sample
from tests.sampling.hosted_stub import completion_of

ROWS = [{"messages": [{"role": "user", "content": f"What is {i} + {i}?"}], "solution": str(2 * i)} for i in range(20)]
QUICK = Patience(timeout=0.5, attempts=40, give_up=60)


def keys(path):
    return sorted((one.prompt_id, one.index) for one in read_samples(path))


def wanted(rows, n):
    return sorted((prompt_hash(prompt_of(row)), i) for row in rows for i in range(n))


def test_each_sample_once_with_a_seed_of_its_own(hosted, tmp_path):
    parameters = SamplingParameters(n=4, seed=3)
    summary = sample(ROWS, hosted.model, parameters, tmp_path, quiet=True)
    got = list(read_samples(summary.path))
    assert keys(summary.path) == wanted(ROWS, 4)
    assert (summary.wanted, summary.new, summary.kept, summary.failed) == (80, 80, 0, {})
    by_prompt = {prompt_hash(prompt_of(row)): row["messages"][0]["content"] for row in ROWS}
    assert all(one.completion == completion_of(by_prompt[one.prompt_id], one.seed) for one in got)
    assert all(one.seed == seed_of(one.prompt_id, one.index, 3) for one in got)
    assert len({(one.prompt_id, one.seed) for one in got}) == 80
    assert {(one.finish_reason, one.completion_tokens) for one in got} == {("stop", 10)}
    assert all(one.seconds >= 0 for one in got)


def test_a_second_run_does_nothing_and_a_larger_n_goes_on(hosted, tmp_path):
    first = sample(ROWS, hosted.model, SamplingParameters(n=2), tmp_path, quiet=True)
    asked = hosted.stub.requests
    again = sample(ROWS, hosted.model, SamplingParameters(n=2), tmp_path, quiet=True)
    assert (again.new, again.kept, hosted.stub.requests) == (0, 40, asked)
    more = sample(ROWS, hosted.model, SamplingParameters(n=3), tmp_path, quiet=True)
    assert (more.path, more.new, more.kept) == (first.path, 20, 40)
    assert keys(more.path) == wanted(ROWS, 3)


def test_a_changed_parameter_is_a_new_set_and_says_so(hosted, tmp_path, capsys):
    first = sample(ROWS, hosted.model, SamplingParameters(temperature=1.0), tmp_path)
    before = first.path.read_bytes()
    second = sample(ROWS, hosted.model, SamplingParameters(temperature=0.6), tmp_path)
    assert second.path != first.path
    assert first.path.read_bytes() == before
    assert "a new set" in capsys.readouterr().err
    assert second.notes == [
        f"a new set, {second.path.name} (temperature 0.6, was 1.0); {first.path.name} stays as it is"
    ]


@pytest.mark.slow
def test_random_faults_lose_nothing(hosted, tmp_path):
    hosted.stub.faults = 0.4
    summary = sample(ROWS, hosted.model, SamplingParameters(n=4), tmp_path, patience=QUICK, quiet=True)
    assert keys(summary.path) == wanted(ROWS, 4)
    assert summary.retries > 10
    assert summary.failed == {}
    assert len(summary.path.read_bytes().splitlines()) == 81


def test_several_urls_share_the_work_and_one_that_is_dead_does_not_matter(hosted, tmp_path):
    two = Hosted("stub", (hosted.url, "http://127.0.0.1:9/v1"))
    summary = sample(ROWS, two, SamplingParameters(n=2), tmp_path, concurrency=4, quiet=True)
    assert keys(summary.path) == wanted(ROWS, 2)


def test_equal_prompts_are_sampled_once(hosted, tmp_path):
    summary = sample([*ROWS, *ROWS[:5]], hosted.model, SamplingParameters(), tmp_path, quiet=True)
    assert (summary.prompts, summary.duplicates, summary.new) == (20, 5, 20)


def test_a_torn_tail_is_cut_off_and_a_broken_line_is_counted(hosted, tmp_path):
    summary = sample(ROWS, hosted.model, SamplingParameters(n=2), tmp_path, quiet=True)
    lines = summary.path.read_bytes().splitlines(keepends=True)
    summary.path.write_bytes(
        b"".join([*lines[:3], b"\x00\xff no json\n", b'{"prompt_id": 7}\n', *lines[4:-1], lines[-1][:25]])
    )
    assert len(list(read_samples(summary.path))) == 38
    again = sample(ROWS, hosted.model, SamplingParameters(n=2), tmp_path, quiet=True)
    assert again.new == 2
    assert keys(again.path) == wanted(ROWS, 2)
    assert again.notes[0].startswith("removed half a line at the end")
    assert again.notes[1].startswith("2 lines")
    assert "4, 5" in again.notes[1]


@pytest.mark.parametrize("left", [0, 10])
def test_a_kill_before_the_header_was_whole(hosted, tmp_path, left):
    summary = sample(ROWS, hosted.model, SamplingParameters(), tmp_path, quiet=True)
    summary.path.write_bytes(summary.path.read_bytes()[:left])
    again = sample(ROWS, hosted.model, SamplingParameters(), tmp_path, quiet=True)
    assert keys(again.path) == wanted(ROWS, 1)


def test_two_at_once_are_refused(hosted, tmp_path):
    summary = sample(ROWS, hosted.model, SamplingParameters(), tmp_path, quiet=True)
    with summary.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SamplingError, match="another process is writing"):
            sample(ROWS, hosted.model, SamplingParameters(), tmp_path, quiet=True)


def test_a_wrong_key_ends_at_once_and_shows_no_key(hosted, tmp_path, monkeypatch, capsys):
    hosted.stub.key = "right"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-and-secret")
    begun = time.monotonic()
    with pytest.raises(SamplingError, match="401: the key is wrong or missing: set OPENAI_API_KEY") as raised:
        sample(ROWS, hosted.model, SamplingParameters(), tmp_path)
    assert time.monotonic() - begun < 5
    assert "secret" not in str(raised.value) + capsys.readouterr().err
    monkeypatch.setenv("MY_KEY", "right")
    summary = sample(ROWS, Hosted("stub", (hosted.url,), key_from="MY_KEY"), SamplingParameters(), tmp_path)
    assert b"right" not in summary.path.read_bytes()


def test_a_wrong_model_name_ends_at_once(hosted, tmp_path):
    with pytest.raises(SamplingError, match="no such model or address"):
        sample(ROWS, Hosted("other", (hosted.url,)), SamplingParameters(), tmp_path, quiet=True)


def test_an_address_without_v1_ends_at_once(hosted, tmp_path):
    with pytest.raises(SamplingError, match="--url ends in /v1"):
        sample(ROWS, Hosted("stub", (hosted.url[:-3],)), SamplingParameters(), tmp_path, quiet=True)


@pytest.mark.slow
def test_a_server_that_only_fails_is_given_up(hosted, tmp_path):
    hosted.stub.faults, hosted.stub.kinds = 1.0, ("500",)
    with pytest.raises(SamplingError, match=r"no answer for .* the last failure: status 500"):
        sample(ROWS, hosted.model, SamplingParameters(), tmp_path, patience=Patience(give_up=1.0), quiet=True)


@pytest.mark.slow
def test_an_address_where_nothing_answers_is_given_up_sooner(tmp_path):
    nobody = Hosted("stub", ("http://127.0.0.1:9/v1",))
    with pytest.raises(SamplingError, match=r"nothing answers at http://127\.0\.0\.1:9/v1: the connection failed"):
        sample(ROWS, nobody, SamplingParameters(), tmp_path, patience=Patience(unreachable=0.5), quiet=True)


def test_a_server_of_ours_that_ended_ends_the_run_with_its_reason(hosted, tmp_path):
    class Gone:
        name = "gone"

        def open(self):
            return contextlib.nullcontext(
                [Endpoint("http://127.0.0.1:9/v1", "m", ended=lambda: "the server ended: no memory")]
            )

    with pytest.raises(SamplingError, match="no memory"):
        sample(ROWS, Gone(), SamplingParameters(), tmp_path, quiet=True)


def test_reasoning_that_comes_apart_and_half_a_character(hosted, tmp_path):
    answer = {"content": "It is 4 \ud83d.", "reasoning_content": "2 + 2"}
    body = json.dumps({"choices": [{"message": answer, "finish_reason": "length"}]}).encode()
    hosted.stub.faults, hosted.stub.kinds, hosted.stub.body = 1.0, ("body",), body
    summary = sample(ROWS[:1], hosted.model, SamplingParameters(), tmp_path, quiet=True)
    (one,) = read_samples(summary.path)
    assert one.completion == "<think>\n2 + 2\n</think>\n\nIt is 4 ?."
    assert (one.truncated, summary.truncated, one.completion_tokens) == (True, 1, None)


def test_a_server_that_wants_an_hour_is_not_waited_for(hosted, tmp_path):
    hosted.stub.faults, hosted.stub.kinds = 1.0, ("429 in an hour",)
    with pytest.raises(SamplingError, match="asks for a pause of 3600 s"):
        sample(ROWS, hosted.model, SamplingParameters(), tmp_path, quiet=True)


def test_one_prompt_that_the_server_refuses_is_counted_and_the_rest_goes_on(hosted, tmp_path):
    rows = [*ROWS, {"query": "x" * 20_000}]
    summary = sample(rows, hosted.model, SamplingParameters(n=2), tmp_path, quiet=True)
    assert (summary.new, list(summary.failed.values())) == (40, [2])
    assert "longer than the model's context" in next(iter(summary.failed))


def test_a_server_that_refuses_all_is_given_up(hosted, tmp_path):
    hosted.stub.longest = 3
    with pytest.raises(SamplingError, match="takes none of 20 requests"):
        sample(ROWS, hosted.model, SamplingParameters(), tmp_path, quiet=True)


def test_a_full_disk_keeps_whole_lines_and_goes_on_afterwards(hosted, tmp_path, monkeypatch):
    """The limit on a file's size stands for a full disk: write(2) takes a part of the line, then fails."""
    import signal

    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(SamplingError, match="cannot be written: File too large; all samples so far are kept"):
            sample(ROWS, hosted.model, SamplingParameters(n=4), tmp_path, quiet=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    (path,) = tmp_path.glob("samples-*.jsonl")
    content = path.read_bytes()
    assert content.endswith(b"\n") and len(content) <= 2000
    assert [json.loads(line) for line in content.splitlines()]
    sample(ROWS, hosted.model, SamplingParameters(n=4), tmp_path, quiet=True)
    assert keys(path) == wanted(ROWS, 4)


def test_bad_rows_and_parameters(hosted, tmp_path):
    for rows, said in [([], "no rows"), ([*ROWS, {"solution": "2"}], "row 21 has no question")]:
        with pytest.raises(SamplingError, match=said):
            sample(rows, hosted.model, SamplingParameters(), tmp_path, quiet=True)
    for name, value in {"n": 0, "temperature": -1, "top_p": 0, "max_tokens": 0}.items():
        with pytest.raises(ValueError, match=f"--{name.replace('_', '-')}"):
            SamplingParameters(**{name: value})
    with pytest.raises(SamplingError, match="not an address"):
        Hosted("stub", ("127.0.0.1:8000",))
    with pytest.raises(ValueError, match="not a file of samples"):
        other = tmp_path / "rows.jsonl"
        other.write_text('{"query": "1"}\n')
        list(read_samples(other))


def test_the_folder_cannot_be_written(hosted, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SamplingError, match="cannot be written"):
        sample(ROWS, hosted.model, SamplingParameters(), tmp_path / "file", quiet=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
