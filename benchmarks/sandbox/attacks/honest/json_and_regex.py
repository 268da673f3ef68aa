# category: honest
# program: json and re on the input
# kind: stdin
# stdin: {"a": [1, 2, {"b": "x-12-y"}]}
# expect: 12 {"a": 3}
import json, re, sys
data = json.load(sys.stdin)
print(re.search(r"\d+", data["a"][2]["b"])[0], json.dumps({"a": len(data["a"])}))
