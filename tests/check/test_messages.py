"""Kinds of mistakes that real commands have, each with its severity and its fix; and what a dry run makes of this machine."""

import json
import shlex
from types import SimpleNamespace

import pytest

from swift_grpo.check import check_launch
from swift_grpo.check.estimate import gigabytes, tokens_in_words
from tests.check.conftest import BASE
from tests.conftest import ROOT, tiny_model

COLOCATE = " --use_vllm true --vllm_mode colocate"


@pytest.fixture
def check(examine):
    """(severity, text) of what is said of a command."""

    def run(command, **more):
        return [(p.severity, str(p)) for p in examine(command, **more) if p.severity != "SKIPPED"]

    return run


def test_the_base_is_right(check):
    assert check(BASE) == []


@pytest.mark.parametrize(
    ("command", "severity", "what", "fix"),
    [
        (
            BASE.replace(" --rlhf_type grpo", ""),
            "error",
            "--rlhf_type is left out, and ms-swift then trains by dpo",
            "grpo",
        ),
        (f"{BASE} --save_steps 10.5", "error", "--save_steps 10.5 is not a whole number of steps", "a whole number"),
        (f"{BASE} --max_steps 10.5", "error", "--max_steps 10.5 is not a whole number", "write 10"),
        (f"{BASE} --learning_rate 1", "error", "--learning_rate 1 is outside (-inf, 0.1)", "1e-6"),
        (f"{BASE} --learning_rate 0.05", "warning", "--learning_rate 0.05 is outside (-inf, 0.01]", "1e-6"),
        (f"{BASE} --epsilon 0.3 --epsilon_high 0.2", "error", "--epsilon_high 0.2 is below --epsilon 0.3", "0.28"),
        (f"{BASE} --quant_method bnb --quant_bits 4 --deepspeed zero3", "error", "does not go with ZeRO-3", "zero2"),
        (
            f"{BASE} --quant_method bnb --quant_bits 4 --deepspeed z3.json",
            "error",
            "does not go with ZeRO-3",
            "--deepspeed zero2",
        ),
        (
            f"{BASE} --deepspeed sizes.json",
            "error",
            "has train_micro_batch_size_per_gpu 2, train_batch_size 64, but the flags say 4, 4",
            '"auto" for train_micro_batch_size_per_gpu, train_batch_size',
        ),
        (
            f"{BASE} --gradient_checkpointing_kwargs use_reentrant=False",
            "error",
            "--gradient_checkpointing_kwargs use_reentrant=False is neither a JSON object",
            """'{"use_reentrant": false}'""",
        ),
        (f"{BASE} --columns z4.json", "error", "--columns z4.json is neither a JSON object", "solution"),
        (f"{BASE} --columns half.json", "error", "nor a file that holds one", "solution"),
        (f"{BASE} --model_kwargs ''", "error", "--model_kwargs is an empty text", "leave the flag out"),
        (
            f"{BASE} --lr_scheduler_type cosine_with_min_lr --lr_scheduler_kwargs half.json",
            "error",
            "--lr_scheduler_type cosine_with_min_lr needs min_lr",
            "min_lr",
        ),
        (
            f"{BASE}{COLOCATE} --vllm_max_model_len 128 --max_completion_length 64 --dataset long.jsonl",
            "error",
            "a prompt of the dataset long.jsonl has 200 tokens or more, which leave no room in --vllm_max_model_len 128",
            "such as 264",
        ),
        (
            f"{BASE} --max_length 128 --dataset long.jsonl",
            "error",
            "all 300 prompts of the dataset long.jsonl are longer than --max_length 128",
            "--max_length 200 or more",
        ),
        (f"{BASE} --agent_template hermes2", "warning", "--agent_template hermes2", "hermes"),
        (f"{BASE} --agent_template hermes2 --dataset tools.jsonl", "error", "--agent_template hermes2", "hermes"),
        (f"{BASE} --model_kwargs 5", "error", "--model_kwargs 5 is neither a JSON object", "max_pixels"),
        (f"{BASE} --dataset ''", "error", "--dataset is an empty text", "give it a value"),
        (
            f"{BASE} --resume_from_checkpoint ''",
            "warning",
            "--resume_from_checkpoint is an empty text",
            "leave the flag out",
        ),
        (f"{BASE} --deepspeed ''", "warning", "--deepspeed is an empty text", "leave the flag out"),
        (
            f"{BASE} --target_modules q_proj,k_proj",
            "error",
            "is one word with commas",
            "--target_modules q_proj k_proj",
        ),
        (f"{BASE} —max_steps 5", "error", "—max_steps has a long dash", "write --max_steps"),
        (f"{BASE} \\  --max_steps 5", "error", "a blank is a word of the command", "the last character of its line"),
        (f"{BASE} --system prompts/r1", "error", "the system prompt file prompts/r1 is not there", ".txt"),
        (f"{BASE} --system r1", "error", "the system prompt file r1 is not there", "prompts/r1.txt"),
        (f"{BASE} --system z3.json", "error", "only a file that ends in .txt is read", "rename it to z3.txt"),
        (f"env CUDA_VISIBLE_DEVICES=0-1 {BASE}", "error", "0-1 is not a card's number", "0,1"),
        (f"env CUDA_VISIBLE_DEVICES=all {BASE}", "error", "all is not a card's number", "0,1"),
        (
            f"{BASE} --split_dataset_ratio 0.001 --per_device_eval_batch_size 8",
            "error",
            "evaluation needs 2 prompts at a time, and the share of 300 rows that --split_dataset_ratio 0.001 takes has 1",
            "--per_device_eval_batch_size 4",
        ),
        (
            f"{BASE} --resume_from_checkpoint sft/checkpoint-900",
            "error",
            "is at step 900, and this run has 900 steps (3 epochs of 300 rows)",
            "--num_train_epochs 4",
        ),
        (
            f"{BASE} --resume_from_checkpoint sft/checkpoint-900 --num_train_epochs 9",
            "warning",
            "is a checkpoint of SFT",
            "--adapters sft/checkpoint-900 without --resume_from_checkpoint",
        ),
        (
            f"{BASE} --use_vllm true --vllm_mode colocate --max_completion_length 2048 --vllm_max_model_len 2048",
            "warning",
            "--max_completion_length 2048 does not fit into --vllm_max_model_len 2048 next to a prompt",
            "--vllm_max_model_len 3072",
        ),
    ],
)
def test_a_mistake_has_its_severity_and_its_fix(check, tmp_path, command, severity, what, fix):
    (tmp_path / "z3.json").write_text('{"zero_optimization": {"stage": 3}}')
    sizes = {"train_micro_batch_size_per_gpu": 2, "train_batch_size": 64, "zero_optimization": {"stage": 2}}
    (tmp_path / "sizes.json").write_text(json.dumps(sizes))
    (tmp_path / "half.json").write_text("{'min_lr': 1e-6}")  # a file is not repaired
    row = {"messages": [{"role": "user", "content": "word " * 199 + "{}"}], "solution": "1"}
    for name, more in (
        ("long", {}),
        ("tools", {"messages": [{"role": "user", "content": "Add {}."}], "tools": ["{}"]}),
    ):
        text = json.dumps(row | more) + "\n"
        (tmp_path / f"{name}.jsonl").write_text("".join(text.replace("{}", str(n)) for n in range(300)))
    checkpoint = tmp_path / "sft" / "checkpoint-900"
    checkpoint.mkdir(parents=True)
    (checkpoint / "trainer_state.json").write_text('{"global_step": 900, "epoch": 1.0, "max_steps": 900}')
    (checkpoint / "args.json").write_text('{"learning_rate": 1e-5, "model": "Qwen/Qwen2.5-7B-Instruct"}')
    found = [(one, text) for one, text in check(command) if what in text]
    assert [one for one, _ in found] == [severity], check(command)
    assert fix in found[0][1]


