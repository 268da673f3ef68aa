"""Every recipe prints its help, shows commands that ms-swift's own parser takes, and refuses bad input at once."""

import json
import os
import re
import shlex

import pytest

from benchmarks.preflight.field.score import stand_in
from tests.conftest import ROOT, tiny_model

pytestmark = pytest.mark.slow

RECIPES = ["train_multi_gpu", "train_single_gpu", "train_single_gpu_qlora", "train_multi_turn", "distill_on_policy"]
RECIPES += ["sft_cold_start"]
CLASSES = {"rlhf": "RLHFArguments", "sft": "SftArguments", "rollout": "RolloutArguments"}
# ms-swift's parser, without the part that loads the model
PARSE = """
import json, sys
from swift import arguments
from swift.cli.main import parse_yaml_args
from transformers import HfArgumentParser
read = []
for name, argv in json.load(sys.stdin):
    parse_yaml_args(argv)
    space, rest = HfArgumentParser([getattr(arguments, name)]).parse_known_args(argv)
    read.append([{k: v for k, v in vars(space).items() if isinstance(v, (int, float, str, list, type(None)))}, rest])
print("\\n" + json.dumps(read))
"""


def commands(output: str) -> list[list[str]]:
    """The commands of a --dry-run, as bash would split them, from `swift` on."""
    split = [shlex.split(block.replace("\\\n", " ")) for block in output.strip().split("\n\n")]
    return [words[words.index("swift") :] for words in split]


def parsed(ms_swift, listed: list[list[str]]) -> list[tuple[dict, list[str]]]:
    """What ms-swift's parser makes of commands: the values, and the words it does not know."""
    given = json.dumps([(CLASSES[words[1]], words[2:]) for words in listed])
    done = ms_swift.run(PARSE, input=given)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", [*RECIPES, "export", "chat", "demo", "demo_tiny", "setup", "small_model", "test"])
def test_help(script, name):
    done = script(name, "--help")
    assert done.returncode == 0
    assert f"scripts/{name}.sh" in done.stdout
    assert "Variables" in done.stdout or name in {"setup", "small_model", "test"}


# said of this machine: a small disk, no bitsandbytes in the set for CPUs, no hub
ELSEWHERE = "SKIPPED|the disk of|bitsandbytes|reading ms-swift|every interface"


@pytest.mark.parametrize("cards", [1, 8])
@pytest.mark.parametrize("name", [*RECIPES, "train_multi_gpu NODES", "train_multi_gpu VLLM"])
def test_dry_runs_where_cards_are(script, tmp_path, name, cards):
    """With a stand-in `nvidia-smi`: what only happens where cards are. Another machine's cards are not this one's affair."""
    path = f"{stand_in(tmp_path / 'bin', cards)}:{os.environ['PATH']}"
    (tmp_path / "traces.jsonl").write_text(
        '{"messages": [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "<answer>2</answer>"}]}\n'
        * 2
    )
    name, _, variable = name.partition(" ")
    more = {
        "NODES": {"NODES": "10.99.0.1 10.99.0.2", "PORT": "28421"},  # the default is torchrun's, which other tests take
        "VLLM": {"VLLM": "colocate"},
    }.get(variable, {})
    if cards == 1 and name.startswith("train_multi"):
        more["GPUS"] = "0,1,2,3,4,5,6,7"  # prepared here, for a machine that has them
    dry = script(name, "--dry-run", PATH=path, DATASET="traces.jsonl" if name == "sft_cold_start" else "", **more)
    said = [line for line in dry.stderr.splitlines() if line.startswith("swift-grpo: ")]
    loud = [line for line in said if not re.search(ELSEWHERE, line)]
    assert dry.returncode == 0 and commands(dry.stdout), dry.stderr
    assert [line for line in loud if not line.startswith("swift-grpo: warning: card")] == []


