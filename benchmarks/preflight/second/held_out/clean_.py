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

clean("clean-base", train())
clean("clean-bool-words", colocate(use_vllm="yes", log_completions="1", gradient_checkpointing="t"), why="HfArgumentParser.string_to_bool takes yes, 1, t")
clean("clean-flag-twice", [*train(), "--max_steps", "10"], why="the last one wins; the recipes are built on it")
clean(
    "clean-example-gspo",
    train(
        env=EIGHT,
        **(
            HUB
            | COLOCATE
            | {
                "model": "Qwen/Qwen2.5-7B-Instruct",
                "dataset": f"{MATH}#10000",
                "load_from_cache_file": "true",
                "beta": 0.0,
                "epsilon": "3e-4",
                "epsilon_high": "4e-4",
                "steps_per_generation": 32,
                "importance_sampling_level": "sequence",
                "num_train_epochs": 1,
                "per_device_train_batch_size": 2,
                "gradient_accumulation_steps": 8,
                "num_generations": 16,
                "tuner_type": "full",
                "reward_funcs": "accuracy",
                "vllm_gpu_memory_utilization": 0.6,
                "vllm_max_model_len": 16384,
                "max_completion_length": 8192,
                "offload_optimizer": "true",
                "offload_model": "true",
                "save_steps": 1000,
                "learning_rate": "1e-6",
                "save_total_limit": 2,
                "logging_steps": 5,
                "warmup_ratio": 0.05,
                "dataloader_num_workers": 4,
                "deepspeed": "zero3",
                "log_completions": "true",
                "report_to": None,
            }
        ),
    ),
    why="examples/train/grpo/internal/gspo.sh",
    files={},
)
clean(
    "clean-example-gym",
    both(
        {"model": "Qwen/Qwen2.5-3B-Instruct", "model_type": None, "template": None, "vllm_max_model_len": None, "max_turns": 3, "multi_turn_scheduler": "gym_scheduler", "use_gym_env": "true", "gym_env": "math_env"},
        cards_of_server="7",
        cards_of_trainer="0,1,2,3,4,5",
        **(
            HUB
            | {
                "model": "Qwen/Qwen2.5-3B-Instruct",
                "reward_funcs": None,
                "vllm_server_pass_dataset": "true",
                "dataset": f"{MATH}#1000",
                "split_dataset_ratio": 0,
                "max_completion_length": 2048,
                "num_train_epochs": 3,
                "per_device_train_batch_size": 2,
                "gradient_accumulation_steps": 2,
                "steps_per_generation": 2,
                "num_generations": 6,
                "temperature": 1.0,
                "top_p": 0.9,
                "top_k": 50,
                "log_completions": "true",
                "deepspeed": "zero2",
                "beta": 0,
                "loss_scale": "default",
                "report_to": "tensorboard",
            }
        ),
    ),
    why="examples/train/grpo/external/vllm_gym.sh: the server's gym pays, no reward function is needed",
    files={},
)
clean("clean-csv", train(dataset="data.csv"), files=MODEL | {"data.csv": "query,solution\n" + "".join(f'"A box of {n} and {n + 3} more, how many?","{2 * n + 3} pieces in all: \\boxed{{{2 * n + 3}}}"\n' for n in range(64))})
clean("clean-two-sets-sampled", train(dataset=["data.jsonl#32", "more.jsonl"]), files=MODEL | DATA | {"more.jsonl": jsonl(rows(99)[64:])})
clean("clean-blank-lines-at-end", train(), why="blank lines at the end are no rows", files=MODEL | {"data.jsonl": jsonl(rows()) + "\n"})
clean("clean-eval-two", train(val_dataset="val.jsonl", per_device_eval_batch_size=2, num_generations_eval=2), files=MODEL | DATA | VAL)
clean("clean-resume", train(target_modules=["q_proj", "v_proj"], resume_from_checkpoint="out/v0-20260101-101010/checkpoint-10"), files=MODEL | DATA | checkpoint())
clean("clean-resume-only-model", train(target_modules=["q_proj", "v_proj"], resume_from_checkpoint="out/v0-20260101-101010/checkpoint-10", resume_only_model="true", ignore_data_skip="true"), files=MODEL | DATA | checkpoint(without=("optimizer.pt", "scheduler.pt")))
clean(
    "clean-extra-column",
    train(external_plugins="mine.py", reward_funcs=["near"]),
    why="the column that the reward asks for is in the rows",
    files=MODEL
    | {"data.jsonl": jsonl([r | {"reference": r["solution"]} for r in rows()])}
    | {"mine.py": "from swift.rewards import ORM, orms\n\n\nclass Near(ORM):\n    def __call__(self, completions, reference, **kwargs):\n        return [float(r in c) for c, r in zip(completions, reference)]\n\n\norms['near'] = Near\n"},
)
clean(
    "clean-shards",
    train(),
    files=DATA
    | model(without=("model.safetensors",))
    | {
        "m/model.safetensors.index.json": json.dumps({"metadata": {"total_size": 1}, "weight_map": {n: f"model-0000{1 + (k > 12)}-of-00002.safetensors" for k, n in enumerate(shapes(config()))}}),
        "m/model-00001-of-00002.safetensors": safetensors(dict(list(shapes(config()).items())[:13])),
        "m/model-00002-of-00002.safetensors": safetensors(dict(list(shapes(config()).items())[13:])),
    },
)
clean("clean-json-config", train(config="run.json", num_generations=None), why="cli/main.py expands .json, too", files=MODEL | DATA | {"run.json": '{"num_generations": 4, "log_completions": true}'})
clean("clean-recipe-single", f"bash {{ROOT}}/scripts/train_single_gpu.sh --dry-run {TINY}", env=SET)
clean("clean-recipe-multi-two", f"bash {{ROOT}}/scripts/train_multi_gpu.sh --dry-run {TINY} --num_generations 6", env=SET | {"GPUS": "0,1,2,3", "SERVE_GPUS": "2,3"})
