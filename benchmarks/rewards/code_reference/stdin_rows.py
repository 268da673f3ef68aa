"""Twenty programs that read stdin and print, each written in one of the ways in which competitors write them.

No real test set of this kind is small and free enough to fetch, so inputs are drawn here with a seed, and the expected
outputs are what the programs print under plain `python`. The tests are then those of the raw formats of APPS, TACO,
LiveCodeBench and open-r1.
"""

import random
import subprocess
import sys
from collections.abc import Callable

Draw = Callable[[random.Random], str]


def _n(rng: random.Random) -> str:
    return f"{rng.randint(1, 60)}\n"


def _two(rng: random.Random) -> str:
    return f"{rng.randint(-99, 99)} {rng.randint(1, 99)}\n"


def _list(rng: random.Random) -> str:
    n = rng.randint(1, 9)
    return f"{n}\n{' '.join(str(rng.randint(-50, 50)) for _ in range(n))}\n"


def _reals(rng: random.Random) -> str:
    n = rng.randint(2, 6)
    return f"{n}\n{' '.join(f'{rng.uniform(-9, 9):.3f}' for _ in range(n))}\n"


def _cases(rng: random.Random) -> str:
    t = rng.randint(1, 5)
    return f"{t}\n" + "".join(_two(rng) for _ in range(t))


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("abca") for _ in range(rng.randint(1, 9))) + "\n"


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(("the", "A", "cat", "Sat", "on", "mat")) for _ in range(rng.randint(1, 6))) + "\n"


def _grid(rng: random.Random) -> str:
    rows, columns = rng.randint(1, 4), rng.randint(1, 5)
    return f"{rows} {columns}\n" + "".join(
        "".join(rng.choice("#.") for _ in range(columns)) + "\n" for _ in range(rows)
    )


def _unterminated(rng: random.Random) -> str:
    return _list(rng).rstrip("\n")


ROWS: dict[str, tuple[Draw, str]] = {
    "sum": (_list, "n = int(input())\nprint(sum(map(int, input().split())))\n"),
    "fizz": (
        _n,
        """n = int(input())
for i in range(1, n + 1):
    if i % 15 == 0:
        print("FizzBuzz")
    elif i % 3 == 0:
        print("Fizz")
    elif i % 5 == 0:
        print("Buzz")
    else:
        print(i)
""",
    ),
    "gcd, many cases": (
        _cases,
        """import sys
from math import gcd

def main():
    data = sys.stdin.read().split()
    t = int(data[0])
    out = []
    for k in range(t):
        a, b = int(data[1 + 2 * k]), int(data[2 + 2 * k])
        out.append(str(gcd(a, b)))
    print("\\n".join(out))

if __name__ == "__main__":
    main()
""",
    ),
    "mean": (_reals, "n = int(input())\nxs = list(map(float, input().split()))\nprint(sum(xs) / n)\n"),
    "mean, six digits": (
        _reals,
        'n = int(input())\nxs = list(map(float, input().split()))\nprint(f"{sum(xs) / n:.6f}")\n',
    ),
    "palindrome": (_word, 's = input().strip()\nprint("YES" if s == s[::-1] else "NO")\n'),
    "sorted words": (_sentence, "print(*sorted(input().split(), key=str.lower))\n"),
    "sorted, one a line": (
        _list,
        "import sys\nlines = sys.stdin.readlines()\nfor x in sorted(map(int, lines[1].split())):\n    print(x)\n",
    ),
    "lines until the end": (
        _grid,
        """import sys
total = 0
for line in sys.stdin:
    total += line.count("#")
print(total)
""",
    ),
    "readline": (
        _cases,
        """import sys
input = sys.stdin.readline
for _ in range(int(input())):
    a, b = map(int, input().split())
    print(a // b, a % b)
""",
    ),
    "buffer": (
        _list,
        """import sys
data = sys.stdin.buffer.read().split()
print(max(map(int, data[1:])))
""",
    ),
    "open 0": (_list, "n, *xs = map(int, open(0).read().split())\nprint(min(xs), max(xs))\n"),
    "written to stdout": (
        _two,
        "import sys\na, b = map(int, sys.stdin.readline().split())\nsys.stdout.write(str(a * b))\n",
    ),
    "left with exit": (
        _two,
        """import sys
a, b = map(int, input().split())
if a < 0:
    print("negative")
    sys.exit()
print(a + b)
""",
    ),
    "left with exit()": (
        _two,
        """a, b = map(int, input().split())
if a < 0:
    print(-1)
    exit()
print(a - b)
""",
    ),
    "transposed grid": (
        _grid,
        """r, c = map(int, input().split())
grid = [input() for _ in range(r)]
for j in range(c):
    print("".join(grid[i][j] for i in range(r)))
""",
    ),
    "no newline at the end of the input": (
        _unterminated,
        "n = int(input())\nxs = list(map(int, input().split()))\nprint(len(set(xs)))\n",
    ),
    "class and recursion": (
        _n,
        """import sys
from functools import lru_cache
sys.setrecursionlimit(10000)

class Solver:
    @lru_cache(None)
    def ways(self, n):
        if n <= 1:
            return 1
        return (self.ways(n - 1) + self.ways(n - 2)) % 1000000007

print(Solver().ways(int(input())))
""",
    ),
    "threads": (
        _two,
        """import sys
import threading

def main():
    a, b = map(int, input().split())
    print(abs(a) ** (b % 5))

threading.stack_size(1 << 26)
thread = threading.Thread(target=main)
thread.start()
thread.join()
""",
    ),
    "input until EOFError": (
        _grid,
        """count = 0
while True:
    try:
        line = input()
    except EOFError:
        break
    count += len(line)
print(count)
""",
    ),
}


def cases(draw: Draw, source: str, rng: random.Random, n: int) -> list[dict[str, str]]:
    """`n` tests: an input and what plain Python prints for it."""
    made = []
    for _ in range(n):
        text = draw(rng)
        ran = subprocess.run([sys.executable, "-c", source], input=text, capture_output=True, text=True, check=True)
        made.append({"input": text, "output": ran.stdout})
    return made
