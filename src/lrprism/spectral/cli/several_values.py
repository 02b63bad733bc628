"""Options that take several values behind one name: ``--labels a.gpkg b.gpkg``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from typer.core import TyperCommand

from lrprism.errors import InputError


class SeveralValuesCommand(TyperCommand):
    """A command that reads ``--labels a b`` as ``--labels a --labels b``, where that can be repeated."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the name of an option in front of each of its values, then read the arguments.

        Args:
            ctx: The context of the call.
            args: The words behind the command.

        Raises:
            InputError: If a word may be a value or a scene.
        """
        options = [option for option in self.params if option.param_type_name == "option"]
        several = {name for option in options if getattr(option, "multiple", False) for name in option.opts}
        flags = {name for option in options if getattr(option, "is_flag", False) for name in option.opts}
        names = {name for option in options for name in option.opts}
        return super().parse_args(ctx, spread_values(args, several, names - flags))


@dataclass
class _Group:
    """An option with its value, if it takes one, and the words up to the next option."""

    name: str = ""
    option: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def spread_values(args: Sequence[str], several: set[str], with_value: set[str]) -> list[str]:
    """Repeat the name of an option in front of each of its values.

    The words behind ``--labels`` up to the next option are its values if the scenes came before it, or stand
    behind ``--``. The only word that belongs to no option is the scene: ``--labels map.tif scene.hdr``.

    Args:
        args: The words behind the command.
        several: Names of options that take several values.
        with_value: Names of all options that take a value.

    Raises:
        InputError: If a word may be a value or a scene.
    """
    end = list(args).index("--") if "--" in args else len(args)
    groups = _group(args[:end], with_value)
    names = [group.name for group in groups]
    is_alone = sum(len(group.words) for group in groups) == 1 and end + 1 >= len(args)
    is_known = end + 1 < len(args)
    result: list[str] = []
    for group in groups:
        result += group.option
        # words that belong to no option, the scenes: also the only one, behind the labels
        if group.name not in several or is_alone:
            result += group.words
            is_known = is_known or bool(group.words)
            continue
        # repeated and followed by several: which of the two ways is meant cannot be told
        if group.words and (not is_known or names.count(group.name) > 1):
            raise InputError(
                f"{group.name} should come behind the scenes, followed by its values. Found "
                f"{' '.join(group.words)} behind {' '.join(group.option)}: values or scenes? Type "
                f"SCENE SCENE {group.name} FILE FILE, or {group.name} FILE FILE -- SCENE SCENE."
            )
        result += [token for word in group.words for token in (group.name, word)]
    return [*result, *args[end:]]


def _group(words: Sequence[str], with_value: set[str]) -> list[_Group]:
    """Divide words at the options."""
    groups = [_Group()]
    needs_value = False
    for word in words:
        if needs_value:
            groups[-1].option.append(word)
            needs_value = False
        elif word.startswith("-") and word != "-":
            name, has_value, _ = word.partition("=")
            groups.append(_Group(name, [word]))
            needs_value = name in with_value and not has_value
        else:
            groups[-1].words.append(word)
    return groups
