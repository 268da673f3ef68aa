"""On-policy distillation: does the teacher know the student's tokens, and does its server answer what the trainer asks?

The trainer hands token ids over and gets a probability for each (rlhf_trainers/gkd_helpers.py), so both models must have
the same tokenizer.
"""

import json
import urllib.error
import urllib.request  # not httpx: see hub.py
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from swift_grpo.check.contradictions import rewarded
from swift_grpo.check.data import parse
from swift_grpo.check.hub import snapshot, uses_hf
from swift_grpo.check.problem import ADVICE, ERROR, SKIPPED, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.server import LOOPBACK
from swift_grpo.check.weights import token_ids
from swift_grpo.formats.command_line import Command, path_of

TIMEOUT_SECONDS = 2.0  # for the probabilities of three tokens
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy would answer for a server that is down
PROMPT_FLAGS = (
    "template enable_thinking response_prefix use_chat_template agent_template add_non_thinking_prefix".split()
)
AS_RECIPE = "start it as `TEACHER_GPUS=… bash scripts/distill_on_policy.sh --dry-run` shows it"


def taught(c: Command, *by: str) -> bool:
    return c.grpo and c.given(*(by or ("teacher_model", "teacher_model_server")))


def unpaid(c: Command) -> bool:
    """Whether the teacher is the only signal."""
    weights = c.values("reward_weights")
    return not rewarded(c) or (bool(weights) and all(weight.strip("0.") == "" for weight in weights))


rules(
    # ---- flags
    Rule("teacher/coefficient", WARNING, "--teacher_kl_coef {teacher_kl_coef}: the teacher is asked at each step and changes nothing",
         "use --teacher_kl_coef 1, or remove the teacher", "rl_core/advantage.py expand_advantage_to_per_token multiplies by it",
         when=lambda c: taught(c) and c.number("teacher_kl_coef") == 0),
    Rule("teacher/beta", ADVICE, "--beta {beta} holds the student at its start, and the teacher pulls it away",
         "use --beta 0", "rlhf_trainers/grpo_trainer.py adds beta x per_token_kl to the loss",
         when=lambda c: taught(c) and unpaid(c) and c.given("beta") and c.number("beta") != 0),
    Rule("teacher/no-variance", WARNING, "--dynamic_sample draws groups again until their rewards differ, and all --reward_weights are 0",
         "use --dynamic_sample false", "rlhf_trainers/grpo_trainer.py compute_std: of the weighted rewards",
         when=lambda c: taught(c) and rewarded(c) and unpaid(c) and c.true("dynamic_sample")),
    Rule("teacher/temperature", WARNING,
         "--temperature {temperature} divides the student's logits, and the teacher's server gives its probabilities at 1",
         "use --temperature 1, or --teacher_model", "rlhf_trainers/grpo_trainer.py:1488; vLLM: prompt_logprobs are of the raw logits",
         when=lambda c: taught(c, "teacher_model_server") and c.number("temperature") != 1),
    Rule("teacher/turns", ERROR, "a teacher's server scores one turn, and --multi_turn_scheduler {multi_turn_scheduler} makes several",
         "use --teacher_model, or single turns", "rlhf_trainers/gkd_helpers.py:230 looks for the first turn's ids alone",
         when=lambda c: taught(c, "teacher_model_server") and c.given("multi_turn_scheduler")),
    # ---- models and servers
    Rule("teacher/other-tokenizer", ERROR,
         "the teacher {teacher} has another tokenizer than {student}: {count} of {total} tokens have another id, the first is {token}",
         "take a teacher of the student's family", "rlhf_trainers/gkd_helpers.py build_teacher_requests: ids are handed over"),
    Rule("teacher/tokenizer-unknown", SKIPPED,
         "whether teacher and student have the same tokenizer: {name} has no tokenizer.json on this machine",
         "download it before the run", "files of two models are compared"),
    Rule("teacher/server-list", ERROR, "--teacher_model_server {value} cannot be read: {reason}",
         """give a URL, or '[{{"url": "http://…", "tags": ["math"]}}, …]'""",
         "rlhf_trainers/gkd_helpers.py parse_teacher_model_server"),
    Rule("teacher/tag", ERROR, "{what} {value} has no teacher: they are for {tags}",
         "use the names of the data sets as in --dataset for tags, or name a column of tags in --teacher_tag_key",
         "rlhf_trainers/gkd_helpers.py route_samples_to_teachers; dataset/loader.py:392 overwrites the column `dataset`"),
    Rule("teacher/backend", ERROR, "the teacher's `swift deploy` has --infer_backend {backend}, which gives no probabilities of a prompt",
         "use --infer_backend vllm", "infer_engine/vllm_engine.py:763: no other engine fills prompt_logprobs"),
    Rule("teacher/api-key", ERROR, "the teacher's `swift deploy` has an --api_key, and the trainer sends none",
         "remove it, and use --host 127.0.0.1", "pipelines/infer/deploy.py infer_handler refuses; vllm_client.py sends no header"),
    Rule("teacher/adapter", ERROR, "the teacher's `swift deploy` answers /infer/ without its adapter {adapter}",
         "merge it first: bash scripts/export.sh {adapter}", "pipelines/infer/deploy.py:349 passes no adapter_request"),
    Rule("teacher/window", ERROR,
         "the teacher's --vllm_max_model_len {window} is less than --max_length {prompt} + --max_completion_length {completion} + 1",
         "use --vllm_max_model_len {need} for the teacher", "rlhf_trainers/rollout_mixin.py:288 asks it for one token more"),
    Rule("teacher/other-prompts", ERROR,
         "--{flag} is {there} for the teacher's server and {here} for the trainer: the teacher would read other prompts",
         "give both the same --{flag}", "infer_engine/vllm_engine.py infer_async: the server renders the messages"),
    Rule("teacher/not-up", ERROR, "the teacher's server {url} refuses the connection", AS_RECIPE,
         "rlhf_trainers/vllm_client.py check_server: ConnectionError after 240 s", machine=True),
    Rule("teacher/not-asked", SKIPPED, "whether the teacher's server {url} gives the probabilities of a prompt: {reason}",
         why="it is given two seconds"),
    Rule("teacher/no-answer", ERROR, "the teacher's server {url} does not give the probabilities of a prompt: POST /infer/ gives {reason}",
         AS_RECIPE, "rlhf_trainers/vllm_client.py infer, utils.py parse_prompt_logprobs"),
    Rule("teacher/other-ids", ERROR, "the teacher at {url} reads the student's tokens {ours} as {theirs}",
         "serve a teacher with the student's tokenizer", "rlhf_trainers/gkd_helpers.py build_teacher_requests: ids are handed over"),
)  # fmt: skip


