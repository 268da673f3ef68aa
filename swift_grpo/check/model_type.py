"""The type and template that ms-swift chooses for a model, from flags, args.json, the folder's name or the config.

If none decides, ms-swift ends after half a minute (model/model_meta.py _get_model_info, template/register.py).
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.check.model import Model, find_model
from swift_grpo.check.plugins import LOOKED_UP, TYPES, Plugins, check_names, collect
from swift_grpo.check.problem import ERROR, SKIPPED, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.weights import read_json
from swift_grpo.formats.command_line import Command, path_of

OTHERS = {"teacher_model": "teacher_model_type", "reward_model": "reward_model_type"}  # typed like the model
PARTS = set("language_config llm_config text_config vit_config vision_config audio_config thinker_config".split())
# what a chat template writes -> ms-swift's templates of that form, the last for any model
FORMS = {
    "<|im_start|>": ("qwen2_5", "qwen3", "chatml"),
    "<|start_header_id|>": ("llama3_2",),
    "<start_of_turn>": ("gemma",),
    "[INST]": ("llama",),
}
SNAPSHOT = re.compile(r"/models(?:--|/)(?:.+?--)?(.+?)/snapshots/")  # of a hub's cache: the model's name


NO_TYPE = "ms-swift has no type for the model {name} (config.json: {architecture})"
TYPE_META = "model/model_meta.py _get_model_info"
rules(
    Rule("model/other-architecture", WARNING, "--model_type {type}, and the config.json of {name} says {architecture}", "{fix}",
         why="the type names the loader and the template"),
    Rule("model/no-chat-template", ERROR, "--template_backend jinja, and the tokenizer of {name} has no chat_template"
         " (template/base.py:1283)", "use --template_backend swift, or add a chat_template to tokenizer_config.json",
         why="template/base.py:1283"),
    Rule("model/type-open", SKIPPED, "whether ms-swift knows the model's type and template: {reason}",
         why="a plugin may register types and templates"),
    Rule("model/several-types", ERROR, "ms-swift has several types for {architecture} of {name} ({types}), and chooses none",
         "add {flag} {best}{more}", why=TYPE_META),
    Rule("model/no-type", WARNING, NO_TYPE + " and takes the template `dummy`: no chat tokens in training", "add --template {best}",
         why="model/register.py: an unknown text model gets the template `dummy`"),
    Rule("model/no-type-of-parts", ERROR, NO_TYPE + ", and refuses a model of several parts", "name the nearest with --model_type, or"
         " register it", why=TYPE_META),
    Rule("model/several-templates", ERROR, "ms-swift has several templates for the type {type} of {name} ({templates}), and chooses"
         " none", "add --template {best}", why="template/register.py get_template_meta"),
)  # fmt: skip


def check_type(command: Command, known: dict[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Types and templates that are not registered, that a local folder leaves open, or that its config contradicts."""
    yield from _against_config(command, known)
    for flag in TYPES:
        yield from check_names(command, known, plugins, flag)
    problems = list(_model(command, known))
    for flag, type_flag in OTHERS.items():
        types = command.values(type_flag)
        for number, name in enumerate(command.values(flag)):
            model = find_model(name, str(Path.cwd()))
            if model and model.folder and not types[number : number + 1]:
                matching = _matching(model, known)
                if len(matching) > 1 and not _by_name(name, known) and not _args(model.folder).get("model_type"):
                    problems.append(_ambiguous(model, matching, f"--{type_flag}", ""))
    if problems and (reason := _more_names(command, plugins)):
        problems = [found("model/type-open", reason=reason)]
    yield from problems


def _against_config(command: Command, known: dict[str, Any]) -> Iterator[Problem]:
    """A type of another architecture than the config's, and --template_backend jinja without a template."""
    named, model = command.text("model_type") or "", find_model(command.text("model") or "", str(Path.cwd()))
    if model is None or model.folder is None:
        return
    taken, matching = known["models"].get(named), _matching(model, known)
    if taken and model.architecture and model.architecture not in taken:
        best = [name for name in matching if name == model.config.get("model_type")] or matching
        fix = f"use --model_type {' or '.join(best[:3])}" if best else "remove --model_type"
        yield found("model/other-architecture", type=named, name=model.name, architecture=model.architecture, fix=fix)
    if command.text("template_backend") == "jinja" and not _chat_template(model.folder):
        yield found("model/no-chat-template", name=model.name)


