# category: persistence
# attack: write byte code of library modules for the next program to load
# kind: stdin
import importlib.util, json, marshal
def poison(module):
    path = importlib.util.cache_from_source(module.__file__)
    with open(path, "r+b") as file:
        return file.fileno()
import bisect, heapq, random
attempts("byte code of", poison, [json, bisect, heapq, random])
attempts("create byte code", lambda folder: os.open(os.path.join(folder, "__pycache__", INFO["mark"] + ".pyc"), os.O_CREAT | os.O_WRONLY), folders())
attempts("byte code prefix", lambda folder: os.makedirs(os.path.join(folder, INFO["mark"] + "-prefix")) is None, folders())
