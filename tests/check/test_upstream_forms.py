"""Our own minimal forms of what ms-swift's GRPO examples and guides use: each passes, or is told the one thing that is true.

`python -m benchmarks.preflight.upstream_examples CHECKOUT` checks the examples themselves."""

import json

import pytest

from benchmarks.preflight.field.score import stand_in
from swift_grpo.check.preflight import check_launch
from swift_grpo.check.shell import read_scripts

pytestmark = pytest.mark.slow

HEAD = "swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-7B-Instruct --dataset rows.jsonl --tuner_type full --deepspeed zero3"
HEAD += " --num_generations 4 --per_device_train_batch_size 4 --save_only_model true --report_to none"
FOUR = f"CUDA_VISIBLE_DEVICES=0,1,2,3 NPROC_PER_NODE=4 {HEAD}"
SERVED = f"CUDA_VISIBLE_DEVICES=1,2 NPROC_PER_NODE=2 {HEAD} --use_vllm true --vllm_mode server"
SERVED += " --vllm_server_host 127.0.0.1 --vllm_server_port 8000"
SERVER = "CUDA_VISIBLE_DEVICES=0 swift rollout --model Qwen/Qwen2.5-7B-Instruct --host 127.0.0.1"
ACC = "--reward_funcs accuracy"
REGISTERS = """
from swift.infer_engine import RequestConfig, TransformersEngine
from swift.rewards import ORM, AsyncORM, orms, rm_plugins
from swift.rewards.rm_plugin import DefaultRMPlugin
from swift.rollout.gym_env import Env, envs
from swift.rollout.multi_turn import MultiTurnScheduler, OpenEnvScheduler, multi_turns
from swift.utils import get_logger, to_device

logger = get_logger()


class Acc(ORM):
    def __call__(self, texts, solution, **kwargs):
        return [float(gold in text) for text, gold in zip(texts, solution)]


class Judge(AsyncORM):
    def __init__(self, args=None, **kwargs):
        from openai import OpenAI
        self.client = OpenAI()

    async def __call__(self, completions, **kwargs):
        return [0.0 for _ in completions]


class Model(DefaultRMPlugin):
    def __init__(self, model, template):
        super().__init__(model, template)
        self.request_config = RequestConfig(max_tokens=512)


class Play(Env):
    async def reset(self, config):
        return "", {}, ""


class Tools(MultiTurnScheduler):
    pass


class Board(OpenEnvScheduler):
    pass


orms["acc"], orms["judge"] = Acc, Judge
rm_plugins["mine"] = Model
envs["play"] = Play
multi_turns["tools"], multi_turns["board"] = Tools, Board
"""
FORMS = {
    "colocate": f"{FOUR} {ACC} --use_vllm true --vllm_mode colocate --sleep_level 1 --offload_model true"
    " --offload_optimizer true",
    "rewards of a plugin": f"{FOUR} --external_plugins p.py --reward_funcs acc judge repetition",
    "reward models beside it": f"{FOUR} --external_plugins p.py --reward_funcs repetition --reward_model a/b c/d"
    " --reward_model_plugin genrm mine --reward_weights 0.1 1 1",
    "agent": f"{FOUR} --reward_funcs toolbench react_format --agent_template react_grpo --stop_words Observation:",
    "multi-turn by the server": f"{SERVER} --external_plugins p.py --multi_turn_scheduler tools --max_turns 5 &\n{SERVED} {ACC}",
    "gym by the server": f"{SERVER} --multi_turn_scheduler gym_scheduler --use_gym_env true --gym_env math_env --max_turns 3 &\n"
    f"{SERVED} --vllm_server_pass_dataset true",
    "the trainer beside a gym": f"{SERVED} --vllm_server_pass_dataset true",
    "gym of a plugin": f"{SERVER} --external_plugins p.py --multi_turn_scheduler gym_scheduler --gym_env play"
    f" --use_gym_env true &\n{SERVED} --vllm_server_pass_dataset true --reward_funcs repetition --reward_weights 0.2 1",
    "environment in colocate": f"{FOUR} --dataset gym.jsonl --external_plugins p.py --multi_turn_scheduler board"
    " --use_gym_env true --use_vllm true --vllm_mode colocate --vllm_gpu_memory_utilization 0.4 --sleep_level 1 --max_turns 20",
    "two machines": "export CUDA_VISIBLE_DEVICES=0,1,2,3\nexport NNODES=2\nexport NODE_RANK=0\nexport MASTER_ADDR=127.0.0.1\n"
    f"export MASTER_PORT=29517\nexport NPROC_PER_NODE=4\n{HEAD} {ACC}",
    "servers on machines of their own": "".join(
        f"CUDA_VISIBLE_DEVICES=0,1 swift rollout --model Qwen/Qwen2.5-7B-Instruct --vllm_tensor_parallel_size 2 --port 8000{n}\n"
        for n in ("", "")
    )
    + f"CUDA_VISIBLE_DEVICES=0,1 NPROC_PER_NODE=2 {HEAD} {ACC} --use_vllm true --vllm_mode server"
    " --vllm_server_host 10.9.0.1 10.9.0.2 --vllm_server_port 8000 8000",
    "DLC": f"NNODES=$WORLD_SIZE NODE_RANK=$RANK torchrun --nproc_per_node=8 --nnodes=${{WORLD_SIZE}} swift/cli/rlhf.py"
    f" {HEAD.removeprefix('swift rlhf')} {ACC}",
    "a prompt in a variable": f"export PROMPT='Think, then\nanswer: 2*(3+4)'\n{FOUR} {ACC} --system \"$PROMPT\"",
    "megatron": "megatron rlhf --rlhf_type grpo --vllm_mode colocate --use_gym_env true",
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_what_the_examples_use_passes(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"total": 9e13, "used": 0, "free": 9e13}))
    (tmp_path / "p.py").write_text(REGISTERS)
    rows = [{"messages": [{"role": "user", "content": f"{n} + 1?"}], "solution": f"${n + 1}$"} for n in range(64)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    gym = [{"messages": [{"role": "user", "content": "Play"}], "env_config": {"name": "x"}}] * 64
    (tmp_path / "gym.jsonl").write_text("".join(json.dumps(row) + "\n" for row in gym))
    environ = {
        "PATH": f"{stand_in(tmp_path / 'bin', 8)}:/usr/bin:/bin",
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "USE_HF": "1",
    }
    script = read_scripts([[FORMS[name] + "\n"]], environ)
    assert script.problems == [] and script.launches
    for launch in script.launches:
        said = check_launch(launch, environ, guard=False).problems
        said = [p for p in said if p.severity != "SKIPPED" and "listens on every interface" not in p.what]
        assert [str(p) for p in said if not any(one in p.what for one in script.unknown)] == []
