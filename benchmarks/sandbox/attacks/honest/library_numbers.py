# category: honest
# program: fractions, decimals, statistics, math
# kind: stdin
# expect: 1/3 0.3 2.5 120 12
import decimal, fractions, math, statistics
print(fractions.Fraction(2, 6), decimal.Decimal("0.1") + decimal.Decimal("0.2"), statistics.mean([2, 3]), math.factorial(5), math.lcm(4, 6))
