"""The rules of the preflight: each is declared once, used, listed, explained, left out, and has a case.

The cases here are of rules that no planted case finds (`test_planted.py` counts both).
"""

import ast
import string
import subprocess
from collections import Counter

import pytest
from typer.testing import CliRunner

from swift_grpo.check import CHECKS, check_launch, full, known_flags, preflight
from swift_grpo.check.problem import SEVERITIES
from swift_grpo.check.ranges import RANGES, check_ranges
from swift_grpo.check.rule import RULES, found
from swift_grpo.commands import checking
from swift_grpo.commands.main import app
from swift_grpo.formats.command_line import Command
from tests.check.conftest import BASE
from tests.conftest import ROOT

FILES = [*(ROOT / "swift_grpo" / "check").rglob("*.py"), ROOT / "swift_grpo" / "commands" / "checking.py"]
# rule of `ranges` and a number that breaks it
OUTSIDE = """
learning-rate-unusual 0.05, weight-decay -1, weight-decay-unusual 2, adam-beta1 1, adam-epsilon -1, max-grad-norm -1,
warmup-steps -1, num-train-epochs 0, max-steps 0, max-epochs 0, data-seed -1, steps-per-generation 0,
generation-batch-size 0, num-iterations 0, num-iterations-unusual 20, num-generations-eval 0, soft-max-length 0,
soft-cache-length 0, cosine-max-len 0, repetition-n-grams 0, repetition-max-penalty 1, max-turns 0,
temperature-unusual 0.1, top-k-low 1, repetition-penalty-unusual 3, presence-penalty 3, frequency-penalty -3,
beta-unusual 2, epsilon 0, epsilon-unusual 1, epsilon-high 0, delta 1, top-entropy-quantile-low 0,
rollout-importance-sampling-threshold 0, max-resample-times 0, rlsd-reweight-clip-range -1, sdar-gate-beta 0,
sdar-loss-coef -1, tau-pos 0, tau-neg 0, real-tau 0, ref-model-sync-steps 0, ref-model-mixup-alpha 2, chord-mu-peak 2,
chord-mu-valley 2, vllm-tensor-parallel-size 0, vllm-data-parallel-size 0, vllm-pipeline-parallel-size 0,
vllm-max-num-seqs 0, vllm-max-lora-rank 0, vllm-server-timeout 0, vllm-server-group-port 0, port 0, sleep-level 3,
move-model-batches 0, lora-dropout 1, dataloader-prefetch-factor 0, shuffle-buffer-size 0, interleave-prob 2,
packing-length 0, save-steps 0, eval-steps 0, save-total-limit 0, sequence-parallel-size 0, ddp-timeout 0,
max-new-tokens 0, early-stop-interval 0, neftune-noise-alpha -1, per-device-eval-batch-size 0
"""
# rule and launch: G is a trainer, S a server, V and C flags of a trainer with a server and with vLLM on its own card;
# D is a teacher, T the flag that names it
MISTAKES = r"""
flags/blank                                     G \  --max_steps 5
flags/other-command                             swift sft --model m --vllm_mode colocate
flags/no-value                                  G --seed
flags/target-modules-commas                     G --target_modules q_proj,k_proj
flags/fsdp                                      G --fsdp nowhere
flags/deepspeed-not-json                        G --deepspeed list.json
flags/other-algorithm                           G --gamma 1
flags/null                                      G --report_to None
flags/empty                                     G --dataset ''
flags/empty-ignored                             G --deepspeed ''
flags/not-json                                  G --model_kwargs 5
contradictions/rlhf-type-left-out               swift rlhf --num_generations 4
contradictions/no-vllm-mode                     G --use_vllm true
contradictions/host-without-vllm                G --vllm_server_host 127.0.0.1
contradictions/max-turns-without-scheduler      G --max_turns 2
contradictions/sleep-without-vllm               G --sleep_level 1
contradictions/offload-on-server                G V --offload_model true
contradictions/regex-without-vllm               G --structured_outputs_regex x
contradictions/importance-sampling-without-vllm G --rollout_importance_sampling_mode token_truncate
contradictions/enable-lora-full                 G C --vllm_enable_lora true --tuner_type full
contradictions/data-parallel-colocate           G C --vllm_data_parallel_size 2
contradictions/slow-rollouts                    env NPROC_PER_NODE=2 G V --max_completion_length 20000
contradictions/loss-weights                     G --loss_weights 1
contradictions/soft-length-unread               G --soft_cache_length 9
contradictions/soft-max-too-long                G --soft_max_length 9999
contradictions/gdpo-kl-in-reward                G --scale_rewards gdpo --kl_in_reward true
contradictions/gdpo-one-reward                  G --scale_rewards gdpo
contradictions/resample-without-dynamic         G --max_resample_times 3
contradictions/teacher-liger                    G --teacher_model m --use_liger_kernel true
contradictions/teacher-kl-without-teacher       G --teacher_kl_coef 1
contradictions/rlsd-teacher-server              G --advantage_reweight rlsd --teacher_model_server http://x
contradictions/rlsd-liger                       G --advantage_reweight rlsd --use_liger_kernel true
contradictions/rlsd-beta                        G --advantage_reweight rlsd --beta 0.1
contradictions/sdar-rlsd                        G --advantage_reweight rlsd --sdar_loss_coef 0.1
contradictions/sdar-liger-or-server             G --sdar_loss_coef 0.1 --use_liger_kernel true
contradictions/ref-adapters-full                G --tuner_type full --ref_adapters x
contradictions/ref-model-without-beta           G --beta 0 --sync_ref_model true
contradictions/epsilon-high-below-epsilon       G --epsilon 0.3 --epsilon_high 0.2
contradictions/chord-batch-missing              G --chord_sft_dataset x
contradictions/broken-steps                     G --save_steps 10.5
contradictions/packing-grpo                     G --packing true
contradictions/packing-lazy                     G --packing true --lazy_tokenize true
contradictions/streaming-lazy                   G --streaming true --lazy_tokenize true
contradictions/flash-attn-missing               G --attn_impl flash_attn
contradictions/best-model-steps                 G --load_best_model_at_end true --val_dataset r --save_steps 10 --eval_steps 3
contradictions/best-model-without-evaluation    G --load_best_model_at_end true
contradictions/scheduler-min-lr                 G --lr_scheduler_type cosine_with_min_lr
contradictions/persistent-without-workers       G --dataloader_persistent_workers true --dataloader_num_workers 0
contradictions/two-validation-sets              G --val_dataset rows.jsonl --split_dataset_ratio 0.1
contradictions/save-best-without-evaluation     G --save_strategy best
contradictions/only-model-best-deepspeed        G --save_only_model true --load_best_model_at_end true --deepspeed zero2
contradictions/adapters-full                    G --tuner_type full --adapters x
contradictions/quant-method-missing             G --quant_bits 4
contradictions/quantised-zero3                  G --quant_method bnb --quant_bits 4 --deepspeed zero3
contradictions/resume-only-without-checkpoint   G --resume_only_model true
contradictions/dora-vllm-lora                   G C --use_dora true --vllm_enable_lora true
contradictions/lora-bias-vllm                   G C --vllm_enable_lora true --lora_bias all
contradictions/nlg-jieba-missing                G --eval_metric nlg
contradictions/dlrover-missing                  G --use_flash_ckpt true
contradictions/autotp-without-deepspeed         G --deepspeed_autotp_size 2
contradictions/hpz-without-zero3                G --zero_hpz_partition_size 2
contradictions/sequence-parallel-ranks          G --sequence_parallel_size 2
contradictions/sft-with-rewards                 swift sft --reward_funcs accuracy
batch/deepspeed-differs                         G --deepspeed sizes.json
server/unused                                   S :: G
server/torchrun                                 env NPROC_PER_NODE=2 S
server/perhaps-another-port                     S :: G V --vllm_server_port 8001
server/too-many                                 S :: S --port 8001 :: G V
server/different                                S --enable_thinking true :: G V --enable_thinking false
server/lora-rank-above-max                      G C --vllm_enable_lora true --lora_rank 32 --vllm_max_lora_rank 16
server/no-adapter                               S --vllm_enable_lora true :: G V --tuner_type full
lengths/above-positions                         G --max_length 32000 --max_completion_length 2000
resume/true-or-false                            G --resume_from_checkpoint true
resume/no-adapter-config                        G --resume_from_checkpoint sft
resume/no-trainer-state                         G --resume_from_checkpoint adapter
resume/without-deepspeed                        G --resume_from_checkpoint plain --deepspeed zero2
resume/no-scheduler                             G --resume_from_checkpoint plain
resume/epochs-done                              G --resume_from_checkpoint done
resume/steps-of-rows-done                       G --resume_from_checkpoint sft
resume/another-algorithm                        G --resume_from_checkpoint sft
resume/no-latest                                G --resume_from_checkpoint no-latest
resume/by-deepspeed                             G --resume_from_checkpoint empty
resume/no-states                                G --resume_from_checkpoint empty --deepspeed zero2
resume/rank-missing                             env NPROC_PER_NODE=2 G --resume_from_checkpoint rank-1 --deepspeed zero2
resume/random-states                            G --resume_from_checkpoint plain
output/wandb-login                              G --report_to wandb
output/not-writable                             G --output_dir /proc/out
teacher/coefficient                             G --teacher_model m --teacher_kl_coef 0
teacher/beta                                    G --teacher_model m --reward_weights 0.0 --beta 0.04
teacher/no-variance                             G --teacher_model m --reward_weights 0 --dynamic_sample true
teacher/temperature                             D :: G T --temperature 0.9
teacher/turns                                   D :: G T --multi_turn_scheduler math_tip_trick
teacher/tokenizer-unknown                       G --teacher_model m
teacher/server-list                             G --teacher_model_server '[{"url":"http://127.0.0.1:9"},{"url":"http://127.0.0.1:8"}]'
teacher/tag                                     G --teacher_model_server '[{"url":"http://x:9","tags":["a"]},{"url":"http://x:8","tags":["b"]}]'
teacher/backend                                 D --infer_backend transformers :: G T
teacher/api-key                                 D --api_key secret :: G T
teacher/adapter                                 D --adapters adapter :: G T
teacher/window                                  D --vllm_max_model_len 1000 :: G T --max_length 500 --max_completion_length 500
teacher/other-prompts                           D --template chatml :: G T --template qwen2_5
teacher/not-up                                  G --teacher_model_server http://127.0.0.1:9
teacher/not-asked                               G --teacher_model_server http://no-such-host.invalid:9
environment/no-card-number                      env CUDA_VISIBLE_DEVICES=0,a G
environment/no-node-rank                        env NNODES=2 MASTER_ADDR=10.0.0.1 G
environment/gloo-on-cards                       env NPROC_PER_NODE=2 G --ddp_backend gloo
"""
NUMBERS = {f"ranges/{name}": value for name, value in (pair.split() for pair in OUTSIDE.split(","))}
LAUNCHES = dict(line.split(maxsplit=1) for line in MISTAKES.strip().splitlines())
STANDS_FOR = {
    "G": BASE,
    "S": "swift rollout --model Qwen/Qwen2.5-7B-Instruct --host 127.0.0.1",
    "D": "swift deploy --model Qwen/Qwen2.5-7B-Instruct --infer_backend vllm --host 127.0.0.1 --port 8000",
    "T": "--teacher_model_server http://127.0.0.1:8000",
    "V": "--use_vllm true --vllm_mode server --vllm_server_host 127.0.0.1",
    "C": "--use_vllm true --vllm_mode colocate",
}
STATE = '{"global_step": 900, "epoch": 1.0, "max_steps": 900}'
WRITTEN = {
    "list.json": "[1]",
    "sizes.json": '{"train_batch_size": 64}',
    "sft/trainer_state.json": STATE,
    "sft/args.json": '{"learning_rate": 1e-5}',
    "adapter/adapter_config.json": "{}",
    "done/trainer_state.json": STATE.replace("1.0", "3.0"),
    **{f"plain/{name}": "" for name in ("optimizer.pt", "rng_state_0.pth", "rng_state_1.pth")},
    "plain/trainer_state.json": STATE,
    "no-latest/trainer_state.json": STATE,
    "no-latest/global_step5/x": "",
    "empty/trainer_state.json": STATE,
    "empty/latest": "global_step5",
    "empty/global_step5/x": "",
    "rank-1/trainer_state.json": STATE,
    "rank-1/latest": "global_step5",
    "rank-1/global_step5/zero_pp_rank_1_mp_rank_00_optim_states.pt": "",
}


