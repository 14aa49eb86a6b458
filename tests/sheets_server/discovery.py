"""What Google's discovery documents say a request and an answer look like.

Requests are read as Google reads them (proto3 JSON): names in camelCase or
snake_case, one object where a list is meant, numbers as strings, null for
nothing. What does not fit is refused in Google's words, all of it at once.
Answers must fit exactly. Nothing here knows what a request does.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import googleapiclient

from .errors import ApiError, invalid

__all__ = ["Discovery", "Method", "bad_request", "discovery", "snake"]

STANDARD = frozenset(
    "alt callback fields key access_token oauth_token prettyPrint quotaUser uploadType upload_protocol $.xgafv".split()
)

BODY_NAMES = {"ValueRange": "data", "Spreadsheet": "spreadsheet"}
"""Where the body is one field of the request, errors name that field; elsewhere the body is the request."""

ONE_OF = {"Request": "kind", "ExtendedValue": "value"}
"""Records in which only one field may be set, and Google's name for the choice."""

SCALARS = {
    "int32": "TYPE_INT32",
    "int64": "TYPE_INT64",
    "float": "TYPE_FLOAT",
    "double": "TYPE_DOUBLE",
    "string": "TYPE_STRING",
    "boolean": "TYPE_BOOL",
}

SAMPLE = 120
"""Of a longer list in an answer, this many items are checked: the first, the last, and some evenly between."""

SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@cache
def snake(name: str) -> str:
    """The name as Google's errors write it: sheetId → sheet_id."""
    return WORD.sub("_", name).lower()


