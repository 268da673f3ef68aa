"""Cards, memory, ports, environment."""

from ..base import *  # noqa: F403

CASES = []
add = adder("cards and environment", CASES)
BIG = {"model": "big", "tuner_type": "full", "lora_rank": None, "lora_alpha": None}
TWO = ("CUDA_VISIBLE_DEVICES=0,1",)
add("card-not-there", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=4",)), ["CUDA_VISIBLE_DEVICES|card"], "0|3", "the machine has cards 0 to 3: CUDA sees none", cards=cards(4))
add("card-twice", "error", ranks(2)[:1] + ["CUDA_VISIBLE_DEVICES=0,0"] + ranks(2)[2:], ["0,0|twice|CUDA_VISIBLE_DEVICES"], "0,1|once|twice|different", "CUDA takes a doubled list for empty; NCCL: duplicate GPU detected", cards=cards(2))
add("card-shared-server", "error", served({}, renv=("CUDA_VISIBLE_DEVICES=1",)), ["card|CUDA_VISIBLE_DEVICES|GPU"], "2|3|own|another|other|free", "server and rank 1 on card 1: out of memory, and NCCL refuses two ranks of a communicator on one card", cards=cards(4))
add("card-nproc-more", "error", grpo(env_=(*TWO, "NPROC_PER_NODE=4"), per_device_train_batch_size=4), ["NPROC_PER_NODE"], "2", "four ranks on two cards: invalid device ordinal", cards=cards(2))
add("card-nproc-fewer", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=0,1,2", "NPROC_PER_NODE=2")), ["NPROC_PER_NODE"], "3|1|0,1|two cards|2 cards", "swift/utils/env.py:70: assert n_gpu % local_world_size == 0", cards=cards(3))
add("card-two-deepspeed", "error", grpo(env_=TWO, deepspeed="zero2"), ["NPROC_PER_NODE|CUDA_VISIBLE_DEVICES"], "NPROC_PER_NODE|=0", "sft_args.py _init_deepspeed: not compatible with device_map", cards=cards(2))
add("card-none", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=",)), ["CUDA_VISIBLE_DEVICES|card|GPU"], "use_cpu|0|name", "no card is visible and --use_cpu is not given: transformers refuses bf16", cards=cards(1))
add("card-busy", "error", grpo(model="big"), ["busy|memory|used|free"], "another|free|other|wait|stop", "70 of 80 GB are taken; the weights alone are 15", files=F(seven_b()), cards=cards(1, used_gb=70))
add("memory-full-two", "error", ranks(2, deepspeed="zero2", **BIG), ["memory|GB|GiB"], "lora|zero3|more|offload|smaller", "15 GB weights and 91 / 2 GB optimizer on cards of 40", files=F(seven_b()), cards=cards(2, 40))
add("memory-colocate", "error", colocate(model="big", vllm_gpu_memory_utilization=0.95, sleep_level=0), ["vllm_gpu_memory_utilization|memory"], "0.4|0.5|0.6|0.3|0.7|lower|smaller|sleep_level", "vLLM takes 76 of 80 GB, the trainer's weights need 15", files=F(seven_b()))
add(
    "memory-server",
    "error",
    served({"model": "big"}, renv=("CUDA_VISIBLE_DEVICES=7",), tenv=("CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6", "NPROC_PER_NODE=7", "MASTER_PORT=29611"), num_generations=7, per_device_train_batch_size=1, **BIG),
    ["memory|GB|GiB|vllm_gpu_memory_utilization"],
    "vllm_tensor_parallel_size|larger|more|quant|smaller|vllm_gpu_memory_utilization|0.9",
    "vLLM: 0.7 x 16 GB hold no 15 GB of weights",
    files=F(seven_b()),
    cards=cards(7) + cards(1, 16),
)
add("env-nproc-left", "warning", grpo(env_=()), ["NPROC_PER_NODE"], "unset|1|drop|remove", "left over in the shell: torchrun starts two ranks, on one card", env={"NPROC_PER_NODE": "2", "CUDA_VISIBLE_DEVICES": "0,1"}, cards=cards(2))
add("env-misspelt-devices", "warning", grpo(env_=("CUDA_VISIBLE_DEVICE=0",)), ["CUDA_VISIBLE_DEVICE"], "CUDA_VISIBLE_DEVICES", "nobody reads it", cards=cards(1))
add("env-misspelt-nproc", "warning", grpo(env_=(*TWO, "NPROC_PER_NODES=2")), ["NPROC_PER_NODES"], "NPROC_PER_NODE", "nobody reads it: plain python with a device_map over two cards", cards=cards(2))
add("env-nproc-zero", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=0", "NPROC_PER_NODE=0")), ["NPROC_PER_NODE"], "1|positive|at least", "torchrun: assert local_world_size > 0")
add("env-master-port-range", "error", ranks(2)[:3] + ["MASTER_PORT=99999"] + ranks(2)[4:], ["MASTER_PORT"], "65535|29500|29611|free", "no TCP port", cards=cards(2))
add("port-sync-busy", "error", served({}), ["51731"], "free|other|another|vllm_server_group_port", "the weight-sync port is taken: init_communicator fails", ports=[51731])
add("port-same", "error", served({}, tenv=("CUDA_VISIBLE_DEVICES=0,1", "NPROC_PER_NODE=2", "MASTER_PORT=18731")), ["18731", "MASTER_PORT|port"], "other|another|free|differ|29611", "MASTER_PORT is the server's port")
add("env-nnodes-no-master", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=0", "NNODES=2", "NPROC_PER_NODE=1", "NODE_RANK=0")), ["MASTER_ADDR|MASTER_PORT"], "MASTER_ADDR", "torchrun waits at 127.0.0.1 for a second node that cannot come")
add("env-node-rank", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=0", "NNODES=2", "NPROC_PER_NODE=1", "NODE_RANK=2", "MASTER_ADDR=10.0.0.1", "MASTER_PORT=29611")), ["NODE_RANK"], "0|1", "torchrun: node ranks of two nodes are 0 and 1")
add("cpu-ranks-nccl", "error", grpo(env_=("CUDA_VISIBLE_DEVICES=", "NPROC_PER_NODE=2", "MASTER_PORT=29611"), use_cpu=True), ["ddp_backend"], "gloo", "every rank believes that it is rank 0", cards=[])
add("env-unsloth-missing", "error", grpo(tuner_backend="unsloth"), ["unsloth"], "install|peft", "model/register.py load_by_unsloth: unsloth is not installed")
