"""The page docs/benchmarks.md, written from what runs of the suite measured."""

from collections.abc import Sequence

from benchmarks import cells, goals, prose
from benchmarks.contestants import MANY
from benchmarks.goals import FIXED_COST, Goal
from benchmarks.growth import WHOLE, exponent
from benchmarks.markdown import table
from benchmarks.results import Measured, Point, Results

PEERS = ("tutorial", "zennit", "captum", "autolrp")
NAMES = {"tutorial": "tutorial's loop", "autolrp": "autoLRP"}


def render(runs: Sequence[Results]) -> str:
    """Return the whole page.

    Args:
        runs: The first is on a processor, in float32, and complete; one that kept freed memory gives the same
            table of ratios, others give tables of absolute times.
    """
    main = runs[0]
    sections = [
        (prose.OURS, _ours(_large(main))),
        (prose.FIXED, _ours(_tiny(main))),
        (prose.PEERS, _peers(main)),
        (prose.RIGHT.format(open=_largest_open(main)), _right(main)),
        (prose.EXTRAS, _extras(main)),
        (prose.CLASSES.format(count=MANY), _classes(main)),
        (prose.MEMORY, _memory(main)),
        (prose.IMPORT, _imports(main)),
        (prose.GROWTH, _growth(main)),
        (prose.PARTS.format(whole=WHOLE), _parts(main)),
    ]
    for run in runs[1:]:
        # the ratios again, behind those of the first run
        if run.keeps_memory:
            sections[2:2] = [(prose.ALONE, _ours(_tiny(run))), (prose.KEPT, _ours(_large(run)))]
            continue
        setting = table(("setting", "value"), run.setting)
        words = prose.ABSOLUTE.format(device=run.device, precision=run.precision)
        sections.append((f"{words}\n{setting}", _absolute(run)))
    # a section without numbers is left out
    measured = [part for section in sections for part in section if section[1]]
    return "\n".join([prose.HEAD, table(("setting", "value"), main.setting), *measured, prose.METHOD])


def _fill_table(head: Sequence[str], rows: Sequence[Sequence[str]], goal: Sequence[str] | None = None) -> str:
    """Return a table with the goals as its first row; empty where nothing was measured."""
    return table(head, [*([goal] if goal else []), *rows]) if rows else ""


def _presets(models: Sequence[Measured]) -> list[str]:
    """Return the presets that were measured, in the order of their goals."""
    measured = {entry.preset for model in models for entry in model.entries if entry.library == "lrprism"}
    return [preset for preset in goals.OF_PRESETS if preset in measured]


def _large(run: Results) -> list[Measured]:
    return [model for model in run.models if model.key != FIXED_COST]


def _tiny(run: Results) -> list[Measured]:
    return [model for model in run.models if model.key == FIXED_COST]


def _ratio(model: Measured, preset: str) -> str:
    """Return our ratio with its mark."""
    entry = model.find("lrprism", preset)
    if entry is None:
        return cells.NONE
    # a wrong answer meets no goal
    if entry.time is None or cells.wrong(entry):
        return cells.peer(entry)
    return goals.of_preset(model.key, preset).mark(entry.time.ratio)


def _gradient(model: Measured) -> str:
    entry = model.find("gradient")
    return cells.seconds(entry.time.seconds) if entry and entry.time else cells.NONE


def _ours(models: Sequence[Measured]) -> str:
    if not models:
        return ""
    presets = _presets(models)
    goal_of = [str(goals.of_preset(models[0].key, preset)) for preset in presets]
    rows = [
        (model.title, _gradient(model), *(_ratio(model, preset) for preset in presets), _spread(model))
        for model in models
    ]
    return _fill_table(
        ("model", "one gradient", *presets, "spread"), rows, ("goal (limit)", "", *goal_of, "")
    )


def _spread(model: Measured) -> str:
    return f"± {100 * cells.spread(model):.0f} %"


def _rows(run: Results) -> list[tuple[Measured, str]]:
    """Return every model with every preset that explained it."""
    return [(model, preset) for model in run.models for preset in _presets([model])]


def _names(peers: Sequence[str]) -> list[str]:
    return [NAMES.get(peer, peer) for peer in peers]


def _peers(run: Results) -> str:
    rows = [
        (
            model.title,
            preset,
            _beside(model, preset),
            *(cells.peer(model.find(peer, preset)) for peer in PEERS),
        )
        for model, preset in _rows(run)
    ]
    return _fill_table(("model", "preset", "lrprism", *_names(PEERS)), rows)


def _beside(model: Measured, preset: str) -> str:
    """Return our ratio, with a note where a peer that is right is faster."""
    entry, peer = model.find("lrprism", preset), cells.fastest_peer(model, preset)
    times = cells.ratio(entry, peer)
    return cells.peer(entry) + (" (slower)" if times is not None and times > 1 else "")


def _right(run: Results) -> str:
    everyone = ("lrprism", *PEERS)
    rows = [
        (model.title, preset, *(cells.apart(model.find(library, preset)) for library in everyone))
        for model, preset in _rows(run)
    ]
    return _fill_table(("model", "preset", *_names(everyone)), rows)


def _largest_open(run: Results) -> str:
    return f"{max((model.unaccounted for model in run.models), default=0.0):.0e}"


