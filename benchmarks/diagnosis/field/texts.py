"""Questions, answers of every quality, and their rewards, for the runs of runs.py.

Four tasks: sums (true or false), news (summaries, ROUGE), letter (a reward model), box (intersection over union).
"""
# ruff: noqa: RUF001

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32


def choices(text: str) -> list[str]:
    return text.replace("\n", "").split("|")


NAMES = """Maya Tomas Priya Leon Aisha Bruno Clara Dmitri Elena Farid Greta Hugo Ines Jonas Keiko Lars Mina Noor Oskar
Paula Rafael Sofia Tariq Ursula Viktor Wanda Yusuf Zoe""".split()
TOWNS = """Ashford Brookvale Carden Dunmore Eastwick Fernhill Glenbrook Harrow Iverton Kelso Larkfield Midbury Northam
Oakley Penrose Quarry Redmoor Selby Thornton Upwell Westry Yarrow""".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

# --------------------------------------------------------------------------------------------------------- arithmetic
# A question, the range of each number (or how it follows from others), and the steps: what, left, operator, right.
# "#0" is the result of the first step.
SUMS = [
    (
        "{n} bakes {a} trays of {b} muffins and {c} single ones. How many muffins does {n} bake in all?",
        {"a": (3, 9), "b": (6, 24), "c": (5, 40)},
        [("the number of muffins on trays", "a", "×", "b"), ("the total with the single ones", "#0", "+", "c")],
    ),
    (
        "A coach drives {a} stages of {b} km each and then {c} km to the depot. What is the whole distance in km?",
        {"a": (2, 8), "b": (35, 95), "c": (8, 60)},
        [("the distance of the stages", "a", "×", "b"), ("the distance with the way to the depot", "#0", "+", "c")],
    ),
    (
        "At the {t} theatre an adult ticket costs {a} dollars and a child ticket {b} dollars. {n} buys {c} adult tickets "
        "and {d} child tickets. How many dollars does {n} pay?",
        {"a": (11, 29), "b": (4, 10), "c": (2, 6), "d": (2, 9)},
        [
            ("the price of the adult tickets", "a", "×", "c"),
            ("the price of the child tickets", "b", "×", "d"),
            ("the sum of both", "#0", "+", "#1"),
        ],
    ),
    (
        "{n} reads {a} pages a day for {b} days. The novel has {c} pages. How many pages are left?",
        {"a": (12, 34), "b": (4, 11), "c": (390, 620)},
        [("the number of pages read so far", "a", "×", "b"), ("the number of pages left", "c", "-", "#0")],
    ),
    (
        "{n} has {a} dollars and saves {b} dollars a week for {c} weeks. Then {n} spends {d} dollars on a bicycle. "
        "Find the amount that remains.",
        {"a": (120, 300), "b": (15, 45), "c": (6, 20), "d": (90, 200)},
        [
            ("the amount saved", "b", "×", "c"),
            ("the amount before the purchase", "a", "+", "#0"),
            ("the amount that remains", "#1", "-", "d"),
        ],
    ),
    (
        "A garden in {t} is {a} m long and {b} m wide. A pond takes {c} square metres of it. "
        "Give the area that is not covered by the pond, in square metres.",
        {"a": (18, 48), "b": (12, 30), "c": (20, 140)},
        [("the area of the garden", "a", "×", "b"), ("the area without the pond", "#0", "-", "c")],
    ),
    (
        "{c} pencils are shared equally among {a} pupils of {n}'s class, and each pupil then gets {d} more. "
        "How many pencils does each pupil have?",
        {"a": (4, 9), "b": (7, 25), "c": ("a", "×", "b"), "d": (2, 12)},
        [("the share of one pupil", "c", "/", "a"), ("the number with the extra pencils", "#0", "+", "d")],
    ),
    (
        "{n} works {a} hours a day for {b} days at {c} dollars an hour and pays {d} dollars for the bus pass. "
        "How much money is left from the wages?",
        {"a": (4, 9), "b": (3, 6), "c": (14, 28), "d": (25, 70)},
        [
            ("the number of hours", "a", "×", "b"),
            ("the wage", "#0", "×", "c"),
            ("the money left", "#1", "-", "d"),
        ],
    ),
    (
        "A pump in {t} fills {a} litres a minute while {b} litres a minute leak away. "
        "How many litres are in the tank after {c} minutes?",
        {"a": (40, 90), "b": (5, 30), "c": (12, 60)},
        [("the gain in one minute", "a", "-", "b"), ("the volume at the end", "#0", "×", "c")],
    ),
    (
        "Compute {a} · {b} - {c}.",
        {"a": (13, 60), "b": (12, 39), "c": (20, 150)},
        [("the product", "a", "×", "b"), ("the difference", "#0", "-", "c")],
    ),
    (
        "Solve {a}x + {b} = {d} for the integer x, and then state the value of x + {e}.",
        {"a": (3, 12), "c": (5, 30), "b": (4, 50), "f": ("a", "×", "c"), "d": ("f", "+", "b"), "e": (2, 19)},
        [
            ("the right side without the constant", "d", "-", "b"),
            ("the value of x", "#0", "/", "a"),
            ("the value asked for", "#1", "+", "e"),
        ],
    ),
    (
        "{n}'s hens lay {a} eggs a day. {n} keeps {b} of them and sells the rest for {c} cents each. "
        "How many cents does {n} earn in {d} days?",
        {"a": (18, 40), "b": (3, 11), "c": (15, 45), "d": (3, 12)},
        [
            ("the number of eggs sold in a day", "a", "-", "b"),
            ("the income of a day", "#0", "×", "c"),
            ("the income of all days", "#1", "×", "d"),
        ],
    ),
]
OPENERS = choices("""Let's work through this step by step.|I will go through the numbers one at a time.|
The problem has a few parts.|First I collect what is given.|Here is how I would set it up.|We can break this into small parts.|
Let me write down what we know.|Okay, start with the given values.|
I read the question again to see what is asked.|The way to go is from the inside out.""")
CLOSERS = choices("""So the answer is {f}.|Therefore we get {f}.|The final answer is {f}.|That makes {f}.|
Hence the result is {f}.|This gives {f}.|In conclusion: {f}.|Answer: {f}""")
STEPS = [
    "{D} is {e} = {r}.",
    "To find {d}, compute {e} = {r}.",
    "{e} = {r}, which is {d}.",
    "So {d} is {e} = {r}.",
    "Next I need {d}: {e} = {r}.",
    "We have {e} = {r} for {d}.",
    "I calculate {d} as {e}, giving {r}.",
    "Working out {d} gives {e} = {r}.",
    "{D} comes to {r}, because {e} = {r}.",
]
CHECKS = ["Check: {} holds.", "As a check, {}, as it should.", "{} confirms it."]
CHINESE = choices(
    "我们先计算{e}，得到{r}。|接下来{e}等于{r}。|这一步的结果是{e} = {r}。|然后用{e}求出{r}。|由此可知{e}的值为{r}。"
)
TOKEN = r"\d|[^\W\d_]{1,6}|[^\w\s]|_"
BACK = {"+": "-", "-": "+", "×": "/", "/": "×"}
DO = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "×": lambda a, b: a * b, "/": lambda a, b: round(a / b)}
BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
TAGS = (
    "You are a careful assistant. First think about the problem between <think> and </think>, "
    "then give the final answer between <answer> and </answer>."
)


