"""Tools that a policy calls while it answers: registry, the calls in a text, running them, the record of a trajectory.

Imports neither torch nor swift, so the sampler runs the same loop. `plugin/tools.py` connects it to ms-swift.

    from grpo_tools import register_tool

    @register_tool
    def area(width: float, height: float) -> float:
        "The area of a rectangle."
        return width * height
"""

from grpo_tools.registry import TOOLS, Failed, ToolError, register_tool

__all__ = ["TOOLS", "Failed", "ToolError", "register_tool"]