@pytest.mark.parametrize("id", NUMBERS)
def test_a_number_is_out_of_its_range(id):
    kind, flag = "rollout" if id == "ranges/port" else "rlhf", next(row.flag for row in RANGES if row.id == id)
    flags = {"rlhf_type": ["grpo"], "split_dataset_ratio": ["0.1"], flag: [NUMBERS[id]]}
    specs = known_flags.known()["flags"][kind]
    assert id in {problem.id for problem in check_ranges(Command(kind, flags, {}, specs))}


@pytest.mark.parametrize(("id", "launch"), LAUNCHES.items(), ids=list(LAUNCHES))
def test_a_mistake_is_told_by_its_rule(examine, tmp_path, monkeypatch, id, launch):
    monkeypatch.setattr("swift_grpo.check.contradictions.lacks", lambda module: True)
    monkeypatch.setattr("swift_grpo.check.output.lacks", lambda module: False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, text in WRITTEN.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    launch = " ".join(STANDS_FOR.get(word, word) for word in launch.split(" "))
    problems = {problem.id: problem for problem in examine(launch)}
    assert id in problems, sorted(problems)
    assert problems[id].severity == RULES[id].severity


@pytest.mark.parametrize(
    ("id", "more"),
    [
        ("memory/card-in-use", {"used_gib": 20}),
        ("memory/longest-batch", {"gib": 18}),
        ("cards/none-here", {"dry": True, "gib": 0}),
    ],
)
def test_what_a_machine_lacks(examine, monkeypatch, id, more):
    if not more.get("gib", 80):
        monkeypatch.setattr(preflight, "present_cards", lambda path: [])
    assert id in {problem.id for problem in examine(BASE, **more)}


def test_a_check_that_fails_is_skipped(examine, monkeypatch):
    monkeypatch.setitem(preflight.RUN, "ports", lambda launch: 1 / 0)
    assert "command/check-failed" in {problem.id for problem in examine(BASE)}


def test_what_ms_swift_itself_refuses(monkeypatch):
    def refused(words, **more):
        return subprocess.CompletedProcess(words, 1, "", "Traceback\nValueError: no")

    monkeypatch.setattr(subprocess, "run", refused)
    problems = full.build([["swift", "rlhf"], ["swift", "export"]], {})
    assert [(problem.id, problem.what.rpartition(" ")[2]) for problem in problems] == [
        ("full/refused", "no"),
        ("full/not-built", "built"),
    ]

    def late(words, timeout, **more):
        raise subprocess.TimeoutExpired(words, timeout)

    monkeypatch.setattr(subprocess, "run", late)
    assert [problem.id for problem in full.build([["swift", "rlhf"]], {})] == ["full/late"]


HAVE_CASES = {*NUMBERS, *LAUNCHES, "command/check-failed", "command/value-unknown", "cards/npu", "cards/none-here"}
HAVE_CASES |= {"memory/card-in-use", "memory/longest-batch", "full/refused", "full/not-built", "full/late"}


def written(call: str = "") -> Counter:
    """Every text of the form `subject/name` in the code, or those that stand first in calls of `call`, and how many times."""
    nodes = [node for file in FILES for node in ast.walk(ast.parse(file.read_text()))]
    if call:
        calls = (node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == call)
        nodes = [one for node in calls if node.args for one in ast.walk(node.args[0])]
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return Counter(text for text in texts if text.partition("/")[0] in CHECKS and text.count("/") == 1)


def test_ids_are_subject_and_name():
    assert {rule.subject for rule in checking.catalogue()} <= set(CHECKS)
    assert {rule.severity for rule in RULES.values()} <= set(SEVERITIES)
    words = set(string.ascii_lowercase + string.digits + "-")
    assert [id for id in RULES if id.count("/") != 1 or not set(id.partition("/")[2]) <= words] == []


def test_every_rule_is_used_and_every_id_in_use_is_declared():
    computed = {id for id, rule in RULES.items() if rule.subject == "ranges" or id.startswith("data/some-")}
    declared = written("Rule") + written("of_all")
    assert set(written("found")) <= set(RULES)
    assert set(declared) == set(RULES) - computed
    used = set(written() - declared)
    assert set(declared) - used - {id for id, rule in RULES.items() if rule.when} == set()


def test_a_message_says_all_its_fields():
    with pytest.raises(KeyError):
        found("command/check-failed", name="x")
    assert "`x` failed itself (y)" in found("command/check-failed", name="x", error="y").what


@pytest.mark.parametrize(("left_out", "said"), [((), 1), (["cards/npu"], 0), (["cards"], 0), (["ports"], 1)])
def test_a_rule_or_its_subject_is_left_out(left_out, said):
    argv = "env ASCEND_VISIBLE_DEVICES=0 swift rlhf --rlhf_type grpo --model m --dataset d".split()
    problems = check_launch([argv], {"HF_ENDPOINT": "http://127.0.0.1:9", "USE_HF": "1"}, no_check=left_out).problems
    assert sum(problem.id == "cards/npu" for problem in problems) == said


def test_a_warning_hides_no_error_of_the_same_flag(examine):
    problems = [problem for problem in examine(f"{BASE} --learning_rate 1") if problem.check == "ranges"]
    assert [(problem.id, problem.severity) for problem in problems] == [("ranges/learning-rate-high", "error")]


def test_no_address_is_all_that_is_said_of_the_address(examine):
    problems = examine(f"{BASE} --use_vllm true --vllm_mode server")
    assert [problem.id for problem in problems if problem.severity != "SKIPPED"] == ["server/no-address"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--list", "cards/npu "),
        ("--explain cards/npu", "leave out  --no-check cards/npu"),
        ("--explain ranges/beta", "grpo_trainer.py:1064"),
        ("--explain cards/nup", "there is no rule cards/nup; nearest: cards/npu"),
        ("--no-check crads -- swift rlhf", "--no-check crads: there is no rule crads; nearest: cards"),
    ],
)
def test_rules_are_listed_and_explained(words, said):
    done = CliRunner().invoke(app, ["check", *words.split()])
    assert said in done.output
    assert done.exit_code == (2 if "there is no rule" in said else 0)


def test_what_a_script_does_not_say_is_skipped(tmp_path):
    (tmp_path / "train.sh").write_text('swift rlhf --rlhf_type grpo --model "$1"\n')
    done = CliRunner().invoke(app, ["check", "--", str(tmp_path / "train.sh")])
    assert "[command/value-unknown]" in done.output
