"""What an answer means, and whether two are equal.

From a completion to its verdict, as `grading.grade(completion, gold)` does it:

1. `extract.find_answer` drops the thought and finds the answer by its marks: a tag, a box, ####.
2. `sentence_answers` finds it where there is no mark, with the patterns of `statement_patterns`.
3. `answers.decision.decide` takes two texts, answer and gold. It compares whole numbers at once.
4. `normalization.normalize` gives each text one spelling (`\\dfrac` is `\\frac`, `²` is `^2`).
5. `reading.read` reads the text as one of the kinds in `kinds`. `word_answers`, `quantities` (with `units`) and `regions`
   read their own kinds; `parsing` builds the tree of `expression`. A text that nothing reads is `Unknown`.
6. `comparison.equal_answers` compares two kinds: True, False, or None where that is not certain.
7. `tree_equality` compares two expressions: fractions and polynomials with `exact`, all else with `balls`.
8. A pair that is still None goes to `pool`, whose `worker` processes use `numeric` (mpmath), sympy and math-verify.
9. A `verdict.Verdict` gives the reason; its `paid` is the reward.
"""
