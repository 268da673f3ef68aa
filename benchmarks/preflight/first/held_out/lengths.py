"""Lengths, and the rollout server against the trainer."""

from ..base import *  # noqa: F403

CASES = []
add = adder("lengths and server", CASES)
add("len-colocate-sum", "warning", colocate(max_length=2048, max_completion_length=1024), ["vllm_max_model_len"], "3072|max_completion_length|max_length", "2048 + 1024 exceed the window of 2048: infer_engine.py:253 shortens completions in silence")
add("len-server-positions", "error", served({"vllm_max_model_len": 65536}), ["vllm_max_model_len"], "32768", "vllm/config/model.py _get_and_verify_max_len: greater than the derived max_model_len 32768")
add("len-colocate-positions", "error", colocate(vllm_max_model_len=4096), ["vllm_max_model_len"], "2048", "vllm/config/model.py: greater than the model's 2048 positions", files=F(model_files(max_position_embeddings=2048)))
add("srv-port-differs", "error", served({}, vllm_server_port=18732), ["port", "1873"], "18731|18732", "vllm_client.py:140: Servers not reachable after 240.0s")
add("srv-multiturn-on-trainer", "warning", served({}, multi_turn_scheduler="math_tip_trick", max_turns=2), "multi_turn_scheduler", "rollout|server|both", "the server knows nothing of it")
