# category: files
# attack: create a file in every folder that can be found by walking
# kind: stdin
done = 0
for folder, names, _ in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        names.clear()
        continue
    done += 1
    if done > 4000:
        break
    if os.access(folder, os.W_OK):
        attempt(f"create in {folder}", lambda: os.open(os.path.join(folder, INFO["mark"] + "-walk"), os.O_CREAT | os.O_WRONLY))
