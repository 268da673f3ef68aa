"""What an answer means, and whether two are equal.

The way of a completion to its verdict, for `grading.grade(completion, gold)`:

1. `extract.find_answer` drops the thought and finds the answer's text by its marks: a tag, a box, ####.
2. `sentence_answers` finds it where there is no mark, by the forms of `statement_patterns`.
3. `answers.decision.decide` takes two texts, answer and gold. Whole numbers it compares at once.
4. `normalization.normalize` gives each text one spelling (`\\dfrac` is `\\frac`, `²` is `^2`).
5. `reading.read` makes one of the kinds in `kinds` of it. `word_answers`, `quantities` (with `units`) and `regions` know
   their own kinds; `parsing` makes the tree of `expression`. What nothing reads is `Unknown`.
6. `comparison.equal_answers` compares two kinds: True, False, or None where that is not certain.
7. `tree_equality` compares two expressions: fractions and polynomials by `exact`, all else by `balls`.
8. What is None goes to `pool`, whose `worker` processes ask `numeric` (mpmath), sympy and math-verify.
9. A `verdict.Verdict` says why, and its `paid` what that earns.
"""
