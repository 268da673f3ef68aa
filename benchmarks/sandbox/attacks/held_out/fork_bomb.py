# category: processes
# attack: as many children as it gets
# kind: stdin
children = 0
while children < 60:
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        import time
        time.sleep(20)
        os._exit(0)
    children += 1
if children:
    say(f"ESCAPED {children} children")
