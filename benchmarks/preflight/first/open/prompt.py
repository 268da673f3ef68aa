"""The system prompt."""

from ..base import *  # noqa: F403

CASES = []
add = adder("prompt file", CASES)
add("prompt-missing", "error", grpo(system="prompts/r2.txt"), "prompts/r2.txt", "exist|found|not there|r1.txt|path", "template_args.py:160: assert os.path.isfile(self.system)")
add("prompt-empty", "warning", grpo(system="empty.txt"), "empty.txt", "empty|text|write|drop", "an empty system prompt: the rewards' format is asked for nowhere", files=F({"empty.txt": ""}))
add("prompt-markdown", "warning", grpo(system="r1.md"), "r1.md", ".txt", "template_args.py:159 reads only .txt: the model is told `r1.md`", files=F({"r1.md": R1}))
add("prompt-folder", "error", grpo(system="prompts.txt"), "prompts.txt", "file|folder|director|exist", "a folder of that name: assert os.path.isfile", files=F({"prompts.txt/r1": R1}))
