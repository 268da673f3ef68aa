"""The system prompt."""

from benchmarks.preflight.second.base import *

KIND = "prompt file"
HERE = MODEL | DATA
mistake(KIND, "prompt-markdown", train(system="prompt.md"), ["prompt.md"], ".txt", "only .txt is read: the model is told the eight letters `prompt.md`", files=HERE | {"prompt.md": "Think in <think> tags, answer in <answer> tags.\n"}, level="warning")
mistake(KIND, "prompt-without-suffix", train(system="prompts/r1"), ["prompts/r1"], ".txt", "no .txt: the model is told the text `prompts/r1`", level="warning")
mistake(
    KIND,
    "prompt-longer-than-window",
    train(system="prompt.txt", max_length=512),
    ["prompt.txt|system", "512"],
    "max_length|shorter|longer|raise|larger",
    "the prompt alone has about 3,000 tokens (a byte is one), 512 are left of it and the question",
    level="warning",
    files=HERE | {"prompt.txt": "Think between <think> and </think>, answer between <answer> and </answer>. " * 40},
)
mistake(KIND, "prompt-without-the-tags", train(system="{ROOT}/prompts/boxed.txt"), ["r1_format"], "prompts/r1.txt|r1.txt|<answer>|<think>|boxed_format", "it asks for \\boxed{}; r1_format pays for tags that it does not name", level="warning")
mistake(KIND, "prompt-latin-1", train(system="prompt.txt"), ["prompt.txt"], "utf-8|utf8|encoding", "opened as UTF-8: UnicodeDecodeError", files=HERE | {"prompt.txt": "R\u00e9ponds entre <think></think> et <answer></answer>.".encode("latin-1")})
mistake(KIND, "prompt-is-a-folder", train(system="prompt.txt"), ["prompt.txt"], "file|folder", "template_args.py asserts os.path.isfile", files=HERE | {"prompt.txt/": ""})
mistake(KIND, "prompt-nothing", [*train(system=None), "--system", ""], ["system"], "prompts/r1.txt|r1.txt|.txt", "the empty text of a variable that was not set: r1_format pays for a format that nobody asked for", level="warning")
