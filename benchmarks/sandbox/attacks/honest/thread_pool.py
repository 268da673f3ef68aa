# category: honest
# program: a pool of threads
# kind: stdin
# expect: [1, 4, 9]
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(3) as pool:
    print(list(pool.map(lambda n: n * n, [1, 2, 3])))