def check_teacher(commands: list[Command], rows: Callable[[Command], list[dict]]) -> Iterator[Problem]:
    """Each trainer against its teacher, the servers of the launch, and those that are up."""
    started = {command.whole("port") or 8000: command for command in commands if command.kind == "deploy"}
    for trainer in commands:
        if taught(trainer, "teacher_model"):
            yield from _tokenizers(trainer, trainer, trainer.text("teacher_model") or "")
        if not taught(trainer, "teacher_model_server"):
            continue
        text = trainer.text("teacher_model_server") or ""
        try:
            teachers = _teachers(text)
        except ValueError as error:
            yield found("teacher/server-list", value=text, reason=error)
            continue
        yield from _tags(trainer, teachers, rows(trainer))
        for url in teachers:
            parts = urlsplit(url)
            if parts.hostname in LOOPBACK and parts.port in started:
                yield from _started(trainer, started[parts.port])
            else:
                yield from _asked(trainer, url)


def _teachers(text: str) -> dict[str, list[str]]:
    """The tags of each URL. Raises ValueError where the trainer would."""
    listed = json.loads(text) if text.lstrip().startswith("[") else [{"url": text.strip()}]
    teachers: dict[str, list[str]] = {}
    for one in listed:
        if not isinstance(one, dict) or urlsplit(str(one.get("url"))).scheme not in ("http", "https"):
            raise ValueError(f"{one} has no url that begins with http://")
        tags = one.get("tags") or []
        if not isinstance(tags, list) or (len(listed) > 1 and not tags):
            raise ValueError(f"{one['url']} has no list of tags, and there are {len(listed)} teachers")
        teachers.setdefault(one["url"].rstrip("/"), []).extend(map(str, tags))
    counts = Counter(tag for tags in teachers.values() for tag in tags)
    if not teachers or max(counts.values(), default=0) > 1:
        raise ValueError(f"the tag {counts.most_common(1)[0][0]} has two teachers" if teachers else "it names none")
    return teachers


