"""Lengths of texts in tokens, by the model's own tokenizer."""

from swift_grpo.formats.command_line import Command, path_of


def token_lengths(texts: list[str], command: Command, least: int) -> list[int]:
    """Tokens of the texts that have more than `least` bytes, by the tokenizer.json of the model.

    Words where it is not here: a word has at least one token, so that a text with too many of them is too long.
    """
    suspects = sorted((text for text in texts if len(text.encode(errors="replace")) > least), key=len)[-200:]
    path = path_of(command.text("model") or "") / "tokenizer.json"
    words = [len(text.split()) for text in suspects]
    if not suspects or not path.is_file():
        return words
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(path))
        return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in suspects]
    except Exception:  # the Rust library raises plain Exception; the model check reports a broken tokenizer
        return words
