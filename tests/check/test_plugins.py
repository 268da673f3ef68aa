"""Plugins: what they register is known, and a reward that fails on its first call is found with its line."""

import json
import re

import pytest

from swift_grpo.check import known_flags, plugins
from swift_grpo.check.command import read_command
from swift_grpo.check.preflight import check_launch
from swift_grpo.check.problem import SKIPPED, Problem
from tests.conftest import tiny_model

pytestmark = pytest.mark.slow

HEAD = "from swift.rewards import ORM, AsyncORM, orms\n"
ACC = """
class Acc(ORM):
    def __call__(self, completions, solution, **kwargs):
        return [float(str(gold) in text) for text, gold in zip(completions, solution)]

orms["acc"] = Acc
"""


@pytest.fixture
def look(tmp_path, monkeypatch):
    """What is said of a GRPO command with this plugin, beside what a command without a fault is."""
    monkeypatch.chdir(tmp_path)
    tiny_model(tmp_path / "model")
    row = {"query": "1 + 1?", "solution": "2", "level": 3}
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row | {"query": f"{n} + 1?"}) + "\n" for n in range(64)))

    def run(text: str, *flags: str, **files: str) -> list[Problem]:
        for name, content in (files | {"plugin": text}).items():
            (tmp_path / f"{name}.py").write_text(content)
        argv = "swift rlhf --rlhf_type grpo --model model --dataset rows.jsonl --per_device_train_batch_size 4".split()
        argv += "--num_generations 4 --output_dir out --reward_funcs acc --external_plugins plugin.py".split()
        environ = {"HF_ENDPOINT": "http://127.0.0.1:9", "USE_HF": "1", "PATH": "/usr/bin:/bin"}
        problems = check_launch([[*argv, *flags]], environ, "cpu", guard=False).problems
        return [p for p in problems if p.check not in ("output", "memory")]

    return run


