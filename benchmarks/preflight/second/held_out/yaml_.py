"""The YAML in front of the flags."""

from benchmarks.preflight.second.base import *

KIND = "yaml"
IN_FILE = ("num_generations", "learning_rate", "max_steps", "report_to", "reward_funcs")
GOOD = "num_generations: 4\nlearning_rate: 1.0e-5\nmax_steps: 20\nreport_to: none\nreward_funcs: [math_accuracy, r1_format]\n"


def by_file(text: str, name: str = "run.yaml", **changes) -> dict:
    """The command and the files of a run with this configuration."""
    left_out = dict.fromkeys(IN_FILE)
    return {"command": train(config=name, **(left_out | changes)), "files": MODEL | DATA | {name: text}}


mistake(KIND, "yaml-nested", mention=["training"], fix="top level|top|flat|nest|learning_rate", why="becomes --training '{…}', which no flag is: remaining_argv", **by_file("training:\n  learning_rate: 1.0e-5\n  max_steps: 20\nnum_generations: 4\nreport_to: none\nreward_funcs: [math_accuracy, r1_format]\n"))
mistake(KIND, "yaml-missing", train(config="configs/mine.yaml"), ["configs/mine.yaml"], "path|exist|not there|no such|configs/train_single_gpu.yaml", "cli/main.py opens it: FileNotFoundError")
mistake(KIND, "yaml-empty", mention=["run.yaml"], fix="empty", why="yaml.safe_load gives None, parse_yaml_args leaves `run.yaml` in argv: remaining_argv", **by_file("", num_generations=4, learning_rate="1e-5", max_steps=20, report_to="none", reward_funcs=["math_accuracy"]))
mistake(KIND, "yaml-no-is-false", mention=["save_strategy"], fix="\"no\"|'no'|quote", why="YAML reads no as false, `False` is no SaveStrategy", **by_file(GOOD + "save_strategy: no\n"))
mistake(KIND, "yaml-env-a-text", mention=["ENV"], fix="ENV:|mapping|key|:", why="cli/main.py: env.items() of a text: AttributeError", **by_file(GOOD + "ENV: OMP_NUM_THREADS=4\n"))