def test_dry_runs_are_what_ms_swift_parses(script, tmp_path, ms_swift):
    turns = [
        {"role": "user", "content": "1 + {}?"},
        {"role": "assistant", "content": "<think></think><answer>2</answer>"},
    ]
    rows = [json.dumps({"messages": turns, "solution": "2"}).replace("{}", str(n)) + "\n" for n in range(16)]
    (tmp_path / "traces.jsonl").write_text("".join(rows))
    dry = {name: script(name, "--dry-run", "--max_steps", "3", DATASET="traces.jsonl") for name in RECIPES}
    # what a dry run complains of is this machine's: a small disk, no bitsandbytes in the set for CPUs
    said = [line for done in dry.values() for line in done.stderr.splitlines() if line.startswith("swift-grpo: ")]
    assert [line for line in said if not re.search("SKIPPED|the disk of|bitsandbytes|reading ms-swift", line)] == []
    listed = {name: commands(done.stdout) for name, done in dry.items()}
    values = iter(parsed(ms_swift, [words for name in RECIPES for words in listed[name]]))
    read = {name: [next(values) for _ in listed[name]] for name in RECIPES}
    assert [rest for parts in read.values() for _, rest in parts if rest] == []

    (server, _), (multi, _) = read["train_multi_gpu"]
    assert (server["host"], server["vllm_gpu_memory_utilization"], server["vllm_max_model_len"]) == (
        "127.0.0.1",
        0.7,
        8192,
    )
    assert (multi["vllm_server_host"], multi["vllm_server_port"]) == (["127.0.0.1"], [server["port"]])
    assert (multi["tuner_type"], multi["deepspeed"], multi["max_completion_length"], multi["max_length"]) == (
        "full",
        "zero2",
        2048,
        4096,
    )
    assert (multi["num_generations"], multi["gradient_accumulation_steps"], multi["learning_rate"]) == (7, 2, 1e-6)
    single = read["train_single_gpu"][0][0]
    assert (single["lora_rank"], single["lora_alpha"], single["num_generations"], single["learning_rate"]) == (
        8,
        32,
        4,
        1e-5,
    )
    qlora = read["train_single_gpu_qlora"][0][0]
    assert (qlora["quant_bits"], qlora["bnb_4bit_quant_type"], qlora["lora_rank"], qlora["lora_dropout"]) == (
        4,
        "nf4",
        32,
        0.05,
    )
    assert (qlora["beta"], qlora["model"]) == (0.04, "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B")
    for grpo in (multi, single, qlora):
        assert (grpo["log_completions"], grpo["rlhf_type"]) == (True, "grpo")
        assert grpo["max_steps"] == 3  # the caller's flag wins
        assert grpo["reward_funcs"][0] in ("math_accuracy", "math_accuracy_prefilled")
        assert grpo["system"].endswith("prompts/r1.txt")


@pytest.mark.parametrize(
    ("cards", "serve", "tensor", "train", "copies", "accumulation"),
    [
        ("0,1,2,3,4,5,6,7", "7", "1", "0,1,2,3,4,5,6", "1", "2"),
        ("0,1", "1", "1", "0", "1", "14"),
        ("2,3,5,6", "6", "1", "2,3,5", "1", "7"),
        ("0,1,2,3", "0,2", "1", "1,3", "2", "7"),
        ("0,1,2,3,4,5", "2,3,4,5", "2", "0,1", "2", "7"),
    ],
)
def test_cards_are_split_and_accumulation_follows(script, cards, serve, tensor, train, copies, accumulation):
    asked = {"SERVE_GPUS": serve, "TENSOR_PARALLEL": tensor} if "," in serve else {}  # without: the last card
    shown = script("train_multi_gpu", "--dry-run", GPUS=cards, **asked).stdout
    server, trainer = shown.split("\n\n")
    assert f"CUDA_VISIBLE_DEVICES={serve} " in server
    assert f"--vllm_data_parallel_size {copies} " in server and f"--vllm_tensor_parallel_size {tensor} " in server
    assert f"CUDA_VISIBLE_DEVICES={train} NPROC_PER_NODE={len(train.split(','))} " in trainer
    assert f"--gradient_accumulation_steps {accumulation} " in trainer


