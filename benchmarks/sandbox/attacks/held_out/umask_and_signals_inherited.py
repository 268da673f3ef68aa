# category: harness
# attack: what the parent left: masks, ignored signals, umask
# kind: stdin
# disputed: yes
import signal
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
say(f"blocked {blocked}, umask {os.umask(0o22):o}, nice {os.nice(0)}")
if blocked:
    say("ESCAPED signals are blocked from the start")
