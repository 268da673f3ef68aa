# category: privilege
# attack: is a program with setuid still able to give rights
# kind: stdin
if libc().prctl(39, 0, 0, 0, 0) == 0:
    say("ESCAPED no_new_privs is not set")