@pytest.mark.parametrize(
    ("environ", "servers", "expected"),
    [
        ({}, 0, "--teacher_model Qwen/Qwen2.5-7B-Instruct"),
        ({"TEACHER": "org/big", "TEACHER_GPUS": "1,2"}, 1, "--teacher_model_server http://127.0.0.1:"),
        (
            {"GPUS": "0,1", "TEACHER_GPUS": "2", "TEACHER_FLAGS": "--max_logprobs 5"},
            2,
            "--teacher_model_server http://127.",
        ),
        ({"TEACHER_URL": "http://10.0.0.7:8000"}, 0, "--teacher_model_server http://10.0.0.7:8000"),
        (
            {"TEACHERS": "math=http://a:1 code=http://b:2"},
            0,
            """'[{"url": "http://a:1", "tags": ["math"]},{"url": "http://b:2", "tags": ["code"]}]'""",
        ),
    ],
)
def test_where_the_teacher_is(script, environ, servers, expected):
    shown = script("distill_on_policy", "--dry-run", **environ).stdout
    *started, trainer = shown.split("\n\n")
    assert expected in trainer and "configs/distill_on_policy.yaml" in trainer
    assert len(started) == servers and "teacher" not in "".join(started)
    if servers:
        teacher, cards = started[0], environ["TEACHER_GPUS"]
        assert f"CUDA_VISIBLE_DEVICES={cards} swift deploy" in teacher
        assert f"--vllm_tensor_parallel_size {len(cards.split(','))} " in teacher
        port = shlex.split(teacher.replace("\\\n", " "))[shlex.split(teacher.replace("\\\n", " ")).index("--port") + 1]
        assert f"http://127.0.0.1:{port}" in trainer and environ.get("TEACHER_FLAGS", "") in teacher


def test_a_cold_start_on_several_cards_is_ddp(script):
    """Without NPROC_PER_NODE ms-swift would spread one copy of the model over the cards."""
    one, four = (
        script("sft_cold_start", "--dry-run", DATASET="t.jsonl", GPUS=cards).stdout for cards in ("1", "0,1,2,3")
    )
    assert "CUDA_VISIBLE_DEVICES=1 swift sft" in one
    assert "CUDA_VISIBLE_DEVICES=0,1,2,3 NPROC_PER_NODE=4 MASTER_PORT=" in four


def test_packing_where_flash_attention_is(script, tmp_path):
    """A stub of the package's folder: only its being there is asked."""
    assert "--packing" not in script("sft_cold_start", "--dry-run", DATASET="t.jsonl").stdout
    (tmp_path / "stub/flash_attn").mkdir(parents=True)
    (tmp_path / "stub/flash_attn/__init__.py").touch()
    path = {"PYTHONPATH": f"{tmp_path}/stub:{os.environ.get('PYTHONPATH', '')}"}
    shown = script("sft_cold_start", "--dry-run", DATASET="t.jsonl", **path).stdout
    assert "--packing true" in shown and "--attn_impl flash_attn" in shown
    assert "--packing" not in script("sft_cold_start", "--dry-run", DATASET="t.jsonl", DEVICE="cpu", **path).stdout


def test_another_configuration(script, tmp_path):
    for name in RECIPES:
        shown = script(name, "--dry-run", DATASET="t.jsonl", CONFIG=str(ROOT / "examples/r1_gsm8k/config.yaml")).stdout
        assert f"{ROOT}/examples/r1_gsm8k/config.yaml" in shown
        assert f"configs/{name}.yaml" not in shown


def test_flags_reach_the_command_they_are_for(script):
    flags = ["--vllm_max_model_len", "512", "--model_type", "qwen2", "--beta", "0", "--vllm_server_timeout", "9"]
    server, trainer = script("train_multi_gpu", "--dry-run", *flags).stdout.split("\n\n")
    assert "--vllm_max_model_len 512" in server and "512" not in trainer
    assert "--model_type qwen2" in server and "--model_type qwen2" in trainer
    assert "--beta 0" in trainer and "beta" not in server
    assert "--vllm_server_timeout 9" in trainer and "timeout" not in server


