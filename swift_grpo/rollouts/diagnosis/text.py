"""What the completions say: boilerplate, echo, several answers, loops, languages, gibberish. On a bounded sample."""

import re
from collections import Counter

import numpy as np

from swift_grpo.rollouts.diagnosis.case import Case
from swift_grpo.rollouts.diagnosis.finding import Finding, Missing, graded
from swift_grpo.rollouts.reading.rollout_text import RolloutText

_WORD = re.compile(r"[^\W\d_]+")
_SHINGLE = 8  # words
_LONGEST = 6000  # characters of a text that are looked at: its beginning and its end
_LOOP = 4  # occurrences of the last 24 characters within the last 1000


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST // 2] + "\n" + text[-_LONGEST // 2 :]


def _texts(case: Case) -> tuple[list[RolloutText], list[RolloutText]]:
    start, end = ([t for t in texts if t.completion.strip()] for texts in (case.start_texts, case.end_texts))
    if not start or not end:
        raise Missing("completions with text at the start and at the end")
    return start, end


def boilerplate(case: Case) -> Finding | None:
    """The same words come to stand in the completions of different prompts."""
    start, end = _texts(case)
    shingles = [_shingles(text.completion) - _shingles(text.prompt) for text in end]
    counts = Counter()
    for one in shingles:
        counts.update(one)
    if not counts:
        return None
    phrase = max(counts, key=lambda one: (counts[one], one))
    has_now = [text for text, one in zip(end, shingles, strict=True) if phrase in one]
    if len({text.prompt for text in has_now}) < 3:
        return None
    late = len(has_now) / len(end)
    early = sum(phrase in _shingles(text.completion) for text in start) / len(start)
    found = graded(late - early, warn=0.3, critical=0.5)
    return found and Finding(
        "boilerplate",
        found[0],
        f"{late:.0%} of the completions share a phrase, whatever the prompt",
        f"“{_phrase(has_now[0].completion, phrase)}”: {early:.0%} of {len(start)} at the start, "
        f"{late:.0%} of {len(end)} at the end",
        "a phrase of 8 words, warn from 30, critical from 50 points more than at the start; rule of thumb for reward hacking",
        "see which reward pays for it (`inspect show`), --reward_weights for that one down, --beta up, --temperature up",
        [text.id for text in has_now[-3:]],
        found[1],
    )


def _shingles(text: str) -> set[int]:
    """Hashes of all runs of 8 words."""
    words = _words(text)
    return {hash(tuple(words[k : k + _SHINGLE])) for k in range(len(words) - _SHINGLE + 1)}


def _phrase(text: str, shingle: int) -> str:
    words = _words(text)
    runs = (words[k : k + _SHINGLE] for k in range(len(words)))
    return " ".join(next(run for run in runs if hash(tuple(run)) == shingle))


def _words(text: str) -> list[str]:
    return _WORD.findall(_cut(text).lower())


def prompt_echo(case: Case) -> Finding | None:
    """The answer is the prompt's own words."""
    start, end = _texts(case)
    early, late = ([text for text in texts if _echoes(text)] for texts in (start, end))
    share = len(late) / len(end)
    found = graded(share - len(early) / len(start), warn=0.1, critical=0.3)
    return found and Finding(
        "prompt_echo",
        found[0],
        f"{share:.0%} of the answers repeat the prompt's words",
        f"answers of four or more words that all stand in the prompt: {len(early) / len(start):.0%} of {len(start)} sampled "
        f"completions of the start, {share:.0%} of {len(end)} at the end; e.g. {late[0].answer[:60]!r}",
        "warn from 10, critical from 30 points more than at the start; rule of thumb for reward hacking",
        "a verifier that reads the whole answer: --external_plugins plugin/plugin.py --reward_funcs math_accuracy",
        [text.id for text in late[-3:]],
        found[1] * 2,
    )


def _echoes(text: RolloutText) -> bool:
    words = re.findall(r"\w+", (text.answer or "")[:_LONGEST].lower())
    return len(words) >= 4 and set(words) <= set(re.findall(r"\w+", _cut(text.prompt).lower()))


def several_answers(case: Case) -> Finding | None:
    """More than one `<answer>` in a completion: candidates are listed."""
    early, late = (case.share("answers > 1", steps) for steps in (case.start, case.end))
    found = graded(late, warn=0.1, critical=0.3)
    return found and Finding(
        "several_answers",
        found[0],
        f"{late:.0%} of the completions have several <answer> blocks",
        f"completions with two or more <answer>: {early:.0%} at the start, {late:.0%} at the end",
        "warn from 10%, critical from 30%; a verifier that takes any or the first block pays for listing candidates",
        "--external_plugins plugin/plugin.py --reward_funcs math_accuracy r1_format: neither pays for two blocks that differ",
        case.examples("answers > 1"),
        found[1] * 2,
    )