def _model(command: Command, known: dict[str, Any]) -> Iterator[Problem]:
    """--model, if it is a folder: a hub's id may be in ms-swift's own list, or its config is not here."""
    name = command.text("model") or ""
    model = find_model(name, str(Path.cwd())) if name and "model_type" in command.specs else None
    if model is None or model.folder is None:
        return
    kind, template, candidates = _taken(command, known, model)
    matching = _matching(model, known)
    if not kind and len(matching) > 1:
        best = _best_type(model, matching)
        form = "" if template else _best_template(model, known["model_templates"].get(best, []))
        yield _ambiguous(model, matching, "--model_type", f" --template {form}" if form else "")
    elif not kind and not matching:
        said = {"name": name, "architecture": model.architecture or "no architecture"}
        if PARTS & model.config.keys():
            yield found("model/no-type-of-parts", **said)
        elif not template:
            yield found("model/no-type", **said, best=_best_template(model, []) or "chatml")
    elif not template and len(candidates) != 1:
        best = _best_template(model, candidates)
        first = [*([best] if best else []), *(c for c in candidates if c != best)][:3]
        said = {"type": kind or matching[0], "templates": ", ".join(candidates), "best": " or ".join(first)}
        yield found("model/several-templates", name=name, **said)


def template_of(command: Command, known: dict[str, Any]) -> str:
    """The template that ms-swift chooses; '' if it is not known here."""
    name = command.text("model") or ""
    _, template, candidates = _taken(command, known, find_model(name, str(Path.cwd())))
    return template or (candidates[0] if len(candidates) == 1 else "")


def _taken(command: Command, known: dict[str, Any], model: Model | None) -> tuple[str, str, list[str]]:
    """Type and template by flags, args.json or the folder's name ('' if none says), and the templates of the type."""
    said = _loaded(command, model.folder) if model and model.folder else {}
    by_name = _by_name(command.text("model") or "", known) or ["", ""]
    kind = command.text("model_type") or by_name[0] or said.get("model_type") or ""
    one = _matching(model, known) if model and not kind else []
    sole = kind or (one[0] if len(one) == 1 else "")
    group = by_name[1] if by_name[0] == sole else ""
    candidates = [group] if group else known["model_templates"].get(sole, [""])
    return kind, command.text("template") or said.get("template") or "", candidates


def _ambiguous(model: Model, matching: list[str], flag: str, more: str) -> Problem:
    said = {"architecture": model.architecture or "a model without architectures", "types": ", ".join(matching)}
    return found("model/several-types", name=model.name, flag=flag, best=_best_type(model, matching), more=more, **said)


def _loaded(command: Command, folder: Path) -> dict[str, Any]:
    """Type and template by args.json: an adapter's first, if ms-swift loads one, then the model's."""
    adapters = command.values("adapters") if command.true("load_args") else []
    return _args(folder) | next((said for name in adapters if (said := _args(path_of(name)))), {})


def _args(folder: Path) -> dict[str, Any]:
    try:
        said = read_json(folder / "args.json")
    except (OSError, ValueError):
        return {}
    if not isinstance(said, dict):
        return {}
    # base_args.py load_args_from_ckpt: before version 4 types had other names
    typed = str(said.get("swift_version") or "0")[:1] >= "4"
    return {key: said[key] for key in (["model_type"] if typed else []) + ["template"] if said.get(key)}


def _by_name(name: str, known: dict[str, Any]) -> list | None:
    """Type and template of a model that ms-swift lists under the last part of this path (get_model_name)."""
    cached = SNAPSHOT.search(name.rstrip("/"))
    last = cached[1] if cached else name.rstrip("/").rpartition("/")[2].replace("___", ".")
    return known["model_names"].get(last.lower())


def _matching(model: Model, known: dict[str, Any]) -> list[str]:
    """The types of its architecture; without one, those that name none (get_matched_model_types)."""
    wanted = model.architecture
    return [name for name, listed in known["models"].items() if (wanted in listed if wanted else not listed)]


def _best_type(model: Model, matching: list[str]) -> str:
    own = str(model.config.get("model_type", ""))
    return own if own in matching else matching[0]


def _best_template(model: Model, candidates: list[str]) -> str:
    """The template with the form of the chat template; '' if the form is not in FORMS."""
    text = _chat_template(model.folder) if model.folder else ""
    forms = next((names for mark, names in FORMS.items() if mark in text), ())
    return next((name for name in forms if name in candidates), forms[-1] if forms else "")


def _chat_template(folder: Path) -> str:
    """The tokenizer's chat template, '' if it has none."""
    for name in ("chat_template.jinja", "chat_template.json", "tokenizer_config.json"):
        try:
            text = (folder / name).read_text(encoding="utf-8")
            if name.endswith(".jinja"):
                return text
            if written := json.loads(text).get("chat_template"):
                return str(written)
        except (OSError, ValueError, AttributeError, RecursionError):
            continue
    return ""


def _more_names(command: Command, plugins: Plugins) -> str:
    """Why a plugin may have registered types or templates that are not known here; '' if none has."""
    if not command.given("external_plugins", "custom_register_path"):
        return ""
    collect(plugins)
    if not plugins.complete or not plugins.loaded:
        return "the plugins could not be imported here, and may register more"
    held = {LOOKED_UP[flag][1] for flag in TYPES}
    more = [path for path, one in zip(plugins.paths, plugins.loaded, strict=False) if held & one["registered"].keys()]
    return f"{', '.join(more)} registers some" if more else ""
