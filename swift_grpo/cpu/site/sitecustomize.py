"""Python imports this at start-up when its folder is on PYTHONPATH, in every process of a run: swift, torchrun's
ranks, the rollout server and vLLM's spawned workers. So the bridges are in place before ms-swift parses arguments."""

from swift_grpo.cpu.bridges import install

install()
