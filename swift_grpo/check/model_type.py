"""What ms-swift takes a model for, and its template: it reads both from flags, args.json, the folder's name or the config.

Where they do not decide it ends after half a minute (model/model_meta.py _get_model_info, template/register.py get_…_meta).
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.check.flags import _no_choice
from swift_grpo.check.model import Model, find_model
from swift_grpo.check.plugins import Plugins, collect
from swift_grpo.check.problem import Problem, skipped, warning
from swift_grpo.check.safetensors_header import read_json
from swift_grpo.formats.command_line import Command, path_of

# flag -> registry, and what refuses a name that is not in it; a plugin may add names to both
NAMES = {
    "model_type": ("models", "model/model_meta.py: not in MODEL_MAPPING"),
    "template": ("templates", "template/register.py: TEMPLATE_MAPPING"),
}
REGISTRY = {"model_type": "MODEL_MAPPING", "template": "TEMPLATE_MAPPING"}
OTHERS = {"teacher_model": "teacher_model_type", "reward_model": "reward_model_type"}  # they are typed as the model is
PARTS = set("language_config llm_config text_config vit_config vision_config audio_config thinker_config".split())
# what a chat template writes -> ms-swift's templates of that form, the last for any model
FORMS = {
    "<|im_start|>": ("qwen2_5", "qwen3", "chatml"),
    "<|start_header_id|>": ("llama3_2",),
    "<start_of_turn>": ("gemma",),
    "[INST]": ("llama",),
}
SNAPSHOT = re.compile(r"/models(?:--|/)(?:.+?--)?(.+?)/snapshots/")  # of a hub's cache: the model's name


def check_type(command: Command, known: dict[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Types and templates that are not registered, that a local folder leaves open, or that its config contradicts."""
    yield from _against_config(command, known)
    yield from _names(command, known, plugins)
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
        problems = [skipped(f"whether ms-swift knows the model's type and template: {reason}")]
    yield from problems


def _against_config(command: Command, known: dict[str, Any]) -> Iterator[Problem]:
    """A type of another architecture than the config's, and --template_backend jinja without a template."""
    named, model = command.text("model_type"), find_model(command.text("model") or "", str(Path.cwd()))
    if model is None or model.folder is None:
        return
    taken, matching = known["models"].get(named or ""), _matching(model, known)
    if named and taken and (architecture := _architecture(model)) and architecture not in taken:
        best = [name for name in matching if name == model.config.get("model_type")] or matching
        yield warning(
            f"--model_type {named}, and the config.json of {model.name} says {architecture}",
            f"use --model_type {' or '.join(best[:3])}" if best else "remove --model_type",
        )
    if command.text("template_backend") == "jinja" and not _chat_template(model.folder):
        yield Problem(
            f"--template_backend jinja, and the tokenizer of {model.name} has no chat_template (template/base.py:1283)",
            "use --template_backend swift, or add a chat_template to tokenizer_config.json",
        )


def _names(command: Command, known: dict[str, Any], plugins: Plugins) -> Iterator[Problem]:
    for flag, (registry, why) in NAMES.items():
        for value in command.flags.get(flag, []):
            if flag in command.specs and value not in known[registry] and value not in ("None", ""):
                collect(plugins)
                own = plugins.registered(REGISTRY[flag])
                if value in own:
                    continue
                if plugins.paths and (not plugins.complete or "*" in own):
                    yield skipped(
                        f"whether ms-swift knows --{flag} {value}: not all that the plugins register is known here"
                    )
                else:
                    yield _no_choice(command, flag, value, [*sorted(own), *known[registry]], why)


def _model(command: Command, known: dict[str, Any]) -> Iterator[Problem]:
    """--model, if it is a folder: a hub's id may be in ms-swift's own list, or has a config that is not here."""
    name = command.text("model") or ""
    model = find_model(name, str(Path.cwd())) if name and "model_type" in command.specs else None
    if model is None or model.folder is None:
        return
    said = _loaded(command, model.folder)
    template = command.text("template") or said.get("template")
    by_name = _by_name(name, known)
    kind = command.text("model_type") or (by_name or [None])[0] or said.get("model_type")
    matching = _matching(model, known)
    if not kind and len(matching) > 1:
        best = _best_type(model, matching)
        form = "" if template else _best_template(model, known["model_templates"].get(best, []))
        yield _ambiguous(model, matching, "--model_type", f" --template {form}" if form else "")
    elif not kind and not matching:
        architecture = _architecture(model) or "no architecture"
        what = f"ms-swift has no type for the model {name} (config.json: {architecture})"
        if PARTS & model.config.keys():
            yield Problem(
                f"{what}, and refuses one of several parts", "name the nearest with --model_type, or register it"
            )
        elif not template:
            best = _best_template(model, []) or "chatml"
            yield warning(
                f"{what} and takes the template `dummy`: no chat tokens in training", f"add --template {best}"
            )
    elif not template:
        kind = kind or matching[0]
        group = by_name[1] if by_name and by_name[0] == kind else None
        candidates = [group] if group else known["model_templates"].get(kind, [""])
        if len(candidates) != 1:
            best = _best_template(model, candidates)
            first = [best] if best else []
            yield Problem(
                f"ms-swift has several templates for the type {kind} of {name} ({', '.join(candidates)}), and takes none",
                f"add --template {' or '.join([*first, *(c for c in candidates if c != best)][:3])}",
            )


def template_of(command: Command, known: dict[str, Any]) -> str:
    """The template that ms-swift takes, '' where that is not known here."""
    name = command.text("model") or ""
    model, by_name = find_model(name, str(Path.cwd())), _by_name(name, known) or [None, None]
    said = _loaded(command, model.folder) if model and model.folder else {}
    kind = command.text("model_type") or by_name[0] or said.get("model_type")
    if not kind and model and len(matching := _matching(model, known)) == 1:
        kind = matching[0]
    group = by_name[1] if by_name[0] == kind else None
    candidates = [group] if group else known["model_templates"].get(kind, [])
    return command.text("template") or said.get("template") or (candidates[0] if len(candidates) == 1 else "")


def _ambiguous(model: Model, matching: list[str], flag: str, more: str) -> Problem:
    return Problem(
        f"ms-swift has several types for {_architecture(model) or 'a model without architectures'} of {model.name}"
        f" ({', '.join(matching)}), and takes none",
        f"add {flag} {_best_type(model, matching)}{more}",
    )


def _loaded(command: Command, folder: Path) -> dict[str, Any]:
    """What args.json says of type and template: the model's, and before it an adapter's where ms-swift loads that."""
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


def _architecture(model: Model) -> str:
    listed = model.config.get("architectures")
    return str(listed[0]) if isinstance(listed, list) and listed else ""


def _matching(model: Model, known: dict[str, Any]) -> list[str]:
    """The types of its architecture; without one, those that name none (get_matched_model_types)."""
    wanted = _architecture(model)
    return [name for name, listed in known["models"].items() if (wanted in listed if wanted else not listed)]


def _best_type(model: Model, matching: list[str]) -> str:
    own = str(model.config.get("model_type", ""))
    return own if own in matching else matching[0]


def _best_template(model: Model, candidates: list[str]) -> str:
    """The one whose form the chat template has; '' if it has none of FORMS."""
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
            if found := json.loads(text).get("chat_template"):
                return str(found)
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
    held = set(REGISTRY.values())
    found = [path for path, one in zip(plugins.paths, plugins.loaded, strict=False) if held & one["registered"].keys()]
    return f"{', '.join(found)} registers some" if found else ""
