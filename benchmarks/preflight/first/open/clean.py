"""Commands that are right, some of which look wrong to a naive check."""

from ..base import *  # noqa: F403

CLEAN = []
clean = clean_adder(CLEAN)
FULL = {"tuner_type": "full", "lora_rank": None, "lora_alpha": None}
LORA = {"tuner_type": "lora", "lora_rank": 8, "lora_alpha": 32}
REPO = {"external_plugins": "{ROOT}/plugin/plugin.py", "reward_funcs": ["math_accuracy", "r1_format"]}
SEVEN = {"renv": ("CUDA_VISIBLE_DEVICES=7",), "tenv": ("CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6", "NPROC_PER_NODE=7", "MASTER_PORT=29611")}


def D(content, name="data.jsonl"):
    return F({name: content}, drop=() if name == "data.jsonl" else ("data.jsonl",))


clean("clean-base", grpo(), "the command of all cases")
clean("clean-colocate", colocate(), "vLLM on the trainer's card")
clean("clean-colocate-lora", colocate(vllm_enable_lora=True, lora_rank=16), "the adapter alone is synced")
clean("clean-served", served({}), "server and two ranks")
clean("clean-template-opens", grpo(template="deepseek_r1"), "the template writes the first <think>, and ms-swift puts it back before rewards see it (template/base.py:849)")
clean("clean-served-lora", served({"vllm_enable_lora": True, "vllm_max_lora_rank": 32}, **{**LORA, "lora_rank": 32}), "LoRA on both sides, of the same rank")
clean("clean-served-lora-smaller", served({"vllm_enable_lora": True}, **LORA), "rank 8 fits into the server's default 16")
clean("clean-served-seven", served({}, **SEVEN, num_generations=7, per_device_train_batch_size=1, gradient_accumulation_steps=2), "seven ranks x 2 = 14 = 2 x 7")
clean("clean-served-tp", served({"vllm_tensor_parallel_size": 2}, renv=("CUDA_VISIBLE_DEVICES=2,3",)), "tensor-parallel 2 on two cards, 4 heads")
clean("clean-served-dp", served({"vllm_data_parallel_size": 2}, renv=("CUDA_VISIBLE_DEVICES=2,3",)), "data-parallel 2 on two cards")
clean("clean-served-base-url", served({}, vllm_server_host=None, vllm_server_port=None, vllm_server_base_url="http://127.0.0.1:18731"), "the server's address as a URL")
clean("clean-rollout-alone", served({})[: served({}).index("::")], "a server by itself", cards=cards(4))
clean("clean-colocate-tp", [*ranks(2)[:4], *colocate(vllm_tensor_parallel_size=2)[2:]], "tensor-parallel 2 in a world of 2")
clean("clean-ranks-zero3", ranks(2, deepspeed="zero3", **FULL), "ZeRO-3 without vLLM")
clean("clean-deepspeed-file", ranks(2, deepspeed="ds.json", **FULL), "a DeepSpeed configuration of one's own", files=F({"ds.json": json.dumps({"zero_optimization": {"stage": 2}, "bf16": {"enabled": "auto"}, "train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto", "gradient_accumulation_steps": "auto"})}))
clean("clean-equals", ["env", "CUDA_VISIBLE_DEVICES=0", "swift", "rlhf", *[f"--{k}={str(v).lower() if isinstance(v, bool) else v}" for k, v in GRPO.items() if k != "reward_funcs"], "--reward_funcs", "accuracy", "format"], "--flag=value")
clean("clean-bare-bool", grpo("--log_completions"), "a bare boolean is true")
clean("clean-no-flag", grpo("--no_gradient_checkpointing", check_model=None), "HfArgumentParser adds --no_x for a boolean that is true by default")
clean("clean-abbreviation", grpo("--max_step", "10", max_steps=None), "argparse takes an unambiguous prefix")
clean("clean-teacher", grpo(reward_funcs=None, teacher_model="teacher", teacher_model_type="qwen2", teacher_kl_coef=1.0), "on-policy distillation: no reward function is needed", files=F(model_files("teacher", seed=3)))
clean("clean-teacher-server", grpo(reward_funcs=None, teacher_model_server="http://10.0.0.7:8000"), "the teacher answers elsewhere")
clean("clean-negative-weight", grpo(reward_weights=[1, -0.5]), "a weight may be negative")
clean("clean-hub-id", grpo(dataset="AI-MO/NuminaMath-TIR#1000"), "a hub id with a number of rows")
clean("clean-hub-hf", grpo(dataset="HF::openai/gsm8k:main#500", columns='{"answer": "solution"}'), "Hugging Face by prefix, with subset and number")
clean("clean-hub-model", grpo(model="Qwen/Qwen2.5-0.5B-Instruct", model_type=None, template=None), "a hub model: its type and template are known to ms-swift")
clean("clean-dapo", grpo(loss_type="dapo", epsilon_high=0.28, dynamic_sample=True, max_resample_times=3, overlong_filter=True, beta=0, reward_funcs=["accuracy", "soft_overlong"], soft_cache_length=128), "DAPO")
clean("clean-gspo", grpo(importance_sampling_level="sequence", epsilon="3e-4", epsilon_high="4e-4", steps_per_generation=4, beta=0), "GSPO: small clip ranges are meant")
clean("clean-cispo", grpo(loss_type="cispo", epsilon_high=5), "CISPO: epsilon_high above 1 is meant")
clean("clean-sapo", grpo(loss_type="sapo", tau_pos=1.0, tau_neg=1.05), "SAPO")
clean("clean-drgrpo", grpo(loss_type="dr_grpo", scale_rewards="none", beta=0), "Dr. GRPO")
clean("clean-rloo", grpo(advantage_estimator="rloo", kl_in_reward=True), "RLOO")
clean("clean-reinforce", grpo(advantage_estimator="reinforce_plus_plus", scale_rewards="batch", kl_in_reward=True), "REINFORCE++")
clean("clean-gdpo", grpo(scale_rewards="gdpo"), "GDPO with two rewards")
clean("clean-mismatch", colocate(rollout_importance_sampling_mode="token_truncate", rollout_importance_sampling_threshold=2.0, log_rollout_offpolicy_metrics=True), "correction of the vLLM mismatch")
clean("clean-chord", grpo(chord_sft_dataset="traces.jsonl", chord_sft_per_device_train_batch_size=4, chord_mu_warmup_steps=0, chord_mu_decay_steps=50, chord_mu_peak=0.5, chord_mu_valley=0.02), "CHORD")
clean("clean-multi-turn", served({"multi_turn_scheduler": "math_tip_trick", "max_turns": 2}, multi_turn_scheduler="math_tip_trick", max_turns=2), "several turns, known to both sides")
clean("clean-generation-batch", grpo(generation_batch_size=16, gradient_accumulation_steps=2), "16 = 4 x 4 is a multiple of 4; steps_per_generation follows")
clean("clean-steps-per-generation", grpo(per_device_train_batch_size=1, steps_per_generation=8), "1 x 8 is a multiple of 4")
clean("clean-eval", grpo(val_dataset="val.jsonl", per_device_eval_batch_size=4, eval_steps=5), "evaluation that fits", files=F({"val.jsonl": jsonl([{"messages": [{"role": "user", "content": f"What is {n} + 100?"}], "solution": f"${n + 100}$"} for n in range(16)])}))
clean("clean-eval-off", grpo(split_dataset_ratio=0.1, eval_strategy="no"), "ms-swift sets the ratio to 0: the eval batch does not matter")
clean("clean-eval-g", grpo(val_dataset="val.jsonl", num_generations_eval=1), "one completion in evaluation: any batch will do", files=F({"val.jsonl": jsonl([{"messages": [{"role": "user", "content": f"What is {n} + 100?"}], "solution": f"${n + 100}$"} for n in range(16)])}))
clean("clean-csv", grpo(dataset="data.csv"), "CSV with a header", files=D("query,solution\n" + "".join(f"{q},${a}$\n" for q, a in questions()), "data.csv"))
clean("clean-json-lines-in-json", grpo(dataset="data.json"), "JSON lines in a file called .json", files=D(jsonl(rows()), "data.json"))
clean("clean-json-array", grpo(dataset="data.json"), "a JSON array", files=D(json.dumps(rows()), "data.json"))
clean("clean-folder", grpo(dataset="rows"), "a folder of JSON lines", files=D(jsonl(rows()), "rows/train.jsonl"))
clean("clean-problem-column", grpo(), "`problem` is taken for the question, `solution` is kept", files=D(jsonl([{"problem": q, "solution": f"${a}$"} for q, a in questions()])))
clean("clean-columns", grpo(columns='{"gold": "solution", "text": "query"}', disable_auto_column_mapping=False), "columns renamed", files=D(jsonl([{"text": q, "gold": f"${a}$"} for q, a in questions()])))
clean("clean-gold-numbers", grpo(**REPO), "golds as numbers, which math_accuracy reads", files=D(jsonl([{**r, "solution": int(r["solution"].strip("$"))} for r in rows()])))
clean("clean-sample-fewer", grpo(dataset="data.jsonl#32"), "32 rows of 64")
clean("clean-hash-in-name", grpo(dataset="set#2.jsonl"), "the file exists under this name (dataset_syntax.py)", files=D(jsonl(rows()), "set#2.jsonl"))
clean("clean-two-sets", grpo(dataset=["data.jsonl", "more.jsonl"], interleave_prob=[0.7, 0.3]), "two data sets, mixed", files=F({"more.jsonl": jsonl([{"messages": [{"role": "user", "content": f"What is {n} + 300?"}], "solution": f"${n + 300}$"} for n in range(64)])}))
clean("clean-plugin-async", grpo(reward_funcs=["accuracy", "short_answer"], external_plugins="plugin.py"), "an AsyncORM", files=F({"plugin.py": PLUGIN.replace("import ORM", "import AsyncORM").replace("(ORM)", "(AsyncORM)").replace("    def __call__", "    async def __call__")}))
clean("clean-plugin-column", grpo(reward_funcs=["accuracy", "short_answer"], external_plugins="plugin.py"), "a column of the data as argument", files=F({"plugin.py": PLUGIN.replace("completions, **", "completions, level, **"), "data.jsonl": jsonl(rows(level=3))}))
clean("clean-plugin-given-columns", grpo(reward_funcs=["accuracy", "short_answer"], external_plugins="plugin.py"), "arguments that ms-swift gives", files=F({"plugin.py": PLUGIN.replace("completions, **", "completions, messages, trainer_state, response_token_ids, **")}))
clean("clean-two-plugins", grpo(external_plugins=["plugin.py", "{ROOT}/plugin/plugin.py"], reward_funcs=["math_accuracy", "short_answer"]), "two plugins")
clean(
    "clean-repo-config",
    ["env", "CUDA_VISIBLE_DEVICES=0", "swift", "rlhf", "{ROOT}/configs/train_single_gpu.yaml", *words(MODEL | {"rlhf_type": "grpo", "dataset": "data.jsonl", "system": "{ROOT}/prompts/r1.txt", "external_plugins": "{ROOT}/plugin/plugin.py", "output_dir": "out", "max_steps": 10})],
    "the recipe's own configuration",
)
clean("clean-overlong", grpo(**{**REPO, "reward_funcs": ["math_accuracy", "dapo_overlong"]}, soft_cache_length=128), "dapo_overlong with its length")
clean("clean-resume", grpo(resume_from_checkpoint=CKPT), "a good checkpoint", files=F(checkpoint()))
clean("clean-resume-full", grpo(resume_from_checkpoint=CKPT, **FULL), "a good checkpoint of all parameters", files=F(checkpoint(full=True)))
clean("clean-resume-deepspeed", ranks(2, resume_from_checkpoint=CKPT, deepspeed="zero2", **FULL), "two ranks, as it was saved", files=F(deepspeed_checkpoint(2)))
clean("clean-resume-only-model", grpo(resume_from_checkpoint=CKPT, resume_only_model=True), "weights alone: no optimizer is needed", files=F(checkpoint(), drop=[f"{CKPT}/optimizer.pt", f"{CKPT}/scheduler.pt"]))
clean("clean-adapters", grpo(adapters="adapter", ref_adapters="adapter"), "GRPO on an adapter of a cold start", files=F(adapter_files()))
clean("clean-shards", grpo(), "weights in two shards", files=F({f"model/{name}": content for name, content in sharded(CONFIG).items()}, drop=["model/model.safetensors"]))
clean("clean-tied", grpo(), "tied embeddings: no lm_head in the file", files=F(model_files(tie_word_embeddings=True)))
clean("clean-seven-b-lora", grpo(model="big"), "7B with LoRA on a card of 80 GB", files=F(seven_b()))
clean("clean-seven-b-eight", served({"model": "big", "vllm_gpu_memory_utilization": 0.9}, **SEVEN, **FULL, model="big", num_generations=7, per_device_train_batch_size=1), "7B in full on seven cards of 141 GB with ZeRO-2 and a reference model", files=F(seven_b()), cards=cards(8, 141))
clean("clean-yaml", grpo(config="run.yaml", learning_rate=None, lora_rank=None), "1e-5 is a text to YAML and a float to argparse; ENV is taken out", files=F({"run.yaml": "ENV:\n  OMP_NUM_THREADS: 4\nlearning_rate: 1e-5\nlora_rank: 8\nlog_completions: true\n"}))
clean("clean-yaml-override", grpo(config="run.yaml"), "a flag of the command wins over the file", files=F({"run.yaml": "num_generations: 8\nper_device_train_batch_size: 8\n"}))
clean("clean-json-config", grpo(config="run.json"), "a JSON configuration", files=F({"run.json": '{"beta": 0.01, "log_completions": true}'}))
clean("clean-sft-lora", sft(tuner_type="lora", lora_rank=8), "a cold start with LoRA")
clean("clean-cpu", grpo(env_=("CUDA_VISIBLE_DEVICES=",), use_cpu=True), "on a CPU, on purpose", cards=[])
clean("clean-streaming", grpo(streaming=True, dataset_num_proc=None), "streaming with max_steps")
clean("clean-system-text", grpo(system="Think between <think> and </think>, answer between <answer> and </answer>."), "a system prompt in words")
clean("clean-device-map", grpo(env_=("CUDA_VISIBLE_DEVICES=0,1",)), "two cards in one process without vLLM and DeepSpeed: the model is spread over them")
clean("clean-report-none", grpo(report_to="none"), "no reporter")
clean("clean-save-fraction", grpo(save_steps=0.5), "save_steps below 1 is a share of all steps")
EXAMPLE = "--torch_dtype bfloat16 --load_from_cache_file true --num_train_epochs 1 --logging_steps 1 --output_dir output --warmup_ratio 0.05 --dataloader_num_workers 4 --dataset_num_proc 4 --log_completions true --system prompt.txt".split()
PROMPT = {"prompt.txt": R1}
EIGHT = "env CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6,7 NPROC_PER_NODE=8".split()
clean(
    "example-colocate-full",
    [
        *EIGHT,
        *"swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-7B --reward_funcs accuracy --use_vllm true --vllm_mode colocate --vllm_gpu_memory_utilization 0.4 --vllm_max_model_len 8192 --tuner_type full --dataset AI-MO/NuminaMath-TIR#1000 --max_length 2048 --max_completion_length 2048 --per_device_train_batch_size 1 --gradient_accumulation_steps 2 --learning_rate 1e-6 --save_total_limit 2 --num_generations 8 --temperature 0.9 --deepspeed zero3 --sleep_level 1 --offload_model true --offload_optimizer true".split(),
        *EXAMPLE,
    ],
    "colocate with offloading",
    files=F(PROMPT),
)
clean(
    "example-colocate-tp",
    [
        *EIGHT,
        *"swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-32B-Instruct --reward_funcs accuracy --use_vllm true --vllm_mode colocate --vllm_gpu_memory_utilization 0.5 --vllm_max_model_len 4096 --vllm_tensor_parallel_size 4 --tuner_type lora --dataset AI-MO/NuminaMath-TIR#10000 --max_length 2048 --max_completion_length 2048 --per_device_train_batch_size 1 --gradient_accumulation_steps 1 --learning_rate 1e-6 --save_total_limit 2 --num_generations 8 --temperature 1.0 --deepspeed zero3 --sleep_level 1 --move_model_batches 5 --offload_model true --offload_optimizer true".split(),
        *EXAMPLE,
    ],
    "32B with LoRA, tensor-parallel 4 of 8 ranks",
    files=F(PROMPT),
)
clean(
    "example-external-server",
    [
        *"env CUDA_VISIBLE_DEVICES=6,7 swift rollout --model Qwen/Qwen2.5-7B-Instruct --vllm_data_parallel_size 2 --host 127.0.0.1 --port 8000 --vllm_max_model_len 8192 :: env CUDA_VISIBLE_DEVICES=0,1,2,3,4,5 NPROC_PER_NODE=6 swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-7B-Instruct --reward_funcs accuracy format --use_vllm true --vllm_mode server --vllm_server_host 127.0.0.1 --vllm_server_port 8000 --tuner_type full --dataset AI-MO/NuminaMath-TIR#1000 --max_length 2048 --max_completion_length 2048 --per_device_train_batch_size 4 --gradient_accumulation_steps 1 --learning_rate 1e-6 --save_total_limit 2 --num_generations 8 --temperature 0.9 --deepspeed zero2 --beta 0.0".split(),
        *EXAMPLE,
    ],
    "a server on two cards, six ranks: 24 is a multiple of 8",
    files=F(PROMPT),
)
clean(
    "example-dapo",
    [
        *EIGHT,
        *"swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-1.5B --reward_funcs accuracy soft_overlong --max_completion_length 4096 --soft_cache_length 819 --epsilon 0.2 --epsilon_high 0.28 --dynamic_sample true --overlong_filter true --loss_type bnpo --max_resample_times 3 --use_vllm true --vllm_mode colocate --vllm_gpu_memory_utilization 0.5 --vllm_max_model_len 8192 --tuner_type full --dataset AI-MO/NuminaMath-TIR#5000 --max_length 2048 --per_device_train_batch_size 2 --gradient_accumulation_steps 1 --learning_rate 1e-6 --save_total_limit 2 --num_generations 8 --temperature 1.0 --top_p 1.0 --deepspeed zero2 --beta 0.0".split(),
        *EXAMPLE,
    ],
    "DAPO",
    files=F(PROMPT),
)
clean(
    "example-multi-node",
    [
        *"env CUDA_VISIBLE_DEVICES=0,1,2,3 NNODES=2 NODE_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29613 NPROC_PER_NODE=4 swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-7B-Instruct --reward_funcs accuracy format --use_vllm true --vllm_mode colocate --vllm_gpu_memory_utilization 0.4 --vllm_max_model_len 4096 --tuner_type full --dataset AI-MO/NuminaMath-TIR#1000 --max_length 2048 --max_completion_length 1024 --per_device_train_batch_size 1 --gradient_accumulation_steps 1 --learning_rate 1e-6 --save_total_limit 2 --num_generations 8 --deepspeed zero3 --sleep_level 1 --offload_model true --offload_optimizer true".split(),
        *EXAMPLE,
    ],
    "two nodes of four ranks",
    files=F(PROMPT),
    cards=cards(4),
)
