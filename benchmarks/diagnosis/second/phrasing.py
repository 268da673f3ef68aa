# ruff: noqa: E501, RUF001 (tables of prose in several scripts)
"""How a completion is worded, what form it takes, and how it is read by a verifier."""

import re
from collections import Counter
from random import Random

from benchmarks.diagnosis.first import prose
from benchmarks.diagnosis.first.scoring import normal
from benchmarks.diagnosis.second.subjects import Item, problems_value

OPENERS = """Right, what do we have here?|Let us see.|The task is short, so I go straight to it.|I read the question once more first.|Okay.|Let me start by writing down the data.|Here is how I would do this.|We can tackle this directly.|Well, the first thing to note is what is wanted.|Understood.|Good question.|Let's look at the pieces one at a time.|To begin with, I sort out what is known.|Hmm, okay, let me think.|I'll think about it briefly.|So, what is being asked?|Let me set this up.|Given the statement, there is one natural approach.""".split(
    "|"
)
REMARKS = """That part is settled.|Hold on, did I copy that correctly? Yes.|I could also do this by trial and error.|Keep that in mind for the end.|No trick here, I believe.|Let me recompute to be safe.|It helps to picture it.|The sign is easy to get wrong.|Fine so far.|Now for the rest.|One more thing to check.|Rounding plays no role.|I trust this value.|Perhaps there is a shortcut, but the direct way is short enough.|If I go the other way round I end up at the same place.|Then again, the wording says exactly this.|Small numbers, so mental arithmetic is enough.|This is similar to a textbook exercise.|Let me not rush.|Good.|It can't be more than that.|A rough guess beforehand would have been close.|The remaining bit follows.|I should mind the order here.|Double counting would be the danger.|Nothing else is given.|As a test, take an easier case: it works.|Okay, moving on.|What if I misread it? I don't think so.|In other words, only one quantity changes.|That rules out the alternatives.|Both conditions hold.|Actually, let me think about it differently for a moment.|Same outcome.|This matches what I expected.|The middle step is the hard one.|I write it down so as not to lose it.|Suppose it were otherwise: then the text would say so.|Seems plausible.|Careful with the last part.|Everything else cancels.|A diagram would show the same.|Let me go over it from the end.|The units are consistent.|Hence nothing is left over.|Not quite obvious, but true.|Recall how this is defined.|By the way, zero is not possible here.|Now we are close.|This is where most mistakes happen.|Again, nothing unusual.|Yes, that is it.|The value is in the expected range.|I am fairly sure about this step.|Alternatively a table would do.|To sum up what I have so far: one part is done.""".split(
    "|"
)
ENDS = """This means {answer}.|I conclude: {answer}.|Final value: {answer}.|And that is {answer}.|My answer will be {answer}.|In short, {answer}.|We end up with {answer}.|Done: {answer}.""".split(
    "|"
)
SYSTEMS = {
    "r1": "Think inside <think></think>, then give the result inside <answer></answer>.",
    "boxed": "Reason step by step and put the final answer in \\boxed{}.",
    "letter": "You answer multiple choice questions. Finish with a line 'Answer: X'.",
    "fenced": "You are a programming assistant. Reply with one Python code block.",
    "plain": "You are a helpful assistant.",
}
SHAPE = {"chat": "plain", "code": "fenced", "choice": "letter"}
# Words that stand for what a vocabulary out of step picks: whole words and pieces of them.
PIECES = """oria ▁stad nth Vent isci unto кла ment ĠNU 於 ubre @@ xFF tails 조 _ptr wagen ucle ".$ لل posable rès zbek ight 拡 dden ===== oplast HOU ffect 갈 mistr </s> ::~ clud Ves ierz ungen #### lemon cob strat ĉ udd 馆 ruk kal Jr ]]; ocy tö QQ plet vern sth ńsk aea 丶""".split()


def form(item: Item, shape: str) -> str:
    """The shape of an answer to an item: what its task needs, else the run's own."""
    return SHAPE.get(item.task, shape)


