"""Lengths, and the server against the trainer."""

from benchmarks.preflight.second.base import *

KIND = "lengths and server"
mistake(KIND, "colocate-window-too-small", colocate(vllm_max_model_len=1024, max_completion_length=1024), ["vllm_max_model_len", "1024"], "2048", "1024 of prompt and 1024 of completion need 2048 tokens; vLLM cuts each completion short of its window", level="warning")
mistake(KIND, "window-over-positions", colocate(vllm_max_model_len=65536), ["vllm_max_model_len", "32768"], "32768|smaller|at most", "vLLM: max_model_len (65536) is greater than the derived max_model_len (max_position_embeddings=32768)")
mistake(KIND, "completion-over-positions", train(max_completion_length=4096), ["max_completion_length", "2048"], "1024|smaller|at most|less", "the model has 2048 positions; 1024 + 4096 tokens run past them", files=DATA | model(max_position_embeddings=2048, sliding_window=2048), level="warning")
mistake(KIND, "server-lora-rank-below", both({"vllm_enable_lora": "true"}, tuner_type="lora", lora_rank=32, learning_rate="1e-5"), ["vllm_max_lora_rank", "32"], "32", "the server's vllm_max_lora_rank is 16 by default, below the trainer's 32")
mistake(KIND, "server-lora-rank-8", both({"vllm_enable_lora": "true", "vllm_max_lora_rank": 8}, tuner_type="lora", lora_rank=16), ["vllm_max_lora_rank", "16"], "16", "the adapter's rank 16 is above the server's 8")
mistake(KIND, "server-other-model", both({"model": "m2"}), ["m2"], "--model|same|m", "the server loads 4 layers, the trainer sends 2: the weight sync fails or leaves layers untrained", files=MODEL | DATA | model("m2", num_hidden_layers=4))
mistake(KIND, "server-other-port", both(vllm_server_port=PORT + 1), ["vllm_server_port|port", str(PORT + 1)], str(PORT), "the trainer waits 240 s for a port on which nobody listens")
mistake(KIND, "group-port-is-server-port", both(vllm_server_group_port=PORT), ["vllm_server_group_port|group", str(PORT)], "free|other|another|51216|different", "the weight sync binds a port that the server's HTTP already holds")
mistake(KIND, "tensor-parallel-heads", both({"vllm_tensor_parallel_size": 3}, cards_of_server="1,2,3"), ["vllm_tensor_parallel_size", "4"], "1|2|4", "vLLM: total number of attention heads (4) must be divisible by tensor parallel size (3)")
mistake(KIND, "rollout-more-than-cards", both({"vllm_data_parallel_size": 2, "vllm_tensor_parallel_size": 2}, cards_of_server="1,2"), ["vllm_data_parallel_size|vllm_tensor_parallel_size", "4|2"], "1|CUDA_VISIBLE_DEVICES|4", "deploy_args.py: 2 x 2 = 4 devices required, 2 are there")
mistake(KIND, "window-on-trainer-only", both({"vllm_max_model_len": None}, vllm_max_model_len=2048), ["vllm_max_model_len"], "swift rollout|server|rollout", "rlhf_args.py _external_vllm_warning: ignored for external vLLM", level="warning")
mistake(KIND, "memory-on-trainer-only", both(vllm_gpu_memory_utilization=0.5), ["vllm_gpu_memory_utilization"], "swift rollout|server|rollout", "server mode builds no engine in the trainer: the flag does nothing there", level="warning")
mistake(KIND, "deploy-for-rollout", [w if w != "rollout" else "deploy" for w in both()], ["deploy"], "rollout", "swift deploy has neither /get_engine_type/ nor /init_communicator/; the trainer's client asks both")
mistake(KIND, "server-host-left-out", both(vllm_server_host=None), ["vllm_server_host"], "127.0.0.1|vllm_server_base_url|vllm_server_host", "rlhf_args.py: server mode asserts vllm_server_host or vllm_server_base_url")
