"""Plays scripted generations through ms-swift's own two loops, with the scheduler `tools`: prints what each gives.

    python scripted.py FOLDER < scripts.json

FOLDER has a tokenizer. A script is a list of generations, each a text, or {"text", "length": true} for one that was
cut. A text that ends in <|im_end|> was ended by the model, any other by the stop word. The engine is a stub: it answers
from the script and records the prompts. The loops, the template and the scheduler are real.
"""

import asyncio
import json
import sys
from copy import deepcopy

import tools  # plugin/tools.py
from swift.infer_engine import RequestConfig
from swift.infer_engine.protocol import (
    ChatCompletionResponse,
    ChatCompletionResponseChoice,
    ChatMessage,
    RolloutInferRequest,
    RolloutOutput,
    UsageInfo,
)
from swift.model import get_processor
from swift.rollout.agent_loop import run_multi_turn
from swift.template import get_template

PROMPT = [{"role": "system", "content": "Sums. {tools}"}, {"role": "user", "content": "What is 17 * 24?"}]


class Engine:
    """Answers request by request from a script."""

    def __init__(self, template, script, max_model_len):
        self.template, self.script, self.max_model_len = template, list(script), max_model_len
        self.tokenizer, self.engine, self.prompts = template.tokenizer, None, []

    def answer(self, request):
        said = self.script.pop(0)
        said = {"text": said} if isinstance(said, str) else said
        self.prompts.append(self.template.encode(deepcopy(request))["input_ids"])
        ids = self.tokenizer.encode(said["text"], add_special_tokens=False)
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        logprobs = {"content": [{"logprob": -float(k)} for k in range(len(ids))]}
        reason = "length" if said.get("length") else "stop"
        choice = ChatCompletionResponseChoice(0, ChatMessage(role="assistant", content=text), reason, logprobs, ids)
        return ChatCompletionResponse("tiny", [choice], UsageInfo(0, 0, 0))

    async def infer_async(self, request, config, **kwargs):
        return self.answer(request)


def server(template, script, turns, window):
    """`swift rollout`: MultiTurnScheduler.run."""
    template.max_length = window
    engine = Engine(template, script, window)
    scheduler = tools.ToolScheduler(infer_engine=engine, max_turns=turns)
    output = asyncio.run(scheduler.run(request(), RequestConfig()))
    return told(output, engine, scheduler)


def trainer(template, script, turns, window):
    """The trainer with vLLM or transformers: run_multi_turn."""
    engine = Engine(template, script, window)
    scheduler = tools.ToolScheduler(max_turns=turns, tokenizer=template.tokenizer, template=template)
    template.max_length = window
    requests = [request()]
    asyncio.run(scheduler.on_trajectory_start(requests))
    generate = lambda asked, config: [RolloutOutput(response=engine.answer(one)) for one in asked]  # noqa: E731
    first = generate(requests, None)
    output = run_multi_turn(requests, first, scheduler, generate, RequestConfig(), max_turns=turns)[0]
    return told(output, engine, scheduler)


def request():
    return RolloutInferRequest(messages=deepcopy(PROMPT), uuid="one")


def told(output, engine, scheduler):
    tokenizer = scheduler.tokenizer
    trained = [
        [token for token, one in zip(ids, mask, strict=True) if one]
        for ids, mask in zip(output.response_token_ids, output.response_loss_mask, strict=True)
    ]
    return {
        "infos": output.rollout_infos,
        "ids": output.response_token_ids,
        "mask": output.response_loss_mask,
        "trained": [tokenizer.decode(ids) for ids in trained],
        "logprobs": sum(map(len, output.rollout_logprobs)),
        "roles": [message["role"] for message in output.messages],
        "prompts": [tokenizer.decode(ids) for ids in engine.prompts],
        "open": len(scheduler.open),
    }


def main():
    template = get_template(get_processor(sys.argv[1], model_type="qwen2"), template_type="qwen2_5")
    for asked in json.load(sys.stdin):
        shared = (template, asked["script"], asked.get("turns", 4), asked.get("window", 4096))
        print("RESULT" + json.dumps({"server": server(*shared), "trainer": trainer(*shared)}))


if __name__ == "__main__":
    main()
