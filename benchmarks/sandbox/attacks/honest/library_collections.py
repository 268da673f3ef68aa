# category: honest
# program: heapq, bisect, collections, itertools, functools
# kind: stdin
# expect: [1, 2, 3] 2 [('a', 2)] 6 8
import bisect, collections, functools, heapq, itertools
heap = [3, 1, 2]
heapq.heapify(heap)
@functools.lru_cache(None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print([heapq.heappop(heap) for _ in range(3)], bisect.bisect([1, 2, 3], 2), collections.Counter("aab").most_common(1), sum(1 for _ in itertools.permutations("abc")), fib(6))
