"""What the loop of tools costs beside single-turn generation of the same number of tokens, in one run.

    python -m benchmarks.tools.speed [MODEL]

vLLM's asynchronous engine generates on the CPU with the model in the folder MODEL (a random one of 0.4 M parameters,
where the loop weighs most), for 32 trajectories at once: 64 tokens in one
turn, and 64 tokens in four turns of 16 with a call of the calculator after each of the first three, continued inline.
No model calls on demand, so every generation counts as a call and the results are real. Rounds alternate; the median
counts. The last line is the time of the hook that parses and runs the calls.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

TRAJECTORIES, TOKENS, TURNS, ROUNDS = 32, 64, 4, 3


def main(folder: str) -> None:
    os.environ["TOOLS"] = "calculator"
    sys.path.insert(0, "plugin")
    import tools
    from grpo_tools import trajectory
    from grpo_tools.calls import Call
    from swift.infer_engine import GRPOVllmEngine, RequestConfig
    from swift.infer_engine.protocol import RolloutInferRequest

    trajectory.calls = lambda text: [Call("calculator", {"expression": "17 * 24"})]

    class AlwaysCalls(tools.ToolScheduler):
        async def on_turn_end(self, request, choice, turn):
            choice.finish_reason = "stop"  # a turn is cut at its share of the tokens
            begun = time.perf_counter()
            try:
                return await super().on_turn_end(request, choice, turn)
            finally:
                self.spent += time.perf_counter() - begun

    def requests():
        asked = [{"role": "system", "content": "Sums."}, {"role": "user", "content": "What is 17 * 24?"}]
        return [RolloutInferRequest(messages=[dict(m) for m in asked], uuid=str(k)) for k in range(TRAJECTORIES)]

    async def measured():
        engine = GRPOVllmEngine(folder, use_async_engine=True, max_model_len=512, enforce_eager=True)
        scheduler = AlwaysCalls(infer_engine=engine, max_turns=TURNS)
        scheduler.spent = 0.0
        seconds, tokens, spent = {1: [], TURNS: []}, {}, []
        for _ in range(ROUNDS + 1):
            for turns in (1, TURNS):
                config = RequestConfig(max_tokens=TOKENS // turns, temperature=1.0, return_details=True, logprobs=True)
                scheduler.spent = 0.0
                begun = time.perf_counter()
                if turns == 1:
                    found = await engine.async_infer(requests(), config, use_tqdm=False)
                    tokens[turns] = sum(len(one.response.choices[0].token_ids) for one in found)
                else:
                    found = await scheduler.async_infer(requests(), config, use_tqdm=False)
                    tokens[turns] = sum(one.rollout_infos["sampled_tokens"] for one in found)
                    spent.append(scheduler.spent)
                seconds[turns].append(time.perf_counter() - begun)
        engine.engine.shutdown()
        return {turns: statistics.median(values[1:]) for turns, values in seconds.items()}, tokens, spent[1:]

    seconds, tokens, spent = asyncio.run(measured())
    rate = {turns: tokens[turns] / seconds[turns] for turns in seconds}
    for turns in seconds:
        print(f"{turns} turn(s): {tokens[turns]} tokens in {seconds[turns]:.2f} s, {rate[turns]:.0f} tokens/s")
    own = statistics.median(spent) / (TRAJECTORIES * TURNS)
    print(f"single turn / loop: {rate[1] / rate[TURNS]:.2f} times the time for a token")
    print(
        f"waiting in the scheduler's hook, calls of the calculator with it: {1000 * own:.2f} ms a turn (they overlap)"
    )


if __name__ == "__main__":
    if os.environ.get("VLLM_PLUGINS") != "none":  # start again with the variables that a recipe sets for DEVICE=cpu
        from swift_grpo.cpu.settings import settings

        cpu = dict(word.split("=", 1) for word in settings(1).variables())
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.tools.speed", *sys.argv[1:]], os.environ | cpu)
    with tempfile.TemporaryDirectory() as work:
        if len(sys.argv) < 2:
            from swift_grpo.cpu import tiny_model

            tiny_model.write(Path(work), ["What is 17 * 24? <tool_response>\n408\n</tool_response> Sums."], seed=1)
        main(sys.argv[1] if len(sys.argv) > 1 else work)