# ---- what a plugin registers
REGISTERS = [
    ("from swift.rollout.gym_env import Env, envs\nclass E(Env): pass\nenvs['mine'] = E\n", ("--gym_env", "mine")),
    ("from swift.rollout import envs\nenvs.update(mine=object)\n", ("--gym_env", "mine", "--use_gym_env", "true")),
    ("from swift.callbacks import callbacks_map\ncallbacks_map['mine'] = object\n", ("--callbacks", "mine")),
    (
        "from swift.loss_scale import LossScale, loss_scale_map\nclass L(LossScale): pass\nloss_scale_map['mine'] = L\n",
        ("--loss_scale", "last_round+mine"),
    ),
    (
        "from swift.template import TemplateMeta, register_template\nregister_template(TemplateMeta('mine', prefix=[]))\n",
        ("--template", "mine"),
    ),
    (
        "from dataclasses import dataclass\nfrom swift.template import TemplateMeta, register_template\n"
        "@dataclass\nclass Mine(TemplateMeta):\n    template_type: str = 'mine'\nregister_template(Mine())\n",
        ("--template", "mine"),
    ),
    (
        "from swift.model import Model, ModelGroup, ModelMeta, register_model\n"
        "register_model(ModelMeta(model_type='mine', model_groups=[ModelGroup([Model('a/b')])]))\n",
        ("--model_type", "mine"),
    ),
    ("from swift.agent_template import agent_template_map\nagent_template_map['mine'] = object\n", ("--agent_template", "mine")),
    ("from swift.tuner_plugin import tuners_map\ntuners_map['mine'] = object\n", ("--tuner_type", "mine")),
    ("from swift.metrics import eval_metrics_map\neval_metrics_map['mine'] = object\n", ()),
    ("from swift.optimizers.mapping import optimizers_map\noptimizers_map['mine'] = object\n", ("--optimizer", "mine")),
    (
        "from swift.rollout.multi_turn import MultiTurnScheduler, multi_turns\nclass M(MultiTurnScheduler): pass\n"
        "multi_turns['mine'] = M\n",
        ("--multi_turn_scheduler", "mine", "--max_turns", "2"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "flags"), REGISTERS)
def test_what_a_plugin_registers_is_known(look, text, flags):
    said = [str(p) for p in look(HEAD + text + ACC, *flags) if "config.json of" not in p.what]
    assert said == []
    if flags:
        wrong = [word.replace("mine", "mien") for word in flags]
        assert any("mien is not a choice" in str(p) and "mine" in p.fix for p in look(HEAD + text + ACC, *wrong))


def test_a_registered_dataset_is_no_missing_file(look):
    text = (
        "from swift.dataset import DatasetMeta, register_dataset\nregister_dataset(DatasetMeta(dataset_name='mine'))\n"
    )
    for name, severity in (("mine", SKIPPED), ("mien", "error")):
        (said,) = [p for p in look(HEAD + text + ACC, "--dataset", name) if f"the dataset {name}" in p.what]
        assert said.severity == severity


@pytest.mark.parametrize(
    "text",
    [
        "import torch, transformers\nfrom packaging import version\n"
        "assert version.parse(transformers.__version__) > version.parse('4.0')\n"
        "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\nscale = 1.0 / torch.tensor([2.0]) ** 2\n",
        "from abc import ABC\nfrom swift.rollout import Env, envs\nclass E(Env, ABC): pass\nif 'e' not in envs: envs['e'] = E\n",
        "import torch\n@torch.no_grad()\ndef f(): pass\nclass N(torch.nn.Module):\n    x: torch.Tensor | None = None\n",
        "from swift.rewards.orm import MathAccuracy\ndel orms['cosine']\norms['old'] = orms['accuracy']\n",
    ],
)
def test_a_stand_in_accepts_anything(look, text):
    assert look(HEAD + text + ACC) == []


def test_what_needs_more_than_a_stand_in_is_skipped(look):
    (said,) = [p for p in look(f"import torch\n{HEAD}assert torch.cuda.is_available()\n{ACC}") if "line 3" in p.what]
    assert said.severity == SKIPPED and "plugin.py" in said.what
    (said,) = look(f"{HEAD}assert 1 > 2, 'no'\n{ACC}")
    assert (said.severity, "line 2" in said.what) == ("error", True)


def test_a_slow_import_is_skipped_with_the_seconds(look, monkeypatch):
    monkeypatch.setattr(plugins, "LIMIT_SECONDS", 1.0)
    said = look(f"import time\ntime.sleep(60)\n{HEAD}{ACC}")
    assert [p.severity for p in said] == [SKIPPED]
    assert "did not end within 1 seconds" in said[0].what


def test_a_registry_of_ms_swift_3_is_named(look):
    text = f"try:\n    from swift.plugin.orm import ORM, orms\nexcept ImportError:\n    ORM, orms = object, {{}}\n{ACC}"
    (said,) = look(text)
    assert "imports swift.plugin, which ms-swift 4 does not have" in said.what


# ---- the first call of a reward
def reward(body: str, head: str = "def __call__(self, completions, **kwargs):") -> str:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return f"{HEAD}\n\nclass Acc(ORM):\n    {head}\n{lines}\n\norms['acc'] = Acc\n"


BUILT = f"""{HEAD}

class Acc(ORM):
    def __init__(self, args=None, **kwargs):
        self.scorer = args.no_such_flag.open()

    def __call__(self, completions, **kwargs):
        return [1.0, 1.0]


orms["acc"] = Acc
"""


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    [
        (reward("return [1.0, 1.0]", "def __call__(completions, solution, **kwargs):"), 5, "TypeError", "self first"),
        (reward("return [c[0]['content'] for c in completions]"), 6, "TypeError", "a completion is text here"),
        (reward("out = kwargs['output']\nreturn [1.0] * len(out)"), 6, "KeyError: 'output'", "the question and the answer"),
        (reward("return 0.5"), 5, "returns float, one for a whole batch", "a list with one number"),
        (reward("return [0.5]"), 5, "returns 1 values for 2 completions", "a list with one number"),
        (reward("return ['yes' for _ in completions]"), 5, "returns str values", "a list with one number"),
        (BUILT, 6, "AttributeError", ""),
        (BUILT.replace("args.no_such_flag.open()", "int('x')"), 6, "ValueError", ""),
        (BUILT.replace("args.no_such_flag.open()", "__import__('os').environ['NO_SUCH_KEY']"), 6, "KeyError", "environment"),
        (reward("import no_such_package\nreturn [1.0, 1.0]"), 6, "ModuleNotFoundError", "install the package"),
        (reward("return [1.0 for gold in kwargs['level'] if gold / 0]"), 6, "ZeroDivisionError", ""),
        (reward("import re\nreturn [float(re.search('Q(.)', c).group(1)) for c in completions]"), 7, "AttributeError", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_found_with_its_line(look, text, line, what, fix):
    (said,) = look(text)
    assert f"(plugin.py, line {line})" in said.what and what in said.what and fix in said.fix, said
    depends = re.search("NoneType|ZeroDivision", said.what) and "__init__" not in text
    assert said.severity == ("warning" if depends else "error")


def test_the_line_may_be_in_a_module_beside_the_plugin(look):
    helper = "def pay(text):\n    return text.strip_all()\n"
    (said,) = look(reward("import helper\nreturn [helper.pay(c) for c in completions]"), helper=helper)
    assert "(helper.py, line 2)" in said.what


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))\nreturn [1.0, 1.0]", "the network"),
        ("import subprocess\nsubprocess.run(['true'])\nreturn [1.0, 1.0]", "another program"),
        ("open('log.txt', 'w').write('x')\nreturn [1.0, 1.0]", "a file to write"),
        ("import torch\nreturn torch.ones(len(completions)).tolist()", "only a stand-in"),
        ("while True: pass", "did not end within 1 seconds"),
    ],
)
def test_what_a_first_call_must_not_reach_for_is_skipped(look, monkeypatch, tmp_path, body, why):
    monkeypatch.setattr(plugins, "LIMIT_SECONDS", 1.0 if "while" in body else 8.0)
    (said,) = look(reward(body))
    assert said.severity == SKIPPED and why in said.what
    assert not (tmp_path / "log.txt").exists()


