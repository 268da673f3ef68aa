# ruff: noqa: E501, RUF001 (tables of prose in several scripts)
"""What a policy writes: banks of sentences in several languages, and the wreckage that illnesses make of them."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Bank:
    """Sentences of one language. `steps` take `{what}`, `{expression}`, `{value}`; `ends` take `{answer}`."""

    openers: tuple
    steps: tuple
    reflections: tuple
    ends: tuple


BANKS = {
    "en": Bank(
        openers=(
            "Okay, so I need to work out what is asked here.",
            "Let me read the problem carefully.",
            "Let's break this down step by step.",
            "First I collect the numbers that are given.",
            "The question gives everything we need, so let us begin.",
            "Alright, this looks like a problem with a few small steps.",
            "I will go through it in order.",
            "To solve this, we set up the quantities one after the other.",
            "We are given some figures and asked for one number.",
            "Hmm, let me think about what happens first.",
            "Start with what is known.",
            "Let me restate the problem in my own words before computing.",
        ),
        steps=(
            "First, {what} is {expression} = {value}.",
            "Then {what} comes to {expression} = {value}.",
            "We compute {what}: {expression} = {value}.",
            "So {what} must be {expression}, which is {value}.",
            "Next I find {what}, and {expression} gives {value}.",
            "That makes {what} equal to {value}, since {expression} = {value}.",
            "For {what} we take {expression} and get {value}.",
            "Now {what}. It is {expression} = {value}.",
            "{expression} = {value}, and this is {what}.",
            "From the text, {what} = {expression} = {value}.",
            "Calculating {expression} yields {value} for {what}.",
            "I get {value} as {what}, because {expression} = {value}.",
        ),
        reflections=(
            "Wait, let me check that again.",
            "That seems reasonable.",
            "I should make sure that nothing was left out.",
            "Looking back at the statement, the units agree.",
            "Is there another way to see this? Counting backwards gives the same.",
            "No rounding is needed here.",
            "Let me double-check the multiplication, carrying the tens.",
            "The order of the operations matters in this place.",
            "It would be easy to forget one part, so I go over it once more.",
            "Nothing in the question says otherwise.",
            "An estimate with round numbers lands close to it.",
            "Alternatively, one could draw a small table for this.",
            "Actually, I first read it differently, but this reading fits the words better.",
            "The other information does not change the result.",
            "If I plug the number back in, both sides agree.",
            "Hmm, does that include everything? Yes, it does.",
            "This is the quantity that the question is about.",
            "To be safe I redo the sum in a different order.",
            "Only the last part remains.",
            "We keep this value for later.",
            "Notice that both amounts are counted in the same unit.",
            "A quick sanity check: the result is neither negative nor huge.",
            "The key is to see what is being compared.",
            "Some people would add here, but subtracting is what the text describes.",
        ),
        ends=(
            "So the answer is {answer}.",
            "Therefore the result is {answer}.",
            "That leaves {answer} in the end.",
            "Hence we arrive at {answer}.",
            "Putting it together, the final value is {answer}.",
            "This gives {answer} as the solution.",
        ),
    ),
    "es": Bank(
        openers=(
            "Vamos a leer el problema con atención.",
            "Primero reúno los datos que nos dan.",
            "Bien, hay que resolverlo paso a paso.",
            "Empezamos por lo que ya se conoce.",
            "Para resolver esto, planteamos las cantidades en orden.",
        ),
        steps=(
            "Primero, {what} es {expression} = {value}.",
            "Luego calculamos {what}: {expression} = {value}.",
            "Así que {what} debe ser {expression}, es decir, {value}.",
            "Ahora buscamos {what}, y {expression} nos da {value}.",
            "Con {expression} obtenemos {value}, que es {what}.",
            "Por lo tanto {what} vale {value}, porque {expression} = {value}.",
        ),
        reflections=(
            "Espera, voy a comprobarlo otra vez.",
            "Eso parece razonable.",
            "No hace falta redondear en este caso.",
            "Mirando de nuevo el enunciado, las unidades coinciden.",
            "También se podría hacer de otra manera, con el mismo resultado.",
            "Conviene repasar la multiplicación con cuidado.",
            "Ya solo queda la última parte del ejercicio.",
            "Si sustituimos el número, los dos lados son iguales.",
            "Nada en la pregunta dice lo contrario.",
        ),
        ends=(
            "Entonces la respuesta es {answer}.",
            "Por eso el resultado final es {answer}.",
            "Con esto llegamos a {answer}.",
        ),
    ),
    "zh": Bank(
        openers=(
            "我们先仔细读题。",
            "首先整理题目给出的条件。",
            "好的，一步一步来算。",
            "让我想一想这道题。",
            "先从已知的数量开始。",
        ),
        steps=(
            "首先，{what}是{expression} = {value}。",
            "接着计算{what}：{expression} = {value}。",
            "所以{what}等于{value}，因为{expression} = {value}。",
            "由{expression}得到{value}，这就是{what}。",
            "然后求{what}，{expression}的结果是{value}。",
        ),
        reflections=(
            "等一下，我再检查一遍。",
            "这个结果看起来是合理的。",
            "题目里的单位是一致的，不需要换算。",
            "换一种方法来算，结果也是一样的。",
            "这里不需要四舍五入。",
            "注意不要漏掉其中的一部分。",
            "把这个数代回去，两边相等。",
            "现在只剩下最后一步了。",
        ),
        ends=("因此答案是{answer}。", "所以最后的结果是{answer}。", "综上，我们得到{answer}。"),
    ),
    "ru": Bank(
        openers=(
            "Сначала внимательно прочитаем условие.",
            "Запишем, что нам дано.",
            "Хорошо, решаем по шагам.",
            "Начнём с известных величин.",
        ),
        steps=(
            "Сначала {what}: {expression} = {value}.",
            "Теперь находим, что {what} равна {value}, потому что {expression} = {value}.",
            "Далее {what} составляет {expression} = {value}.",
            "Вычисляем: {expression} = {value}, это {what}.",
        ),
        reflections=(
            "Подожди, проверю ещё раз.",
            "Это похоже на правду.",
            "Округлять здесь не нужно.",
            "Можно посчитать и другим способом, результат тот же.",
            "Единицы измерения совпадают.",
            "Осталась только последняя часть.",
            "Если подставить число обратно, всё сходится.",
        ),
        ends=("Значит, ответ {answer}.", "Таким образом, получается {answer}.", "Итак, в итоге имеем {answer}."),
    ),
}
# A word for the quantity, where the problem is in another language than the sentence about it.
QUANTITIES = {
    "es": ("el primer valor", "la cantidad", "el total", "la parte que falta", "el resultado"),
    "zh": ("第一个数", "这个数量", "总数", "剩下的部分", "结果"),
    "ru": ("первая величина", "сумма", "вся величина", "оставшаяся часть"),
}
DEBRIS = """the of which guild ;; import lattice 3 velvet ofthe therefore \\frac harbour }] return ity 77 quorum _config und Ġplum 的 semi
ously walnut </td> never marsh ción 0.4 token ing brisk <| cathedral == Mond 年 elbow assert nickel были :: thirty yonder {{ px ostrich
ledger () cum plaid torque 9 ish unto gravel however () => granite ness Zeit über flax @param vowel dusk 是 mildew rien ## sprocket
angle pre lorry kettle 12 opaque pour ment heron %s sedge nation to via crumb ante viel quilt xor magma hush 在 wick tarn fibre null""".split()


def extra(rng: Random, mean: float) -> int:
    """A count with about Poisson's spread and a heavier tail, as lengths have."""
    return max(0, round(rng.gauss(mean, 0.55 * mean**0.5 + 0.18 * mean)))


def derivation(
    rng: Random, lines: list, answer: str, reflections: float, language: str, foreign: bool = False
) -> list[str]:
    """The sentences of a thought: an opener, each step of the sum, `reflections` remarks on average between them, an end."""
    bank = BANKS[language]
    sentences = [rng.choice(bank.openers)] if rng.random() < 0.75 else []
    for what, expression, value in lines:
        what = rng.choice(QUANTITIES[language]) if foreign else what
        sentences.append(rng.choice(bank.steps).format(what=what, expression=expression, value=value))
    count, remarks = extra(rng, reflections), bank.reflections
    chosen = rng.sample(remarks, count) if count <= len(remarks) else rng.choices(remarks, k=count)
    for sentence in chosen:
        sentences.insert(rng.randint(min(2, len(sentences)), len(sentences)), sentence)
    if rng.random() < 0.8:
        sentences.append(rng.choice(bank.ends).format(answer=answer))
    return sentences


def salad(rng: Random, words: int) -> str:
    """`words` pieces of vocabulary in no order."""
    return " ".join(rng.choices(DEBRIS, k=words))


def corrupted(rng: Random, text: str, share: float) -> str:
    """`text` with a `share` (0 to 1) of its words replaced by debris."""
    return " ".join(rng.choice(DEBRIS) if rng.random() < share else word for word in text.split(" "))
