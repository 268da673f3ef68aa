"""Flags of tuners, quantisation and subcommands that do not go together."""

from swift_grpo.check.contradictions.rule import Rule, lacks
from swift_grpo.check.estimate import zero_stage
from swift_grpo.check.problem import ADVICE, WARNING

RULES = (
    # ---- tuners and quantisation
    Rule(
        lambda c: c.trains and not c.lora and c.given("lora_rank", "lora_alpha", "lora_dropout"),
        "--lora_rank and its kin (--lora_alpha, --lora_dropout) do nothing with --tuner_type full",
        "use --tuner_type lora, or remove them",
        "pipelines/train/tuner.py",
        ADVICE,
    ),
    Rule(
        lambda c: c.trains and not c.lora and c.given("quant_bits", "quant_method"),
        "--tuner_type full cannot train quantised weights (--quant_method, --quant_bits)",
        "use --tuner_type lora, or remove --quant_bits",
        "transformers Trainer: cannot perform fine-tuning on purely quantized models",
    ),
    Rule(
        lambda c: c.trains and not c.lora and c.given("adapters"),
        "--adapters with --tuner_type full",
        "use --tuner_type lora, or merge the adapter first (scripts/export.sh) and name the result in --model",
        "pipelines/train/tuner.py",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.given("quant_method") and not c.given("quant_bits") and c.text("quant_method") != "fp8",
        "--quant_method {quant_method} needs --quant_bits",
        "add --quant_bits 4",
        "arguments/base_args/quant_args.py:50",
    ),
    Rule(
        lambda c: c.trains and c.given("quant_bits") and not c.given("quant_method"),
        "--quant_bits does nothing without --quant_method",
        "add --quant_method bnb",
        "arguments/base_args/quant_args.py:46",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.text("quant_method") == "bnb" and not c.on_cpu and lacks("bitsandbytes"),
        "--quant_method bnb, and bitsandbytes is not installed",
        "pip install bitsandbytes, or remove it",
        "transformers: requires bitsandbytes",
        machine=True,
    ),
    Rule(
        lambda c: c.trains and c.given("quant_method") and (zero_stage(c) or (0,))[0] == 3,
        "--quant_method {quant_method} does not go with ZeRO-3, which shards the weights",
        "use --deepspeed zero2, or no quantisation",
        "transformers: DeepSpeed ZeRO-3 is not compatible with quantized models",
    ),
    Rule(
        lambda c: c.trains and c.text("tuner_backend") == "unsloth" and lacks("unsloth"),
        "--tuner_backend unsloth, and unsloth is not installed",
        "pip install unsloth, or use --tuner_backend peft",
        "model/register.py load_by_unsloth",
        machine=True,
    ),
    Rule(
        lambda c: c.trains and c.true("resume_only_model") and not c.given("resume_from_checkpoint"),
        "--resume_only_model does nothing without --resume_from_checkpoint",
        "name the checkpoint, or remove it",
        "arguments/sft_args.py",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.true("use_dora") and c.true("vllm_enable_lora"),
        "--use_dora does not go with --vllm_enable_lora: vLLM knows no DoRA",
        "use --vllm_enable_lora false",
        "vllm/lora/peft_helper.py: does not yet support DoRA",
    ),
    Rule(
        lambda c: c.grpo and c.vllm != "" and c.true("vllm_enable_lora") and c.text("lora_bias") == "all",
        "--lora_bias all does not go with --vllm_enable_lora",
        "use --lora_bias none",
        "vllm/lora/peft_helper.py: adapter bias is not supported",
    ),
    Rule(
        lambda c: c.trains and c.true("predict_with_generate") and lacks("jieba") and not c.given("eval_metric") and not c.grpo,
        "--predict_with_generate measures with nlg, which needs jieba, and it is not installed",
        "pip install jieba, or name another --eval_metric",
        "arguments/sft_args.py _init_metric",
        machine=True,
    ),
    Rule(
        lambda c: c.trains and c.text("eval_metric") == "nlg" and lacks("jieba"),
        "--eval_metric nlg needs jieba, which is not installed",
        "pip install jieba, or name another --eval_metric",
        "arguments/sft_args.py _init_metric",
        machine=True,
    ),
    Rule(
        lambda c: c.trains and c.true("use_flash_ckpt") and lacks("dlrover"),
        "--use_flash_ckpt true, and dlrover is not installed",
        "pip install 'dlrover[k8s,torch]', or remove it",
        "pipelines/train/sft.py:40",
        machine=True,
    ),
    Rule(
        lambda c: c.trains and c.given("deepspeed_autotp_size") and not c.given("deepspeed"),
        "--deepspeed_autotp_size needs --deepspeed",
        "add --deepspeed zero2, or remove it",
        "arguments/sft_args.py _init_deepspeed",
    ),
    Rule(
        lambda c: c.trains and c.given("zero_hpz_partition_size") and "zero3" not in (c.text("deepspeed") or ""),
        "--zero_hpz_partition_size is of ZeRO++: it needs --deepspeed zero3",
        "add --deepspeed zero3, or remove it",
        "arguments/sft_args.py _init_deepspeed",
    ),
    Rule(
        lambda c: c.grpo and c.ranks % (c.whole("sequence_parallel_size") or 1) != 0,
        "--sequence_parallel_size {sequence_parallel_size} does not divide the ranks",
        "use 1, or as many NPROC_PER_NODE as a multiple of it",
        "sequence_parallel: world size % sp size",
    ),
    Rule(
        lambda c: c.kind == "sft" and c.given("reward_funcs", "num_generations", "rlhf_type"),
        "`swift sft` makes no rollouts: --reward_funcs and the like are of `swift rlhf`",
        "use swift rlhf --rlhf_type grpo",
        "cli/main.py",
    ),
)  # fmt: skip
