# SPDX-License-Identifier: BSD-3-Clause
"""JSON whose objects know the line on which they begin, so that a refusal can name it.

The standard library's decoder, with its own scanner in Python in place of the one in C, which tells no places.
"""

from __future__ import annotations

import json
import json.scanner
from bisect import bisect_right
from typing import Any, NoReturn

MOST_LEVELS = 60


class NotJSONError(ValueError):
    """Why a text is no JSON, and on which line."""

    def __init__(self, why: str, line: int | None) -> None:
        super().__init__(why)
        self.line = line


class Object(dict[str, Any]):
    """A JSON object; `line` is where it begins."""

    line: int = 1


class _Decoder(json.JSONDecoder):
    def __init__(self, text: str) -> None:
        super().__init__(parse_constant=_no_number)
        self.ends = [at for at, char in enumerate(text) if char == "\n"]
        self.deep = 0
        self.parse_object = self._object
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]  # typeshed has it not

    def _object(self, text_and_end: tuple[str, int], strict: bool, scan_once: Any, *_: Any) -> tuple[Object, int]:
        self.deep += 1
        line = bisect_right(self.ends, text_and_end[1] - 1) + 1
        if self.deep > MOST_LEVELS:
            raise NotJSONError(f"objects are nested in more than {MOST_LEVELS} levels", line)
        held, end = json.decoder.JSONObject(text_and_end, strict, scan_once, None, None)  # type: ignore[attr-defined]
        self.deep -= 1
        made = Object(held)
        made.line = line
        return made, end


def loads(text: str) -> Any:
    """The value of a JSON text. Raises NotJSONError."""
    try:
        return _Decoder(text).decode(text)
    except json.JSONDecodeError as error:
        raise NotJSONError(error.msg, error.lineno) from error
    except NotJSONError:
        raise
    except ValueError as error:  # a whole number of more digits than Python converts, NaN, Infinity
        raise NotJSONError(str(error)[:200], None) from error
    except RecursionError:
        raise NotJSONError("nested too deep", None) from None


def keys_of(text: str) -> tuple[str, ...]:
    """The keys of the outermost object of a JSON text; none where it is no such thing."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(held) if isinstance(held, dict) else ()


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
