"""Commands that are right, some of which look wrong to a naive check."""

from ..base import *  # noqa: F403

CLEAN = []
clean = clean_adder(CLEAN)
FULL = {"tuner_type": "full", "lora_rank": None, "lora_alpha": None}
REPO = {"external_plugins": "{ROOT}/plugin/plugin.py", "reward_funcs": ["math_accuracy", "r1_format"]}


def D(content, name="data.jsonl"):
    return F({name: content}, drop=() if name == "data.jsonl" else ("data.jsonl",))


clean("clean-served-async", served({}, async_generate=True), "one step off-policy in server mode")
clean("clean-fsdp2", ranks(2, fsdp="fsdp2", **FULL), "FSDP2 without DeepSpeed; gradient_checkpointing is turned off by ms-swift itself")
clean("clean-dash-names", ["env", "CUDA_VISIBLE_DEVICES=0", "swift", "rlhf", *[w.replace("_", "-") if w.startswith("--") else w for w in words(GRPO)]], "HfArgumentParser takes --learning-rate too")
clean("clean-flag-twice", grpo("--learning_rate", "5e-6"), "the last one wins, as in the recipes")
clean(
    "clean-gym",
    served({"multi_turn_scheduler": "gym_scheduler", "max_turns": 3, "use_gym_env": True, "gym_env": "adder_env", "external_plugins": "env.py"}, reward_funcs=None, use_gym_env=True, gym_env="adder_env", multi_turn_scheduler="gym_scheduler", max_turns=3, external_plugins="env.py", vllm_server_pass_dataset=True),
    "a gym environment pays: no reward function is needed",
    files=F({"env.py": "from swift.rollout.gym_env import Env, envs\n\n\nclass AdderEnv(Env):\n    async def reset(self, config):\n        return '', {}, ''\n\n    async def step(self, action):\n        return '', 1.0, True, {}\n\n    async def close(self):\n        pass\n\n\nenvs['adder_env'] = AdderEnv\n"}),
)
clean("clean-teacher-g-one", grpo(reward_funcs=None, teacher_model="teacher", teacher_model_type="qwen2", num_generations=1), "one completion is enough for a teacher (rlhf_args.py:404)", files=F(model_files("teacher", seed=3)))
clean("clean-reward-model", grpo(reward_funcs=None, reward_model="judge", reward_model_type="qwen2"), "a reward model in place of functions", files=F(judge_files()))
clean("clean-reward-model-weights", grpo(reward_model="judge", reward_model_type="qwen2", reward_model_plugin="default", reward_weights=[1, 0.5, 2]), "two functions and a model: three weights", files=F(judge_files()))
clean("clean-hub-ms", grpo(dataset="MS::AI-ModelScope/gsm8k:main", reward_funcs=["format"]), "ModelScope by prefix, with a subset", files=F())
clean("clean-entropy", grpo(log_entropy=True, top_entropy_quantile=0.2), "entropy mask")
clean("clean-multi-turn-colocate", colocate(multi_turn_scheduler="math_tip_trick", max_turns=2, vllm_max_model_len=4096), "several turns in colocate mode")
clean("clean-parquet", grpo(dataset="data.parquet"), "parquet", files=D(parquet(rows()), "data.parquet"))
clean("clean-sharegpt", sft(dataset="chat.jsonl"), "`conversations` with from and value", files=F({"chat.jsonl": jsonl([{"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": f"<think>I add.</think><answer>{a}</answer>"}]} for q, a in questions()])}))
clean("clean-alpaca", sft(dataset="alpaca.jsonl"), "instruction, input, output", files=F({"alpaca.jsonl": jsonl([{"instruction": "Add.", "input": q, "output": f"<think>I add.</think><answer>{a}</answer>"} for q, a in questions()])}))
clean("clean-gold-lists", grpo(**REPO), "a list of accepted answers, which math_accuracy reads", files=D(jsonl([{**r, "solution": [r["solution"], r["solution"].strip("$") + ".0"]} for r in rows()])))
clean("clean-last-turn-assistant", grpo(), "an answer in the rows is taken off for GRPO", files=D(jsonl([{**t, "solution": r["solution"]} for t, r in zip(traces(), rows())])))
clean("clean-plugin", grpo(reward_funcs=["accuracy", "short_answer"], external_plugins="plugin.py"), "a plugin of one's own")
clean("clean-sft", sft(), "a cold start")
clean("clean-cpu-ranks", grpo(env_=("CUDA_VISIBLE_DEVICES=", "NPROC_PER_NODE=2", "MASTER_PORT=29611"), use_cpu=True, ddp_backend="gloo"), "two ranks on a CPU", cards=[])
clean("clean-scheduler-kwargs", grpo(lr_scheduler_type="cosine_with_min_lr", lr_scheduler_kwargs='{"min_lr": 1e-6}'), "from ms-swift's own documentation")
EXAMPLE = "--torch_dtype bfloat16 --load_from_cache_file true --num_train_epochs 1 --logging_steps 1 --output_dir output --warmup_ratio 0.05 --dataloader_num_workers 4 --dataset_num_proc 4 --log_completions true --system prompt.txt".split()
PROMPT = {"prompt.txt": R1}
clean(
    "example-lora-four-rewards",
    [
        *"env CUDA_VISIBLE_DEVICES=0 swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-3B-Instruct --tuner_type lora --lora_rank 16 --lora_alpha 32 --use_vllm true --vllm_mode colocate --vllm_gpu_memory_utilization 0.5 --vllm_max_model_len 4096 --vllm_enable_lora true --reward_funcs accuracy format cosine repetition --dataset AI-MO/NuminaMath-TIR#1000 --max_length 1024 --max_completion_length 1024 --per_device_train_batch_size 8 --gradient_accumulation_steps 2 --learning_rate 5e-6 --num_generations 8 --save_total_limit 2 --sleep_level 1".split(),
        *EXAMPLE,
    ],
    "LoRA with four rewards",
    files=F(PROMPT),
)