@pytest.mark.parametrize(
    "flags",
    [
        """--columns "{'answer': 'solution'}" --dataset qa.jsonl""",
        "--columns columns.json --dataset qa.jsonl",
        "--vllm_limit_mm_per_prompt '{image: 5}'",
        "--lr_scheduler_type cosine_with_min_lr --lr_scheduler_kwargs lr.json",
        """--lr_scheduler_type cosine_with_min_lr --lr_scheduler_kwargs "{'min_lr_rate': 0.1}" """,
        """--max_memory "{0: '20GB'}" """,
        """--deepspeed "{'zero_optimization': {'stage': 2}}" """,
    ],
)
def test_json_is_read_from_files_and_repaired(check, tmp_path, flags):
    (tmp_path / "lr.json").write_text('{"min_lr": 1e-6}')
    (tmp_path / "columns.json").write_text('{"answer": "solution"}')
    row = '{"question": "Compute %d + 2.", "answer": "%d"}\n'
    (tmp_path / "qa.jsonl").write_text("".join(row % (n, n + 2) for n in range(300)))
    assert check(f"{BASE} {flags}") == []


def test_nulls_of_a_yaml_are_words(check, tmp_path):
    lines = [
        "rlhf_type: grpo",
        "deepspeed: null",
        "system: null",
        "adapters: [null]",
        "max_steps: null",
        "run_name: null",
    ]
    lines += ["report_to: null", "response_prefix: null", "model_kwargs: null"]
    (tmp_path / "null.yaml").write_text("\n".join(lines))
    found = check(BASE.replace("rlhf ", "rlhf null.yaml ", 1))
    nulls = [text for severity, text in found if severity == "error" and "is null in null.yaml" in text]
    assert sorted(text.split()[0] for text in nulls) == [
        f"`{name}`" for name in ("adapters", "deepspeed", "model_kwargs", "report_to", "response_prefix", "system")
    ]


