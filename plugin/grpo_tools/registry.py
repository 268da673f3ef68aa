"""A tool is a typed Python function; `@register_tool` makes its name, description and schema from it."""

import functools
import inspect
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

PLACE = "{tools}"  # in a system prompt: the descriptions go here


class ToolError(ValueError):
    """A function that cannot be a tool, or a name that is not one. The message says how to fix it."""


class Failed(Exception):
    """Raised by a tool that failed; the model reads its message as it is."""


@dataclass(frozen=True)
class Tool:
    """`parameters` is the JSON schema of the arguments; `call` checks them (pydantic) and calls the function.

    Raises pydantic.ValidationError for arguments that do not fit, and what the function raises. The result of an async
    function is awaitable. `check` raises ToolError where the tool cannot run.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    call: Callable[..., Any]
    is_async: bool
    check: Callable[[], Any] | None = None

    def described(self) -> str:
        """One line of JSON, in the form that Hermes and Qwen were trained with."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return json.dumps({"type": "function", "function": function}, ensure_ascii=False)


TOOLS: dict[str, Tool] = {}


def register_tool(function: Callable | None = None, *, check: Callable[[], Any] | None = None) -> Callable:
    """Register a function as a tool under its own name; the function itself is unchanged.

    `check`: for a tool that not every machine can run; it raises ToolError there. A run offers such a tool by name only.

    The docstring is what the model reads: its first part describes the tool, an `Args:` section the arguments. A
    function that computes for long or may hang should be async or use a process of its own: a thread that runs past
    its time limit is left behind, it cannot be stopped. Raises ToolError if the name is taken, the docstring is
    missing, or an argument has no type.

    >>> @register_tool
    ... def double(number: int) -> int:
    ...     "Twice a number."
    ...     return 2 * number
    >>> TOOLS["double"].parameters["properties"]["number"]["type"], TOOLS["double"].call(number="21")
    ('integer', 42)
    >>> del TOOLS["double"]
    """
    if function is None:
        return functools.partial(register_tool, check=check)
    name = getattr(function, "__name__", str(function))
    if name in TOOLS:
        raise ToolError(f"the tool {name} is registered already; choose another name")
    TOOLS[name] = _tool(name, function, check)
    return function


def _tool(name: str, function: Callable, check: Callable[[], Any] | None) -> Tool:
    import docstring_parser
    from pydantic import TypeAdapter, validate_call
    from pydantic.errors import PydanticUserError

    said = docstring_parser.parse(inspect.getdoc(function) or "")
    if not said.description:
        raise ToolError(f"the tool {name} has no docstring; the model reads it to know what the tool does")
    for argument in inspect.signature(function).parameters.values():
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD, argument.POSITIONAL_ONLY):
            raise ToolError(f"the tool {name} takes `{argument}`; its arguments must have names")
        if argument.annotation is argument.empty:
            named = argument.name
            raise ToolError(f"the tool {name}: the argument `{named}` has no type; write `{named}: str`")
    try:
        schema = TypeAdapter(cast(Any, function)).json_schema()
        call = validate_call(function)
    except PydanticUserError as error:
        raise ToolError(f"the tool {name}: {str(error).splitlines()[0]}") from None
    about = {param.arg_name: " ".join((param.description or "").split()) for param in said.params}
    for argument, values in schema.get("properties", {}).items():
        values.pop("title", None)
        if about.get(argument):
            values["description"] = about[argument]
    schema.pop("additionalProperties", None)
    description = " ".join(said.description.split())
    return Tool(name, description, schema, call, inspect.iscoroutinefunction(function), check)


def offered(names: str | None = None) -> dict[str, Tool]:
    """The tools that a run offers: those named in the variable TOOLS, else all that run everywhere.

    Raises ToolError for a wrong name, and for a tool that cannot run here.
    """
    import grpo_tools.calculator
    import grpo_tools.python_tool
    import grpo_tools.run_python  # noqa: F401  all register themselves

    named = os.environ.get("TOOLS", "") if names is None else names
    chosen = named.split()
    missing = [name for name in chosen if name not in TOOLS]
    if missing:
        raise ToolError(f"there is no tool {missing[0]}; there are {', '.join(sorted(TOOLS))}")
    for name in chosen:
        if (check := TOOLS[name].check) is not None:
            check()
    return {name: TOOLS[name] for name in chosen or TOOLS if chosen or TOOLS[name].check is None}


def with_tools(system: str, tools: Mapping[str, Tool]) -> str:
    """A system prompt with the tools' descriptions in place of `{tools}`, one a line."""
    return system.replace(PLACE, "\n".join(tool.described() for tool in tools.values()))