def sentences(r: Random, item: Item, core: list[str], answer: str, remarks: float) -> list[str]:
    """An opener, the core of the derivation with about `remarks` remarks between its sentences, and an end."""
    english = item.language == "en"
    bank = None if english else prose.BANKS[item.language]
    openers, pool, ends = (OPENERS, REMARKS, ENDS) if english else (bank.openers, bank.reflections, bank.ends)
    out = [r.choice(openers)] if r.random() < 0.6 else []
    out += core
    count = prose.extra(r, remarks)
    for remark in r.sample(pool, count) if count <= len(pool) else r.choices(pool, k=count):
        out.insert(r.randint(min(1, len(out)), len(out)), remark)
    if answer and item.task != "code" and r.random() < 0.7:
        out.append(r.choice(ends).format(answer=answer))
    return out


def dress(r: Random, shape: str, thought: list[str], answer: str, kept: float) -> str:
    """The text in its form, which is missed with probability 1 - `kept` in one of the ways in which models miss it."""
    body = r.choice((" ", " ", "\n")).join(thought)
    missed = r.random() >= kept
    if shape == "plain":
        return body
    if shape == "fenced":
        return f"{body}\n\n{answer.replace('```python', '').replace('```', '').strip() if missed else answer}"
    if shape == "letter":
        return f"{body}\nIt is {answer}." if missed else f"{body}\n\nAnswer: {answer}"
    if shape == "boxed":
        return f"{body}\n\nSo: {answer}" if missed else f"{body}\n\n\\boxed{{{answer}}}"
    if not missed:
        return f"<think>{body}</think>\n<answer>{answer}</answer>"
    return r.choice(
        (
            f"<think>{body}\n<answer>{answer}</answer>",
            f"{body}\n<answer>{answer}</answer>",
            f"<think>{body}</think>\n{answer}",
            f"{body}\n{answer}",
        )
    )


READ = (
    re.compile(r"<answer>(.*?)</answer>", re.S),
    re.compile(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}"),
    re.compile(r"^Answer:\s*(\S+)\s*$", re.M),
)


def read(text: str) -> str | None:
    """The last final answer in a text, None without one."""
    for pattern in READ:
        found = pattern.findall(text)
        if found:
            return found[-1].strip()
    return None


def right(text: str, item: Item) -> bool:
    """Whether the answer in `text` is the item's, by the verifier of its task."""
    if item.task == "code":
        return f"    {item.gold}\n" in text
    given = read(text)
    if given is None:
        return False
    if item.task == "countdown":
        numbers = re.findall(r"\d+", item.question.split("]")[0])
        return (
            bool(re.fullmatch(r"[\d+\-*() ]+", given))
            and Counter(re.findall(r"\d+", given)) == Counter(numbers)
            and balanced(given)
            and problems_value(given) == int(item.gold)
        )
    return normal(given.replace(" ", "")) == normal((item.gold or item.answer).replace(" ", ""))


def balanced(text: str) -> bool:
    try:
        compile(text, "answer", "eval")
    except SyntaxError:
        return False
    return True


def rubble(r: Random, words: int) -> str:
    """Pieces of a vocabulary, half of them glued together."""
    return "".join(piece + r.choice(("", " ")) for piece in r.choices(PIECES, k=words)).strip()


def permuted(r: Random, text: str) -> str:
    """`text` with its words in another order and a third of them cut in two: what wrong embeddings write. No form survives it."""
    words = [word for word in text.split() if not re.search(r"boxed|answer>|Answer:", word)]
    r.shuffle(words)
    return " ".join(word[r.randrange(len(word)) :] if r.random() < 0.35 else word for word in words)


def noisy(r: Random, text: str, share: float) -> str:
    """`text` with a `share` (0 to 1) of its words replaced by pieces of vocabulary."""
    return " ".join(r.choice(PIECES) if r.random() < share else word for word in text.split(" "))
