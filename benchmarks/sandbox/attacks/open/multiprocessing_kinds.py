# category: processes
# attack: multiprocessing and process pools
# kind: stdin
import multiprocessing, concurrent.futures
def started(method):
    one = multiprocessing.get_context(method).Process(target=print)
    one.start()
    return one.pid
attempts("start by", started, ["fork", "spawn", "forkserver"])
attempt("pool", lambda: multiprocessing.Pool(2).map(abs, [1]))
attempt("executor", lambda: concurrent.futures.ProcessPoolExecutor(1).submit(abs, 1).result(1))
attempt("manager", lambda: multiprocessing.Manager())