def repetition(case: Case) -> Finding | None:
    """Completions that end in a loop."""
    loop = f"tail_repeats >= {_LOOP}"
    early, late = (case.share(loop, steps) for steps in (case.start, case.end))
    found = graded(late, warn=0.05, critical=0.2)
    return found and Finding(
        "repetition",
        found[0],
        f"{late:.0%} of the completions end in a loop",
        f"completions whose last 24 characters occur {_LOOP} times or more in the last 1000: {early:.1%} at the "
        f"start, {late:.1%} at the end",
        "warn from 5%, critical from 20%; rule of thumb",
        "the reward `repetition`, --repetition_penalty 1.05, --temperature up, --learning_rate down",
        case.examples(loop),
        found[1] * 2,
    )


def language_mixing(case: Case) -> Finding | None:
    """Letters of a script that the prompt does not use."""
    start, end = _texts(case)
    early, late = ([text for text in texts if _foreign(text) >= 0.05] for texts in (start, end))
    share = len(late) / len(end)
    found = graded(share - len(early) / len(start), warn=0.1, critical=0.25)
    return found and Finding(
        "language_mixing",
        found[0],
        f"{share:.0%} of the completions mix languages",
        f"5% or more of the letters in a script the prompt lacks: {len(early) / len(start):.0%} of {len(start)} sampled "
        f"completions of the start, {share:.0%} of {len(end)} at the end",
        "warn from 10, critical from 25 points more than at the start; DeepSeek-R1 (arXiv 2501.12948), section 2.3.2",
        "--reward_funcs language_consistency with a small entry in --reward_weights, an SFT cold start, --beta up",
        [text.id for text in late[-3:]],
        found[1] * 2,
    )


def _foreign(text: RolloutText) -> float:
    """Share of letters in scripts that the prompt does not use. Greek is mathematics."""
    letters = _scripts(_cut(text.completion))
    known = _scripts(_cut(text.prompt)).keys() | {"GREEK"}
    total = sum(letters.values())
    return sum(count for script, count in letters.items() if script not in known) / total if total else 0.0


def _scripts(text: str) -> Counter:
    """Letters by script. ASCII in one step, the rest by the first word of the character's name.

    >>> sorted(_scripts("ab это").items())
    [('CYRILLIC', 3), ('LATIN', 2)]
    """
    import unicodedata

    counts = Counter()
    for character, count in Counter(text).items():
        if character.isalpha():
            counts[unicodedata.name(character, "?").split(" ")[0].replace("FULLWIDTH", "LATIN")] += count
    return counts


def gibberish(case: Case) -> Finding | None:
    """Text that the run's own start makes improbable, while nothing is solved: weights that did not arrive whole."""
    start, end = _texts(case)
    model = _Bigrams([text.completion for text in start])
    usual = np.array([model.bits(text.completion) for text in start])
    now = np.array([model.bits(text.completion) for text in end])
    limit = float(np.quantile(usual, 0.99)) + 1.0
    share = float((now > limit).mean())
    found = graded(share, warn=0.2, critical=0.5)
    if not found:
        return None
    when = _onset(case, model, limit)
    return Finding(
        "gibberish",
        found[0],
        f"{share:.0%} of the completions are gibberish" + (f" from step {when} on" if when else ""),
        f"surprise under the bigrams of the run's start: {usual.mean():.2f} bits a character then, {now.mean():.2f} at the end",
        "a text above the start's 99th percentile by 1 bit; warn from 20%, critical from 50% of the sample; as after a failed "
        "weight sync (ms-swift issues 9114, 9475, 9619)",
        "restart the rollout server from the checkpoint; --vllm_enable_lora and --vllm_max_lora_rank as trained, "
        "--log_rollout_offpolicy_metrics true shows the mismatch",
        [end[int(k)].id for k in np.flatnonzero(now > limit)[-3:]],
        found[1] * 100,
    )


def _onset(case: Case, model: "_Bigrams", limit: float) -> int | None:
    """The first sampled step from which half of the texts are beyond the limit."""
    bad: dict[int, list[bool]] = {}
    for text in case.sample(case.steps):
        bad.setdefault(text.step, []).append(model.bits(text.completion) > limit)
    return next((step for step, flags in sorted(bad.items()) if sum(flags) * 2 >= len(flags)), None)


class _Bigrams:
    """Character bigrams with add-one smoothing, over the characters of the texts it was made of; others are left out."""

    def __init__(self, texts: list[str]) -> None:
        joined = "\n".join(_cut(text) for text in texts)
        self._place = {character: k for k, character in enumerate(sorted(set(joined)))}
        n = len(self._place)
        counts = np.ones((n, n), dtype=np.float32)
        codes = self._codes(joined)
        np.add.at(counts, (codes[:-1], codes[1:]), 1)
        self._bits = -np.log2(counts / counts.sum(axis=1, keepdims=True))

    def _codes(self, text: str) -> np.ndarray:
        place = self._place
        return np.array([place[c] for c in text if c in place], dtype=np.int64)

    def bits(self, text: str) -> float:
        """Mean surprise in bits a character; 0 for a text of one character or none."""
        codes = self._codes(_cut(text))
        return float(self._bits[codes[:-1], codes[1:]].mean()) if len(codes) > 1 else 0.0
