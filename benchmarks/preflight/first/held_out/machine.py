"""Cards, memory, ports, environment."""

from ..base import *  # noqa: F403

CASES = []
add = adder("cards and environment", CASES)
BIG = {"model": "big", "tuner_type": "full", "lora_rank": None, "lora_alpha": None}
TWO = ("CUDA_VISIBLE_DEVICES=0,1",)
add("card-two-colocate", "error", colocate(env_=TWO), ["NPROC_PER_NODE|CUDA_VISIBLE_DEVICES"], "NPROC_PER_NODE|=0", "rlhf_args.py:542: GRPO with vLLM is not compatible with device_map", cards=cards(2))
add("memory-full-24", "error", grpo(**BIG), ["memory|GB|GiB"], "lora|zero3|smaller|more|quant|offload", "15 GB weights, 15 GB gradients, 91 GB optimizer on a card of 24", files=F(seven_b()), cards=cards(1, 24))
add("env-nproc-rollout", "error", served({}, renv=("CUDA_VISIBLE_DEVICES=2,3", "NPROC_PER_NODE=2")), ["NPROC_PER_NODE"], "rollout|server|unset|drop|remove", "ms-swift issue 8398: must not be set for swift rollout", cards=cards(4))
add("env-nproc-word", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=0", "NPROC_PER_NODE=one")), ["NPROC_PER_NODE"], "1|number|integer|int|gpu", "torchrun: unsupported nproc_per_node value")
add("env-master-port-busy", "error", ranks(2)[:3] + ["MASTER_PORT=29733"] + ranks(2)[4:], ["29733"], "free|other|another|MASTER_PORT", "torchrun: address already in use", cards=cards(2), ports=[29733])
add("port-server-busy", "error", served({}), ["18731"], "free|other|another|--port|stop", "deploy_args.py:57 takes the next free port in silence; the trainer talks to whoever listens on 18731", ports=[18731])
add("port-default-sync-busy", "error", served({}, vllm_server_group_port=None), ["51216"], "vllm_server_group_port|free|other|another", "vllm_client.py:216: 51216 is the default", ports=[51216])
add("env-rank-left", "error", grpo(), ["WORLD_SIZE|RANK"], "unset|remove|drop|NPROC_PER_NODE", "left over from another launcher: swift believes in four ranks and waits for them", env={"RANK": "0", "WORLD_SIZE": "4", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "4"})
add("cpu-deepspeed-float32", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=", "NPROC_PER_NODE=2", "MASTER_PORT=29611"), use_cpu=True, ddp_backend="gloo", deepspeed="zero2", torch_dtype="float32"), ["torch_dtype|float32"], "bfloat16", "DeepSpeed: Type fp16 is not supported on your device", cards=[])
add(
    "env-offline-hub-model",
    "error",
    grpo(model="Qwen/Qwen2.5-0.5B-Instruct", use_hf=True, model_type=None, template=None),
    ["HF_HUB_OFFLINE|offline|Qwen/Qwen2.5-0.5B-Instruct"],
    "unset|local|download|path|reach|HF_HUB_OFFLINE",
    "offline, and the model is not in the cache",
    env={"HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent/cache"},
)
add("env-flash-missing", "error", grpo(attn_impl="flash_attention_2"), ["flash"], "sdpa|install", "transformers: FlashAttention2 is toggled on but the package flash_attn is not installed")