def test_paths_with_spaces_survive(script, tmp_path):
    """Blanks separate data sets, but not in the name of a file that is there."""
    (tmp_path / "a b.jsonl").touch()
    shown = script("train_single_gpu", "--dry-run", MODEL="my model", DATASET="a b.jsonl#5").stdout
    (words,) = commands(shown)
    assert words[words.index("--model") + 1] == "my model"
    assert words[words.index("--dataset") + 1] == "a b.jsonl#5"


@pytest.mark.parametrize("name", RECIPES)
def test_several_data_sets_and_plugins(script, name):
    shown = script(name, "--dry-run", DATASET="org/a#5  b.jsonl", PLUGIN="mine.py more.py").stdout
    for words in commands(shown):
        if words[1] != "rollout":
            assert words[words.index("--dataset") + 1 :][:2] == ["org/a#5", "b.jsonl"]
        if name != "sft_cold_start":
            first = words.index("--external_plugins") + (3 if name == "train_multi_turn" else 2)  # behind tools.py
            assert words[first:][:2] == ["mine.py", "more.py"]  # the server's too


def test_colocate_on_several_cards(script):
    flags = ["--vllm_max_model_len", "512", "--template", "qwen2_5"]
    shown = script("train_multi_gpu", "--dry-run", *flags, VLLM="colocate", GPUS="0,1,2,3", TENSOR_PARALLEL="2").stdout
    (words,) = commands(shown)
    assert "CUDA_VISIBLE_DEVICES=0,1,2,3 NPROC_PER_NODE=4 " in shown
    value = {word: words[at + 1] for at, word in enumerate(words) if word.startswith("--")}  # the last wins
    assert (value["--vllm_mode"], value["--vllm_tensor_parallel_size"], value["--sleep_level"]) == (
        "colocate",
        "2",
        "1",
    )
    assert (value["--offload_optimizer"], value["--vllm_max_model_len"]) == ("true", "512")
    assert "--vllm_server_host" not in words and words[-2:] == ["--template", "qwen2_5"]


@pytest.mark.parametrize("flags", [["--no-check", "nothing"], ["--no-check=nothing"]])
def test_flags_of_the_launcher_in_both_forms(script, inputs, flags):
    done = script("train_single_gpu", "--dry-run", "--stall-timeout", "900", *flags, **inputs)
    assert done.returncode == 2 and "nothing" in done.stderr
    assert "nothing" not in done.stdout and "900" not in done.stdout  # nor do they go to ms-swift


def test_number_formats_on_a_cpu_are_no_mistake(script, inputs):
    """The server multiplies bfloat16; so does the trainer, whose weights are float32."""
    dry = script("train_multi_gpu", "--dry-run", DTYPE="bfloat16", GPUS="0,1,2", **inputs)
    assert "--torch_dtype bfloat16" in dry.stdout and "--torch_dtype float32" in dry.stdout
    assert "torch_dtype" not in dry.stderr


@pytest.fixture
def inputs(tmp_path):
    tiny_model(tmp_path / "model")
    rows = [{"query": f"{n} + 1?", "solution": str(n + 1)} for n in range(16)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "no_solution.jsonl").write_text(
        "".join(json.dumps({"query": row["query"], "answer": "2"}) + "\n" for row in rows)
    )
    return {"MODEL": "model", "DATASET": "rows.jsonl", "DEVICE": "cpu", "OUTPUT_DIR": "out"}


