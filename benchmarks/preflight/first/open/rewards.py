"""Rewards and plugins."""

from ..base import *  # noqa: F403

CASES = []
add = adder("rewards and plugins", CASES)
SHORT = ["accuracy", "short_answer"]
HEAD = "from swift.rewards import ORM, orms\n\n\n"


def plugged(text, name="plugin.py", *more, **changes):
    """A command with this plugin, and its files."""
    files = F({name: text}, *more)
    return {"command": grpo(**({"reward_funcs": SHORT, "external_plugins": name} | changes)), "files": files}


add("plugin-syntax", "error", mention=["plugin.py", "syntax|line|parse|expected|never closed"], fix="line|(|)|:|closed", why="base_args.py _import_external_plugins: SyntaxError", **plugged(PLUGIN.replace("kwargs):", "kwargs:")))
add("plugin-indent", "error", mention=["plugin.py", "indent|syntax"], fix="line|indent", why="IndentationError at import", **plugged(PLUGIN.replace("        return", "   return")))
add("plugin-missing-module", "error", mention=["rapidfuzzy"], fix="install|pip|import", why="ModuleNotFoundError at import, after the server has been waited for", **plugged("import rapidfuzzy\n" + PLUGIN))
add("plugin-missing-name", "error", mention=["plugin.py|AsyncReward|import"], fix="AsyncORM|ORM|AsyncReward", why="ImportError: swift.rewards has ORM, AsyncORM, orms, rm_plugins", **plugged(PLUGIN.replace("import ORM", "import AsyncReward, ORM")))
add("plugin-not-there", "error", grpo(reward_funcs=SHORT, external_plugins="plugins/mine.py"), ["plugins/mine.py|mine.py"], "exist|not there|no such|path|plugin.py|found", "swift/utils/utils.py import_external_file: py_dir is no folder")
add("plugin-shadow-import", "error", mention=["statistics"], fix="rename|name", why="the plugin's folder goes first on sys.path: `from statistics import mean` finds the file beside it", **plugged("from statistics import mean\n" + PLUGIN, "rewards/plugin.py", {"rewards/statistics.py": "TABLE = {}\n"}))
add("plugin-shadow-later", "warning", mention=["queue.py|queue|shadow"], fix="rename|name|move", why="the plugin's folder goes first on sys.path: a later `import queue` finds this file", **plugged(PLUGIN, "rewards/plugin.py", {"rewards/queue.py": "WAITING = []\n"}))
add("plugin-function", "error", mention=["short_answer"], fix="class|ORM", why="grpo_trainer.py:2224 calls orms[name](args=args): a function takes no args", **plugged(HEAD + "def short_answer(completions, **kwargs):\n    return [float(len(c) < 200) for c in completions]\n\n\norms['short_answer'] = short_answer\n"))
add("plugin-instance", "error", mention=["short_answer|ShortAnswer"], fix="class|()|instance", why="grpo_trainer.py:2224 calls it with args=args: __call__ misses completions", **plugged(PLUGIN.replace("= ShortAnswer", "= ShortAnswer()")))
add("plugin-v3-orm", "error", mention=["swift.plugin"], fix="swift.rewards", why="ms-swift 3's module; ModuleNotFoundError", **plugged(PLUGIN.replace("swift.rewards", "swift.plugin")))
add("plugin-v3-llm", "error", mention=["swift.llm"], fix="swift.rewards|swift.infer_engine|swift|remove|drop", why="ms-swift 3's module; ModuleNotFoundError", **plugged("from swift.llm import InferRequest\n" + PLUGIN))
add("plugin-init-no-args", "error", mention=["ShortAnswer|short_answer|__init__"], fix="args|**kwargs", why="grpo_trainer.py:2224: __init__() got an unexpected keyword argument 'args'", **plugged(PLUGIN.replace("    def __call__", "    def __init__(self):\n        self.limit = 200\n\n    def __call__")))
add("plugin-no-kwargs", "error", mention=["ShortAnswer|short_answer|__call__"], fix="**kwargs|kwargs", why="rl_core/grpo_algorithm.py hands every column on: unexpected keyword argument", **plugged(PLUGIN.replace(", **kwargs", "")))
add("plugin-never-registered", "error", mention=["short_answer"], fix="orms|regist", why="grpo_trainer.py:2228: reward_function short_answer is not implemented", **plugged(PLUGIN.replace('orms["short_answer"] = ShortAnswer\n', "")))
add("plugin-other-name", "error", mention=["short_answers"], fix="short_answer", why="grpo_trainer.py:2228, after the model is loaded", **plugged(PLUGIN, reward_funcs=["accuracy", "short_answers"]))
add("plugin-raises", "error", mention=["plugin.py|JUDGE_URL|KeyError"], fix="JUDGE_URL|line|set", why="KeyError at import", **plugged("import os\n\nURL = os.environ['JUDGE_URL']\n" + PLUGIN))
add("plugin-hangs", "error", mention=["plugin.py"], fix="second|import|hang|end|time|long", why="the import never returns", **plugged("import time\n\ntime.sleep(100000)\n" + PLUGIN))
add(
    "plugin-relative-import", "error", mention=["helpers|relative"], fix="import helpers|from helpers|without the dot|absolute|helpers", why="the plugin is loaded as a module without a package: attempted relative import", **plugged(PLUGIN + "\nfrom .helpers import LIMIT\n", "plugin.py", {"helpers.py": "LIMIT = 200\n"})
)
add("plugin-required-argument", "error", mention=["ground_truth"], fix="solution|ground_truth|--columns|column", why="the data have no such column: TypeError at the first step", **plugged(PLUGIN.replace("completions, **kwargs", "completions, ground_truth, **kwargs")))
add("plugin-override", "warning", mention=["accuracy"], fix="name|rename|replace|another", why="the plugin replaces ms-swift's own accuracy in silence", **plugged(PLUGIN.replace('orms["short_answer"]', 'orms["accuracy"]'), reward_funcs=["accuracy"]))
add("reward-typo", "error", grpo(reward_funcs=["acuracy", "format"]), "acuracy", "accuracy", "grpo_trainer.py:2228, after the model and vLLM are loaded")
add("reward-trl-name", "error", grpo(reward_funcs=["accuracy_reward", "format"]), "accuracy_reward", "accuracy", "TRL's and open-r1's function name; grpo_trainer.py:2228")
add("reward-repo-no-plugin", "error", grpo(reward_funcs=["math_accuracy", "r1_format"]), ["math_accuracy"], "external_plugins|plugin.py", "known only with --external_plugins plugin/plugin.py")
add("reward-none", "error", grpo(reward_funcs=None), "reward_funcs", "reward_funcs|reward_model", "grpo_trainer.py:121: you must specify reward_funcs or reward_model")
add("reward-weights-many", "error", grpo(reward_weights=[1, 0.5, 0.5]), "reward_weights", "2|two|1 0.5", "grpo_trainer.py:2269, after the model is loaded")
add("reward-weights-zero", "error", grpo(reward_weights=[0, 0]), "reward_weights", "1|above 0|non-zero|positive|not all", "every reward is 0: no advantage, nothing learned")
add("reward-twice", "warning", grpo(reward_funcs=["accuracy", "accuracy"]), "accuracy", "once|remove|twice|weight|drop", "two rewards of one class share a column of the log")
add("reward-math", "error", grpo(reward_funcs=["math"]), "math", "accuracy|math_accuracy", "rewards/orm.py MathORM.__call__(infer_requests, ground_truths): no interface of GRPO")
add("reward-no-solution", "error", grpo(), ["solution"], "--columns|columns|solution", "MathAccuracy.__call__ misses `solution`: TypeError at the first step", files=F({"data.jsonl": jsonl([{"messages": r["messages"]} for r in rows()])}))
add("reward-answer-lost", "error", grpo(), ["solution"], "--columns|columns", "a column `answer` becomes the assistant's turn: nothing is left for the reward", files=F({"data.jsonl": jsonl([{"question": q, "answer": f"${a}$"} for q, a in questions()])}))
add("reward-rm-plugin-count", "error", grpo(reward_model="judge", reward_model_plugin=["default", "genrm"]), "reward_model_plugin", "1|one|as many|each", "grpo_trainer.py:2245: number does not match", files=F(judge_files()))
add("reward-rm-plugin-name", "error", grpo(reward_model="judge", reward_model_plugin="generative"), ["reward_model_plugin|generative"], "genrm|default", "grpo_trainer.py:2255: rm_plugin is not implemented", files=F(judge_files()))
add("reward-dapo-overlong-cache", "error", grpo(external_plugins="{ROOT}/plugin/plugin.py", reward_funcs=["math_accuracy", "dapo_overlong"]), "soft_cache_length", "soft_cache_length", "the repository's reward has no default for it")
add(
    "reward-settings-key",
    "error",
    grpo(external_plugins="{ROOT}/plugin/plugin.py", reward_funcs=["math_accuracy", "target_length"], env_=("CUDA_VISIBLE_DEVICES=0", "GRPO_REWARDS=rewards.yaml")),
    ["idael|rewards.yaml"],
    "ideal",
    "the reward has no such parameter",
    files=F({"rewards.yaml": "target_length: {idael: 200}\n"}),
)