def _tags(trainer: Command, teachers: dict[str, list[str]], rows: list[dict]) -> Iterator[Problem]:
    """Of several teachers each must be found by a tag: the name of a row's data set, or the value of a column."""
    column, tags = trainer.text("teacher_tag_key") or "dataset", [tag for tags in teachers.values() for tag in tags]
    what = "the data set" if column == "dataset" else f"a row with {column}"
    names = (parse(given).name for given in trainer.values("dataset"))
    values = names if column == "dataset" else (row.get(column) for row in rows)
    stray = next((value for value in map(str, values) if value not in tags), None)
    if stray is not None and len(teachers) > 1:
        yield found("teacher/tag", what=what, value=stray, tags=", ".join(tags))


def _tokenizers(trainer: Command, holder: Command, teacher: str) -> Iterator[Problem]:
    """Two models' tokens by id. `holder` is the command that loads the teacher."""
    student = trainer.text("model") or ""
    ours, theirs = _ids(trainer, student), _ids(holder, teacher)
    if teacher != student and not (ours and theirs):
        yield found("teacher/tokenizer-unknown", name=teacher if ours else student)
    elif different := [token for token, id in ours.items() if theirs.get(token) != id]:
        counts = {"count": len(different), "total": len(ours)}
        yield found("teacher/other-tokenizer", teacher=teacher, student=student, token=repr(different[0]), **counts)


def _ids(command: Command, model: str) -> dict[str, int]:
    """The tokens of a model by id; empty if its tokenizer.json is not on this machine or cannot be read."""
    folder = path_of(model) if path_of(model).is_dir() else snapshot(model, uses_hf(command), command.environ)
    try:
        return token_ids(folder / "tokenizer.json") if folder else {}
    except ValueError:
        return {}


def _started(trainer: Command, server: Command) -> Iterator[Problem]:
    """A server that the launch starts: its command."""
    if (backend := server.text("infer_backend") or "transformers") != "vllm":
        yield found("teacher/backend", backend=backend)
    if server.given("api_key"):
        yield found("teacher/api-key")
    if server.given("adapters") and not server.true("merge_lora"):
        yield found("teacher/adapter", adapter=server.text("adapters"))
    prompt, completion = trainer.whole("max_length") or 0, trainer.whole("max_completion_length") or 0
    window, need = server.whole("vllm_max_model_len"), prompt + completion + 1
    if window and prompt and window < need:
        yield found("teacher/window", window=window, prompt=prompt, completion=completion, need=need)
    for flag in PROMPT_FLAGS:
        here, there = trainer.flags.get(flag), server.flags.get(flag)
        if here and there and here != there:
            yield found("teacher/other-prompts", flag=flag, there=" ".join(there), here=" ".join(here))
    yield from _tokenizers(trainer, server, server.text("model") or "")


def _asked(trainer: Command, url: str) -> Iterator[Problem]:
    """A server that should be up: its answer to three tokens of the student, asked as the trainer asks."""
    words = {
        id: word for word, id in _ids(trainer, trainer.text("model") or "").items() if word.isascii() and word.isalpha()
    }
    ids = sorted(words)[-3:] or [1, 2, 3]
    answer = {"role": "assistant", "content": {"token_ids": ids, "loss_scale": [1, 1, 1]}}
    asked = {
        "infer_requests": [{"messages": [{"role": "user", "content": "Hello"}, answer]}],
        "request_config": {"prompt_logprobs": 0, "max_tokens": 1, "temperature": 0.0},
    }
    request = urllib.request.Request(f"{url}/infer/", json.dumps(asked).encode(), {"Content-Type": "application/json"})
    try:
        with DIRECT.open(request, timeout=TIMEOUT_SECONDS) as reply:
            given = [next(iter(token.items())) for token in json.loads(reply.read())[0]["prompt_logprobs"][-3:]]
        theirs = {int(id): str(token["decoded_token"]) for id, token in given}
    except urllib.error.HTTPError as error:
        yield found("teacher/no-answer", url=url, reason=f"{error.code} ({error.read(80).decode(errors='replace')})")
    except OSError as error:
        reason = getattr(error, "reason", error)
        refused = isinstance(reason, ConnectionRefusedError)
        yield found("teacher/not-up", url=url) if refused else found("teacher/not-asked", url=url, reason=reason)
    except (ValueError, LookupError, TypeError, AttributeError):
        yield found("teacher/no-answer", url=url, reason="none (it needs --infer_backend vllm)")
    else:
        ours = {id: words.get(id, theirs.get(id)) for id in ids}
        if ours != theirs:
            yield found("teacher/other-ids", url=url, ours=ours, theirs=theirs)
