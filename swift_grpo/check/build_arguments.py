"""ms-swift's own arguments of one command: `python build_arguments.py CLASS WORD...`. The last line on stderr says what
ms-swift refuses. full.py starts it as a process of its own: importing ms-swift takes 10 s and all of torch.
"""

import sys


def build(name: str, words: list[str]) -> None:
    """Raises what ms-swift raises for the words. Asks no server, makes no output folder, counts no cards."""
    from swift import arguments
    from swift.cli.main import parse_yaml_args
    from swift.utils import parse_args

    parse_yaml_args(words)
    kind = getattr(arguments, name)
    for method in ("_init_external_vllm", "_add_version", "_check_device_count"):
        setattr(kind, method, lambda self: None)
    _, rest = parse_args(kind, words)
    if rest:
        raise ValueError(f"remaining_argv: {rest}")


if __name__ == "__main__":
    try:
        build(sys.argv[1], sys.argv[2:])
    except SystemExit:
        raise
    except BaseException as error:
        sys.exit(f"{type(error).__name__}: {error}")