def test_what_a_yaml_sets_for_torchrun_does_not_come_from_the_shell(check, tmp_path):
    (tmp_path / "e.yaml").write_text("ENV: {CUDA_VISIBLE_DEVICES: '0,1', NPROC_PER_NODE: 2}\ndeepspeed: zero2\n")
    assert not any("comes from the shell" in text for _, text in check(BASE.replace("rlhf ", "rlhf e.yaml ", 1)))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--model Qwen/Qwen3-8B", "an empty thought"),
        ("--model Qwen/Qwen3-8B --enable_thinking true", ""),
        ("--model Qwen/Qwen3-8B --response_prefix ''", ""),
        ("--model deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", ""),
        ("--model Qwen/Qwen3-8B --template qwen2_5", ""),
    ],
)
def test_thoughts_that_the_template_writes(check, flags, said):
    found = check(f"{BASE} {flags} --reward_funcs accuracy format --system {ROOT}/prompts/r1.txt")
    assert len(found) == bool(said)
    if said:
        assert said in found[0][1] and "--enable_thinking true" in found[0][1]


@pytest.mark.parametrize(
    ("status", "environ", "said"),
    [(401, {}, "cannot be had without HF_TOKEN"), (401, {"HF_TOKEN": "x"}, ""), (404, {}, "is not on Hugging Face")],
)
def test_a_hub_that_wants_a_login(check, monkeypatch, status, environ, said):
    monkeypatch.setattr("swift_grpo.check.hub._status", lambda url, seconds: status)
    assigned = " ".join(["env", "USE_HF=1", *(f"{name}={value}" for name, value in environ.items())])
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    report = check_launch([shlex.split(f"{assigned} {BASE}")], {"USE_HF": "1", "PATH": "/bin", **environ}, "cpu")
    lines = [str(problem) for problem in report.problems if "the model Qwen" in str(problem)]
    assert len(lines) == 1
    assert said in lines[0] if said else lines[0].startswith("SKIPPED")


def test_every_prompt_too_long_is_an_error_and_some_are_a_warning(check, tmp_path):
    tiny_model(tmp_path / "model")
    base = BASE.replace("Qwen/Qwen2.5-7B-Instruct", "model")
    every = [(s, t) for s, t in check(f"{base} --max_length 1") if "are longer than --max_length 1" in t]
    assert [severity for severity, _ in every] == ["error"]
    assert "all 300 prompts" in every[0][1]
    long = {"messages": [{"role": "user", "content": "word " * 300}], "solution": "1"}
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write(json.dumps(long) + "\n")
    some = [(s, t) for s, t in check(f"{base} --max_length 200") if "are longer than --max_length 200" in t]
    assert [severity for severity, _ in some] == ["warning"]
    assert "1 of 301 prompts" in some[0][1]


def test_memory_names_vllm_and_no_advice_that_is_followed_already(check):
    flags = "--use_vllm true --vllm_mode colocate --vllm_gpu_memory_utilization 0.8 --vllm_max_model_len 2048 --deepspeed zero3"
    command = (
        f"env CUDA_VISIBLE_DEVICES=0,1 NPROC_PER_NODE=2 {BASE} {flags} --max_length 1024 --max_completion_length 1024"
    )
    (line,) = [text for _, text in check(command, gib=24) if "may not fit" in text or "too small" in text]
    assert "vLLM" in line and "a lower --vllm_gpu_memory_utilization 0.7" in line and "--sleep_level 1" in line
    assert "zero3" not in line


def test_a_dry_run_warns_of_what_another_machine_may_have(check, tmp_path):
    """The packages, the disk, the cards' memory; what is wrong everywhere stays an error."""
    command = f"{BASE} --report_to neptune --tuner_type full --learning_rate 1"
    here = {text: severity for severity, text in check(command, gib=8)}
    dry = {text.removeprefix("warning: "): severity for severity, text in check(command, gib=8, dry=True)}
    machine = [text for text in here if "neptune" in text or "GB" in text]
    assert len(machine) >= 2
    assert {here[text] for text in machine} == {"error"}
    assert {dry[text] for text in machine} == {"warning"}
    assert [severity for text, severity in dry.items() if "--learning_rate" in text] == ["error"]


def test_a_card_of_another_machine_is_a_warning_of_a_dry_run(check):
    command = f"env CUDA_VISIBLE_DEVICES=0,7 NPROC_PER_NODE=2 {BASE}"
    said = "card 7 is not there: this machine has 0, 1; correct GPUS (CUDA_VISIBLE_DEVICES)"
    assert check(command) == [("error", said)]
    assert check(command, dry=True) == [("warning", f"warning: {said}")]


def test_a_disk_that_holds_no_checkpoint_gets_no_advice_on_how_many(check, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=50e9))
    (line,) = [text for _, text in check(f"{BASE} --tuner_type full --save_steps 100") if "checkpoint" in text]
    assert line.startswith("a checkpoint has about 46 GB")
    assert "--save_total_limit" not in line.partition("; ")[2]
    assert "--save_only_model true" in line


def test_small_numbers_have_their_unit():
    assert [gigabytes(n) for n in (4.2e5, 3.1e7, 9.96e8, 1.5e9, 4e10)] == [
        "420 kB",
        "31 MB",
        "996 MB",
        "1.5 GB",
        "40 GB",
    ]
    assert [tokens_in_words(n) for n in (640, 51_200, 1_500_000)] == ["640", "51,200", "1.5 million"]
