"""Field masks: `a.b`, `a/b`, `a(b,c)`, `*`; which fields of a message a call asks for or writes."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import googleapiclient

from .errors import invalid

Mask = dict[str, "Mask"]  # type: ignore[misc]
"""Field → the mask below it. An empty mask means everything."""

EVERYTHING: Mask = {}


@functools.lru_cache(maxsize=1)
def schemas() -> dict[str, Any]:
    """The messages of the Sheets API, as Google describes them."""
    path = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents" / "sheets.v4.json"
    return json.loads(path.read_text(encoding="utf-8"))["schemas"]


@functools.lru_cache(maxsize=512)
def response_mask(text: str | None, message: str) -> Mask:
    """What `fields` asks of an answer of type `message`."""
    if not text:
        return EVERYTHING
    mask = parsed(text)
    wrong = unknown_path(mask, message)
    if wrong:
        raise invalid(
            "Request contains an invalid argument.",
            [
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [
                        {
                            "field": wrong,
                            "description": "Error expanding 'fields' parameter. "
                            f"Cannot find matching fields for path '{wrong}'.",
                        }
                    ],
                }
            ],
        )
    return mask


@functools.lru_cache(maxsize=512)
def update_mask(text: str | None, message: str) -> Mask:
    """What `fields` of a request writes."""
    if not text:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    mask = parsed(text)
    wrong = unknown_path(mask, message)
    if wrong:
        raise invalid(f"Invalid field: {wrong}")
    return mask


def parsed(text: str) -> Mask:
    """The mask as a tree."""
    tokens = _tokens(text)
    mask, rest = _list(tokens, 0)
    if rest != len(tokens):
        raise invalid("Request contains an invalid argument.")
    return mask


def unknown_path(mask: Mask, message: str | None, path: str = "") -> str | None:
    """The first path of the mask that `message` does not have."""
    if not mask:
        return None
    fields = schemas()[message].get("properties", {}) if message else None
    for name, below in mask.items():
        here = f"{path}.{name}" if path else name
        if fields is None:
            continue
        if name not in fields:
            return here
        kind = fields[name]
        inner = kind.get("$ref") or kind.get("items", {}).get("$ref")
        if below and not inner and kind.get("type") not in ("object", "any"):
            return f"{here}.{next(iter(below))}"
        wrong = unknown_path(below, inner, here)
        if wrong:
            return wrong
    return None


def masked(value: Any, mask: Mask) -> Any:
    """What the mask leaves of `value`."""
    if not mask:
        return value
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    if isinstance(value, dict):
        return {name: masked(value[name], below) for name, below in mask.items() if name in value}
    return value


def asks(mask: Mask, *path: str) -> bool:
    """Whether any of what is at `path` is wanted."""
    for name in path:
        if not mask:
            return True
        if name not in mask:
            return False
        mask = mask[name]
    return True


def below(mask: Mask, *path: str) -> Mask:
    """The mask for what is at `path`, which is asked for."""
    for name in path:
        if not mask:
            return EVERYTHING
        mask = mask[name]
    return mask


def merged(old: dict[str, Any], new: dict[str, Any], mask: Mask) -> dict[str, Any]:
    """`old` with the masked fields taken from `new`; a field that `new` lacks is cleared. Neither is changed."""
    if not mask:
        return dict(new)
    result = dict(old)
    for name, inner in mask.items():
        value = new.get(name)
        if inner and isinstance(value, dict | None):
            deeper = merged(result.get(name) or {}, value or {}, inner)
            if deeper:
                result[name] = deeper
            else:
                result.pop(name, None)
        elif value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def camel(name: str) -> str:
    """`row_data` and `rowData` are the same field."""
    if "_" not in name:
        return name
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    word = ""
    for letter in text:
        if letter in "(),./":
            if word.strip():
                tokens.append(camel(word.strip()))
            word = ""
            tokens.append("." if letter == "/" else letter)
        else:
            word += letter
    if word.strip():
        tokens.append(camel(word.strip()))
    return tokens


def _list(tokens: list[str], at: int) -> tuple[Mask, int]:
    mask: Mask = {}
    everything = False
    while True:
        path: list[str] = []
        inner: Mask = EVERYTHING
        while at < len(tokens):
            token = tokens[at]
            if token in "),":
                break
            at += 1
            if token == ".":
                continue
            if token == "(":
                inner, at = _list(tokens, at)
                if at >= len(tokens) or tokens[at] != ")":
                    raise invalid("Request contains an invalid argument.")
                at += 1
                break
            path.append(token)
        if not path:
            raise invalid("Request contains an invalid argument.")
        if path[-1] == "*":
            path, inner = path[:-1], EVERYTHING
        everything = everything or not path
        _add(mask, path, inner)
        if at < len(tokens) and tokens[at] == ",":
            at += 1
            continue
        return (EVERYTHING if everything else mask), at


def _add(mask: Mask, path: list[str], inner: Mask) -> None:
    for depth, name in enumerate(path):
        last = depth == len(path) - 1
        if name in mask and not mask[name]:
            return  # all of it is asked for already
        if last and not inner:
            mask[name] = {}
        elif last:
            target = mask.setdefault(name, {})
            for key, value in inner.items():
                _add(target, [key], value)
        else:
            mask = mask.setdefault(name, {})
