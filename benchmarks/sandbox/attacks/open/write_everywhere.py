# category: files
# attack: create a file in every folder that might take one
# kind: stdin
def create(folder):
    path = os.path.join(folder, INFO["mark"])
    with open(path, "w") as file:
        file.write("left")
    return path
attempts("create in", create, folders())
