"""Contents of an exported program: operators of torch, plain names and tensors, and nothing that runs.

``torch.export.load`` evaluates symbolic sizes, imports modules named in the file, loads shared libraries and
falls back to unpickling. Each of these starts from a part of the archive that a program of plain tensors
does not need or that has a narrow form. Here these parts are refused, and the remaining ones are packed anew:
torch reads what was checked and nothing else.
"""

import io
import json
import pickle
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

import torch

from lrprism.errors import DataError

MEMBERS: Final = re.compile(
    r"archive_format|archive_version|byteorder|\.data/(version|serialization_id)|models/model\.json"
    r"|data/weights/(weight_\d+|model_weights_config\.json)"
    r"|data/constants/(tensor_\d+|model_constants_config\.json)|data/sample_inputs/model\.pt"
)
"""Members of a program; libraries (``data/aotinductor``) and pickled objects are not among them."""
TARGETS: Final = re.compile(
    r"torch\.ops\.(?!debugprims\.|aten\.(save|from_file)\b)\w+\.\w+(\.\w+)?|torch\._?sym_\w+|math\.[a-z]\w*"
    r"|_operator\.(add|sub|mul|truediv|floordiv|mod|pow|neg|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
)
"""Functions that a program may call; the operators left out touch files."""
EXPRESSION: Final = re.compile(r"('\w+'|[A-Za-z]\w*|\d+(\.\d+)?|[-+*/%(),=<>&|~ ])*")
EXPRESSION_NAMES: Final = re.compile(
    r"[suz]\w*\d+|Symbol|Integer|Rational|Float|Add|Mul|Pow|Max|Min|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv"
    r"|CeilToInt|FloorToInt|TruncToInt|RoundToInt|ToFloat|PowByNatural|FloatPow|FloatTrueDiv|IntTrueDiv|Where"
    r"|ModularIndexing|Eq|Ne|Lt|Le|Gt|Ge|Equality|Unequality|StrictLessThan|LessThan|StrictGreaterThan"
    r"|GreaterThan|And|Or|Not|true|false|True|False|positive|nonnegative|integer|real|evaluate"
)
"""Names in the size of a tensor: symbols, and functions that only compute."""
NAME: Final = re.compile(r"[\w.]*")
PLAIN: Final = re.compile(r"[\w.,:;@<>\[\](){}/*+\-=> ]*")
"""Strings that go into no code: reductions, devices, einsum equations."""
CONTEXT: Final = re.compile(r'null|\[[\w.\- ",\[\]]*\]')
"""Context of a container of inputs or outputs: nothing, or names, such as its keys."""


def repack_program(members: dict[str, bytes], path: Path) -> io.BytesIO:
    """Pack the members of a program anew, after refusing whatever could run code.

    Args:
        members: The content of each member by its name, from :func:`read_archive`.
        path: Where they come from, for the messages.

    Returns:
        An archive for ``torch.export.load``.

    Raises:
        DataError: If a member, a string or a pickle is not one that a program of plain tensors has.
    """
    # torch puts the members into a folder named after the file; files that a user adds lie in extra/
    members = {name.partition("/")[2]: content for name, content in members.items()}
    members = {name: content for name, content in members.items() if not name.startswith("extra/")}
    for name in members:
        if not MEMBERS.fullmatch(name):
            _refuse_program(path, "no member but graph, tensors and sample inputs", f"member {name!r}")
    if "models/model.json" not in members:
        _refuse_program(path, "a graph in models/model.json", "none")
    for name, content in members.items():
        if name.endswith(".json"):
            members[name] = json.dumps(_check_graph(_parse_json(content, name, path), path)).encode()
    if "data/sample_inputs/model.pt" in members:
        _check_pickle(members["data/sample_inputs/model.pt"], path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"program/{name}", content)
    packed.seek(0)
    return packed


def _parse_json(content: bytes, name: str, path: Path) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        _refuse_program(path, "JSON that can be read", f"{name}: {error}")


def _check_graph(graph: Any, path: Path) -> Any:
    for entry in _walk_dictionaries(graph):
        _drop_traces(entry)
        if entry.get("use_pickle"):
            _refuse_program(path, "no pickled tensors", "some")
    for key, value in _walk_strings(graph):
        if key in ("in_spec", "out_spec"):
            _check_containers(_parse_json(value.encode(), key, path), path)
        elif not _is_harmless(key, value):
            _refuse_program(path, "plain names and operators of torch", f"{value!r} as {key}")
    return graph


def _drop_traces(entry: dict[str, Any]) -> None:
    # stack traces and guards are code of the one who exported; the program runs without them
    metadata = entry.get("metadata")
    if "target" in entry and isinstance(metadata, dict):
        entry["metadata"] = {key: metadata[key] for key in metadata if key == "nn_module_stack"}
    if "guards_code" in entry:
        entry["guards_code"] = []


def _is_harmless(key: str, value: str) -> bool:
    # a function that the program calls
    if key in ("target", "as_operator"):
        return TARGETS.fullmatch(value) is not None
    # a symbolic size, which torch evaluates
    if key == "expr_str":
        names = re.findall(r"[A-Za-z]\w*", re.sub(r"'\w+'", "", value))
        return EXPRESSION.fullmatch(value) is not None and all(map(EXPRESSION_NAMES.fullmatch, names))
    # a name, which torch may paste into code
    if key == "name" or key.endswith(("_name", "_names", "fqn")) or key == "":
        return NAME.fullmatch(value) is not None
    return PLAIN.fullmatch(value) is not None


def _walk_strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string with its key; the keys themselves have an empty key."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield "", name
            # names of Python classes, which torch only prints
            if name != "nn_module_stack":
                yield from _walk_strings(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from _walk_strings(child, key)
    elif isinstance(value, str):
        yield key, value


def _walk_dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _walk_dictionaries(child)


def _check_containers(parsed: Any, path: Path) -> None:
    # [version, tree]
    for entry in _walk_dictionaries(parsed[1] if isinstance(parsed, list) and len(parsed) == 2 else parsed):
        context = entry.get("context")
        if not CONTEXT.fullmatch("null" if context is None else str(context)):
            _refuse_program(
                path, "inputs and outputs in containers of names", f"{entry.get('type')} with {context!r}"
            )


def _check_pickle(content: bytes, path: Path) -> None:
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError):
        _refuse_program(path, "sample inputs of tensors alone", "a pickle that would run code")


def _refuse_program(path: Path, expected: str, found: str) -> NoReturn:
    raise DataError(
        f"The program should hold {expected}. Found {found} in {path}. Do not use a file you do not trust; "
        "save your own again with torch.export.save."
    )
