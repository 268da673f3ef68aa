"""Tools over a real server on this CPU: a tiny model learns one call from traces, then makes it and reads the result."""

import asyncio
import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from swift_grpo.data.larger_number import question_row
from swift_grpo.formats.rows import prompt_hash
from swift_grpo.formats.samples import SamplingParameters
from swift_grpo.sampling import turns
from swift_grpo.sampling.client import complete
from swift_grpo.sampling.lanes import connect
from swift_grpo.sampling.servers import Served, serve
from tests.e2e.test_distill import MODEL_FLAGS, cold_start, write_rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

CALL = '<tool_call>{"name": "calculator", "arguments": {"expression": "26 + 13"}}</tool_call>'
RESULT = "\n<tool_response>\n39\n</tool_response>\n"
ANSWER = "<answer>39</answer>"
TRACE = [
    {"role": "assistant", "content": text} | more
    for text, more in ((CALL, {}), (RESULT, {"loss": False}), (ANSWER, {}))
]
LABELS = """
import json, sys
from swift.dataset import load_dataset
from swift.model import get_processor
from swift.template import get_template
template = get_template(get_processor(sys.argv[1], model_type="qwen2"), template_type="qwen2_5")
template.set_mode("train")
row = template.encode(load_dataset(sys.argv[2])[0][0])
trained = [token for token, label in zip(row["input_ids"], row["labels"]) if label != -100]
print("RESULT", json.dumps([template.tokenizer.decode(tokens) for tokens in (row["input_ids"], trained)]))
"""


def test_a_cold_start_shows_a_result_and_does_not_train_it(ms_swift, tiny, tmp_path):
    write_rows(tmp_path / "traces.jsonl", [{"messages": [*question_row(12, 39)["messages"], *TRACE]}])
    done = ms_swift.run(LABELS, str(tiny / "base"), str(tmp_path / "traces.jsonl"))
    assert done.returncode == 0, done.stderr
    whole, trained = json.loads(done.stdout.partition("RESULT ")[2])
    assert whole.endswith(f"<|im_start|>assistant\n{CALL}{RESULT}{ANSWER}<|im_end|>\n")
    assert trained == f"{CALL}{ANSWER}<|im_end|>\n"


def test_the_prompt_of_each_turn_is_that_of_training(script, tiny, tmp_path, monkeypatch):
    """What the server is asked to continue is the first prompt, the call and the result, byte for byte."""
    rows = [question_row(a, 39) for a in range(12, 36)]
    write_rows(tmp_path / "traces.jsonl", [{"messages": [*row["messages"], *TRACE]} for row in rows * 8])
    longer = ["--max_steps", "60", "--max_length", "300"]
    model = cold_start(script, tiny / "base", tmp_path / "traces.jsonl", tmp_path / "sft", *longer)

    asked: list[dict] = []

    async def with_ids(http, endpoint, messages, seed, parameters, **more):
        answer = await complete(http, endpoint, messages, seed, parameters, **more)
        details = await http.post("chat/completions", json=body(endpoint, messages, more))
        asked.append(details.json())
        return answer

    def body(endpoint, messages, more):
        return {"model": endpoint.model, "messages": messages, "max_tokens": 1, "return_details": True, **more}

    monkeypatch.setattr(turns, "complete", with_ids)
    served = Served(str(model), device="cpu", flags=(*MODEL_FLAGS, "--vllm_max_model_len", "512"), logs=tmp_path)
    parameters = SamplingParameters(temperature=0, max_tokens=120, tools="calculator", max_turns=3)

    async def draw(endpoint):
        loop = turns.Turns(parameters, served)
        async with connect(endpoint, True, 60) as http:
            messages = rows[0]["messages"]
            return await loop.ask(http, endpoint, prompt_hash(messages), messages, 0, parameters)

    with serve(served) as (endpoint,):
        one = asyncio.run(draw(endpoint))
    assert one.completion == CALL + RESULT + ANSWER
    assert (one.stopped_by, [turn["role"] for turn in one.turns]) == ("answer", ["assistant", "tool", "assistant"])
    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    first, second = (tokenizer.decode(each["prompt_token_ids"], skip_special_tokens=False) for each in asked)
    assert second == first + CALL + RESULT
    assert one.turns[0]["tokens"] == len(tokenizer.encode(CALL, add_special_tokens=False).ids)
    assert json.loads(one.line())["turns"] == one.turns
