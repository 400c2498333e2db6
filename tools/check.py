"""`make test`: style, types, layers, then every test on both databases, in parallel."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent

STEPS: Final = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
    "mypy --strict": [str(BIN / "mypy")],
    "import-linter": [str(BIN / "lint-imports"), "--no-cache"],
    "pytest": [sys.executable, "-m", "pytest", "-n", str(max(2, os.cpu_count() or 2))],
}


def main() -> int:
    """Run every step, the tests also when a step before them failed; 1 if anything failed."""
    failed = []
    for name, command in STEPS.items():
        started = time.monotonic()
        print(f"── {name}", flush=True)
        extra = sys.argv[1:] if name == "pytest" else []
        done = subprocess.run([*command, *extra], cwd=ROOT, check=False)  # noqa: S603
        print(f"   {time.monotonic() - started:.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
