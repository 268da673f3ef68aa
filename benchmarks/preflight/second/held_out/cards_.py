"""Cards and the environment."""

from benchmarks.preflight.second.base import *

KIND = "cards and environment"
TWO = "CUDA_VISIBLE_DEVICES=0,1"
FULL = {"tuner_type": "full", "learning_rate": "1e-6"}
mistake(KIND, "cards-deepspeed-one-process", train(env=TWO, deepspeed="zero2", **FULL), ["NPROC_PER_NODE"], "NPROC_PER_NODE=2|CUDA_VISIBLE_DEVICES=0", "sft_args.py: DeepSpeed is not compatible with device_map")
mistake(KIND, "cards-shared-by-both", both(cards_of_server="0"), ["0", "card|CUDA_VISIBLE_DEVICES"], "1|other|another|different", "server and trainer on one card: NCCL refuses two ranks of the weight sync on one device (Duplicate GPU detected)")
mistake(KIND, "cards-busy", colocate(), ["memory|used|free"], "0.1|vllm_gpu_memory_utilization|other|another|free", "70 of 80 GB are taken by another; vLLM asks for 0.4 x 80 = 32 GB: free memory is less than desired", cards=cards(1, used_gb=70), level="warning")
mistake(KIND, "cards-nnodes-left-over", train(), ["NNODES"], "NNODES=1|unset|MASTER_ADDR|NODE_RANK", "exported by another job: torchrun waits for a second machine", env={"NNODES": "2"}, level="warning")
mistake(KIND, "cards-master-port-taken", train(env=TWO + " NPROC_PER_NODE=2 MASTER_PORT=28533"), ["MASTER_PORT", "28533"], "free|other|another|MASTER_PORT=", "somebody listens there: torchrun cannot bind (EADDRINUSE)", ports=[28533])
mistake(KIND, "cards-gpu-for-gpus", "bash {ROOT}/scripts/train_single_gpu.sh --dry-run --model_type qwen2 --template qwen2_5", ["GPU"], "GPUS", "the recipe's variable is GPUS; GPU=3 is read by nobody and card 0 is taken", env={"GPU": "3", "MODEL": "m", "DATASET": "data.jsonl"}, level="warning")
