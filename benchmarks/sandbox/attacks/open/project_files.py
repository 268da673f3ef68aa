# category: files
# attack: read the project and its neighbours
# kind: stdin
attempts("read", read, [INFO["repository"] + "/" + name for name in ("pyproject.toml", "README.md", ".git/config", ".git/HEAD", "benchmarks/table.tsv", "benchmarks/sandbox/attacks/prelude.py", "tests/conftest.py", "plugin/plugin.py")])
attempts("list", os.listdir, [INFO["repository"], os.path.dirname(INFO["repository"])])
