"""The columns that a reward gets besides the completions: the data set's, those that ms-swift adds
(`swift/rl_core/grpo_algorithm.py`, `compute_rewards_per_func`), and three that are derived from them.

- `tokens`, the number of tokens of a completion, from `response_token_ids`; with tools, of what the policy sampled;
- `prompt`, the conversation before the completion, as one text, from `messages`;
- `group_tokens`, the numbers of tokens of all completions of the same prompt, on all ranks, in rising order.

`trainer_state` and `trajectory_inputs` are one object for the whole batch and are passed on unchanged.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grpo_rewards.ranks import from_all_ranks

DERIVED = {
    "tokens": ["response_token_ids"],
    "prompt": ["messages"],
    "group_tokens": ["messages", "response_token_ids"],
}
SHARED = ("trainer_state", "trajectory_inputs")
GIVEN_IN_TRAINING = {"messages", "response_token_ids", "rollout_infos", *SHARED}


def column(name: str, given: Mapping[str, Any]) -> list:
    if name == "tokens":
        counted = [_tokens(ids) for ids in given["response_token_ids"]]
        sampled = [_infos(infos).get("sampled_tokens") for infos in given.get("rollout_infos") or [None] * len(counted)]
        return [n if isinstance(n, int) else tokens for n, tokens in zip(sampled, counted, strict=True)]
    if name == "prompt":
        return [_prompt(messages) for messages in given["messages"]]
    if name == "group_tokens":
        return _group_tokens(given)
    return list(given[name])


def own_words(completions: Sequence[str], given: Mapping[str, Any]) -> Sequence[str]:
    """What the policy itself wrote: with tools the turns without the results, which no reward may pay for. ms-swift
    passes the last turn, which has the results where they stand inline."""
    infos = given.get("rollout_infos")
    if not infos or len(infos) != len(completions):
        return completions
    turns = [_infos(one).get("turns") for one in infos]
    return [sampled_text(own) if own else text for own, text in zip(turns, completions, strict=True)]


def sampled_text(turns: Any) -> str:
    """The policy's own turns as one text.

    >>> sampled_text([{"role": "assistant", "text": "2*3"}, {"role": "tool", "text": "6"}, {"role": "assistant", "text": "6"}])
    '2*3\\n6'
    """
    return "\n".join(turn["text"] for turn in turns if turn["role"] == "assistant")


def _infos(infos: Any) -> Mapping[str, Any]:
    return infos if isinstance(infos, Mapping) else {}


def _tokens(ids: Any) -> int:
    turns = ids if ids and isinstance(ids[0], list) else [ids or []]  # a list for each turn, or one list
    return sum(len(turn) for turn in turns)


def _prompt(messages: Any) -> str:
    answered = messages[:-1] if messages and messages[-1].get("role") == "assistant" else messages
    return json.dumps([_without_ids(m) for m in answered], ensure_ascii=False, sort_keys=True, default=str)


def _without_ids(message: Any) -> Any:
    """A message with a word in place of token ids, which ms-swift puts into the earlier turns of a rollout."""
    content = message.get("content")
    ids = isinstance(content, Mapping) or (isinstance(content, list) and any(isinstance(one, int) for one in content))
    return {**message, "content": "[an earlier turn]"} if ids else message


def _group_tokens(given: Mapping[str, Any]) -> list[list[int]]:
    """For each completion the token counts of its whole group, gathered from all ranks.

    A group shares ms-swift's `prompt_id`, which is the same on all ranks and holds where turns differ
    (`swift/rlhf_trainers/rollout_mixin.py`, `_add_prompt_id_to_inputs`); without it, the prompt's text.
    """
    ids = given.get("prompt_id")
    keys = list(ids) if ids and all(ids) else column("prompt", given)
    groups: dict[str, list[int]] = {}
    for key, tokens in from_all_ranks(list(zip(keys, column("tokens", given), strict=True))):
        groups.setdefault(key, []).append(tokens)
    for group in groups.values():
        group.sort()
    return [groups[key] for key in keys]


def where(column: str) -> str:
    if column in GIVEN_IN_TRAINING:
        return "which ms-swift adds during training"
    return f"""which the data set does not have; map one to it: --columns '{{"answer": "{column}"}}'"""