def _extras(run: Results) -> str:
    rows = []
    for model in run.models:
        first, again = model.find("lrprism", model.main, "first call"), model.find("lrprism", model.main)
        others = (_beyond(model, "audit", goals.AUDIT), _beyond(model, "in parts of 8"))
        rows.append((model.title, model.main, cells.peer(first), cells.peer(again), *others))
    head = ("model", "preset", "first call", "later calls", "`audit=True`", "`batch_size=8`")
    return _fill_table(head, rows, ("goal", "", "", "", str(goals.AUDIT), ""))


def _beyond(model: Measured, extra: str, goal: Goal | None = None) -> str:
    """Return the time with an extra question, as a multiple of the time without."""
    entry = model.find("lrprism", model.main, extra)
    times = cells.ratio(entry, model.find("lrprism", model.main))
    if entry is None or times is None or cells.wrong(entry):
        return cells.peer(entry)
    return f"{times:.2f}" if goal is None else goal.mark(times)


def _classes(run: Results) -> str:
    rows = []
    for model in run.models:
        goal, extra = _goal_of_classes(model), f"{MANY} classes"
        if goal is not None and model.find("lrprism", model.main, extra) is not None:
            rows.append((model.title, model.main, _beyond(model, extra, goal), str(goal)))
    return _fill_table(("model", "preset", f"{MANY} classes / one", "goal (limit)"), rows)


def _goal_of_classes(model: Measured) -> Goal | None:
    forward, gradient = model.find("forward"), model.find("gradient")
    if forward is None or gradient is None or forward.time is None or gradient.time is None:
        return None
    return goals.of_classes(MANY, forward.time.seconds, gradient.time.seconds)


def _memory(run: Results) -> str:
    rows = []
    for model in run.models:
        gradient = model.find("gradient")
        if gradient is not None and gradient.memory:
            for preset in _presets([model]):
                row = [_weight(model, library, preset, gradient.memory) for library in ("lrprism", *PEERS)]
                # a preset that nobody was weighed by has no row
                if any(cell != cells.NONE for cell in row):
                    rows.append((model.title, preset, cells.megabytes(gradient.memory), *row))
    goal = ("goal", "", "", str(goals.MEMORY), *[""] * len(PEERS))
    return _fill_table(("model", "preset", "one gradient", "lrprism", *_names(PEERS)), rows, goal)


def _weight(model: Measured, library: str, preset: str, gradient: int) -> str:
    entry = model.find(library, preset)
    if entry is None or entry.memory is None:
        return cells.NONE
    times = entry.memory / gradient
    return goals.MEMORY.mark(times) if library == "lrprism" else f"{times:.2f}"


def _imports(run: Results) -> str:
    both = run.imports
    if not both:
        return ""
    times = goals.IMPORT.mark(both["lrprism"] / both["torch"])
    row = (cells.seconds(both["torch"]), cells.seconds(both["lrprism"]), times, str(goals.IMPORT))
    return table(("`import torch`", "`import lrprism`", "ratio", "goal"), [row])


def _growth(run: Results) -> str:
    rows = []
    for axis in dict.fromkeys(point.axis for point in run.growth):
        ours = [point for point in run.growth if (point.axis, point.library) == (axis, "lrprism")]
        plain = [point for point in run.growth if (point.axis, point.library) == (axis, "gradient")]
        exponents = (*_exponents(ours), *_exponents(plain))
        times = [f"{our.seconds / other.seconds:.2f}" for our, other in zip(ours, plain, strict=True)]
        size = f"{axis}, {ours[0].size} to {ours[-1].size}"
        rows.append(
            (size, *map(_mark_growth, exponents[:2]), *map(_plain, exponents[2:]), times[0], times[-1])
        )
    exponent_of = ("time", "memory", "gradient's time", "gradient's memory")
    goal = ("goal", str(goals.GROWTH), str(goals.GROWTH), *[""] * 4)
    return _fill_table(("what grows", *exponent_of, "time ratio at first", "at last"), rows, goal)


def _exponents(points: Sequence[Point]) -> tuple[float | None, float | None]:
    """Return the exponents of time and memory; None where memory was not measured."""
    sizes, memory = [point.size for point in points], [point.memory for point in points if point.memory]
    of_memory = exponent(sizes, memory) if len(memory) == len(sizes) else None
    return exponent(sizes, [point.seconds for point in points]), of_memory


def _mark_growth(value: float | None) -> str:
    return cells.NONE if value is None else goals.GROWTH.mark(value)


def _plain(value: float | None) -> str:
    return cells.NONE if value is None else f"{value:.2f}"


def _parts(run: Results) -> str:
    rows = [
        (
            f"`batch_size={part.batch_size}`" if part.batch_size else "all at once",
            cells.megabytes(part.memory),
            cells.seconds(part.seconds),
            f"{part.seconds / run.parts[0].seconds:.2f}",
        )
        for part in run.parts
    ]
    return _fill_table(("samples at a time", "memory", "time", "time / all at once"), rows)


def _absolute(run: Results) -> str:
    rows = [
        (
            model.title,
            preset,
            _gradient(model),
            *(_time(model, library, preset) for library in ("lrprism", *PEERS)),
        )
        for model, preset in _rows(run)
    ]
    return _fill_table(("model", "preset", "one gradient", "lrprism", *_names(PEERS)), rows)


def _time(model: Measured, library: str, preset: str) -> str:
    entry = model.find(library, preset)
    if entry is None or entry.time is None:
        return cells.peer(entry)
    error = cells.wrong(entry)
    time = cells.seconds(entry.time.seconds)
    return f"{error} ({time})" if error else time
