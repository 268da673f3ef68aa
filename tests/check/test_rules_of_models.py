"""Cases of rules on commands, models, plugins, rewards, data and prompts that no planted case breaks (`test_planted.py`)."""

import json
import sys

import pytest

from swift_grpo.check import check_launch, plugins
from swift_grpo.check.shell import read_scripts
from swift_grpo.check.weights import TOKENIZERS
from tests.conftest import ROOT, clean_environ, tiny_model

pytestmark = pytest.mark.slow

# files of a case: rows of data sets, by name
ROWS = {
    "rows": [{"query": f"{n} + 1?", "solution": f"${n + 1}$"} for n in range(64)],
    "two": [{"question": "a", "problem": "b", "solution": "$1$"}],
    "silent": [{"query": "", "solution": "$1$"}],
    "half": [{"query": "", "solution": "$1$"}, {"query": "b", "solution": "$2$"}],
    "turns": [{"prompt": [{"role": "user", "content": "a"}], "solution": "$1$"}],
    "media": [{"query": "a", "images": ["no.png"], "solution": "$1$"}],
    "prose": [{"query": "a", "solution": "the cat sat on the mat all day"}],
    "mute": [{"query": "a", "solution": "yes"}],
    "untested": [{"query": "a", "tests": "{}"}],
    "tested": [{"query": "a", "tests": ["assert f()"]}, {"query": "b", "tests": None}],
    "rude": [{"query": "a", "rubric": "-1: is rude"}],
    "kind": [{"query": "a", "rubric": "2: is kind"}, {"query": "b", "rubric": "{"}, {"query": "c"}],
    "unread": [{"query": "a", "solution": "\\frac{"}],
    "mixed": [{"query": "a", "solution": "$1$"}, {"query": "b", "solution": "\\frac{"}],
    "long": [{"query": "a", "solution": "$1$"}, {"query": "word " * 90, "solution": "$1$"}],
}
ORM = "from swift.rewards import ORM, AsyncORM, orms\nclass R(ORM):\n    def __call__(self, completions, **kwargs):\n"
R = "\norms['r'] = R\n"
TYPE = (
    "from swift.template import TemplateMeta, register_template\nregister_template(TemplateMeta('mine', prefix=[]))\n"
)
FILES = {
    "types.py": TYPE,
    "dataset.py": "from swift.dataset import DatasetMeta, register_dataset\nregister_dataset(DatasetMeta(dataset_name='mine'))\n",
    "deep.py": "a" + ".a" * 100_000,
    "slow.py": "import time\ntime.sleep(60)\n",
    "ends.py": "import os\nos._exit(3)\n",
    "more.py": "import torch\nassert torch.cuda.is_available()\n",
    "gone.py": "import swift.no_such_module\n",
    "fails.py": "1 / 0\n",
    "three.py": "try:\n    from swift.plugin.orm import orms\nexcept ImportError:\n    orms = {}\norms['r'] = object\n",
    "twins.py": ORM + "        return [1.0] * len(completions)\n" + R + "orms['s'] = R\n",
    "bare.py": "from swift.rewards import ORM, orms\nclass R(ORM):\n    pass\n" + R,
    "odd.py": ORM.replace("completions, **kwargs", "*, other=1") + "        return [1.0]\n" + R,
    "trl.py": ORM.replace("completions,", "completions, prompts,") + "        return [1.0]\n" + R,
    "late.py": ORM.replace("(ORM)", "(AsyncORM)") + "        return [1.0]\n" + R,
    "async.py": ORM.replace("    def", "    async def") + "        return [1.0]\n" + R,
    "reaches.py": ORM + "        open('log.txt', 'w')\n        return [1.0, 1.0]\n" + R,
    "number.py": ORM + "        return [float(text[-1]) for text in completions]\n" + R,
    "raises.py": ORM + "        return undefined\n" + R,
    "own.py": "from grpo_rewards.contract import register_reward\n@register_reward('own')\n"
    "def own(completion: str) -> float:\n    return 1.0\n",
    "plain.txt": "a line\n",
    "empty.txt": " \n",
    "deep.yaml": "[" * 5000,
    "run.yaml": "rlhf_type: grpo\n",
    "windows.sh": "swift rlhf \\\r\n --rlhf_type grpo\r\n",
    "none.sh": "echo\n",
    "cut.sh": "swift rlhf --rlhf_type grpo\n    --beta 0\n",
}  # fmt: skip
CONFIGS = {
    "remote": {"auto_map": {"AutoModel": "code.Model"}},
    "nobody": {"architectures": ["OfNoOneForCausalLM"], "model_type": "none"},
    "parts": {"architectures": ["OfNoOneForVision"], "model_type": "none", "vision_config": {}},
    "open": {"architectures": ["LlamaForCausalLM"], "model_type": "llama"},
    "qwen": {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"},
}
# rule and launch; G is a trainer that is right
LAUNCHES = """
command/not-swift               python train.py
command/megatron                megatron rlhf --model model
command/not-a-subcommand        swift trian --model model
command/ranks-not-read          env NPROC_PER_NODE=2 python -m swift.cli.rlhf --rlhf_type grpo
command/config-flag             swift rlhf --config run.yaml
command/config-not-read         python -m swift.cli.rlhf run.yaml
model/remote-code               G --model remote
model/is-file                   G --model rows.jsonl
model/unconfirmed               G --model org/silent
model/not-on-hub                G --model org/gone
model/no-config                 G --model empty
model/no-lm-head                G --model headless
model/no-tokenizer              G --model headless
model/adapter-not-there         G --adapters output/none
model/adapter-without-weights   G --adapters adapter
model/type-open                 G --model open --external_plugins types.py
model/no-type                   G --model nobody
model/no-type-of-parts          G --model parts
model/several-templates         G --model qwen --model_type qwen2
data/several-questions          G --dataset two.jsonl
data/silent-rows                G --dataset silent.jsonl
data/some-silent-rows           G --dataset half.jsonl
data/conversations-as-question  G --dataset turns.jsonl
data/missing-media              G --dataset media.jsonl
data/prose-golds                G --dataset prose.jsonl
data/mute-golds                 G --dataset mute.jsonl
data/unreadable-golds           G --dataset unread.jsonl --reward_funcs math_accuracy --external_plugins PLUGIN
data/some-unreadable-golds      G --dataset mixed.jsonl --reward_funcs math_accuracy --external_plugins PLUGIN
data/unreadable-tests           G --dataset untested.jsonl --reward_funcs code_tests --external_plugins PLUGIN
data/some-unreadable-tests      G --dataset tested.jsonl --reward_funcs code_tests --external_plugins PLUGIN
data/unreadable-rubrics         G --dataset rude.jsonl --reward_funcs llm_judge --external_plugins PLUGIN
data/some-unreadable-rubrics    G --dataset kind.jsonl --reward_funcs llm_judge --external_plugins PLUGIN
data/some-long-prompts          G --dataset long.jsonl --max_length 60
data/not-named                  swift rlhf --rlhf_type grpo --model model
data/text-file                  G --dataset plain.txt
data/from-plugin                G --dataset mine --external_plugins dataset.py
data/unconfirmed                G --dataset org/silent
data/not-on-hub                 G --dataset org/gone
data/interleave-sum             G --dataset rows.jsonl half.jsonl --interleave_prob 0.5 0.6
plugins/unreadable              G --external_plugins deep.py
plugins/slow-import             G --external_plugins slow.py
plugins/import-ended            G --external_plugins ends.py
plugins/unknown-names           G --external_plugins fails.py --optimizer mine
plugins/unused-agent-template   G --agent_template nobodys
plugins/needs-the-real-thing    G --external_plugins more.py
plugins/no-such-swift-module    G --external_plugins gone.py
plugins/fails                   G --external_plugins fails.py
prompt/empty-flag               G --system ''
prompt/empty-file               G --system empty.txt
rewards/none-named-here         swift rlhf --rlhf_type grpo --use_vllm true --vllm_mode server
rewards/server-decides          swift rlhf --rlhf_type grpo --use_vllm true --vllm_mode server --vllm_server_pass_dataset true
rewards/registered-elsewhere    G --external_plugins three.py --reward_funcs r
rewards/same-class              G --external_plugins twins.py --reward_funcs r s
rewards/no-call                 G --external_plugins bare.py --reward_funcs r
rewards/no-completions          G --external_plugins odd.py --reward_funcs r
rewards/arguments-of-trl        G --external_plugins trl.py --reward_funcs r
rewards/not-async               G --external_plugins late.py --reward_funcs r
rewards/async                   G --external_plugins async.py --reward_funcs r
rewards/not-called              G --external_plugins reaches.py --reward_funcs r
rewards/fails-on-odd-text       G --external_plugins number.py --reward_funcs r
rewards/fails                   G --external_plugins raises.py --reward_funcs r
rewards/nan-weights             G --reward_weights nan
rewards/too-late                G --external_plugins PLUGIN own.py
rewards/unreadable-parameters   env GRPO_REWARDS=deep.yaml G --external_plugins PLUGIN
rewards/missing-package         G --external_plugins PLUGIN --reward_funcs reasoning_gym
command/script-not-there        nowhere.sh
command/windows-line-ends       bash windows.sh
command/none-in-script          bash none.sh
command/cut-off                 bash cut.sh
"""
CASES = [(id, words) for id, _, words in (line.partition(" ") for line in LAUNCHES.strip().splitlines())]
HAVE_CASES = {id for id, _ in CASES}
G = (
    "swift rlhf --rlhf_type grpo --model model --dataset rows.jsonl --per_device_train_batch_size 4 --num_generations 4"
    " --output_dir out --reward_funcs accuracy"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files, data sets and models of the cases."""
    path = tmp_path_factory.mktemp("rules")
    for name, text in FILES.items():
        (path / name).write_bytes(text.encode())
    for name, rows in ROWS.items():
        (path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("model", "headless"):
        tiny_model(path / name)
    weights = path / "headless/model.safetensors"
    weights.write_bytes(weights.read_bytes().replace(b'"lm_head', b'"no_head'))
    for name in TOKENIZERS:
        (path / "headless" / name).unlink(missing_ok=True)
    for name, config in CONFIGS.items():
        (path / name).mkdir()
        (path / name / "config.json").write_text(json.dumps(config))
    for name in ("empty", "adapter"):
        (path / name).mkdir()
    (path / "adapter/adapter_config.json").write_text("{}")
    return path


@pytest.mark.parametrize(("id", "words"), CASES)
def test_a_mistake_breaks_its_rule(folder, monkeypatch, id, words):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(plugins, "LIMIT_SECONDS", 1.5 if "slow" in words else 8.0)
    monkeypatch.setattr("swift_grpo.check.hub._status", lambda url, seconds: 404 if "gone" in url else None)
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    words = f" {words} ".replace(" G ", f" {G} ").replace("PLUGIN", f"{ROOT}/plugin/plugin.py")
    script = read_scripts([["" if word == "''" else word for word in words.split()]], {})
    problems = [*script.problems]
    for launch in script.launches:
        problems += check_launch(launch, clean_environ() | {"USE_HF": "1"}, "cpu", guard=False).problems
    assert id in {problem.id for problem in problems}, problems
