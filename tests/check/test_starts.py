"""Ways to start ms-swift, and scripts that hold its commands."""

import pytest

from swift_grpo.check import known_flags
from swift_grpo.check.cards import HERE, machines
from swift_grpo.check.command import read_command
from swift_grpo.check.preflight import check_launch
from swift_grpo.check.shell import lines_of, read_scripts
from swift_grpo.formats.command_line import start_of


@pytest.mark.parametrize(
    ("line", "kind", "variables"),
    [
        ("swift rlhf --beta 0", "rlhf", {}),
        ("env A=1 /opt/bin/swift rlhf --beta 0", "rlhf", {"A": "1"}),
        ("CUDA_VISIBLE_DEVICES=0 nohup swift rlhf --beta 0", "rlhf", {"CUDA_VISIBLE_DEVICES": "0"}),
        ("srun -N 1 --gpus 8 env B=2 swift rlhf --beta 0", "rlhf", {"B": "2"}),
        ("python3 -u -m swift.cli.rlhf --beta 0", "rlhf", {}),
        ("python -m swift.cli.main rlhf --beta 0", "rlhf", {}),
        ("python /x/swift/cli/sft.py --beta 0", "sft", {}),
        ("torchrun --nproc_per_node=4 -m swift.cli.rlhf --beta 0", "rlhf", {"NPROC_PER_NODE": "4"}),
        ("torchrun --nnodes 2 --node-rank 1 x/swift/cli/rlhf.py --beta 0", "rlhf", {"NNODES": "2", "NODE_RANK": "1"}),
        (
            "python -m torch.distributed.run --standalone --nproc-per-node 2 -m swift.cli.rlhf --beta 0",
            "rlhf",
            {"NPROC_PER_NODE": "2"},
        ),
        ("accelerate launch --multi_gpu --num_processes 8 -m swift.cli.rlhf --beta 0", "rlhf", {"NPROC_PER_NODE": "8"}),
        (
            "accelerate launch --num_machines 2 --num_processes 16 --main_process_ip 10.0.0.1 swift/cli/rlhf.py --beta 0",
            "rlhf",
            {"NNODES": "2", "NPROC_PER_NODE": "8", "MASTER_ADDR": "10.0.0.1"},
        ),
        ("deepspeed --num_gpus 4 swift/cli/rlhf.py --beta 0", "rlhf", {"NPROC_PER_NODE": "4"}),
    ],
)  # fmt: skip
def test_starts(line, kind, variables):
    start = start_of(line.split())
    assert (start.kind, start.rest, start.assigned, start.megatron) == (kind, ["--beta", "0"], variables, False)


@pytest.mark.parametrize(
    "line", ["python train.py", "torchrun --nproc_per_node 2 train.py", "swift", "bash", "python -m swift"]
)
def test_what_starts_something_else(line):
    assert start_of(line.split()) is None


