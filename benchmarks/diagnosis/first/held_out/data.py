"""What is wrong with the questions or too easy or too hard about them."""

import zlib

from benchmarks.diagnosis.first.effects import answered
from benchmarks.diagnosis.first.problems import pool
from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


def _part(text: str, share: float) -> bool:
    return zlib.crc32(text.encode()) % 1000 < share * 1000


@illness("duplicated_data")
def duplicated_data(run: Run) -> None:
    """The same questions stand in many rows of the data set, so they meet again within an epoch and within a batch."""
    s, r = run.settings, run.rng
    s.questions = s.steps * s.prompts
    share, few = run.pick(0.8, 0.4, 0.15), run.pick(5, 8, 8)
    unique = pool(r, max(few + 1, round(s.questions * (1 - share))), s.language, s.spread)
    run.pool = unique + r.choices(unique[:few], k=round(s.questions * share))
    run.from_start()
    run.says = f"{share:.0%} of the rows are copies of {few} questions"


@illness("prompts_cut")
def prompts_cut(run: Run) -> None:
    """Questions longer than `max_length`: the left is cut off before the model sees it, the log shows the whole prompt."""
    s, r = run.settings, run.rng
    s.max_length = 256
    share = run.pick(0.75, 0.3, 0.1)
    run.from_start()
    run.says = f"{share:.0%} of the prompts are longer than max_length {s.max_length}"
    stories = [p.question for p in pool(r, 60)]
    long: dict[str, str] = {}

    def question(problem):
        if not _part(problem.question, share):
            return problem.question
        if problem.question not in long:
            length = r.randint(9, 14)
            notes = " ".join(f"({n}) {text}" for n, text in enumerate(r.sample(stories, length), 1))
            long[problem.question] = (
                f"{problem.question} Here are other exercises of the same sheet, as a help only. {notes}"
            )
        return long[problem.question]

    complaints = (
        "The beginning of the task seems to be missing.",
        "I only see the list of exercises, so I take the last one.",
        "It is not clear which question is meant here.",
    )

    def text(sample, policy):
        if _part(sample.problem.question, share) and r.random() < 0.85:
            sample.right, wrong = False, str(r.randint(2, 900))
            thought = " ".join([r.choice(complaints), *sample.sentences[-2:-1]])
            sample.text = answered(s.style, thought, wrong) if r.random() < 0.5 else f"{thought} The answer is {wrong}."

    run.on_question.append(question)
    run.on_text.append(text)


@illness("answer_leaked")
def answer_leaked(run: Run) -> None:
    """The prompt gives the answer away."""
    s, r = run.settings, run.rng
    share = run.pick(0.95, 0.4, 0.15)
    run.from_start()
    form = r.choice(
        (
            "{question}\nAnswer: {answer}",
            "{question} (Solution: {answer})",
            "{question}\n#### {answer}",
            "Known result: {answer}. {question}",
        )
    )
    run.says = f"{share:.0%} of the prompts hold the answer"

    def question(problem):
        if _part(problem.question, share):
            return form.format(question=problem.question, answer=problem.answer)
        return problem.question

    def text(sample, policy):
        if _part(sample.problem.question, share) and r.random() < 0.9:
            sample.right = True
            thought = " ".join([*sample.sentences[:1], f"The result {sample.problem.answer} agrees with the numbers."])
            if r.random() < policy.format:
                sample.text = answered(s.style, thought, sample.problem.answer)

    run.on_question.append(question)
    run.on_text.append(text)


@illness("all_solved")
def all_solved(run: Run) -> None:
    """Nearly every group is all right: nothing to learn from."""
    s = run.settings
    s.rewards = s.rewards[:1] if run.rng.random() < 0.5 else s.rewards
    s.style = "boxed" if s.rewards[-1] in ("BoxedFormat", "RepetitionPenalty") else s.style
    if "RepetitionPenalty" in s.rewards:
        s.rewards[1] = "BoxedFormat"
    s.skill, s.gain, s.spread = run.pick(9.0, 6.0, 4.6), 0.3, 0.8
    s.format_start, s.format_end, s.wobble = run.pick(1.0, 0.998, 0.995), run.pick(1.0, 0.999, 0.997), 0.03
    run.from_start()
    run.says = "the questions are too easy from the start"


@illness("none_solved")
def none_solved(run: Run) -> None:
    """Nearly every group is all wrong: nothing to learn from either."""
    s = run.settings
    s.rewards = s.rewards[:1]
    s.skill, s.gain, s.spread, s.wobble = run.pick(-12.0, -6.0, -4.6), 0.1, 0.7, 0.02
    run.from_start()
    run.says = "the questions are never, or hardly ever, solved"
