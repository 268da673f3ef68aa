"""Data sets."""

from ..base import *  # noqa: F403

CASES = []
add = adder("data", CASES)


def D(content, name="data.jsonl"):
    return F({name: content}, drop=() if name == "data.jsonl" else ("data.jsonl",))


def changed(change, which=lambda n: True):
    """The data with `change(row)` done to the rows of a number that `which` takes."""
    out = rows()
    for n, row in enumerate(out):
        if which(n):
            change(row)
    return D(jsonl(out))


add("data-missing", "error", grpo(dataset="/data/train.jsonl"), "/data/train.jsonl", "exist|found|not there|path", "dataset/loader.py:91: the local path does not exist")
add("data-empty", "error", grpo(), ["data.jsonl", "empty|no row|0 row"], "row|empty|fill", "datasets: no rows to build a split from", files=D(""))
add("data-half-line", "error", grpo(), ["data.jsonl", "line|64|JSON"], "line|64|complete|cut", "datasets: JSON parse error in the last row", files=D(jsonl(rows())[:-40]))
add("data-trailing-comma", "error", grpo(), ["data.jsonl", "line|JSON|pars"], "line|comma|JSON|1", "datasets: a comma behind every object is no JSON", files=D(jsonl(rows()).replace("}\n", "},\n")))
add("data-python-dicts", "error", grpo(), ["data.jsonl", "line|JSON|pars|quote"], "json|quote", "repr() of dicts in single quotes is no JSON", files=D("".join(f"{row!r}\n" for row in rows())))
add("data-not-parquet", "error", grpo(dataset="data.parquet"), "data.parquet", "jsonl|parquet|extension|suffix|rename|magic|format", "pyarrow: magic bytes not found; JSON lines in a file called .parquet", files=D(jsonl(rows()), "data.parquet"))
add("data-torn-parquet", "error", grpo(dataset="data.parquet"), "data.parquet", "torn|footer|magic|cut|incomplete|truncated|again|read", "pyarrow: no footer", files=D(b"PAR1" + b"\x15\x04\x15" * 400, "data.parquet"))
add("data-no-suffix", "error", grpo(dataset="train_rows"), "train_rows", "jsonl|extension|suffix|ending|.json", "dataset/loader.py:52: hf_load_dataset('') has no builder", files=D(jsonl(rows()), "train_rows"))
add("data-xlsx", "error", grpo(dataset="data.xlsx"), "data.xlsx", "jsonl|csv|parquet", "dataset/loader.py:52: no builder `xlsx`", files=D(b"PK\x03\x04" + b"\0" * 200, "data.xlsx"))
add("data-gz", "error", grpo(dataset="data.jsonl.gz"), "data.jsonl.gz", "jsonl|unpack|gunzip|decompress|.gz", "dataset/loader.py:52: the extension is gz, for which there is no builder", files=D(__import__("gzip").compress(jsonl(rows()).encode(), mtime=0), "data.jsonl.gz"))
add("data-utf16", "error", grpo(), ["data.jsonl", "utf|encod|decod|bytes|read"], "utf-8|utf8", "datasets decodes UTF-8", files=D(jsonl(rows()).encode("utf-16")))
add("data-latin1", "error", grpo(), ["data.jsonl", "utf|encod|decod|byte"], "utf-8|utf8", "datasets decodes UTF-8", files=D("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in [{**row, "source": "Schülerwettbewerb"} for row in rows()]).encode("latin-1")))
add("data-messages-text", "error", grpo(), ["messages", "data.jsonl|row|line"], "list|role", "preprocessor/core.py default_repair_messages fails: every row is deleted", files=changed(lambda r: r.update(messages="What is 3 + 4?")))
add("data-messages-empty", "error", grpo(), ["messages", "data.jsonl|row|line|empty"], "user|role|turn|empty|message", "preprocessor/core.py: rows without a turn are dropped", files=changed(lambda r: r.update(messages=[])))
add("data-role-unknown", "error", grpo(), ["role", "Student"], "user", "preprocessor/core.py:101: assert role in {…}; every row is deleted", files=changed(lambda r: r["messages"][0].update(role="Student")))
add("data-content-none", "error", grpo(), ["content"], "text|string|null|none|content", "preprocessor/core.py:102: assert content is not None; every row is deleted", files=changed(lambda r: r["messages"][0].update(content=None)))
add("data-content-key", "error", grpo(), ["content|text"], "content", "preprocessor/core.py:99: KeyError 'content'; every row is deleted", files=changed(lambda r: r.update(messages=[{"role": "user", "text": "What is 3 + 4?"}])))
add("data-some-malformed", "warning", grpo(), ["role|messages|row|line"], "user|role|11|row|line", "eleven rows of 64 are deleted; ten tracebacks say so, and the run goes on", files=changed(lambda r: r["messages"][0].update(role="Student"), lambda n: n % 6 == 0))
add("data-no-prompt", "error", grpo(), ["messages|prompt|query|question"], "--columns|columns|messages|query|prompt", "the columns `task` and `solution` are no question: only an assistant turn is left, which GRPO takes off", files=D(jsonl([{"task": q, "solution": f"${a}$"} for q, a in questions()])))
add("data-system-twice", "warning", grpo(), ["system"], "--system|remove|drop|one|data", "the rows' system message wins over --system in silence", files=changed(lambda r: r["messages"].insert(0, {"role": "system", "content": "Be brief."})))
add(
    "data-two-systems",
    "error",
    grpo(system=None),
    ["system"],
    "one|first|remove|merge|twice|two",
    "template_inputs.py:123 takes the first alone; a second in the conversation breaks the pairs of turns",
    files=changed(lambda r: r["messages"].insert(0, {"role": "system", "content": "Be brief."}) or r["messages"].insert(1, {"role": "system", "content": "Think first."})),
)
add("data-gold-null", "error", grpo(), ["solution"], "null|None|row|text|empty|missing|fill", "rewards/orm.py MathAccuracy: re.search on None, TypeError at the first such row", files=changed(lambda r: r.update(solution=None), lambda n: n % 4 == 0))
add("data-gold-int", "error", grpo(), ["solution"], "text|string|str|math_accuracy", "rewards/orm.py MathAccuracy: re.search on an int, TypeError at the first step", files=changed(lambda r: r.update(solution=int(r["solution"].strip("$")))))
add("data-gold-bare", "warning", grpo(), ["solution|gold", "accuracy"], "$|boxed|math_accuracy", "built-in accuracy scores 0 for a gold without $ or \\boxed", files=changed(lambda r: r.update(solution="\\sqrt{2}")))
add("data-gold-empty", "warning", grpo(external_plugins="{ROOT}/plugin/plugin.py", reward_funcs=["math_accuracy", "r1_format"]), ["solution|gold"], "empty|row|read|fill|remove|%|32", "half of the golds cannot be read: these rows pay nothing", files=changed(lambda r: r.update(solution=""), lambda n: n % 2 == 0))
add("data-gold-mixed", "error", grpo(), ["solution"], "text|string|type|same|str|int|one", "half of the golds are integers: MathAccuracy does re.search on an int, TypeError at the first step", files=changed(lambda r: r.update(solution=7), lambda n: n % 2 == 1))
add("data-one-question", "warning", grpo(), ["same|duplicate|identical|twice|repeat|distinct|unique"], "64|remove|distinct|duplicate|unique|question", "one question 64 times", files=D(jsonl(rows(1) * 64)))
add("data-csv-semicolon", "error", grpo(dataset="data.csv"), ["data.csv|column|solution"], ",|comma|separator|delimiter|column", "datasets reads one column named `query;solution`", files=D("query;solution\n" + "".join(f"{q};${a}$\n" for q, a in questions()), "data.csv"))
add("data-csv-no-header", "error", grpo(dataset="data.csv"), ["data.csv|column|solution|header"], "header|column|query|solution", "the first row is taken for the names of the columns", files=D("".join(f"{q},${a}$\n" for q, a in questions()), "data.csv"))
add("data-folder-empty", "error", grpo(dataset="rows"), ["rows"], "empty|file|jsonl", "datasets: the folder has no data files", files=D("nothing yet\n", "rows/.gitkeep"))
add("data-sample-zero", "error", grpo(dataset="data.jsonl#0"), ["#0|data.jsonl"], "#|positive|at least|1|above 0", "dataset_meta.py:130: assert dataset_sample > 0")
add("data-sample-text", "error", grpo(dataset="data.jsonl#1k"), ["#1k|1k"], "#1000|1000|number|integer|whole", "dataset_syntax.py: int('1k')")
add("data-columns-absent", "error", grpo(columns='{"gold": "solution"}'), ["gold|solution"], "answer_text|column|solution", "safe_rename_columns leaves a column that is not there out in silence: no solution", files=D(jsonl([{"query": q, "answer_text": f"${a}$"} for q, a in questions()])))
add("data-interleave-count", "error", grpo(dataset=["data.jsonl", "traces.jsonl"], reward_funcs=["format"], interleave_prob=[0.5, 0.3, 0.2]), "interleave_prob", "two|2|as many|each", "datasets: one probability for each data set")
add("data-val-missing", "error", grpo(val_dataset="/data/val.jsonl", per_device_eval_batch_size=4), "/data/val.jsonl", "exist|found|not there|path", "dataset/loader.py:91: the local path does not exist")
add("data-val-is-train", "warning", grpo(val_dataset="data.jsonl", per_device_eval_batch_size=4), ["val_dataset|validation|eval|data.jsonl"], "same|other|held|split_dataset_ratio|another|trained", "the rows that are trained on are evaluated")
