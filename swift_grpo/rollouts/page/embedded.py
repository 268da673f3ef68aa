"""JSON inside HTML."""

import json
import re

# What could end the script element or a string; lone surrogates have no UTF-8.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def dumps(value: object) -> str:
    """JSON that can stand inside <script type="application/json">, whatever the strings hold. NaN raises ValueError.

    >>> dumps("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
