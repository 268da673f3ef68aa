"""Commands that start and train: ms-swift's own examples with what they need, recipes, and what looks odd but is right."""

from benchmarks.preflight.second.base import *

KIND = "clean"
MATH = "AI-MO/NuminaMath-TIR"
HUB = {"model_type": None, "template": None, "max_steps": None, "external_plugins": None, "system": None, "max_length": None, "check_model": None}
TINY = "--model_type qwen2 --template qwen2_5"
SET = {"MODEL": "m", "DATASET": "data.jsonl"}
EIGHT = "CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6,7 NPROC_PER_NODE=8"
VAL = {"val.jsonl": jsonl(rows(80)[64:])}
PROMPT = "A conversation between User and Assistant. Think in <think> </think> tags, answer in <answer> </answer> tags.\n"
clean("clean-colocate", colocate())
clean("clean-server", both())
clean("clean-hyphens", [w.replace("_", "-") if w.startswith("--") else w for w in train()], why="HfArgumentParser takes each name with hyphens, too")
clean("clean-equals", [*train(seed=None), "--seed=7", "--beta=0.001"], why="argparse takes --name=value")
clean("clean-abbreviated", train(max_completion_length=None, max_comp=512), why="argparse's unique prefix: only --max_completion_length begins so")
clean("clean-bool-bare", [*train(), "--log_completions"], why="a boolean flag without a value is true (nargs='?', const=True)")
clean(
    "clean-example-transformers",
    train(
        env="CUDA_VISIBLE_DEVICES=0",
        **(
            HUB
            | {
                "model": "Qwen/Qwen2.5-7B",
                "reward_funcs": ["accuracy", "format"],
                "lora_rank": 8,
                "lora_alpha": 32,
                "target_modules": "all-linear",
                "dataset": f"{MATH}#1000",
                "load_from_cache_file": "true",
                "max_completion_length": 1024,
                "num_train_epochs": 1,
                "per_device_eval_batch_size": 4,
                "eval_steps": 100,
                "save_steps": 100,
                "save_total_limit": 2,
                "logging_steps": 5,
                "max_length": 2048,
                "output_dir": "output",
                "warmup_ratio": 0.05,
                "dataloader_num_workers": 4,
                "dataset_num_proc": 4,
                "temperature": 0.9,
                "system": "prompt.txt",
                "log_completions": "true",
                "report_to": None,
            }
        ),
    ),
    why="examples/train/grpo/internal/transformers.sh",
    files={"prompt.txt": PROMPT},
)
clean(
    "clean-example-grpo-7b",
    both(
        {"model": "Qwen/Qwen2.5-7B-Instruct", "model_type": None, "template": None, "vllm_data_parallel_size": 2, "vllm_max_model_len": 8192},
        cards_of_server="6,7",
        cards_of_trainer="0,1,2,3,4,5",
        **(
            HUB
            | {
                "model": "Qwen/Qwen2.5-7B-Instruct",
                "reward_funcs": "accuracy",
                "dataset": f"{MATH}#1000",
                "load_from_cache_file": "true",
                "split_dataset_ratio": 0,
                "max_completion_length": 2048,
                "num_train_epochs": 3,
                "per_device_train_batch_size": 2,
                "gradient_accumulation_steps": 2,
                "save_total_limit": 2,
                "logging_steps": 1,
                "num_generations": 8,
                "temperature": 1.0,
                "top_p": 0.9,
                "top_k": 50,
                "deepspeed": "zero2",
                "log_completions": "true",
                "num_iterations": 1,
                "report_to": "tensorboard",
                "beta": 0.04,
            }
        ),
    ),
    why="examples/train/grpo/external/grpo_7b.sh, with the server that its comment starts",
    files={},
)
clean(
    "clean-example-chord",
    train(
        env=EIGHT,
        **(
            HUB
            | COLOCATE
            | {
                "model": "Qwen/Qwen2.5-7B-Instruct",
                "dataset": MATH,
                "load_from_cache_file": "true",
                "beta": 0.0,
                "num_train_epochs": 1,
                "gradient_accumulation_steps": 8,
                "chord_sft_per_device_train_batch_size": 1,
                "chord_sft_dataset": MATH,
                "chord_enable_phi_function": "false",
                "chord_mu_warmup_steps": 0,
                "chord_mu_decay_steps": 200,
                "chord_mu_peak": 0.9,
                "chord_mu_valley": 0.05,
                "num_generations": 8,
                "tuner_type": "full",
                "reward_funcs": "accuracy",
                "vllm_max_model_len": 8192,
                "max_completion_length": 4096,
                "overlong_filter": "true",
                "offload_optimizer": "true",
                "offload_model": "true",
                "save_steps": 1000,
                "learning_rate": "1e-6",
                "save_total_limit": 2,
                "logging_steps": 1,
                "deepspeed": "zero3",
                "log_completions": "true",
                "report_to": "tensorboard",
            }
        ),
    ),
    why="examples/train/grpo/internal/chord.sh without swanlab, which is not installed",
    files={},
)
clean(
    "clean-example-dr-grpo",
    both(
        {"model": "Qwen/Qwen3-1.7B", "model_type": None, "template": None, "vllm_max_model_len": None, "enable_thinking": "false"},
        cards_of_server="2",
        cards_of_trainer="0,1",
        **(
            HUB
            | {
                "model": "Qwen/Qwen3-1.7B",
                "dataset": f"{MATH}#5000",
                "enable_thinking": "false",
                "reward_funcs": "accuracy",
                "load_from_cache_file": "true",
                "max_completion_length": 4096,
                "num_train_epochs": 1,
                "per_device_train_batch_size": 8,
                "learning_rate": "2e-6",
                "save_total_limit": 2,
                "save_steps": 500,
                "logging_steps": 1,
                "num_generations": 8,
                "temperature": 0.6,
                "system": "You are a helpful math assistant. Solve the problem step by step and put your final answer within \\boxed{}.",
                "log_completions": "true",
                "beta": 0.001,
                "loss_type": "dr_grpo",
                "deepspeed": "zero2",
            }
        ),
    ),
    why="examples/train/grpo/internal/real.sh with another loss (4.6.0 ends on `real`: grpo_trainer.py:1030, _has_teacher without a teacher), thinking off on both sides",
    files={},
)
clean(
    "clean-example-teacher",
    train(
        env="CUDA_VISIBLE_DEVICES=0,1,2,3 NPROC_PER_NODE=4",
        **(
            HUB
            | COLOCATE
            | {
                "model": "Qwen/Qwen2.5-1.5B-Instruct",
                "teacher_model": "Qwen/Qwen2.5-7B-Instruct",
                "reward_funcs": None,
                "dataset": "modelscope/gsm8k",
                "num_generations": 1,
                "per_device_train_batch_size": 2,
                "gradient_accumulation_steps": 2,
                "learning_rate": "5e-5",
                "vllm_max_model_len": 4096,
                "max_length": 2048,
                "max_completion_length": 2048,
                "deepspeed": "zero2",
                "warmup_ratio": 0.1,
                "save_only_model": "true",
                "log_completions": "true",
                "log_rollout_offpolicy_metrics": "true",
                "report_to": "tensorboard",
            }
        ),
    ),
    why="examples/train/grpo/opd_rl.sh: with a teacher G may be 1 and rewards may be missing",
    files={},
)
clean(
    "clean-example-multi-turn",
    train(
        env=EIGHT,
        **(
            HUB
            | COLOCATE
            | {
                "model": "Qwen/Qwen2.5-3B-Instruct",
                "tuner_type": "full",
                "reward_funcs": "accuracy",
                "dataset": f"{MATH}#10000",
                "vllm_max_model_len": 8192,
                "vllm_tensor_parallel_size": 4,
                "num_train_epochs": 1,
                "max_length": 2048,
                "max_completion_length": 2048,
                "num_generations": 32,
                "deepspeed": "zero3",
                "learning_rate": "1e-6",
                "temperature": 1.0,
                "top_p": 1.0,
                "top_k": 80,
                "log_completions": "true",
                "offload_optimizer": "true",
                "offload_model": "true",
                "multi_turn_scheduler": "math_tip_trick",
                "max_turns": 3,
                "report_to": None,
            }
        ),
    ),
    why="examples/train/grpo/internal/vllm_multi_turn.sh with a window of 8192 for three turns; 16 heads, tensor parallel 4",
    files={},
)
clean("clean-dapo", colocate(loss_type="dapo", epsilon_high=0.28, beta=0, dynamic_sample="true", overlong_filter="true", scale_rewards="none", reward_funcs=["math_accuracy", "soft_overlong"], soft_cache_length=128, gradient_accumulation_steps=4))
clean("clean-rloo", colocate(advantage_estimator="rloo", kl_in_reward="true", beta=0.001))
clean("clean-dataset-hf-ms", train(**{"dataset": ["HF::openai/gsm8k:main#500", f"MS::{MATH}#500"], "reward_funcs": ["r1_format"], "max_steps": 20}), why="DatasetSyntax: HF:: and MS:: say which hub, :subset and #sample follow", files=MODEL)
clean("clean-use-hf", train(**{"dataset": "openai/gsm8k:main", "columns": '{"answer": "solution"}', "use_hf": "true"}), files=MODEL)
clean("clean-columns", train(columns='{"question": "query", "gold": "solution"}'), why="the question under a name of ms-swift's, the gold mapped", files=MODEL | {"data.jsonl": jsonl([{"question": r["messages"][0]["content"], "gold": r["solution"]} for r in rows()])})
clean("clean-query-rows", train(), why="`query` is a standard name for the question", files=MODEL | {"data.jsonl": jsonl([{"query": r["messages"][0]["content"], "solution": r["solution"]} for r in rows()])})
clean("clean-json-array", train(dataset="data.json"), files=MODEL | {"data.json": json.dumps(rows())})
clean("clean-eval", train(val_dataset="val.jsonl", per_device_eval_batch_size=4, eval_strategy="steps", eval_steps=10), files=MODEL | DATA | VAL)
clean("clean-adapters", train(adapters="a", target_modules=["q_proj", "v_proj"]), files=MODEL | DATA | adapter("a"))
clean(
    "clean-own-reward",
    train(external_plugins=["mine.py", "{ROOT}/plugin/plugin.py"], reward_funcs=["math_accuracy", "short"], reward_weights=[1, 0.1]),
    files=MODEL
    | DATA
    | {
        "mine.py": "from swift.rewards import ORM, orms\n\n\nclass Short(ORM):\n    def __init__(self, args=None, **kwargs):\n        super().__init__(args)\n        self.longest = args.max_completion_length\n\n    def __call__(self, completions, response_token_ids, **kwargs):\n        return [float(len(ids) < self.longest) for ids in response_token_ids]\n\n\norms['short'] = Short\n"
    },
)
clean(
    "clean-async-reward",
    train(external_plugins="mine.py", reward_funcs=["slow", "format"]),
    why="AsyncORM's call is a coroutine; no column is needed",
    files=MODEL
    | {"data.jsonl": jsonl([{"messages": r["messages"]} for r in rows()])}
    | {"mine.py": "import asyncio\n\nfrom swift.rewards import AsyncORM, orms\n\n\nclass Slow(AsyncORM):\n    async def __call__(self, completions, **kwargs):\n        await asyncio.sleep(0)\n        return [float('<answer>' in c) for c in completions]\n\n\norms['slow'] = Slow\n"},
)
clean(
    "clean-registered-by-contract",
    train(external_plugins=["mine.py", "{ROOT}/plugin/plugin.py"], reward_funcs=["math_accuracy", "short_answer"]),
    why="README.md, a reward of your own",
    files=MODEL
    | DATA
    | {"mine.py": 'from grpo_rewards.contract import register_reward\n\n\n@register_reward("short_answer", range=(0, 1))\ndef short_answer(completion: str, *, longest: int = 20) -> float:\n    """1 for an answer below `longest` characters."""\n    return float(len(completion.split("<answer>")[-1]) < longest)\n'},
)
clean("clean-system-text", train(system="Think between <think> and </think>, then answer between <answer> and </answer>."))
clean(
    "clean-yaml",
    train(config="run.yaml", num_generations=None, learning_rate=None, reward_funcs=None),
    why="1e-5 without a dot is a text to YAML; the text is passed on",
    files=MODEL | DATA | {"run.yaml": "# ours\nnum_generations: 4\nlearning_rate: 1e-5\nreward_funcs:\n- math_accuracy\n- r1_format\nlog_completions: yes\nENV: {OMP_NUM_THREADS: 2}\n"},
)
clean("clean-generation-batch", train(env="CUDA_VISIBLE_DEVICES=0,1 NPROC_PER_NODE=2", generation_batch_size=32, num_generations=8, per_device_train_batch_size=2, gradient_accumulation_steps=4), why="32 is 8 times the global batch of 4, and 4 groups of 8")
clean("clean-lora-by-server", both({"vllm_enable_lora": "true", "vllm_max_lora_rank": 32}, tuner_type="lora", lora_rank=32, learning_rate="1e-5"))
clean("clean-recipe-colocate", f"bash {{ROOT}}/scripts/train_single_gpu.sh --dry-run {TINY} --max_steps 50", env=SET | {"VLLM": "colocate", "GPUS": "3"})
clean("clean-recipe-multi", f"bash {{ROOT}}/scripts/train_multi_gpu.sh --dry-run {TINY}", env=SET | {"GPUS": "0,1,2,3,4,5,6,7"})
clean(
    "clean-recipe-cold-start",
    f"bash {{ROOT}}/scripts/sft_cold_start.sh --dry-run {TINY}",
    env={"MODEL": "m", "DATASET": "traces.jsonl"},
    files=MODEL | {"traces.jsonl": jsonl([{"messages": [*r["messages"], {"role": "assistant", "content": f"<think>I add the two.</think><answer>{r['solution']}</answer>"}]} for r in rows()])},
)
