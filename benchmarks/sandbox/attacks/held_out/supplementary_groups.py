# category: privilege
# attack: groups that it should not have
# kind: stdin
import grp
kept = set(os.getgroups()) - {os.getgid(), 65534}
if kept:
    say(f"ESCAPED groups {kept}")