@dataclass
class Question:
    """What is asked, its gold answer ("" where there is none), and what a writer of answers needs."""

    task: str
    text: str
    gold: str = ""
    hard: float = 0.0
    parts: dict = field(default_factory=dict)


def sum_question(rng: random.Random) -> Question:
    form, ranges, steps = rng.choice(SUMS)
    values: dict = {}
    for name, spec in ranges.items():
        if isinstance(spec[0], int):
            values[name] = rng.randint(*spec)
        else:
            left, operator, right = spec
            values[name] = DO[operator](values[left], values[right])
    text = form.format(n=rng.choice(NAMES), t=rng.choice(TOWNS), **values)
    parts = {"values": values, "steps": steps}
    gold = work_out(parts)[-1][-1]
    return Question("sums", text, str(gold), rng.gauss(0.25 * (len(steps) - 2), 1.1), parts)


def work_out(parts: dict, slip: int = -1, by: int = 0) -> list[tuple[str, int, str, int, int]]:
    """(what, left, operator, right, result) of each step; step `slip` is off by `by`, and what follows builds on it."""
    done: list[tuple[str, int, str, int, int]] = []
    for number, (what, left, operator, right) in enumerate(parts["steps"]):
        a, b = (done[int(key[1:])][-1] if key[0] == "#" else parts["values"][key] for key in (left, right))
        done.append((what, a, operator, b, DO[operator](a, b) + (by if number == slip else 0)))
    return done


