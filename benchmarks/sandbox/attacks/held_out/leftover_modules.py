# category: persistence
# attack: the first case changes modules and builtins, the second looks for them
# kind: stdin
# stdin: leave
# stdin: find
import builtins, json, math
case = sys.stdin.readline().strip()
if hasattr(builtins, "left_behind") or hasattr(math, "left_behind") or "left_behind" in sys.modules or "LEFT_BEHIND" in os.environ or getattr(json, "left_behind", 0) or sys.getrecursionlimit() == 777:
    say("ESCAPED the second case sees what the first did")
builtins.left_behind = math.left_behind = json.left_behind = 1
sys.modules["left_behind"] = json
os.environ["LEFT_BEHIND"] = "1"
sys.setrecursionlimit(777)