def said(line: str, **environ: str) -> list[str]:
    return [str(p) for p in read_command(line.split(), environ, "cpu", known_flags.known())[1]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("megatron rlhf --rlhf_type grpo", "SKIPPED: `megatron rlhf`"),
        ("python -m swift.cli._megatron.rlhf --rlhf_type grpo", "SKIPPED: `megatron rlhf`"),
        ("python -m swift.cli.rlhf c.yaml", "reads no configuration: c.yaml is left over"),
        ("swift rlhf --rlhf_type grpo --config c.yaml", "write swift rlhf c.yaml"),
        ("swift rlhf --config=c.yaml", "write swift rlhf c.yaml"),
        ("NPROC_PER_NODE=2 python -m swift.cli.rlhf", "starts one process, and does not read NPROC_PER_NODE"),
        ("python train.py", "python train.py is not a swift command"),
    ],
)
def test_one_honest_line(tmp_path, monkeypatch, line, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("beta: 0.5\n")
    (one,) = said(line)
    assert words in one
    if "--config" in line:
        assert read_command(line.split(), {}, "cpu", known_flags.known())[0].text("beta") == "0.5"


def test_npus_are_not_looked_at():
    argv = "ASCEND_RT_VISIBLE_DEVICES=0,1 swift rlhf --rlhf_type grpo --model org/x --reward_funcs accuracy".split()
    report = check_launch([argv], {"PATH": "", "HF_ENDPOINT": "http://127.0.0.1:9", "USE_HF": "1"}, guard=False)
    (cards,) = [p for p in report.problems if p.check in ("cards", "memory")]
    assert (cards.severity, "NPUs" in cards.what) == ("SKIPPED", True)


# ---- scripts
SCRIPT = r"""#!/bin/bash
set -euo pipefail
export CUDA_VISIBLE_DEVICES=0,1   # two cards
SIZE=${SIZE:-7B} NAME="Qwen2.5-$SIZE"
ARGS=(
  --model "$NAME"   # a comment
  --beta 0.1
)
ARGS+=(--seed 1)
cat > c.json <<'EOF'
swift rlhf --not_this 1
EOF
if [[ -n ${FAST:-} ]]; then
  nohup swift rlhf "${ARGS[@]}" --system "a b
c" --x 'it''s' --output_dir "out/$1" > log.txt 2>&1 &
fi
# swift rlhf --nor_this 1
swift sft \
    --lr 1e-5 $MORE && echo done
"""


def test_commands_of_a_script_as_bash_makes_them():
    lines = [line for line in lines_of(SCRIPT, {"MORE": "--a 1 --b"}) if start_of(line.words)]
    assert [line.words for line in lines] == [
        ["nohup", "swift", "rlhf", "--model", "Qwen2.5-7B", "--beta", "0.1", "--seed", "1", "--system", "a b\nc", "--x", "its",
         "--output_dir", "out/$1"],
        ["swift", "sft", "--lr", "1e-5", "--a", "1", "--b"],
    ]  # fmt: skip
    assert [(line.number, line.unknown) for line in lines] == [(14, {"$1"}), (18, set())]


@pytest.mark.parametrize(
    ("between", "why"),
    [
        ("    --a 1 \\\n    # --old 1 \\\n", "the comment before it"),
        ("    --a 1 \\ \n", "the blank after a backslash"),
        ("    --a 1 \\\n\n", "the empty line before it"),
        ("    --a 1\n", "a line without a backslash at its end"),
        ("    --a 1  # old \\\n", "the comment before it"),
    ],
)
def test_a_command_that_is_cut_off(tmp_path, between, why):
    path = tmp_path / "train.sh"
    path.write_text(f"swift rlhf \\\n{between}    --b 2 \\\n    --c 3\n")
    script = read_scripts([["bash", str(path)]], {})
    (problem,) = script.problems
    assert f"--b and what follows belong to no command: {why} ends" in problem.what
    assert script.launches[0][0][-4:] == ["--b", "2", "--c", "3"]  # the rest is checked as it was meant


def test_servers_go_with_each_trainer_of_a_script():
    text = "swift rollout --model a &\nswift sft --model b\nswift rlhf --model c\nswift infer --model d\n"
    kinds = [[words[1] for words in launch] for launch in read_scripts([[text]], {}).launches]
    assert kinds == [["rollout", "sft"], ["rollout", "rlhf"], ["rollout", "infer"]]
    assert read_scripts([["swift", "rollout"], ["swift", "rlhf"]], {}).launches == [
        [["swift", "rollout"], ["swift", "rlhf"]]
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["bash", "a.sh"],
        ["bash", "-x", "a.sh", "1"],
        ["./a.sh"],
        ["nohup", "bash", "a.sh"],
        ["run"],
        ["bash", "-c", "swift rlhf --a 1"],
        ["swift rlhf --a 1"],
    ],
)
def test_ways_to_name_a_script(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    for name in ("a.sh", "run"):
        (tmp_path / name).write_text("#!/bin/bash\nswift rlhf --a 1\n")
    assert read_scripts([["GPU=3", *words]], {}).launches == [[["GPU=3", "swift", "rlhf", "--a", "1"]]]


def test_line_ends_of_windows(tmp_path):
    (tmp_path / "a.sh").write_bytes(b"swift rlhf \\\r\n  --a 1\r\n")
    script = read_scripts([[str(tmp_path / "a.sh")]], {})
    assert ["line ends of Windows" in p.what for p in script.problems] == [True]
    assert script.launches == [[["swift", "rlhf", "--a", "1"]]]


@pytest.mark.parametrize("seed", range(20))
def test_any_text_is_read(seed):
    import random

    chosen = random.Random(seed)
    pieces = [
        "swift rlhf ",
        "\\\n",
        "\n",
        "--a ",
        "$X",
        "${Y:-1}",
        "'",
        '"',
        "(",
        ")",
        "A=(",
        "#",
        "`",
        "$(",
        "<<E\n",
        "E\n",
        ";",
        "é",
        "\\",
    ]
    text = "".join(chosen.choice(pieces) for _ in range(400))
    assert all(line.words for line in lines_of(text, {"X": "1 2"}))


def test_a_script_without_a_swift_command(tmp_path):
    (tmp_path / "a.sh").write_text("echo 1\n")
    assert "no swift command" in read_scripts([[str(tmp_path / "a.sh")]], {}).problems[0].what
    assert "is not there" in read_scripts([[str(tmp_path / "b.sh")]], {}).problems[0].what


# ---- machines
SERVER, TRAINER = (
    "swift rollout --host {} --port {}",
    "MASTER_ADDR={} NNODES={} NODE_RANK={} swift rlhf --rlhf_type grpo",
)
ASKS = " --use_vllm true --vllm_mode server --vllm_server_host {} --vllm_server_port {}"


@pytest.mark.parametrize(
    ("commands", "places"),
    [
        ([SERVER.format("127.0.0.1", 8000), "swift rlhf"], [HERE, HERE]),
        ([SERVER.format("10.99.0.5", 8000), "swift rlhf"], ["10.99.0.5", HERE]),
        ([SERVER.format("0.0.0.0", 8000), "swift rlhf --rlhf_type grpo" + ASKS.format("10.99.0.5", 8000)], ["10.99.0.5", HERE]),
        ([SERVER.format("0.0.0.0", 8000), "swift rlhf --rlhf_type grpo" + ASKS.format("127.0.0.1", 8000)], [HERE, HERE]),
        ([SERVER.format("10.99.0.1", 8000), TRAINER.format("10.99.0.1", 2, 0)], [HERE, HERE]),
        ([SERVER.format("10.99.0.2", 8000), TRAINER.format("10.99.0.1", 1, 0)], ["10.99.0.2", HERE]),
        (
            ["swift rollout", "swift rollout", TRAINER.format("10.99.0.1", 2, 0) + ASKS.format("h1 h2", "8000 8000"),
             TRAINER.format("10.99.0.1", 2, 1) + ASKS.format("h1 h2", "8000 8000")],
            ["h1", "h2", HERE, "machine 1"],
        ),
    ],
)  # fmt: skip
def test_machines_are_told_apart_by_their_addresses(commands, places):
    known = known_flags.known()
    assert machines([read_command(one.split(), {}, "gpu", known)[0] for one in commands]) == places
