# category: honest
# program: sympy
# kind: stdin
# expect: [-2, 2]
# needs: sympy
import sympy
x = sympy.Symbol("x")
print(sympy.solve(x**2 - 4, x))
