# category: honest
# program: reads the file of its row
# kind: stdin
# files: {"data/numbers.txt": "1\n2\n3\n", "words.json": "[\"a\", \"b\"]"}
# expect: 6 ab ['data', 'words.json']
import json, os, pathlib
print(sum(map(int, open("data/numbers.txt"))), "".join(json.loads(pathlib.Path("words.json").read_text())), sorted(os.listdir(".")))