def test_an_asynchronous_reward_is_not_called(look):
    text = reward("raise SystemExit", "async def __call__(self, completions, **kwargs):").replace("(ORM)", "(AsyncORM)")
    (said,) = look(text)
    assert said.severity == SKIPPED and "asynchronous" in said.what


@pytest.mark.parametrize(
    "body",
    [
        "return [None, 1.0]",
        "import numpy\nreturn numpy.ones(len(completions))",
        "assert [len(v) for v in (kwargs['messages'], kwargs['level'], kwargs['request_id'])] == [2, 2, 2]\nreturn [True, False]",
        "return [float(kwargs['trainer_state'].global_step + self.args.num_generations) for _ in completions]",
        "assert [m[-1]['role'] for m in kwargs['messages']] == ['assistant', 'assistant']\nreturn [0, 1]",
    ],
)
def test_what_ms_swift_gives_and_takes_is_no_mistake(look, body):
    assert look(reward(body)) == []


def test_the_first_row_is_what_the_loader_leaves(tmp_path, monkeypatch):
    """Columns as dataset/preprocessor/core.py has them: one answer becomes a turn, several stay."""
    monkeypatch.chdir(tmp_path)
    known = known_flags.known()

    def row(columns: dict, *flags: str) -> dict | None:
        (tmp_path / "r.jsonl").write_text(json.dumps(columns) + "\n")
        return plugins.first_row(read_command(["swift", "rlhf", "--dataset", "r.jsonl#5", *flags], {}, "cpu", known)[0])

    asked = {"messages": [{"role": "user", "content": "q"}]}
    assert row({"query": "q", "solution": "2"}) == asked | {"solution": "2"}
    assert row({"instruction": "q", "input": "", "output": "2"}) == asked
    assert row({"question": "q", "answer": "2", "response": "x"}) == asked | {"answer": "2", "response": "x"}
    assert row({"question": "q", "answer": "2"}, "--columns", '{"answer": "gold"}') == asked | {"gold": "2"}
    assert row(
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "x": 1}
    ) == asked | {"x": 1}
    (tmp_path / "r.jsonl").unlink()
    assert plugins.first_row(read_command(["swift", "rlhf", "--dataset", "r.jsonl"], {}, "cpu", known)[0]) is None