@pytest.mark.parametrize(
    ("name", "environ", "flags", "expected"),
    [
        ("train_single_gpu", {"MODEL": "./nowhere"}, [], "the model ./nowhere is not there"),
        ("train_single_gpu", {"DATASET": "nowhere.jsonl"}, [], "the dataset nowhere.jsonl is not there"),
        ("train_single_gpu", {"DATASET": "no_solution.jsonl"}, [], '--columns \'{"answer": "solution"}\''),
        ("train_single_gpu", {}, ["--system", "nowhere.txt"], "the system prompt file nowhere.txt is not there"),
        ("train_single_gpu", {}, ["--train_type", "lora"], "in ms-swift 4 write --tuner_type"),
        ("train_single_gpu", {}, ["--vllm_device", "auto"], "use --vllm_mode server or colocate"),
        ("train_single_gpu", {}, ["--no_such_flag", "1"], "--no_such_flag is not a flag of `swift rlhf`"),
        ("train_single_gpu", {"OUTPUT_DIR": "rows.jsonl/out"}, [], "is a file"),
        ("train_single_gpu", {"VLLM": "yes"}, [], "use VLLM=colocate"),
        ("train_single_gpu", {"DEVICE": "tpu"}, [], "use DEVICE=gpu or DEVICE=cpu"),
        ("train_multi_gpu", {"GPUS": "0"}, [], "use scripts/train_single_gpu.sh"),
        ("train_multi_gpu", {"GPUS": "0,1", "VLLM_GPUS": "1"}, [], "VLLM_GPUS=1 is no longer read; name the cards"),
        (
            "train_multi_gpu",
            {"GPUS": "0,1", "MEET_WITHIN": "60"},
            [],
            "MEET_WITHIN=60 is no longer read; give it as a flag: --meet-within",
        ),
        ("train_multi_gpu", {"GPUS": "0,1", "SERVE_GPUS": "2"}, [], "card 2, which is not in GPUS=0,1"),
        ("train_multi_gpu", {"GPUS": "0,1", "SERVE_GPUS": "1,1"}, [], "SERVE_GPUS=1,1 names card 1 twice"),
        ("train_multi_gpu", {"GPUS": "0,1,0"}, [], "GPUS=0,1,0 names card 0 twice"),
        ("train_multi_gpu", {"GPUS": "0,1", "SERVE_GPUS": "0,1"}, [], "none is left to train"),
        ("train_multi_gpu", {"GPUS": "0,1,2", "TENSOR_PARALLEL": "2"}, [], "cannot be shared out"),
        ("train_multi_gpu", {"GPUS": "0,1,2", "TENSOR_PARALLEL": "two"}, [], "is not a positive number"),
        (
            "train_multi_gpu",
            {"GPUS": "0,1", "VLLM": "colocate", "SERVE_GPUS": "1"},
            [],
            "leave SERVE_GPUS and NODES out",
        ),
        ("train_multi_gpu", {"GPUS": "0,1", "VLLM": "yes"}, [], "use VLLM=colocate"),
        ("train_single_gpu", {}, ["--no-check"], "--no-check needs a value"),
        (
            "train_multi_gpu",
            {"GPUS": "0,1,2"},
            ["--gradient_accumulation_steps", "3"],
            "use --gradient_accumulation_steps 7",
        ),
        ("train_multi_gpu", {"GPUS": "0,99", "DEVICE": "gpu"}, [], "GPU"),
        ("train_single_gpu_qlora", {}, [], "4-bit NF4 needs CUDA"),
        (
            "distill_on_policy",
            {"TEACHER_GPUS": "1", "TEACHER_URL": "http://a"},
            [],
            "TEACHER_GPUS and TEACHER_URL both say where the teacher is",
        ),
        ("distill_on_policy", {"TEACHERS": "math:http://a"}, [], "math:http://a is not TAG=URL"),
        ("distill_on_policy", {"TEACHER_GPUS": "1", "NODES": "10.0.0.1 10.0.0.2"}, [], "name it in TEACHER_URL"),
        ("sft_cold_start", {"DATASET": ""}, [], "name the traces"),
        ("export", {}, ["nowhere"], "nowhere is not a LoRA checkpoint"),
        ("export", {}, [], "name the checkpoint first"),
        ("chat", {}, [], "name the checkpoint first"),
        ("setup", {}, ["tpu"], "use cpu or gpu"),
    ],
)
def test_bad_input_ends_before_anything_heavy(script, inputs, tmp_path, name, environ, flags, expected):
    done = script(name, *flags, **(inputs | environ))
    assert done.returncode == 2, done.stdout + done.stderr
    complaints = [
        line for line in done.stderr.splitlines() if not line.startswith("swift-grpo: reading ms-swift's flags")
    ]
    assert len(complaints) == 1, complaints
    assert expected in complaints[0]
    assert not (tmp_path / "out").exists()
