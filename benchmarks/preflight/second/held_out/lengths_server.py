"""Lengths, and the server against the trainer."""

from benchmarks.preflight.second.base import *

KIND = "lengths and server"

mistake(KIND, "server-window-too-small", both({"vllm_max_model_len": 1024}, max_completion_length=1024), ["vllm_max_model_len", "1024"], "2048", "1024 of prompt and 1024 of completion need 2048 tokens; vLLM cuts each completion short of the server's window", level="warning")
mistake(KIND, "lora-flag-on-one-side", both(tuner_type="lora", vllm_enable_lora="true"), ["vllm_enable_lora"], "swift rollout|server|rollout", "adapter sync is decided by the server's --vllm_enable_lora; the trainer's is ignored in server mode", level="warning")
mistake(KIND, "server-other-template", both({"template": "llama3"}), ["template", "llama3"], "qwen2_5|same", "the server renders the prompts with its own template: what is generated for is not what is trained on", level="warning")
mistake(KIND, "hosts-and-ports-unequal", both(vllm_server_host=["127.0.0.1", "127.0.0.2"]), ["vllm_server_host", "vllm_server_port|port"], "2|as many|same|each|one", "vllm_client.py: host and server_port must have same length")
mistake(KIND, "host-with-scheme", both(vllm_server_host="http://127.0.0.1"), ["vllm_server_host", "http://"], "127.0.0.1|vllm_server_base_url", "the client asks http://http://127.0.0.1:port/health until its 240 s are over")
mistake(KIND, "colocate-tensor-parallel-world", colocate(env="CUDA_VISIBLE_DEVICES=0,1,2 NPROC_PER_NODE=3", vllm_tensor_parallel_size=2), ["vllm_tensor_parallel_size", "3"], "1|3", "rollout_mixin.py:435: must divide world size (3)")
mistake(KIND, "host-with-colocate", colocate(vllm_server_host="127.0.0.1", vllm_server_port=PORT), ["vllm_server_host", "colocate"], "server|leave|remove|drop", "_init_external_vllm connects whenever a host is given, colocate or not: 240 s, then ConnectionError")