def tokens(text: str) -> int:
    return len(re.findall(TOKEN, text))


def solve(question: Question, right: bool, rng: random.Random, tags: bool = False, forms: list[str] = STEPS) -> str:
    """A worked solution; a wrong one slips in one step, or stops a step early."""
    slip = -1 if right else rng.randrange(len(question.parts["steps"]))
    steps = work_out(question.parts, slip, rng.choice([-20, -10, -9, -2, -1, 1, 2, 8, 10, 30]))
    if not right and rng.random() < 0.3:
        steps = work_out(question.parts)[:-1]
    if not right and str(steps[-1][-1]) == question.gold:
        steps = work_out(question.parts, len(question.parts["steps"]) - 1, rng.choice([-10, 10, 3]))
    lines = [rng.choice(OPENERS)] if rng.random() < 0.7 and forms is STEPS else []
    for what, a, operator, b, result in steps:
        shown = rng.choice([f"{a} {operator} {b}", f"{a}{operator}{b}", f"({a} {operator} {b})"])
        line = rng.choice(forms).format(d=what, D=what[0].upper() + what[1:], e=shown, r=result)
        lines.append(line)
    _, a, operator, b, result = steps[-1]
    if rng.random() < 0.35 and DO[operator](a, b) == result and forms is STEPS:
        lines.append(rng.choice(CHECKS).format(f"{result} {BACK[operator]} {b} = {a}"))
    thought = rng.choice([" ", "\n", "\n\n"]).join(lines)
    if tags:
        return f"<think>\n{thought}\n</think>\n<answer>{result}</answer>"
    closer = rng.choice(CLOSERS) if forms is STEPS else "所以答案是{f}。"
    return thought + "\n\n" + closer.format(f=f"\\boxed{{{result}}}")


def ponder(question: Question, rng: random.Random, least: int) -> str:
    """A thought of at least `least` tokens that comes to no end: true arithmetic around the question's numbers."""
    lines = [
        rng.choice(OPENERS),
        *(f"{what.capitalize()}: {a} {op} {b} = {r}." for what, a, op, b, r in work_out(question.parts)),
    ]
    numbers = [abs(value) + 2 for value in question.parts["values"].values()]
    count = tokens(" ".join(lines))
    while count < least:
        a, b = rng.choice(numbers) + rng.randint(0, 9), rng.choice(numbers) + rng.randint(1, 20)
        c, what = rng.randint(2, 9), rng.choice(question.parts["steps"])[0]
        forms = [
            f"Wait, is that {what}? Suppose it were {a} and {b} together, then we would have {a + b}.",
            f"Hmm, {a} times {c} is {a * c}, so {what} cannot be read like that.",
            f"Let me look at {what} from the other side: {a * b} split by {b} is {a} again.",
            f"If I take {c} away from {b + c}, I am back at {b}, which fits the text.",
            f"Alternatively, {a} + {b} - {c} = {a + b - c}, but the question does not mention {c}.",
            f"Perhaps the wording wants {what} first; with {a} that leads to {a} · {c} = {a * c}.",
            f"I could also round {a * c + 1} to the nearest ten and see that {round((a * c + 1) / 10) * 10} is close.",
            f"Okay, another look at {what}: double {b} is {2 * b}, half of {2 * a} is {a}.",
        ]
        lines.append(rng.choice(forms))
        count += tokens(lines[-1])
    return " ".join(lines)


