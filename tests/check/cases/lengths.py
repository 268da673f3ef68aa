"""Lengths, and the rollout server against the trainer."""

from .base import *  # noqa: F403

CASES = []
add = adder("lengths and server", CASES)
LONG = jsonl(
    [
        {**row, "messages": [{"role": "user", "content": "word " * 160 + row["messages"][0]["content"]}]}
        for row in rows()
    ]
)  # > 800 tokens
OTHER = model_files("other", seed=1, hidden_size=32, intermediate_size=64)
add(
    "len-colocate-prompts",
    "error",
    colocate(max_completion_length=512, vllm_max_model_len=640),
    ["vllm_max_model_len"],
    "1536|max_length|larger|raise|more",
    "infer_engine.py:246: prompts of more than 800 tokens leave no room in 640",
    files=F({"data.jsonl": LONG}),
)
add(
    "len-colocate-completion",
    "error",
    colocate(max_completion_length=4096),
    ["max_completion_length", "vllm_max_model_len"],
    "5120|larger|smaller|raise|lower|1024",
    "a completion of 4096 cannot fit into a window of 2048: every one is cut",
)
add(
    "len-server-sum",
    "warning",
    served({"vllm_max_model_len": 1280}),
    ["vllm_max_model_len"],
    "1536|max_length|max_completion_length",
    "1024 + 512 exceed the server's window of 1280",
)
add(
    "len-server-completion",
    "error",
    served({"vllm_max_model_len": 2048}, max_completion_length=8192),
    ["vllm_max_model_len", "max_completion_length"],
    "9216|larger|raise|lower|smaller|1024",
    "the server's window holds no such completion; the trainer's arithmetic never sees it",
)
add(
    "len-server-prompts",
    "error",
    served({"vllm_max_model_len": 640}),
    ["vllm_max_model_len"],
    "1536|max_length|larger|raise",
    "infer_engine.py:246 on the server: prompts of more than 800 tokens leave no room",
    files=F({"data.jsonl": LONG}),
)
add(
    "len-positions-no-vllm",
    "error",
    grpo(max_length=1024, max_completion_length=2048),
    ["position"],
    "max_completion_length|max_length|1024",
    "1024 + 2048 exceed the model's 1024 positions",
    files=F(model_files(max_position_embeddings=1024)),
)
add(
    "len-negative-window",
    "error",
    colocate(vllm_max_model_len=-5),
    "vllm_max_model_len",
    "1536|2048|positive",
    "vllm/config/model.py:245: Field(ge=-1)",
)
add(
    "len-max-length-alone",
    "warning",
    sft(max_length=65536),
    ["max_length", "position|32768"],
    "32768",
    "longer rows than the model has positions",
)
add(
    "srv-other-model",
    "error",
    served({"model": "other"}),
    ["model"],
    "same|model",
    "hidden sizes 32 and 16: the weight sync fails, and rollout.log alone says so",
    files=F(OTHER),
)
add(
    "srv-copy-of-model",
    "warning",
    served({"model": "copy"}),
    ["model"],
    "same|model",
    "another folder than the trainer's: right only if it holds the same weights",
    files=F(model_files("copy", seed=7)),
)
add(
    "srv-other-template",
    "error",
    served({"template": "chatml"}, template="qwen3"),
    ["template"],
    "same|template|qwen3|chatml",
    "the server renders the prompts with its template, the trainer scores them with its own",
)
add(
    "srv-default-port",
    "error",
    served({}, vllm_server_port=None),
    ["port"],
    "18731|8000",
    "the trainer asks port 8000, the server listens on 18731",
)
add(
    "srv-host-differs",
    "error",
    served({}, vllm_server_host="10.11.12.13"),
    ["host"],
    "127.0.0.1|10.11.12.13|0.0.0.0",
    "the server listens on 127.0.0.1 only",
)
add(
    "srv-two-ports-one-host",
    "error",
    served({}, vllm_server_port=[18731, 18732]),
    ["vllm_server_port|vllm_server_host"],
    "one|two|same|as many|each",
    "vllm_client.py:98: host and server_port must have same length",
)
add(
    "srv-two-group-ports",
    "error",
    served({}, vllm_server_group_port=[51731, 51732]),
    "vllm_server_group_port",
    "one|1|same|as many|each",
    "vllm_client.py:224: group_port must be int or list of length num_servers",
)
add(
    "srv-base-url-differs",
    "error",
    served({}, vllm_server_host=None, vllm_server_port=None, vllm_server_base_url="http://127.0.0.1:19000"),
    ["19000|vllm_server_base_url"],
    "18731",
    "the address is not the server's",
)
LORA = {"tuner_type": "lora", "lora_rank": 8, "lora_alpha": 32}
add(
    "srv-lora-rank",
    "error",
    served({"vllm_enable_lora": True}, **{**LORA, "lora_rank": 64}),
    ["lora_rank", "vllm_max_lora_rank"],
    "64",
    "the server allows 16: add_lora fails in its workers, the trainer goes on with weights that never change",
)
add(
    "srv-lora-rank-given",
    "error",
    served({"vllm_enable_lora": True, "vllm_max_lora_rank": 8}, **{**LORA, "lora_rank": 32}),
    ["lora_rank", "vllm_max_lora_rank"],
    "32",
    "32 is above the server's 8",
)
add(
    "srv-lora-rank-odd",
    "error",
    served({"vllm_enable_lora": True, "vllm_max_lora_rank": 24}, **{**LORA, "lora_rank": 16}),
    "vllm_max_lora_rank",
    "16|32",
    "vllm/config/lora.py: MaxLoRARanks is 1, 8, 16, 32, 64, 128, 256, 320, 512",
)
add(
    "colo-lora-rank-odd",
    "error",
    colocate(lora_rank=24, vllm_enable_lora=True),
    "lora_rank",
    "16|32",
    "rollout_mixin.py:478 hands lora_rank on as max_lora_rank, which vLLM takes only from its list",
)
add(
    "srv-tp-cards",
    "error",
    served({"vllm_tensor_parallel_size": 2}),
    ["vllm_tensor_parallel_size"],
    "1|2|card|CUDA_VISIBLE_DEVICES",
    "deploy_args.py:146: 1 x 2 cards are needed, 1 is visible",
)
add(
    "srv-tp-dp-cards",
    "error",
    served({"vllm_tensor_parallel_size": 2, "vllm_data_parallel_size": 2}, renv=("CUDA_VISIBLE_DEVICES=2,3",)),
    ["vllm_tensor_parallel_size|vllm_data_parallel_size"],
    "1|4|card",
    "deploy_args.py:146: 2 x 2 cards are needed, 2 are visible",
)
add(
    "srv-tp-heads",
    "error",
    served({"vllm_tensor_parallel_size": 3}, renv=("CUDA_VISIBLE_DEVICES=2,3,4",)),
    ["vllm_tensor_parallel_size", "head"],
    "1|2|4",
    "vllm/config/model.py verify_with_parallel_config: 4 attention heads are not divisible by 3",
)
add(
    "colo-tp-world",
    "error",
    colocate(vllm_tensor_parallel_size=2),
    "vllm_tensor_parallel_size",
    "1|NPROC_PER_NODE",
    "rollout_mixin.py:435: must divide the world size 1",
)
add(
    "srv-window-on-trainer",
    "warning",
    served({}, vllm_max_model_len=2048),
    "vllm_max_model_len",
    "rollout|server|4096",
    "rlhf_args.py _external_vllm_warning: ignored for external vLLM",
)
add(
    "srv-tp-on-trainer",
    "warning",
    served({}, vllm_tensor_parallel_size=2),
    "vllm_tensor_parallel_size",
    "rollout|server",
    "server mode ignores it: the server decides",
)
add(
    "srv-lora-on-trainer",
    "warning",
    served({}, vllm_enable_lora=True, **LORA),
    "vllm_enable_lora",
    "rollout|server",
    "adapter sync is decided by the server's flag: merged weights are sent at every step",
)
add(
    "srv-thinking-on-trainer",
    "warning",
    served({"template": "qwen3"}, template="qwen3", enable_thinking=True),
    "enable_thinking",
    "rollout|server|both",
    "the server renders the prompts and does not know of it",
)
add(
    "srv-prefix-on-trainer",
    "warning",
    served({}, response_prefix="<think>\\n"),
    "response_prefix",
    "rollout|server|both",
    "the server renders the prompts and does not know of it",
)
add(
    "srv-dtype-differs",
    "warning",
    served({"torch_dtype": "float16"}),
    "torch_dtype|float16",
    "bfloat16|same|float16",
    "rollouts in float16, training in bfloat16",
)
add(
    "srv-binds-all",
    "advice",
    served({"host": None}),
    ["0.0.0.0|host|interface|all"],
    "127.0.0.1",
    "deploy_args.py:37: host 0.0.0.0 without authentication; anyone can overwrite the weights",
)
