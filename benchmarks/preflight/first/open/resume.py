"""Resuming."""

from ..base import *  # noqa: F403

CASES = []
add = adder("resume", CASES)
FULL = {"tuner_type": "full", "lora_rank": None, "lora_alpha": None}


def R(**changes):
    return grpo(resume_from_checkpoint=CKPT, **changes)


def C(more=None, *drop, **kind):
    return F(checkpoint(**kind), {f"{CKPT}/{name}": content for name, content in (more or {}).items()}, drop=[f"{CKPT}/{name}" for name in drop])


add("resume-not-there", "error", grpo(resume_from_checkpoint="out/v0/checkpoint-900"), "checkpoint-900", "exist|found|not there|path|no such", "sft_args.py: to_abspath(…, check_path_exist=True)")
add("resume-run-folder", "error", grpo(resume_from_checkpoint="out/v0-20260101-000000"), "resume_from_checkpoint|v0-20260101", "checkpoint-5", "transformers/trainer.py:3623: can't find a valid checkpoint", files=C())
add("resume-broken-state", "error", R(), "trainer_state.json", "trainer_state|complete|earlier|other|torn|json|again", "json.JSONDecodeError", files=C({"trainer_state.json": trainer_state()[:200]}))
add("resume-no-optimizer", "warning", R(), ["optimizer"], "optimizer|resume_only_model|fresh|scratch|other|save_only_model", "transformers/trainer.py:3864: without the file the optimizer starts anew in silence", files=C({}, "optimizer.pt"))
add("resume-torn-optimizer", "error", R(), ["optimizer.pt|optimizer"], "torn|earlier|other|complete|resume_only_model|again|empty", "torch.load: failed finding central directory", files=C({"optimizer.pt": b"PK\x03\x04" + b"\0" * 64}))
add("resume-torn-weights", "error", R(), ["adapter_model.safetensors|adapter_model"], "torn|earlier|other|complete|again|bytes|short|truncated", "safetensors: incomplete buffer", files=C({"adapter_model.safetensors": adapter_files()["adapter/adapter_model.safetensors"][:-700]}))
add("resume-other-model", "error", R(), ["checkpoint|adapter"], "base|model|other|same", "peft: size mismatch; the checkpoint is of hidden size 32", files=C(hidden_size=32))
add("resume-full-other-model", "error", R(**FULL), ["checkpoint|config"], "model|other|same|hidden|shape", "size mismatch; the checkpoint is of hidden size 32", files=F(checkpoint(full=True, hidden_size=32)))
add("resume-full-as-lora", "error", R(), ["tuner_type|adapter_config|lora|full"], "tuner_type|full|--model", "peft finds no adapter_config.json in a checkpoint of full parameters", files=C(full=True))
add("resume-lora-as-full", "error", R(**FULL), ["tuner_type|adapter|lora|full"], "tuner_type|lora", "transformers finds adapters where it expects a whole model", files=C())
add("resume-ranks", "error", ranks(4, resume_from_checkpoint=CKPT, deepspeed="zero2", **FULL), ["2", "4|rank"], "NPROC_PER_NODE|2|rank|same|resume_only_model", "deepspeed engine.py:4748: the checkpoint's data-parallel size 2 is not 4", files=F(deepspeed_checkpoint(2)))
add(
    "resume-latest-torn",
    "error",
    ranks(2, resume_from_checkpoint=CKPT, deepspeed="zero2", **FULL),
    ["latest|global_step"],
    "torn|earlier|other|global_step|complete",
    "deepspeed: `latest` names a folder that is not there",
    files=F({k: ("global_step9" if k.endswith("/latest") else v) for k, v in deepspeed_checkpoint(2).items()}),
)
add("resume-lora-rank", "warning", R(lora_rank=32), ["lora_rank", "8"], "8", "the checkpoint's adapter of rank 8 is loaded; --lora_rank is ignored", files=C())
