"""Types and choices: what argparse or the first look at the value refuses."""

from benchmarks.preflight.second.base import *

KIND = "types and choices"
mistake(KIND, "choice-dtype-bf16", train(torch_dtype="bf16"), ["torch_dtype", "bf16"], "bfloat16", "Literal['bfloat16','float16','float32'] of ModelArguments")
mistake(KIND, "choice-rlhf-type", train(rlhf_type="grop"), ["rlhf_type", "grop"], "grpo", "Literal of RLHFArguments.rlhf_type")
mistake(KIND, "choice-scale-rewards-true", train(scale_rewards="true"), ["scale_rewards", "true"], "group|batch|none", "TRL's old boolean; here Literal['group','batch','none','gdpo']")
mistake(KIND, "choice-loss-type", train(loss_type="dapo_loss"), ["loss_type", "dapo_loss"], "dapo|grpo", "grpo_trainer.py:1134 raises `Unknown loss type` at the first loss")
mistake(KIND, "choice-columns-not-json", train(columns="answer=solution"), ["columns", "answer=solution"], '{"answer": "solution"}|json', "json_parse_to_dict: json_repair makes no mapping of it, and `columns` must be a dict: `safe_rename_columns` calls .items()")
mistake(KIND, "choice-template", train(template="qwen2.5"), ["template", "qwen2.5"], "qwen2_5", "TEMPLATE_MAPPING has qwen2_5, no qwen2.5; get_template: KeyError")