# --------------------------------------------------------------------------------------------------------- prose
# Facts of a story, each as in the article, as in the reference, and freely; the first three are in the reference.
STORIES = [
    [
        """The council of {t} decided on {day} to build a new {thing} beside the station.
        The council of {t} will build a {thing} beside the station.|A {thing} is coming to the station quarter of {t}.""",
        """The works are to cost {cost} million euros, of which the state pays a third.
        It costs {cost} million euros.|The price is put at {cost} million.""",
        """If nothing delays the builders, the doors open in {year}.|It opens in {year}.|Visitors may come in from {year} on.""",
        """{n}, who speaks for the shopkeepers, fears that parking will become scarce.
        Shopkeepers fear for parking.|{n} is worried about parking spaces.""",
        """The session lasted until late in the evening, and the gallery was full.
        The session was long.|Many people listened in the gallery.""",
        """An older plan from the nineties had been dropped for want of money.
        An older plan was dropped.|Decades ago money was lacking for it.""",
    ],
    [
        """The rowing club of {t} won the regional race on {day} with its boat named {n}.
        {t} won the regional rowing race.|The rowers from {t} came in first.""",
        """The crew needed {cost} minutes for the course and led from the first bend.
        The crew took {cost} minutes.|Their time was {cost} minutes.""",
        """With it the club starts at the national finals of {year}.
        It goes to the finals of {year}.|The finals in {year} are the next goal.""",
        """A cold wind had made the water rough all morning.|The water was rough.|It was windy on the river.""",
        """About two hundred people watched from the {thing} on the bank.
        Two hundred people watched.|The crowd stood near the {thing}.""",
        """Last season the same boat had sunk after a collision with a buoy.
        Last season the boat sank.|A year before they had hit a buoy.""",
    ],
]
THINGS = choices("library|market hall|swimming pool|concert hall|sports hall|museum|footbridge|cinema")
FILLERS = choices("""There is more to say about this topic.|Everyone has a different opinion about it.|It remains to be seen.|
The text tells about several things.|In general this is an interesting event.|Much was said and little was new.""")
TROUBLES = choices(
    "a dripping tap|a broken heater|a noisy lift|a damp wall|a missing parcel|a wrong invoice|a stuck window"
)
WISHES = choices("a repair|a visit by a technician|a refund|a written answer|a date for an inspection|a discount")
# How often a weak writer has the piece, and its forms.
LETTER = [
    (0.6, "Dear {who},|Hello {who},|Good morning {who},|Hi {who},"),
    (
        0.9,
        "I am writing because of {what}.|We have had trouble with {what}.|There is a problem with {what} in my flat.",
    ),
    (
        0.3,
        "It began on {day}.|The trouble started on {day}.|Since {day} it has not improved.|I noticed it first on {day}.",
    ),
    (
        0.3,
        "Could you please arrange {wish}?|I would be grateful for {wish}.|I kindly ask for {wish}.|May I ask for {wish}?",
    ),
    (
        0.2,
        "You can reach me in the evening.|I am at home most afternoons.|A call is enough.|Please tell me what suits you.",
    ),
    (0.5, "Kind regards|Best wishes|With thanks|Yours sincerely"),
]
BOXES = (
    "The {w} is at {b}.|I see the {w} here: {b}|{b}|Its box, with the whole {w}, is {b}.|The {w} covers the area {b}."
)


def news_question(rng: random.Random) -> Question:
    slots = {"t": rng.choice(TOWNS), "n": rng.choice(NAMES), "day": rng.choice(DAYS), "thing": rng.choice(THINGS)}
    slots |= {"cost": rng.randint(6, 48), "year": rng.randint(2026, 2034)}
    facts = [[form.format(**slots) for form in re.split(r"\||\n *", fact)] for fact in rng.choice(STORIES)]
    told = list(range(6))
    rng.shuffle(told)
    article = " ".join(facts[number][0] for number in told)
    parts = {"facts": facts, "reference": " ".join(fact[1] for fact in facts[:3])}
    text = f"Summarise the article in at most three short sentences.\n\n{article}"
    return Question("news", text, "", rng.gauss(0, 0.1), parts)


def summarise(question: Question, quality: float, rng: random.Random) -> str:
    lines = []
    for number, fact in enumerate(question.parts["facts"]):
        if number < 3 and rng.random() < 0.35 + 0.6 * quality:
            lines.append(fact[1] if rng.random() < quality else rng.choice(fact))
        elif number >= 3 and rng.random() < 0.5 - 0.5 * quality:
            lines.append(rng.choice(fact[1:]))
    while len(lines) < 2 or rng.random() < 0.3 - 0.3 * quality:
        lines.append(rng.choice(FILLERS))
    if rng.random() < 0.4:
        rng.shuffle(lines)
    return " ".join(lines)


def letter_question(rng: random.Random) -> Question:
    parts = {"who": rng.choice(NAMES), "what": rng.choice(TROUBLES), "day": rng.choice(DAYS)}
    parts["wish"] = rng.choice(WISHES)
    text = "Write a short email to {who} in {t} about {what}. Say that it began on {day}, and ask for {wish}."
    return Question("letter", text.format(t=rng.choice(TOWNS), **parts), "", rng.gauss(0, 0.1), parts)


