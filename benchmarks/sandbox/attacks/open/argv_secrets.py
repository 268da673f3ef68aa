# category: harness
# attack: look for test code and tokens in arguments, modules and frames
# kind: stdin
import gc
say(repr(sys.argv) + repr(getattr(sys, "orig_argv", "")) + repr(sys.flags) + repr(sys.path))
frame = sys._getframe()
while frame:
    say(repr({name: str(value)[:300] for name, value in frame.f_locals.items()})[:3000] if frame.f_back else "top")
    frame = frame.f_back
for name, module in list(sys.modules.items()):
    if "swift_grpo" in name or "sandbox" in name:
        say(f"module {name}: {list(vars(module))[:50]}")
