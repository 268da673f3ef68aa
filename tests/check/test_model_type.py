"""The type and template that a local folder leaves open: the check against ms-swift itself, and what plugins change."""

import json
from itertools import product
from pathlib import Path

import pytest

from swift_grpo.check import check_command, known_flags
from swift_grpo.check.command import read_command
from swift_grpo.check.model_type import check_type
from swift_grpo.check.plugins import Plugins
from swift_grpo.check.problem import ERROR
from tests.conftest import ROOT, tiny_model

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
NAMES = ["base", "Llama-2-7b-hf", "Qwen2.5-7B-Instruct", "models--Qwen--Qwen3-8B/snapshots/abc", "Qwen3-Embedding-4B"]
CONFIGS = [
    {"architectures": ["LlamaForCausalLM"], "model_type": "llama"},
    {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"},
    {"architectures": ["MistralForCausalLM"], "model_type": "mistral"},
    {"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2"},
    {"architectures": ["Glm4ForCausalLM"], "model_type": "glm4"},
    {"architectures": ["OfNoOneForCausalLM"], "model_type": "llama"},
    {"architectures": ["OfNoOneForVision"], "model_type": "of_no_one", "vision_config": {}},
    {"model_type": "llama"},
]
SAID = [
    None,
    {"swift_version": "4.6.0", "model_type": "llama", "template": "chatml"},
    {"swift_version": "4.6.0", "model_type": "qwen2"},
    {"swift_version": "3.9.0", "model_type": "qwen2", "template": "qwen2_5"},
    {"template": "chatml"},
]
TYPES = [None, "llama", "qwen2", "lama"]
TEMPLATES = [None, "chatml", "chatlm"]

# ms-swift's own answer for each line [folder, type, template]: '' or what it raises
ASK = """
import json, sys
from swift.model import get_model_info_meta
from swift.template import get_template_meta
for line in sys.stdin:
    folder, kind, template = json.loads(line)
    try:
        info, meta = get_model_info_meta(folder, model_type=kind)
        get_template_meta(info, meta, template_type=template)
        said = ""
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    print("ANSWER", json.dumps(said))
"""


def folder(path: Path, config: dict, said: dict | None = None, template: str = "") -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(config))
    if said is not None:
        (path / "args.json").write_text(json.dumps(said))
    if template:
        (path / "chat_template.jinja").write_text(template)
    return path


def found(path: Path, *flags: str, kind: str = "rlhf") -> list:
    known = known_flags.known()
    command, _ = read_command(["swift", kind, "--model", str(path), *flags], {}, "cpu", known)
    return list(check_type(command, known, Plugins([])))


@pytest.mark.slow
def test_the_check_refuses_what_ms_swift_refuses(tmp_path, ms_swift):
    cases = []
    for number, (name, config, said) in enumerate(product(NAMES, CONFIGS, SAID)):
        path = folder(tmp_path / str(number) / name, config, said)
        cases += [(str(path), kind, template) for kind, template in product(TYPES, TEMPLATES)]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    asked = ms_swift.run(ASK, input=lines, cwd=tmp_path)
    answers = [json.loads(line[7:]) for line in asked.stdout.splitlines() if line.startswith("ANSWER ")]
    assert len(answers) == len(cases), asked.stderr[-2000:]
    for (path, kind, template), answer in zip(cases, answers, strict=True):
        named = [
            w for flag, value in (("model_type", kind), ("template", template)) if value for w in (f"--{flag}", value)
        ]
        errors = [problem for problem in found(Path(path), *named) if problem.severity == ERROR]
        assert bool(errors) == bool(answer), (path, named, answer, errors)


@pytest.mark.parametrize(
    ("config", "flags", "what", "fix"),
    [
        (0, [], "several types for LlamaForCausalLM", "add --model_type llama --template chatml"),
        (0, ["--template", "llama3"], "codefuse_codellama, llama, openbuddy_llama, yi", "add --model_type llama"),
        (0, ["--model_type", "llama"], "several templates for the type llama", "add --template chatml or llama or"),
        (1, [], "qwen2, qwen2_gte", "add --model_type qwen2 --template qwen2_5"),
        (0, ["--model_type", "lama", "--template", "chatml"], "--model_type lama is not a choice", "use one of llama"),
        (
            0,
            ["--model_type", "llama", "--template", "chatlm"],
            "--template chatlm is not a choice",
            "use one of chatglm4, chatml",
        ),
        (5, [], "no type for the model", "add --template chatml"),
        (6, [], "refuses a model of several parts", "name the nearest"),
    ],
)
@pytest.mark.parametrize("kind", ["rlhf", "sft", "rollout"])
def test_one_line_with_a_fix_that_works(tmp_path, config, flags, what, fix, kind):
    path = folder(tmp_path / "base", CONFIGS[config], template=CHATML)
    (problem,) = found(path, *flags, kind=kind)
    assert what in problem.what and problem.fix.startswith(fix), problem
    if problem.fix.startswith("add"):
        named = problem.fix.removeprefix("add ").partition(" or ")[0].split()
        assert not found(path, *flags, *named, kind=kind)


def test_a_teacher_and_an_adapter(tmp_path):
    base = folder(tmp_path / "base", CONFIGS[0])
    adapter = folder(tmp_path / "adapter", {}, SAID[1])
    student = ["--model_type", "llama", "--template", "chatml"]
    (problem,) = found(base, *student, "--teacher_model", str(base))
    assert problem.fix == "add --teacher_model_type llama"
    assert not found(base, *student, "--teacher_model", str(base), "--teacher_model_type", "llama")
    assert not found(base, "--adapters", str(adapter), kind="infer")  # it loads the adapter's args.json
    assert found(base, "--adapters", str(adapter), kind="rlhf")  # training does not
    assert not found(Path("Qwen/Qwen2.5-7B-Instruct"))  # of a hub


REGISTERS = "from swift.model import register_model\nregister_model(None)\n"


@pytest.mark.parametrize(
    ("files", "severities"),
    [
        ({"plugin.py": "import swift.rewards\n"}, ["error"]),
        ({"plugin.py": REGISTERS}, ["SKIPPED"]),
        ({"plugin.py": "import my_models\n", "my_models.py": REGISTERS}, ["SKIPPED"]),
    ],
)
def test_a_plugin_may_register_types(tmp_path, files, severities):
    tiny_model(tmp_path / "model")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    argv = ["swift", "sft", "--model", str(tmp_path / "model"), "--model_type", "of_mine"]
    for plugins in ([str(tmp_path / "plugin.py")], [str(ROOT / "plugin/plugin.py"), str(tmp_path / "plugin.py")]):
        problems = check_command([*argv, "--external_plugins", *plugins], {}, "cpu")
        assert [p.severity for p in problems if "model's type" in p.what or "of_mine" in p.what] == severities
