"""Cards and the environment."""

from benchmarks.preflight.second.base import *

KIND = "cards and environment"
TWO = "CUDA_VISIBLE_DEVICES=0,1"
FULL = {"tuner_type": "full", "learning_rate": "1e-6"}

mistake(KIND, "cards-two-one-process", colocate(env=TWO), ["NPROC_PER_NODE"], "NPROC_PER_NODE=2|CUDA_VISIBLE_DEVICES=0", "two visible cards, one process: GRPO with vLLM is not compatible with device_map")
mistake(KIND, "cards-nproc-left-over", train(env="CUDA_VISIBLE_DEVICES=0"), ["NPROC_PER_NODE", "4"], "NPROC_PER_NODE=1|unset|0,1,2,3|1", "exported yesterday for four cards: four ranks on one card, n_gpu % local_world_size fails", env={"NPROC_PER_NODE": "4"})
mistake(KIND, "cards-nproc-not-divisor", train(env="CUDA_VISIBLE_DEVICES=0,1,2,3 NPROC_PER_NODE=3", num_generations=3, per_device_train_batch_size=3), ["NPROC_PER_NODE", "3"], "4|0,1,2", "is_mp asserts n_gpu % local_world_size == 0: 4 % 3")
mistake(KIND, "cards-index-beyond", train(env="CUDA_VISIBLE_DEVICES=8"), ["8"], "0|7", "eight cards are 0 to 7; CUDA sees none")
mistake(KIND, "cards-none-visible", colocate(env="CUDA_VISIBLE_DEVICES=-1"), ["CUDA_VISIBLE_DEVICES|card"], "0|GPUS|card", "-1 hides every card: vLLM and bf16 have none", cards=cards(1))
mistake(KIND, "cards-none-at-all", colocate(env=None), ["card|gpu"], "DEVICE=cpu|--device cpu|card|driver", "nvidia-smi lists none", cards=[])
mistake(KIND, "cards-72b-on-one", train(model="Qwen/Qwen2.5-72B-Instruct", model_type=None, template=None, **FULL), ["72|memory|gb"], "deepspeed|lora|zero3|cards|quant", "145 GB of bf16 weights alone on one card of 80 GB", files=DATA, level="warning")
mistake(KIND, "cards-nproc-word", train(env=TWO + " NPROC_PER_NODE=two"), ["NPROC_PER_NODE", "two"], "2", "torchrun: unsupported nproc_per_node value")
mistake(KIND, "cards-server-port-taken", both({"port": 28534}, vllm_server_port=28534), ["28534"], "free|other|another|28535", "swift rollout takes the next port without a word, and the trainer talks to whoever holds this one", ports=[28534])
mistake(KIND, "cards-data-for-dataset", "bash {ROOT}/scripts/train_single_gpu.sh --dry-run --model_type qwen2 --template qwen2_5", ["DATA"], "DATASET", "the recipe's variable is DATASET; with DATA it trains on its own default set", env={"DATA": "data.jsonl", "MODEL": "m"}, level="warning")
mistake(KIND, "cards-models-for-model", "bash {ROOT}/scripts/train_single_gpu.sh --dry-run", ["MODELS"], "MODEL", "the recipe's variable is MODEL; with MODELS it trains its default, Qwen2.5-7B-Instruct", env={"MODELS": "m", "DATASET": "data.jsonl"}, level="warning")
