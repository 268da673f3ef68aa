# category: honest
# program: the usual trick of contests: a large stack in a thread
# kind: stdin
# expect: 100000
import sys, threading
sys.setrecursionlimit(300000)
threading.stack_size(64 * 1024 * 1024)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
def main():
    print(depth(100000))
thread = threading.Thread(target=main)
thread.start()
thread.join()
