"""Flags of the trainer that do not go together."""

from swift_grpo.check.contradictions.rule import Rule, evaluation, lacks, more
from swift_grpo.check.problem import ADVICE, WARNING
from swift_grpo.formats.command_line import Command

FLASH = {"flash_attn", "flash_attention_2", "flash_attention_3", "flash_attention_4"}
EVERY = ("logging_steps", "save_steps", "eval_steps")


def broken_steps(c: Command) -> list[str]:
    """The intervals above 1 that are not a whole number of steps."""
    return [f"--{name} {value:g}" for name in EVERY if isinstance(value := c.number(name), float) and value > 1]


RULES = (
    Rule(
        lambda c: c.trains and bool(broken_steps(c)),
        "{broken_steps} is not a whole number of steps",
        "write a whole number, or a share of all steps below 1",
        "transformers training_args.py: must be an integer if bigger than 1",
    ),
    # ---- the trainer
    Rule(
        lambda c: (c.true("padding_free") or c.true("packing")) and c.text("attn_impl") not in FLASH,
        "--padding_free and --packing need flash attention, and --attn_impl is {attn_impl}",
        "add --attn_impl flash_attn (or flash_attention_2), or use --padding_free false",
        "arguments/sft_args.py _check_padding_free",
    ),
    Rule(
        lambda c: c.grpo and c.true("packing"),
        "--packing is not for GRPO: its batches are groups of completions",
        "remove it",
        "rlhf_trainers/grpo_trainer.py",
    ),
    Rule(
        lambda c: c.true("packing") and c.true("lazy_tokenize"),
        "--packing and --lazy_tokenize do not go together",
        "use --lazy_tokenize false",
        "arguments/base_args/base_args.py:166",
    ),
    Rule(
        lambda c: c.true("streaming") and c.true("lazy_tokenize"),
        "--streaming and --lazy_tokenize do not go together",
        "use --lazy_tokenize false",
        "arguments/base_args/base_args.py:168",
    ),
    Rule(
        lambda c: c.trains and (c.text("attn_impl") or "").startswith("flash") and not c.on_cpu and lacks("flash_attn") and c.text("attn_impl") in {"flash_attn", "flash_attention_2"},
        "--attn_impl {attn_impl}, and flash-attn is not installed",
        "pip install flash-attn, or use --attn_impl sdpa",
        "transformers: FlashAttention2 has been toggled on, but it cannot be used",
        machine=True,
    ),
    Rule(
        lambda c: c.trains and c.given("fsdp") and c.given("deepspeed"),
        "--fsdp and --deepspeed do not go together",
        "use only one: remove either",
        "arguments/sft_args.py:295",
    ),
    Rule(
        lambda c: c.trains and c.text("fsdp") == "fsdp2" and c.true("save_only_model"),
        "--save_only_model true does not go with --fsdp fsdp2, whose state is sharded",
        "use --save_only_model false, or FULL_STATE_DICT in an fsdp configuration of your own",
        "arguments/sft_args.py:347",
    ),
    Rule(
        lambda c: c.trains and (c.number("warmup_ratio") or 0) > 0 and (c.number("warmup_steps") or 0) > 0,
        "--warmup_ratio and --warmup_steps are both given",
        "keep one: remove either",
        "trainers/arguments.py:231",
    ),
    Rule(
        lambda c: c.grpo and c.given("cached_dataset", "cached_val_dataset"),
        "--cached_dataset is not supported for GRPO",
        "name the rows in --dataset",
        "arguments/rlhf_args.py:344",
    ),
    Rule(
        lambda c: c.trains and c.true("load_best_model_at_end") and c.text("save_strategy") != "best" and evaluation(c) != (c.text("save_strategy") or "steps"),
        "--load_best_model_at_end needs --save_strategy and --eval_strategy to be the same",
        "set --eval_strategy to the --save_strategy, or --save_strategy best",
        "transformers training_args.py:1719",
    ),
    Rule(
        lambda c: (
            c.trains
            and c.true("load_best_model_at_end")
            and evaluation(c) == c.text("save_strategy") == "steps"
            and c.evaluates
            and (c.whole("save_steps") or 0) % (c.whole("eval_steps") or 1) != 0
        ),
        "--load_best_model_at_end needs --save_steps {save_steps} to be a multiple of --eval_steps {eval_steps}",
        "set --save_steps to --eval_steps",
        "transformers training_args.py:1724",
    ),
    Rule(
        lambda c: c.trains and c.true("load_best_model_at_end") and not c.evaluates,
        "--load_best_model_at_end needs an evaluation, and there is none",
        "add --val_dataset or --split_dataset_ratio, or remove it",
        "transformers training_args.py:1719",
    ),
    Rule(
        lambda c: c.trains and c.true("fp16") and c.true("bf16"),
        "--fp16 true and --bf16 true: only one can be",
        "keep one: remove either",
        "transformers training_args.py:1753",
    ),
    Rule(
        lambda c: c.trains and ((c.true("fp16") and c.text("torch_dtype") == "bfloat16") or (c.true("bf16") and c.text("torch_dtype") == "float16")),
        "--torch_dtype {torch_dtype} contradicts --fp16 or --bf16",
        "remove --fp16 and --bf16: they follow --torch_dtype",
        "arguments/base_args/model_args.py _init_mixed_precision",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.text("lr_scheduler_type") in {"reduce_lr_on_plateau", "greedy"} and not (c.evaluates and evaluation(c) != "no"),
        "--lr_scheduler_type {lr_scheduler_type} needs an evaluation, and there is none",
        "add --val_dataset and --eval_strategy, or use cosine",
        "transformers training_args.py:1760",
    ),
    Rule(
        lambda c: c.trains and c.text("lr_scheduler_type") in {"cosine_with_min_lr", "cosine_warmup_with_min_lr"} and not {"min_lr", "min_lr_rate"} & {*(c.mapping("lr_scheduler_kwargs") or ())},
        "--lr_scheduler_type {lr_scheduler_type} needs min_lr",
        """add --lr_scheduler_kwargs '{{"min_lr": 1e-7}}', or use cosine""",
        "transformers optimization.py: either min_lr or min_lr_rate should be set",
    ),
    Rule(
        lambda c: c.trains and c.number("dataloader_num_workers") == 0 and c.given("dataloader_prefetch_factor"),
        "--dataloader_prefetch_factor needs workers, and --dataloader_num_workers is 0",
        "use --dataloader_num_workers 1 or more, or remove --dataloader_prefetch_factor",
        "transformers training_args.py:1772",
    ),
    Rule(
        lambda c: c.trains and c.number("dataloader_num_workers") == 0 and c.given("dataloader_persistent_workers") and c.true("dataloader_persistent_workers"),
        "--dataloader_persistent_workers needs workers, and --dataloader_num_workers is 0",
        "use --dataloader_num_workers 1 or more, or remove it",
        "torch DataLoader: persistent_workers option needs num_workers > 0",
    ),
    Rule(
        lambda c: c.trains and c.true("streaming") and not more(c, "max_steps", 0),
        "--streaming true has no length: --max_steps says when the run ends",
        "add --max_steps",
        "transformers Trainer: max_steps has to be specified",
    ),
    Rule(
        lambda c: c.trains and c.given("eval_strategy") and c.text("eval_strategy") != "no" and not c.evaluates and not c.given("eval_dataset"),
        "--eval_strategy {eval_strategy} does nothing without a validation set",
        "add --val_dataset or --split_dataset_ratio 0.01, or remove it",
        "arguments/sft_args.py: eval_strategy becomes 'no' in silence",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.given("val_dataset") and (c.number("split_dataset_ratio") or 0) > 0,
        "--split_dataset_ratio does nothing where --val_dataset is given",
        "remove one of the two",
        "arguments/base_args/data_args.py: set to 0",
        ADVICE,
    ),
    Rule(
        lambda c: c.trains and c.given("save_strategy") and c.text("save_strategy") == "no",
        "--save_strategy no: nothing of the run is kept",
        "use steps or epoch",
        "transformers Trainer",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.text("save_strategy") == "best" and not c.evaluates,
        "--save_strategy best needs an evaluation: without one nothing is saved",
        "add --val_dataset, or use steps",
        "transformers Trainer",
    ),
    Rule(
        lambda c: c.trains and (c.true("save_only_model") and c.true("load_best_model_at_end") and c.given("deepspeed")),
        "--save_only_model does not go with --load_best_model_at_end and DeepSpeed",
        "use --save_only_model false",
        "transformers trainer.py: DeepSpeed cannot load the best model from weights alone",
    ),
)  # fmt: skip
