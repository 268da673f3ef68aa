# category: honest
# program: asyncio with tasks and a queue
# kind: stdin
# expect: [0, 1, 4, 9]
import asyncio
async def square(n):
    await asyncio.sleep(0.01)
    return n * n
async def main():
    return list(await asyncio.gather(*(square(n) for n in range(4))))
print(asyncio.run(main()))