def bad_request(violations: Sequence[tuple[str, str]]) -> ApiError:
    """400 with what is wrong field by field: (field, description)."""
    told = [{"field": where, "description": what} if where else {"description": what} for where, what in violations]
    return invalid(
        "\n".join(what for _, what in violations),
        [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": told}],
    )


@dataclass(frozen=True)
class Method:
    """One call of an API."""

    id: str
    http: str
    path: str
    pattern: re.Pattern[str]
    parameters: dict[str, dict[str, Any]]
    request: str
    response: str
    scopes: frozenset[str]

    @property
    def name(self) -> str:
        """As the logs of Google name it: GetSpreadsheet, BatchUpdateValues."""
        *resources, verb = self.id.split(".")[1:]
        noun = resources[-1].removesuffix("s") if resources[-1] in ("spreadsheets", "sheets") else resources[-1]
        return verb[0].upper() + verb[1:] + noun[0].upper() + noun[1:]


@dataclass
class Discovery:
    """One API's document, read once."""

    name: str
    schemas: dict[str, dict[str, Any]]
    methods: dict[str, Method]
    package: str
    lenient: bool
    """Whether fields and parameters that nobody knows are passed over, as Drive does."""
    _fields: dict[str, dict[str, tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    _order: list[Method] = field(default_factory=list)

    def route(self, http: str, raw_path: str) -> tuple[Method, dict[str, str]] | None:
        """The call that a path means, with what stands in the path, or None."""
        for method in self._order:
            if method.http == http and (found := method.pattern.fullmatch(raw_path)):
                return method, {name: unquote(text) for name, text in found.groupdict().items()}
        return None

    def parameters(self, method: Method, path: dict[str, str], query: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Path and query by the document's names and types; `fields` with them."""
        read: dict[str, Any] = {}
        wrong: list[tuple[str, str]] = []
        known = {snake(name): name for name in method.parameters}
        for name, text in [*path.items(), *query]:
            plain = name.removeprefix("$")
            own = name if name in method.parameters else known.get(name, "")
            if not own:
                if plain == "fields":
                    read["fields"] = text
                elif plain not in STANDARD and name not in STANDARD and not self.lenient:
                    what = f"Cannot bind query parameter. Field '{name}' could not be found in request message."
                    wrong.append(("", f'Invalid JSON payload received. Unknown name "{name}": {what}'))
                continue
            schema = method.parameters[own]
            value = self._parameter(own, text, schema, wrong)
            if schema.get("repeated"):
                read.setdefault(own, []).append(value)
            else:
                read[own] = value
        if wrong:
            raise bad_request(wrong)
        return read

    def _parameter(self, name: str, text: str, schema: dict[str, Any], wrong: list[tuple[str, str]]) -> Any:
        if schema["type"] == "boolean":
            if text.lower() in ("true", "false", "1", "0", ""):
                return text.lower() in ("true", "1")
            wrong.append((snake(name), f"Invalid value at '{snake(name)}' (TYPE_BOOL), \"{text}\""))
        elif schema["type"] == "integer":
            if re.fullmatch(r"-?\d{1,10}", text) and -(2**31) <= int(text) < 2**31:
                return int(text)
            wrong.append((snake(name), f"Invalid value at '{snake(name)}' (TYPE_INT32), \"{text}\""))
        elif "enum" in schema and text not in schema["enum"] and not self.lenient:
            wrong.append((snake(name), f"Invalid value at '{snake(name)}' ({self._enum_type(name)}), \"{text}\""))
        return text

    def body(self, method: Method, raw: bytes) -> Any:
        """A request's body in camelCase, lists as lists and numbers as numbers."""
        if not method.request:
            return None
        if not raw.strip():
            return {}
        try:
            told = _loaded(raw)
        except ValueError as error:
            raise bad_request([("", f"Invalid JSON payload received. {_where(error, raw)}")]) from None
        return self.read(method.request, told)

    def read(self, schema: str, told: Any) -> Any:
        """The record as camelCase; ApiError with all that does not fit."""
        if not isinstance(told, dict):
            raise bad_request([("", 'Invalid JSON payload received. Unknown name "": Root element must be a message.')])
        wrong: list[tuple[str, str]] = []
        read = self._record(schema, told, BODY_NAMES.get(schema, "") if not self.lenient else "", wrong)
        if wrong:
            raise bad_request(wrong)
        return read

    def problems(self, schema: str, answer: Any) -> list[str]:
        """What in an answer of ours the document does not know. Long lists are sampled, see SAMPLE."""
        wrong: list[str] = []
        self._check({"$ref": schema}, answer, "", wrong)
        return wrong

    def _fields_of(self, schema: str) -> dict[str, tuple[str, dict[str, Any]]]:
        known = self._fields.get(schema)
        if known is None:
            known = {}
            for name, about in self.schemas[schema].get("properties", {}).items():
                known[snake(name)] = (name, about)
                known[name] = (name, about)
            self._fields[schema] = known
        return known

    def _enum_type(self, name: str) -> str:
        return f"type.googleapis.com/{self.package}.{name[0].upper()}{name[1:]}"

    def _record(self, schema: str, told: dict[str, Any], path: str, wrong: list[tuple[str, str]]) -> dict[str, Any]:
        known = self._fields_of(schema)
        read: dict[str, Any] = {}
        one_of = ONE_OF.get(schema)
        for key, value in told.items():
            found = known.get(key)
            if found is None:
                if not self.lenient:
                    at = f" at '{path}'" if path else ""
                    wrong.append((path, f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.'))
                continue
            if value is None:
                continue
            name, about = found
            if one_of and read:
                what = f"oneof field '{one_of}' is already set. Cannot set '{name}'"
                wrong.append((path, f"Invalid value at '{path}' (oneof), {what}"))
                continue
            read[name] = self._value(about, name, value, f"{path}.{snake(name)}" if path else snake(name), wrong)
        return read

    def _value(self, about: dict[str, Any], name: str, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        kind = about.get("type")
        if kind == "array":
            return self._list(about["items"], name, value, path, wrong)
        if kind == "any":
            return value
        if kind == "object":
            if not isinstance(value, dict):
                wrong.append((path, f"Invalid value at '{path}' (Map), {json.dumps(value)}"))
                return {}
            inner = about.get("additionalProperties")
            return {
                key: self._value(inner, key, each, f"{path}[{key}].value", wrong) if inner else each
                for key, each in value.items()
            }
        if isinstance(value, list):
            what = f'Unknown name "{name}"{_at(path)}: Proto field is not repeating, cannot start list.'
            wrong.append((path.rpartition(".")[0], f"Invalid JSON payload received. {what}"))
            return None
        if kind is None:
            schema = about["$ref"]
            if isinstance(value, dict):
                return self._record(schema, value, path, wrong)
            wrong.append((path, f"Invalid value at '{path}' ({self._message_type(schema)}), {json.dumps(value)}"))
            return {}
        return self._scalar(about, name, value, path, wrong)

    def _message_type(self, schema: str) -> str:
        return f"type.googleapis.com/{self.package}.{schema}"

    def _list(self, items: dict[str, Any], name: str, value: Any, path: str, wrong: list[tuple[str, str]]) -> list[Any]:
        if items.get("type") == "array":  # a list of lists, each a ListValue
            if not isinstance(value, list):
                return [self._list_value(value, path, wrong)]
            return [self._list_value(each, f"{path}[{at}]", wrong) for at, each in enumerate(value)]
        if not isinstance(value, list):
            return [self._value(items, name, value, path, wrong)]
        read: list[Any] = []
        for at, each in enumerate(value):
            if isinstance(each, list):  # lists within a list of records are opened
                read += self._list(items, name, each, f"{path}[{at}]", wrong)
            elif each is not None:
                read.append(self._value(items, name, each, f"{path}[{at}]", wrong))
        return read

    def _list_value(self, value: Any, path: str, wrong: list[tuple[str, str]]) -> list[Any]:
        if isinstance(value, list):
            return value
        if value is not None:
            told = json.dumps(value)
            wrong.append((path, f"Invalid value at '{path}' (type.googleapis.com/google.protobuf.ListValue), {told}"))
        return []

    def _scalar(self, about: dict[str, Any], name: str, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        kind = about["type"]
        if isinstance(value, dict):
            wrong.append(
                (path, f"Invalid value at '{path}' ({_scalar_type(about)}), Starting an object on a scalar field")
            )
            return None
        if kind == "string":
            if "enum" in about:
                return self._enum(about["enum"], name, value, path, wrong)
            if isinstance(value, str):
                return value
            if about.get("format") in ("int64", "uint64") and isinstance(value, int) and not isinstance(value, bool):
                return str(value)
        elif kind == "boolean":
            if isinstance(value, bool):
                return value
            if value in ("true", "false"):
                return value == "true"
        elif (number := _number(value, whole=kind == "integer")) is not None:
            return number
        wrong.append((path, f"Invalid value at '{path}' ({_scalar_type(about)}), {json.dumps(value)}"))
        return None

    def _enum(self, words: list[str], name: str, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        if isinstance(value, str) and value in words:
            return value
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(words):
            return words[value]
        wrong.append((path, f"Invalid value at '{path}' ({self._enum_type(name)}), {json.dumps(value)}"))
        return None

    def _check(self, about: dict[str, Any], value: Any, path: str, wrong: list[str]) -> None:
        reference = about.get("$ref")
        kind = about.get("type")
        if reference:
            if not isinstance(value, dict):
                wrong.append(f"{path}: {type(value).__name__} where a {reference} is meant")
                return
            known = self.schemas[reference].get("properties", {})
            for key, each in value.items():
                if key in known:
                    self._check(known[key], each, f"{path}.{key}", wrong)
                else:
                    wrong.append(f"{path}.{key}: {reference} has no such field")
        elif kind == "array":
            if not isinstance(value, list):
                wrong.append(f"{path}: {type(value).__name__} where a list is meant")
                return
            for at in _sample(len(value)):
                self._check(about["items"], value[at], f"{path}[{at}]", wrong)
        elif kind == "object":
            if not isinstance(value, dict):
                wrong.append(f"{path}: {type(value).__name__} where an object is meant")
            elif inner := about.get("additionalProperties"):
                for key, each in value.items():
                    self._check(inner, each, f"{path}.{key}", wrong)
        elif not _fits(about, value):
            wrong.append(f"{path}: {value!r} is no {about.get('format') or kind}")


def _fits(about: dict[str, Any], value: Any) -> bool:
    kind = about["type"]
    if kind == "string":
        return isinstance(value, str) and ("enum" not in about or value in about["enum"])
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return value is not None  # any: a cell


def _sample(length: int) -> Iterable[int]:
    if length <= SAMPLE:
        return range(length)
    third = SAMPLE // 3
    step = max(1, (length - 2 * third) // third)
    return sorted({*range(third), *range(third, length - third, step), *range(length - third, length)})


def _scalar_type(about: dict[str, Any]) -> str:
    return SCALARS.get(about.get("format", ""), SCALARS.get(about["type"], "TYPE_INT32"))


def _number(value: Any, *, whole: bool) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value) if not re.fullmatch(r"-?\d+", value) else int(value)
        except ValueError:
            return None
    if not isinstance(value, int | float):
        return None
    if not whole:
        return value
    if value != value or int(value) != value or not -(2**31) <= value < 2**31:
        return None
    return int(value)


def _at(path: str) -> str:
    parent = path.rpartition(".")[0]
    return f" at '{parent}'" if parent else ""


def _loaded(raw: bytes) -> Any:
    told = json.loads(raw, parse_constant=_no_constant)
    if SURROGATE.search(raw):  # half of a pair is no text: it becomes U+FFFD
        text = json.dumps(told, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return json.loads(text)
    return told


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _where(error: ValueError, raw: bytes) -> str:
    if isinstance(error, json.JSONDecodeError):
        if error.pos >= len(error.doc.rstrip()):
            return "Unexpected end of string. Expected a value.\n\n^"
        line = error.doc[max(0, error.pos - 20) : error.pos + 20].replace("\n", " ")
        return f"Unexpected token.\n{line}\n{' ' * min(error.pos, 20)}^"
    return f"Unexpected token.\n{error}\n^"


def _methods(tree: dict[str, Any], base: str) -> Iterable[Method]:
    for about in tree.get("methods", {}).values():
        path = "/" + base + about["path"]
        parts = re.split(r"(\{\w+\})", path)
        # A value in a path is one segment: a slash in a tab's title must come as %2F.
        pattern = "".join(f"(?P<{p[1:-1]}>[^/]+?)" if p.startswith("{") else re.escape(p) for p in parts)
        yield Method(
            about["id"],
            about["httpMethod"],
            path,
            re.compile(pattern),
            about.get("parameters", {}),
            about.get("request", {}).get("$ref", ""),
            about.get("response", {}).get("$ref", ""),
            frozenset(about.get("scopes", ())),
        )
    for inner in tree.get("resources", {}).values():
        yield from _methods(inner, base)


@cache
def discovery(name: str) -> Discovery:
    """The document of "sheets.v4" or "drive.v3"."""
    place = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents" / f"{name}.json"
    told = json.loads(place.read_text(encoding="utf-8"))
    methods = {method.id: method for method in _methods(told, told["servicePath"])}
    package = "google.apps.sheets.v4" if name.startswith("sheets") else "google.apps.drive.v3"
    # Paths with fixed words after the value come first: /values/{range}:append before /values/{range}.
    order = sorted(methods.values(), key=lambda method: -len(re.sub(r"\{\w+\}", "", method.path)))
    return Discovery(name, told["schemas"], methods, package, name.startswith("drive"), _order=order)
