# category: processes
# attack: every way of the library to start a program
# kind: stdin
import subprocess, shutil
for what, act in (("run", lambda: subprocess.run(["/bin/echo", "hello"], capture_output=True).stdout), ("shell", lambda: subprocess.run("echo hello", shell=True, capture_output=True).stdout), ("system", lambda: os.system("exit 3") >> 8 == 3), ("popen", lambda: os.popen("echo hello").read()), ("posix_spawn", lambda: os.posix_spawn("/bin/true", ["true"], {})), ("posix_spawnp", lambda: os.posix_spawnp("true", ["true"], {})), ("spawnl", lambda: os.spawnl(os.P_NOWAIT, "/bin/true", "true")), ("python", lambda: subprocess.check_output([sys.executable, "-c", "print(1)"])), ("getoutput", lambda: subprocess.getoutput("echo hello") == "hello"), ("libc system", lambda: libc().system(b"exit 3") >> 8 == 3), ("libc popen", lambda: libc().posix_spawn(None, b"/bin/true", None, None, None, None) == 0)):
    attempt(what, act)
