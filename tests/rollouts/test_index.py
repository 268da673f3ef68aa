"""The reader and the index on what trainers write, and on what they leave behind when they die."""

import json
import shutil

import pytest

from benchmarks.diagnosis.own.synthetic import STEPS, G, Run
from swift_grpo.rollouts.index import open_index


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    return Run().write(tmp_path_factory.mktemp("run") / "v0-20260101-000000")


def line(step, texts, **columns):
    n = len(texts)
    return json.dumps({"step": [str(step)] * n, "prompt": ["p"] * n, "completion": texts, **columns}) + "\n"


def write(folder, *lines, args=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "completions.jsonl").write_bytes(b"".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    if args:
        (folder / "args.json").write_text(json.dumps(args))
    return folder


def test_a_run(healthy):
    with open_index(healthy) as index:
        assert index.reward_names == ["MathAccuracy", "Format"]
        assert index.accuracy_name == "MathAccuracy"
        assert index.rows == (STEPS + 1) * 64
        assert index.duplicates == 64  # the final event repeats the last batch
        assert index.query("SELECT count(*), min(n), max(n) FROM groups") == [(STEPS * 8, G, G)]
        assert index.query("SELECT count(*) FROM steps WHERE reward IS NOT NULL AND completions_mean_length > 0") == [
            (STEPS,)
        ]
        lines = (healthy / "completions.jsonl").read_text().split("\n")
        text = index.texts([64 * 3 + 17])[0]
        assert text.completion == json.loads(lines[3])["completion"][17]
        assert (text.step, text.group_id, text.member) == (4, 3 * 8 + 2, 1)
        assert text.rewards["MathAccuracy"] == json.loads(lines[3])["MathAccuracy"][17]


def test_unreadable_lines_nan_and_a_torn_tail(tmp_path):
    good = line(1, ["a NaN, NaN", "b"], Accuracy=[float("nan"), 1.0], Speed=[float("inf"), None])
    raw = b'{"step": ["2"], "prompt": ["p"], "completion": ["x\xe2\x80\xa8y\xc2\x85z"], "Accuracy": [1.0]}\n'
    broken = [b'{"step": ["3"], "prompt": ["p"\n', b'{"no": "completion"}\n', b"\xff\xfe\n", b"[" * 100000 + b"\n"]
    folder = write(tmp_path / "run", good, *broken, b"\n", raw, '{"step": ["4"], "comp')
    with open_index(folder) as index:
        assert index.unreadable == 4
        assert [number for _, number in index.unreadable_lines] == [2, 3, 4, 5]
        query = 'SELECT step, reward, "reward_Accuracy", chars FROM rollouts ORDER BY id'
        assert index.query(query) == [(1, float("inf"), None, 10), (1, 1.0, 1.0, 1), (2, 1.0, 1.0, 5)]
        assert [text.completion for text in index.texts([0, 2])] == ["a NaN, NaN", "x\u2028y\x85z"]


def test_grows_with_the_file_and_keeps_what_it_has(tmp_path, healthy):
    whole = (healthy / "completions.jsonl").read_bytes()
    folder = write(tmp_path / "run", whole[:300_000], args={"num_generations": G})
    log = folder / "completions.jsonl"
    with open_index(folder) as index:
        before = index.query("SELECT id, group_id, completion_hash FROM rollouts ORDER BY id")
        assert not index.refresh()
        with log.open("ab") as file:
            file.write(whole[300_000:400_000])
        assert index.refresh()
        with log.open("ab") as file:
            file.write(whole[400_000:])
        assert index.refresh()
        after = index.query("SELECT id, group_id, completion_hash FROM rollouts ORDER BY id")
        assert after[: len(before)] == before
        assert len(after) == (STEPS + 1) * 64
        stored = index.query("SELECT * FROM rollouts ORDER BY id")
    shutil.rmtree(tmp_path / "cache")
    with open_index(folder) as index:
        assert index.query("SELECT * FROM rollouts ORDER BY id") == stored


def test_a_replaced_file_is_read_anew(tmp_path):
    folder = write(tmp_path / "run", line(1, ["a", "b"], Accuracy=[0.0, 1.0]))
    open_index(folder).close()
    write(folder, line(1, ["c", "d", "e"], Accuracy=[0.0, 1.0, 1.0]))
    with open_index(folder) as index:
        assert [text.completion for text in index.texts([0, 1, 2])] == ["c", "d", "e"]


def test_a_file_replaced_in_place_is_read_anew(tmp_path):
    """The same inode and the same first 4,096 bytes and more; of the same length, then longer."""
    lines = [line(step, ["x" * 3000, "y" * 3000], Accuracy=[0.0, 1.0]) for step in range(1, 9)]
    folder = write(tmp_path / "run", *lines)
    log = folder / "completions.jsonl"
    open_index(folder).close()
    for change in ((5, "z"), (6, "zz")):
        lines[change[0]] = line(9, [change[1] * 3000, "y" * 3000], Accuracy=[0.0, 1.0])
        inode = log.stat().st_ino
        with log.open("r+b") as file:
            file.write("".join(lines).encode())
        assert log.stat().st_ino == inode
        with open_index(folder) as index:
            assert index.query("SELECT count(*) FROM rollouts WHERE step = 9") == [(2 * (change[0] - 4),)]


def test_rewards_are_what_logging_jsonl_names(tmp_path):
    columns = {"Accuracy": ["1.0", "0"], "difficulty": [3, 5], "note": [1.0, None]}
    folder = write(tmp_path / "run", line(1, ["a", "b"], **columns))
    with open_index(folder) as index:
        assert index.reward_names == ["Accuracy", "difficulty", "note"]
    event = {"rewards/Accuracy/mean": 0.5, "rewards/Accuracy/std": 0.7, "global_step/max_steps": "1/9"}
    (folder / "logging.jsonl").write_text(json.dumps(event) + "\n")
    with open_index(folder) as index:
        assert index.reward_names == ["Accuracy"]
        assert index.query("SELECT reward FROM rollouts ORDER BY id") == [(1.0,), (0.0,)]
    write(folder, line(1, ["a", "b"], Accuracy=["good", "bad"]), line(2, ["a", "b"], Accuracy=[1.0, 1.0]))
    with open_index(folder) as index:
        assert (index.rows, index.unreadable_lines[0][1]) == (2, 1)


@pytest.mark.parametrize(
    "columns", [{"Accuracy": [1.0]}, {"Accuracy": [1.0, 0.0, 1.0]}, {"advantages": [0.5]}, {"prompt": ["p"]}]
)
def test_a_ragged_line_is_unreadable(tmp_path, columns):
    bad = json.dumps({"step": 1, "prompt": ["p", "p"], "completion": ["a", "b"], **columns}) + "\n"
    with open_index(write(tmp_path / "run", bad, line(2, ["a", "b"], Accuracy=[1.0, 0.0]))) as index:
        assert index.query("SELECT step, reward FROM rollouts ORDER BY id") == [(2, 1.0), (2, 0.0)]
        assert index.unreadable == 1


def test_messages_are_texts(tmp_path):
    """One completion a line, as Megatron on Ray writes it, and a column of them."""
    asked, said = [{"role": "user", "content": "2 + 2?"}], [{"role": "assistant", "content": "<think>2</think>4"}]
    one = json.dumps({"gen_step": 1, "prompt": asked, "completion": said, "reward": 1.0}) + "\n"
    many = json.dumps({"step": 2, "prompt": [asked, asked], "completion": [said, said], "A": [1.0, 0.0]}) + "\n"
    with open_index(write(tmp_path / "run", one, many)) as index:
        assert index.query("SELECT step, reward FROM rollouts ORDER BY id") == [(1, 1.0), (2, 1.0), (2, 0.0)]
        for text in index.texts([0, 1, 2]):
            assert text.completion == "<think>2</think>4"
            assert text.prompt == "<|im_start|>user\n2 + 2?<|im_end|>\n"


def test_a_cache_folder_with_a_quote_in_its_name(tmp_path, monkeypatch, healthy):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / 'it\'s; a "cache"'))
    log = (healthy / "completions.jsonl").read_bytes()
    folder = write(tmp_path / "run", log[: len(log) // 2])
    open_index(folder).close()
    (folder / "completions.jsonl").open("ab").write(log[len(log) // 2 :])  # a small part is written together with it
    with open_index(folder) as index:
        assert index.query("SELECT count(*) FROM rollouts") == [((STEPS + 1) * 64,)]


def test_evaluation_rows_and_the_buffer_they_push_through(tmp_path):
    """The buffer keeps a generation batch of 4: an evaluation of 2 leaves 2 training rows in front."""

    def event(step, **values):
        return json.dumps({**values, "global_step/max_steps": f"{step}/9"}) + "\n"

    folder = write(
        tmp_path / "run",
        line(1, ["a", "b", "c", "d"], Accuracy=[0, 1, 1, 0]),
        line(1, ["c", "d", "e", "f"], Accuracy=[1, 0, 0, 0]),
        line(2, ["c", "d", "e", "f"], Accuracy=[1, 0, 0, 0]),  # an old batch: no new reward is logged
        line(3, ["c", "d", "e", "f"], Accuracy=[1, 0, 0, 0]),  # a new batch that happens to be equal
        args={"num_generations": 2},
    )  # fmt: skip
    events = event(1, reward=0.5), event(1, eval_reward=0.0), event(2, loss=0.1), event(3, reward=0.25)
    (folder / "logging.jsonl").write_text("".join(events))
    with open_index(folder) as index:
        rows = index.query("SELECT step, duplicate, is_eval, group_id, member FROM rollouts ORDER BY id")
    train = [(1, False, False, 0, 0), (1, False, False, 0, 1), (1, False, False, 1, 0), (1, False, False, 1, 1)]
    assert rows[:4] == train
    assert rows[4:8] == [(1, True, False, -1, -1)] * 2 + [(1, False, True, 2, 0), (1, False, True, 2, 1)]
    assert rows[8:12] == [(2, True, False, -1, -1)] * 4
    assert [row[1] for row in rows[12:]] == [False] * 4


def test_other_schemas(tmp_path):
    megatron = json.dumps({"gen_step": [3, 3], "prompt": ["p", "q"], "completion": ["a", "b"], "Accuracy": [1.0, 0.0]})
    ray = [json.dumps({"gen_step": 1, "prompt": p, "completion": p * 2, "reward": 0.5}) for p in "xxyyx"]
    verl = json.dumps({"input": "p", "output": "a", "gts": "7", "score": 1.0, "step": 4})
    with open_index(write(tmp_path / "megatron", megatron + "\n")) as index:
        assert index.query("SELECT step, reward, group_id FROM rollouts") == [(3, 1.0, 0), (3, 0.0, 1)]
    with open_index(write(tmp_path / "ray", "\n".join(ray) + "\n")) as index:
        assert index.query("SELECT group_id, member FROM rollouts") == [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2)]
        assert index.run.group_rule == "by prompt"
        assert index.reward_names == []
    with open_index(write(tmp_path / "ray2", "\n".join(ray[:4]) + "\n", args={"num_generations": 2})) as index:
        assert index.query("SELECT group_id, member FROM rollouts") == [(0, 0), (0, 1), (1, 0), (1, 1)]
    with open_index(write(tmp_path / "verl", verl + "\n")) as index:
        assert index.query("SELECT step, reward FROM rollouts") == [(4, 1.0)]
        assert index.texts([0])[0].solution == "7"


def test_nothing_in_it(tmp_path):
    with open_index(write(tmp_path / "empty", b"")) as index:
        assert index.query("SELECT count(*) FROM rollouts") == [(0,)]
        assert index.query("SELECT count(*) FROM groups") == [(0,)]
        assert (index.rows, index.unreadable, index.duplicates) == (0, 0, 0)
        (tmp_path / "empty/completions.jsonl").write_text(line(1, ["a"], Accuracy=[1.0]))
        assert index.refresh()
        assert index.query("SELECT reward FROM rollouts") == [(1.0,)]
    with open_index(write(tmp_path / "none", line(1, ["a", "b"]))) as index:
        assert index.query("SELECT reward, solved FROM rollouts") == [(None, None)] * 2
    with pytest.raises(ValueError, match="log_completions"):
        open_index(tmp_path / "cache")


def test_odd_class_names_and_a_hundred_of_them(tmp_path):
    names = ['a "quoted" one', "it's", "Ünïcode 奖励", "accuracy", "Accuracy", "x;--", *(f"R{k}" for k in range(94))]
    folder = write(tmp_path / "run", line(1, ["a", "b"], **{name: [k, 0] for k, name in enumerate(names)}))
    with open_index(folder) as index:
        assert index.reward_names == names
        assert index.texts([0])[0].rewards == {name: float(k) for k, name in enumerate(names)}
        column = index.reward_column('a "quoted" one')
        assert index.query(f"SELECT count({column}) FROM rollouts") == [(2,)]


def test_weights_and_none(tmp_path):
    columns = {"Accuracy": [1.0, None], "Format": [1.0, 1.0], "Length": [None, None]}
    folder = write(tmp_path / "run", line(1, ["a", "b"], **columns), args={"reward_weights": [2.0, 0.5, 3.0]})
    with open_index(folder) as index:
        assert index.query("SELECT reward FROM rollouts ORDER BY id") == [(2.5,), (0.5,)]


def test_resumed_folders_are_one_run(tmp_path):
    one, two = tmp_path / "out/v0-1", tmp_path / "out/v1-2"
    write(one, *(line(s, [f"old {s}"], Accuracy=[0.0]) for s in (1, 2, 3)), args={"num_generations": 1})
    resumed = {"num_generations": 1, "resume_from_checkpoint": str(one / "checkpoint-2")}
    write(two, *(line(s, [f"new {s}"], Accuracy=[1.0]) for s in (3, 4)), args=resumed)
    with open_index(tmp_path / "out") as index:
        rows = index.query("SELECT step, reward FROM rollouts WHERE NOT duplicate ORDER BY id")
        assert rows == [(1, 0.0), (2, 0.0), (3, 1.0), (4, 1.0)]
        assert [text.completion for text in index.texts([0, 4])] == ["old 1", "new 4"]


def test_resumed_into_the_same_folder(tmp_path):
    lines = [line(s, [f"{word} {s}"], Accuracy=[0.0]) for word, s in (("a", 1), ("a", 2), ("a", 3), ("b", 2), ("b", 3))]
    with open_index(write(tmp_path / "run", *lines, args={"num_generations": 1})) as index:
        ids = [row[0] for row in index.query("SELECT id FROM rollouts WHERE NOT duplicate ORDER BY id")]
        assert [text.completion for text in index.texts(ids)] == ["a 1", "b 2", "b 3"]


def test_reads_nothing_but_the_sidecar(tmp_path, healthy):
    import duckdb

    with open_index(healthy) as index:
        for query in ("SELECT * FROM read_text('/etc/hostname')", f"COPY rollouts TO '{tmp_path}/x.csv'",
                      "SET enable_external_access = true", "INSTALL httpfs"):  # fmt: skip
            with pytest.raises(duckdb.Error):
                index.query(query)


def test_closing_waits_for_another_threads_query(tmp_path, healthy):
    import threading
    import time

    answers = []
    index = open_index(healthy)
    query = "SELECT count(*) FROM range(400000) a, range(300) b WHERE (a.range * b.range) % 7 = 1"
    thread = threading.Thread(target=lambda: answers.append(index.query(query)))
    thread.start()
    time.sleep(0.05)
    index.close()
    thread.join()
    assert len(answers) == 1


def test_two_processes_scan_as_one(tmp_path, healthy, monkeypatch):
    from swift_grpo.rollouts.index import parts, store
    from swift_grpo.rollouts.reading import workers

    with open_index(healthy) as index:
        alone = index.query("SELECT * EXCLUDE (solved) FROM rollouts ORDER BY id")
    shutil.rmtree(tmp_path / "cache")
    monkeypatch.setattr(store, "PART_BYTES", 100_001)
    monkeypatch.setattr(workers, "PARALLEL_FROM", 1)
    monkeypatch.setattr(parts, "PART_ROWS", 300)
    with open_index(healthy) as index:
        assert index.query("SELECT * EXCLUDE (solved) FROM rollouts ORDER BY id") == alone


def test_two_processes_at_once(tmp_path, healthy):
    """Both index the same log from nothing; neither may see half of it."""
    import subprocess
    import sys

    code = "import sys; from swift_grpo.rollouts.index import open_index; print(open_index(sys.argv[1]).rows)"
    command = [sys.executable, "-c", code, str(healthy)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in processes] == [str((STEPS + 1) * 64)] * 2
    with open_index(healthy) as index:
        assert index.query("SELECT count(*), count(DISTINCT id) FROM rollouts") == [((STEPS + 1) * 64,) * 2]


def test_which_reward_means_accuracy(tmp_path):
    def accuracy_of(*names):
        folder = write(tmp_path / "_".join(names), line(1, ["a"], **{name: [1.0] for name in names}))
        with open_index(folder) as index:
            return index.accuracy_name

    assert accuracy_of("Format", "MathAccuracy") == "MathAccuracy"
    assert accuracy_of("MathFormat", "CorrectnessReward") == "CorrectnessReward"
    assert accuracy_of("Whatever") == "Whatever"
    assert accuracy_of("Format") is None
    assert accuracy_of("Blue", "Red") is None
