"""What an exported program may hold: operators of torch, plain names and tensors, and nothing that runs.

``torch.export.load`` evaluates symbolic sizes, imports modules named in the file, loads shared libraries and
falls back to unpickling. Each of these starts from a part of the archive that a program of plain tensors does
not need or that has a narrow form. Here these parts are refused, and what is left is packed anew, so that
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
"""What may be said of a container of inputs or outputs: nothing, or names, such as its keys."""


def checked_program(members: dict[str, bytes], path: Path) -> io.BytesIO:
    """Pack the members of a program anew, after refusing whatever could run code.

    Args:
        members: The content of each member by its name, as :func:`read_archive` gives it.
        path: Where they come from, for the messages.

    Returns:
        An archive for ``torch.export.load``.

    Raises:
        DataError: If a member, a string or a pickle is not one that a program of plain tensors has.
    """
    kept = {name.partition("/")[2]: content for name, content in members.items()}
    kept = {name: content for name, content in kept.items() if not name.startswith("extra/")}
    for name in kept:
        if not MEMBERS.fullmatch(name):
            _refuse(path, "no member but graph, tensors and sample inputs", f"member {name!r}")
    if "models/model.json" not in kept:
        _refuse(path, "a graph in models/model.json", "none")
    for name, content in kept.items():
        if name.endswith(".json"):
            kept[name] = json.dumps(_checked(_parsed(content, name, path), path)).encode()
    if "data/sample_inputs/model.pt" in kept:
        _check_pickle(kept["data/sample_inputs/model.pt"], path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in kept.items():
            archive.writestr(f"program/{name}", content)
    packed.seek(0)
    return packed


def _parsed(content: bytes, name: str, path: Path) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        _refuse(path, "JSON that can be read", f"{name}: {error}")


def _checked(parsed: Any, path: Path) -> Any:
    for entry in _dictionaries(parsed):
        _drop_traces(entry)
        if entry.get("use_pickle"):
            _refuse(path, "no pickled tensors", "some")
    for key, value in _strings(parsed):
        if key in ("in_spec", "out_spec"):
            _check_containers(_parsed(value.encode(), key, path), path)
        elif not _harmless(key, value):
            _refuse(path, "plain names and operators of torch", f"{value!r} as {key}")
    return parsed


def _drop_traces(entry: dict[str, Any]) -> None:
    metadata = entry.get("metadata")
    if "target" in entry and isinstance(metadata, dict):
        entry["metadata"] = {key: metadata[key] for key in metadata if key == "nn_module_stack"}
    if "guards_code" in entry:
        entry["guards_code"] = []


def _harmless(key: str, value: str) -> bool:
    if key in ("target", "as_operator"):
        return TARGETS.fullmatch(value) is not None
    if key == "expr_str":
        names = re.findall(r"[A-Za-z]\w*", re.sub(r"'\w+'", "", value))
        return EXPRESSION.fullmatch(value) is not None and all(map(EXPRESSION_NAMES.fullmatch, names))
    if key == "name" or key.endswith(("_name", "_names", "fqn")) or key == "":
        return NAME.fullmatch(value) is not None
    return PLAIN.fullmatch(value) is not None


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string with the key it stands under; the keys themselves stand under an empty key."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield "", name
            if name != "nn_module_stack":
                yield from _strings(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each, key)
    elif isinstance(value, str):
        yield key, value


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dictionaries(each)


def _check_containers(parsed: Any, path: Path) -> None:
    for entry in _dictionaries(parsed[1] if isinstance(parsed, list) and len(parsed) == 2 else parsed):
        context = entry.get("context")
        if not CONTEXT.fullmatch("null" if context is None else str(context)):
            _refuse(
                path, "inputs and outputs in containers of names", f"{entry.get('type')} with {context!r}"
            )


def _check_pickle(content: bytes, path: Path) -> None:
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError):
        _refuse(path, "sample inputs of tensors alone", "a pickle that would run code")


def _refuse(path: Path, expected: str, found: str) -> NoReturn:
    raise DataError(
        f"The program should hold {expected}. Found {found} in {path}. Do not use a file you do not trust; "
        "save your own again with torch.export.save."
    )
