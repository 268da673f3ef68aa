# ruff: noqa: RUF001  characters that look alike are the subject
r"""One spelling for what LaTeX and Unicode write in many ways, without reading it as mathematics.

`\dfrac`, `\left`, `$…$`, thin spaces, `10{,}000`, `²` and the like are spelling. `comparison` decides whether two
normalized answers are equal.
"""

import re
from collections.abc import Callable

from grpo_rewards.answers.other_scripts import SCRIPT

_UNICODE = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "÷": "/", "∕": "/",
        "π": r"\pi ", "∞": r"\infty ", "√": r"\sqrt ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "±": r"\pm ",
        "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ", "°": r"^\circ ", "…": r"\ldots ", "⋯": r"\ldots ",
        "⁰": "^0", "¹": "^1", "²": "^2", "³": "^3", "⁴": "^4", "⁵": "^5", "⁶": "^6", "⁷": "^7", "⁸": "^8", "⁹": "^9",
        "½": r"\frac12 ", "¼": r"\frac14 ", "¾": r"\frac34 ", "⅓": r"\frac13 ", "⅔": r"\frac23 ",
        "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ", "λ": r"\lambda ", "μ": r"\mu ", "φ": r"\phi ",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ", "\t": " ", "\n": " ", "\r": " ", "’": "'",
        "⇒": r"\implies ", "→": r"\to ", "⇔": r"\iff ", "≡": r"\equiv ", "⊂": r"\subset ", "⊆": r"\subseteq ",
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
        **{sub: f"_{digit}" for digit, sub in enumerate("₀₁₂₃₄₅₆₇₈₉")},
        "⁄": "/", "℃": r"^\circ C", "℉": r"^\circ F", "′": "'", "″": "''", "µ": r"\mu ", "Ω": r"\Omega ", "\u2126": r"\Omega ",
        "≈": r"\approx ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "△": r"\triangle ", "∠": r"\angle ",
        "、": ",", "（": "(", "）": ")", "：": ":", "％": "%", "＝": "=",
        "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, "\ufeff": None, "\u00ad": None,
    }
)  # fmt: skip
_RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_POWER = re.compile("[⁻⁺][⁰¹²³⁴-⁹]+")
_BINOMIAL = re.compile(
    r"(?<![\w\\])C\((\d+),\s*(\d+)\)|(?:\{\}\s*|(?<![\w}]))[_^]\{?(\d+)\}?\s*C_\{?(\d+)\}?|"
    r"(?<![\w\\])C_\{?(\d+)\}?\s*\^\{?(\d+)\}?|(?<![\w\\])C\^\{?(?P<k>\d+)\}?\s*_\{?(?P<n>\d+)\}?"
)
_OR = re.compile(rf"(?<![{SCRIPT}])(?:(?P<or>或者?)|和|与)(?![{SCRIPT}])")
_CIRCLED = re.compile("(?<=[①-⑳])\\s*[,、和与]?\\s*(?=[①-⑳])")
_FORMULA = re.compile(r"(?=.*\d)(?=.*[A-Z].*[A-Z])(?:[A-Z][a-z]?\d*)+")  # H2O
_ROOT = re.compile(r"√\s*(\d+(?:\.\d+)?|[A-Za-z])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_To = str | Callable[[re.Match[str]], str]


def compiled(*rules: tuple[str, _To]) -> list[tuple[re.Pattern[str], _To]]:
    """Patterns, each with its replacement."""
    return [(re.compile(pattern), to) for pattern, to in rules]


_COMMANDS = compiled(
    (r"\\not\s*(?:=|\\eq(?![A-Za-z]))|\\not\s*\{=\}", r"\\ne "),
    (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
    (r"\\[dt]binom(?![A-Za-z])", r"\\binom"),
    (r"\\(?:left|right)\s*\.", ""),
    (r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits)(?![A-Za-z])", ""),
    (r"\{,\}|,\\!\s*", ","),
    (r"\\(?:text)?color\s*\{[^{}]*\}", ""),
    (r"\\(?:tiny|small|normalsize|large|Large|LARGE|huge|Huge|bf|it|rm|sf|tt)(?![A-Za-z])", ""),
    (r"\\dot\s*\{(\d)\}", r"\\overline{\1}"),
    (r"\\(?:langle)(?![A-Za-z])", "("),
    (r"\\(?:rangle)(?![A-Za-z])", ")"),
    (r"\\!", ""),
    (r"(?<=\d)\\[,;:](?=\d{3}(?!\d))", ""),
    (r"(?<!\\)\\(?:[,;: ]|quad(?![A-Za-z])|qquad(?![A-Za-z])|hspace\{[^{}]*\}|phantom\{[^{}]*\})", " "),
    (r"\\(?:dots|cdots|ldots|dotsc|dotsb)(?![A-Za-z])", r"\\ldots "),
    (r"\\(?:leq|leqslant)(?![A-Za-z])", r"\\le "),
    (r"\\(?:geq|geqslant)(?![A-Za-z])", r"\\ge "),
    (r"\\neq(?![A-Za-z])", r"\\ne "),
    (r"\\lt(?![A-Za-z])", "<"),
    (r"\\gt(?![A-Za-z])", ">"),
    (r"\\(?:varnothing)(?![A-Za-z])", r"\\emptyset "),
    (r"\^\s*\{?\s*\\(?:circ|degree)\s*\}?|\\degree(?![A-Za-z])", r"^\\circ "),
    (r"\\(?:lbrace)(?![A-Za-z])", r"\\{"),
    (r"\\(?:rbrace)(?![A-Za-z])", r"\\}"),
    (r"\\(?:lvert|rvert|vert)(?![A-Za-z])", "|"),
    (r"\\(?:land|wedge)(?![A-Za-z])", " and "),
    (r"\\(?:lor|vee)(?![A-Za-z])", " or "),
    (r"\\(?:ast|star)(?![A-Za-z])", r"\\cdot "),
    (r"\\Pi(?![A-Za-z])", r"\\pi"),
    (r"\\(?:arc)(sin|cos|tan)", r"\\arc\1"),
    (r"\\var(epsilon|phi|theta|rho)(?![A-Za-z])", r"\\\1"),
    (r"\\ce\s*\{([^{}]*)\}", lambda formula: re.sub(r"(?<=[A-Za-z)])(\d+)", r"_\1", formula[1])),
)


def _binomial(match: re.Match) -> str:
    """`C(10,3)`, `{}_{10}C_3`, `C_{10}^3`; `C_1^2` is the square of a constant."""
    n, k = (match["n"], match["k"]) if match["n"] else [group for group in match.groups() if group]
    return f"\\binom{{{n}}}{{{k}}}" if int(n) > 1 and int(n) >= int(k) else match[0]


_PLAIN = compiled(
    (r"_\s+", "_"),
    (r"~", " "),
    (r"\.\.\.", r"\\ldots "),
    (r"<=", r"\\le "),
    (r">=", r"\\ge "),
    (r"!=", r"\\ne "),
    (r"(?<!\*)\*(?!\*)", r"\\cdot "),
    (r"\*\*", "^"),
    (r"(?<=\d)\s*[xX]\s*10(?=\^)", r"\\times 10"),
    (r"\{,\}", ","),
    (r"\{:\}", ":"),
    (r"(?<=\{)\d{1,3}(?:,\d{3})+(?=\})", lambda number: number[0].replace(",", "")),
)
_ALL = _PLAIN + _COMMANDS
_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|mbox|underline|textnormal|mathrm|mathbf|mathit|mathsf|bm|boldsymbol|operatorname\*?)\s*\{"
)
_MATH = [("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")]


def normalize(text: str) -> str:
    r"""The text in one spelling; the same mathematics and the same words.

    >>> normalize("$\\dfrac{1}{2}$."), normalize("10{,}000"), normalize("15\\mbox{ cm}^2"), normalize("\\left( 3, ½ \\right]")
    ('\\frac{1}{2}', '10,000', '15 cm^2', '( 3, \\frac12 ]')
    """
    text = _ROOT.sub(r"\\sqrt{\1}", text.strip(" *`\n"))
    if not text.isascii():
        text = _POWER.sub(lambda power: "^{" + power[0].translate(_RAISED) + "}", text).removesuffix("。")
        text = _OR.sub(lambda word: " or " if word["or"] else " and ", _CIRCLED.sub("", text)).translate(_UNICODE)
    text = _CONTROL.sub("", text).strip()
    if len(text) > 2 and text[0] + text[-1] in ('""', "“”", "''") and text[0] not in text[1:-1]:
        text = text[1:-1]
    if text[:1].isupper() and _FORMULA.fullmatch(text):
        text = re.sub(r"(\d+)", r"_\1", text)
    text = unwrap_words(_strip_math(text))
    if "C" in text:
        text = _BINOMIAL.sub(_binomial, text)
    for pattern, to in _ALL if "\\" in text else _PLAIN:
        text = pattern.sub(to, text)
    return " ".join(_strip_math(text).split())


def _strip_math(text: str) -> str:
    """The text without a full stop at the end and without the dollars or brackets around mathematics."""
    while True:
        before = text
        text = text.strip()
        if text.endswith(".") and not text.endswith(".."):
            text = text[:-1].rstrip()
        text = text.removesuffix("\\").rstrip() if text.endswith("\\") else text
        for start, end in _MATH:
            inner = text[len(start) : -len(end)]
            if (
                len(text) > len(start + end)
                and text.startswith(start)
                and text.endswith(end)
                and start not in inner.replace("\\$", "")
            ):
                text = inner if not inner.endswith("\\") or start == "\\(" else text
        if text == before:
            return text.replace("$", "") if text.count("$") % 2 == 0 and "\\$" not in text else text


def unwrap_words(text: str) -> str:
    r"""The text without `\text{…}` and the like around words, separated by a space. Takes linear time.

    >>> unwrap_words("10\\text{cm}^2")
    '10 cm^2'
    """
    out, position, open_braces = [], 0, []
    for match in re.finditer(_WRAPPER.pattern + r"|\\[{}]|[{}]", text):
        if match.start() < position:
            continue
        token = match.group()
        if (token.endswith("{") and len(token) > 2) or (token == "{"):
            wrapped = token != "{"
            open_braces.append(wrapped)
            out.append(text[position : match.start()] + (" " if wrapped else "{"))
        elif token == "}":
            wrapped = open_braces.pop() if open_braces else False
            out.append(text[position : match.start()] + ("" if wrapped else "}"))
        else:
            continue
        position = match.end()
    return "".join(out) + text[position:]