def write_letter(question: Question, quality: float, rng: random.Random) -> str:
    kept = [rng.choice(forms.split("|")) for least, forms in LETTER if rng.random() < least + (1 - least) * quality]
    return "\n".join(piece.format(**question.parts) for piece in kept or [FILLERS[0]])


def box_question(rng: random.Random) -> Question:
    colour = rng.choice("red blue green yellow black white".split())
    thing = rng.choice("bicycle dog kettle suitcase bench van".split())
    x, y = rng.randint(10, 380), rng.randint(10, 260)
    parts = {"box": (x, y, x + rng.randint(90, 250), y + rng.randint(80, 210)), "what": f"{colour} {thing}"}
    where = rng.choice(["in the courtyard", "by the door", "near the fence", "on the platform", "beside the shop"])
    text = f"<|vision_start|><|image_pad|><|vision_end|>Where is the {colour} {thing} {where}? Give its box as [x1, y1, x2, y2]."
    return Question("box", text, "", rng.gauss(0, 0.1), parts)


def point_out(question: Question, quality: float, rng: random.Random) -> str:
    what, spread = question.parts["what"], 8 + 110 * (1 - min(1.0, quality))
    box = [max(0, round(edge + rng.gauss(0, spread))) for edge in question.parts["box"]]
    return rng.choice(BOXES.split("|")).format(w=what, b=box)


def gibberish(rng: random.Random, count: int) -> str:
    bits = "ioned _Init ĠĠ }}$ uluş 的确 Vorst ;;; pełn (null ært -*- ẩn 吗 cdot/ xB7 rå lüg endif ~~ qq zzk ]]> naï".split()
    return "".join(rng.choice(bits) + rng.choice(["", " ", "", "\n"]) for _ in range(count))


MAKERS = {"sums": sum_question, "news": news_question, "letter": letter_question, "box": box_question}
WRITERS = {"news": summarise, "letter": write_letter, "box": point_out}


# --------------------------------------------------------------------------------------------------------- rewards
def accuracy(text: str, question: Question) -> float:
    found = re.findall(r"\\boxed\{([^{}]*)\}|<answer>\s*(.*?)\s*</answer>", text)
    return float(bool(found) and (found[-1][0] or found[-1][1]) == question.gold)


def well_formed(text: str, question: Question) -> float:
    return float(bool(re.fullmatch(r"<think>\n.+?\n</think>\n<answer>[^<]+</answer>", text, re.DOTALL)))


def rouge(text: str, question: Question) -> float:
    """F1 of the words, 0 to 1."""
    ours, reference = (Counter(re.findall(r"\w+", side.lower())) for side in (text, question.parts["reference"]))
    return round(2 * (ours & reference).total() / max(1, ours.total() + reference.total()), 4)


def overlap(text: str, question: Question) -> float:
    """Intersection over union of the first box in the text, 0 where there is none."""
    found = re.search(r"\[(\d+), (\d+), (\d+), (\d+)\]", text)
    if not found:
        return 0.0
    a, b = [int(edge) for edge in found.groups()], question.parts["box"]
    shared = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    size = [max(0, c[2] - c[0]) * max(0, c[3] - c[1]) for c in (a, b)]
    return round(shared / (size[0] + size[1] - shared), 4)


def judge(text: str, question: Question) -> float:
    """What a reward model makes of a letter, about -2 to 4."""
    named = sum(question.parts[slot] in text for slot in ("who", "what", "day", "wish"))
    polite = len(re.findall(r"please|kind|grateful|thanks|regards|sincerely|wishes", text.lower()))
    return round(-2 + 1.1 * named + 0.25 * min(polite, 4) + (crc32(text.encode()) % 1000) / 1500, 4)


def unanswered(score: Callable, per_mille: int) -> Callable:
    """The score, and None for so many texts of a thousand, whatever they say."""
    return lambda text, question: None if crc32(text.encode()) % 1000 < per_mille else score(text, question)


REWARDS = {
    "sums": {"MathAccuracy": accuracy},
    "news": {"Rouge": rouge},
    "letter": {"Skywork-Reward-V2-Qwen3-4B": judge},
    "box": {"IoUReward": overlap},
}
