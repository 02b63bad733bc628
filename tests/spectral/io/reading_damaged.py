"""Read damaged copies of small files, one after another, and report what ended in neither a cube nor an error
of ours. Run as a program, with little memory, so that a crash or a hang of the interpreter is seen as well.
"""

import faulthandler
import json
import resource
import shutil
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from lrprism.errors import DataError, InputError
from lrprism.spectral.io.formats.spectral_library import read_spectral_library
from lrprism.spectral.io.read import read_cube

MORE_MEMORY = 2**30
LONGEST_S = 5


def damage(content: bytes, kind: int, random: np.random.Generator) -> bytes:
    """Damage a file: cut it, flip bits in its head or anywhere, or overwrite a number in it."""
    size = len(content)
    if kind == 0 or size == 0:
        return content[: random.integers(size + 1)]
    changed = bytearray(content)
    if kind in {1, 2}:
        for place in random.integers(min(size, 512) if kind == 1 else size, size=random.integers(1, 8)):
            changed[place] ^= 1 << random.integers(8)
        return bytes(changed)
    start = int(random.integers(max(1, size - 8)))
    digits = [at for at, byte in enumerate(content[:4096]) if chr(byte).isdigit()]
    if content.isascii() and digits:
        start = int(random.choice(digits))
        number = random.choice([b"99999999999", b"-7", b"nan", b"1e300"])
        return content[:start] + number + content[start:]
    numbers = [2**31 - 1, 2**40, 2**63 - 1, -1, 0]
    changed[start : start + 8] = int(random.choice(numbers)).to_bytes(8, "little", signed=True)
    return bytes(changed)


def damage_in_turn(files: Iterable[Path], rounds: int) -> Iterator[None]:
    """Damage one of some files in each round, and yield; the file is whole again afterwards."""
    whole = {file: file.read_bytes() for file in files}
    for number in range(rounds):
        random = np.random.default_rng(number)
        victim = list(whole)[random.integers(len(whole))]
        victim.write_bytes(damage(whole[victim], number % 4, random))
        yield
        victim.write_bytes(whole[victim])


def outcome(path: Path, wavelengths: list[float] | None) -> str:
    """Read a corner of the cube or library; the empty text is a good end."""
    library = path.suffix == ".sli"
    try:
        cube = (read_spectral_library if library else read_cube)(path, wavelengths=wavelengths)
        corner = cube[(slice(2),) * cube.ndim].values
    except (DataError, InputError):
        return ""
    except BaseException:
        return traceback.format_exc(limit=-4)
    if cube.dims != (("spectrum", "band") if library else ("band", "y", "x")) or any(
        part != min(2, length) for part, length in zip(corner.shape, cube.shape, strict=True)
    ):
        return f"a cube of {cube.dims} {cube.shape} whose corner is {corner.shape}"
    return ""


def main(cases: Path, work: Path, rounds: int) -> None:
    """Damage each case ``rounds`` times; a case is ``[entry, wavelengths]``, alone in its folder."""
    warnings.simplefilter("ignore")
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MORE_MEMORY, used + MORE_MEMORY))
    for case, (entry, wavelengths) in enumerate(json.loads(cases.read_text())):
        folder = Path(entry).parent
        files = sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
        for number in range(rounds):
            random = np.random.default_rng((case, number))
            copy = work / f"{case}_{number}"
            shutil.copytree(folder, copy)
            victim = copy / files[random.integers(len(files))]
            victim.write_bytes(damage(victim.read_bytes(), number % 4, random))
            label = f"{Path(entry).name}, {victim.name} damaged {number}"
            print(f"now {label}", file=sys.stderr, flush=True)
            faulthandler.dump_traceback_later(LONGEST_S, exit=True)
            report = outcome(copy / Path(entry).name, wavelengths)
            faulthandler.cancel_dump_traceback_later()
            shutil.rmtree(copy)
            if report:
                print(f"{label}: {report}", flush=True)


if __name__ == "__main__":
    faulthandler.enable()
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
