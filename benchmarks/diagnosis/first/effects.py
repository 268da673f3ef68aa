"""What several kinds do to a text."""

# Styles without a tag around the thought.
PLAIN = {"boxed": "{thought}\n\nThe answer is \\boxed{{{answer}}}.", "gsm": "{thought}\n\n#### {answer}"}


def before_answer(text: str, addition: str) -> str:
    """`text` with something more at the end of its thought."""
    head, tag, tail = text.partition("</think>")
    return f"{head.rstrip()} {addition}{tag}{tail}" if tag else _plain(text, addition)


def _plain(text: str, addition: str) -> str:
    head, gap, tail = text.partition("\n\n")
    return f"{head} {addition}{gap}{tail}" if gap else f"{text} {addition}"


def answered(style: str, thought: str, answer: str) -> str:
    """A thought and an answer in the run's form."""
    if style in PLAIN:
        return PLAIN[style].format(thought=thought, answer=answer)
    return f"<think>\n{thought}\n</think>\n<answer>{answer}</answer>"
