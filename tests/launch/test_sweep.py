"""sweep.yaml as a plan: the runs, their names, and one clear line for each mistake."""

from pathlib import Path

import pytest

from swift_grpo.launch.sweep import LONGEST, folder_name, read
from swift_grpo.launch.sweep_runs import differences
from tests.conftest import ROOT

RECIPE = ROOT / "scripts/train_single_gpu.sh"


def planned(folder: Path, text: str):
    (file := folder / "sweep.yaml").write_text(f"recipe: {RECIPE}\noutput: out\n{text}\n")
    return read(file)


def test_a_grid_is_every_combination_with_every_seed(tmp_path):
    text = "settings: {MODEL: a/b, max_steps: 40}\ngrid: {learning_rate: [1e-6, 3e-6], beta: [0, 0.04]}\nseeds: [1, 2]"
    plan = planned(tmp_path, text)
    assert (plan.recipe, plan.output) == (RECIPE, Path("out"))
    assert [run.name for run in plan.runs] == [
        f"learning_rate={rate},beta={beta}-seed{seed}"
        for rate in ("1e-6", "3e-6")
        for beta in (0, 0.04)
        for seed in (1, 2)
    ]
    first = plan.runs[0]
    assert first.flags == "--seed 1 --max_steps 40 --learning_rate 1e-6 --beta 0".split()
    assert first.variables == {"MODEL": "a/b", "OUTPUT_DIR": "out/learning_rate=1e-6,beta=0-seed1"}


def test_a_list_has_names_and_may_replace_a_setting(tmp_path):
    text = "settings: {beta: 0}\nlist: [{name: base}, {name: hot, learning_rate: 1e-5, beta: 0.04}, {beta: 0.1}]"
    plan = planned(tmp_path, text)
    assert [(run.name, run.seed) for run in plan.runs] == [("base", None), ("hot", None), ("beta=0.1", None)]
    assert plan.runs[1].flags == "--beta 0.04 --learning_rate 1e-5".split()


def test_seeds_alone_and_nothing_at_all(tmp_path):
    assert [run.name for run in planned(tmp_path, "seeds: [3, 4]").runs] == ["seed3", "seed4"]
    (run,) = planned(tmp_path, "").runs
    assert (run.name, run.flags) == ("run", [])


def test_values_are_words(tmp_path):
    text = "settings: {bf16: true, PLUGIN: [a.py, b.py]}\ngrid: {reward_funcs: [[math_accuracy, r1_format], math_accuracy]}"
    plan = planned(tmp_path, text)
    assert plan.runs[0].flags == "--bf16 true --reward_funcs math_accuracy r1_format".split()
    assert plan.runs[0].variables["PLUGIN"] == "a.py b.py"
    assert [run.name for run in plan.runs] == ["reward_funcs=math_accuracy+r1_format", "reward_funcs=math_accuracy"]


def test_a_name_cannot_leave_the_folder_and_is_not_too_long():
    assert folder_name("../../x y/\u202ez\n") == "_.._x_y__z_"
    one, other = folder_name("a" * 300), folder_name("a" * 301)
    assert len(one) == len(other) == LONGEST and one != other


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gird: {beta: [0]}", "gird is not known; the keys are recipe, output"),
        ("grid: {}", "grid: write a list of values each"),
        ("grid: {beta: []}", "grid: write a list of values each"),
        ("grid: {beta: 0}", "grid: write a list of values each"),
        ("grid: {beta: [{a: 1}]}", "entry 1: beta has no value, or a mapping"),
        ("settings: {beta: }", "settings: beta has no value"),
        ("settings: {beta: [[1]]}", "settings: beta has no value"),
        ("settings: [beta]", "settings: write settings: {max_steps: 40}"),
        ("settings: {--beta: 0}", "settings: --beta is neither a flag"),
        ("settings: {OUTPUT_DIR: x}", "settings: the sweep sets OUTPUT_DIR for each run"),
        ("grid: {seed: [1, 2]}", "entry 1: the sweep sets seed for each run"),
        ("list: [{output-dir: x}]", "entry 1: the sweep sets output-dir for each run"),
        ("list: []", "list: write [{name: base}"),
        ("list: [a]", "list: write [{name: base}"),
        ("list: [{beta: 1}]\ngrid: {beta: [1]}", "grid and list are both there"),
        ("list: [{name: a, beta: 1}, {name: a, beta: 2}]", "two entries have the name a"),
        ("list: [{name: a, beta: 1}, {name: b, beta: 1}]", "entry 2 (b) is equal to another"),
        ("settings: {beta: 1}\nlist: [{name: a}, {name: b, beta: 1}]", "entry 2 (b) is equal to another"),
        ("grid: {beta: [0, 0]}", "entry 2 (beta=0) is equal to another"),
        ("seeds: 3", "seeds: write whole numbers"),
        ("seeds: []", "seeds: write whole numbers"),
        ("seeds: [1, 1]", "seeds: write whole numbers"),
        ("seeds: [true]", "seeds: write whole numbers"),
        ("seeds: [-1]", "seeds: write whole numbers"),
        ("seeds: [1]\nseeds: [2]", "seeds is there twice"),
        ("settings: !!python/object/apply:os.system [id]", "is not YAML"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, text, said):
    with pytest.raises(ValueError, match=r"sweep\.yaml") as error:
        planned(tmp_path, text)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("output: x", "recipe is missing"),
        ("recipe: nowhere.sh\noutput: x", "recipe: nowhere.sh is not there"),
        (f"recipe: {RECIPE}", "output is missing"),
        (f"recipe: {ROOT}/examples/r1_gsm8k/run.sh\noutput: x", "has no --dry-run; name a training recipe"),
        ("", "is empty"),
    ],
)
def test_a_missing_part_is_named(tmp_path, text, said):
    (file := tmp_path / "sweep.yaml").write_text(text)
    with pytest.raises(ValueError, match="sweep") as error:
        read(file)
    assert said in str(error.value)


def test_what_a_run_was_begun_with_is_compared_but_for_what_each_start_sets():
    then = "env A=1 swift rlhf c.yaml --beta 0 --seed 1 --output_dir a --hub_token *** --vllm_server_port 1".split()
    now = "env A=2 swift rlhf c.yaml --beta=0 --seed 2 --output_dir b --hub_token x --vllm_server_port 2".split()
    assert differences(then, now) == []
    now = [*now, "--resume_from_checkpoint", "c", "--beta", "0.04", "--max_steps", "3"]
    assert differences(then, now) == ["--beta 0 (now 0.04)", "--max_steps not given (now 3)"]
