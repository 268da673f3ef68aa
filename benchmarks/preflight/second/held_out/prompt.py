"""The system prompt."""

from benchmarks.preflight.second.base import *

KIND = "prompt file"
HERE = MODEL | DATA

mistake(KIND, "prompt-missing", train(system="prompts/r2.txt"), ["prompts/r2.txt"], "path|exist|not there|prompts/r1.txt|r1.txt", "template_args.py asserts that a name ending in .txt is a file")
mistake(KIND, "prompt-empty", train(system="prompt.txt"), ["prompt.txt"], "empty", "an empty file: nobody tells the model the format that r1_format pays for", files=HERE | {"prompt.txt": ""}, level="warning")
mistake(KIND, "prompt-xml-for-r1", train(system="{ROOT}/prompts/xml.txt", reward_funcs=["xml_correctness", "r1_format"]), ["r1_format"], "prompts/r1.txt|r1.txt|<think>|xml_strict|xml_soft", "the prompt asks for <reasoning>; r1_format pays for <think>", level="warning")
