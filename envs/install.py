"""Install the packages of lock files into the environment of the running Python: python envs/install.py LOCK...

uv installs them, which pip has fetched; both hold each file to the hashes of the lock file. uv takes packages from
where pip's settings say, which it does not read itself, unless variables of its own say otherwise. What its cache holds
needs no network.
"""

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

UV_LOCK = Path(__file__).parent / "requirements-uv.txt"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")

# pip's settings of where packages come from, and the variables that tell uv the same.
INDEXES = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}
VARIABLES = INDEXES | {
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}


def settings_of_pip(listed: str) -> dict[str, str]:
    """Return pip's settings for an installation, which `pip config list` has printed, by name; lists have spaces."""
    settings = {}
    for section in ("global", "install", ":env:"):  # in which the later one counts
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.*)$", listed, re.MULTILINE):
            settings[name] = " ".join(ast.literal_eval(value).split())
    return settings


def variables_for_uv(settings: dict[str, str], variables: dict[str, str]) -> dict[str, str]:
    """Return ``variables`` with those added that tell uv pip's ``settings``. What they say already counts."""
    told = {VARIABLES[name]: value for name, value in settings.items() if name in VARIABLES}
    if "UV_FIND_LINKS" in told:
        told["UV_FIND_LINKS"] = told["UV_FIND_LINKS"].replace(" ", ",")
    if variables.keys() & {*INDEXES.values(), "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"}:
        told = {name: value for name, value in told.items() if name not in INDEXES.values()}
    # As pip does, look for a version in all indexes; by its hash, a file is the right one wherever it lies.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match"} | told | variables


def cached_uv() -> str:
    """Return the path of the locked version of uv in the user's cache, where pip installs it if it is not there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deepgalaxy-workflow"
    place = cache / f"uv-{pins(UV_LOCK)['uv']}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache) as partial:
            target = Path(partial, "uv")
            options = ("--quiet", "--require-hashes", "--no-deps", "--target", target, "--requirement", UV_LOCK)
            _run(*PIP, "install", *options)
            target.rename(place)
    return str(place / "bin/uv")


def install(locks: list[str]) -> None:
    """Install what some lock files pin. Where that fails, this process ends with a sentence, its own, pip's or uv's."""
    listed = subprocess.run([*PIP, "config", "list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    settings = settings_of_pip(listed)
    command = [cached_uv(), "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes", "--no-deps"]
    # As pip does. Else each process would compile what it imports anew where it may not write into the environment.
    command.append("--compile-bytecode")
    command += [word for lock in locks for word in ("--requirements", str(Path(lock).absolute()))]
    if settings.get("no-index", "").lower() in ("1", "on", "t", "true", "y", "yes"):
        command.append("--no-index")
    unfinished = Path(sys.prefix, "unfinished")  # packages of which only a part may be there
    if unfinished.exists():
        command.append("--reinstall")
    unfinished.touch()
    # From the root, since uv would take the settings for `make lock` in pyproject.toml for ones of its own.
    rest = {"env": variables_for_uv(settings, dict(os.environ)), "cwd": "/"}
    if subprocess.run([*command, "--offline"], stderr=subprocess.DEVNULL, **rest).returncode:
        _run(*command, **rest)
    unfinished.unlink()
    for lock in locks:
        if names := missing(lock):
            sys.exit(
                f"uv has not installed {', '.join(names[:3])}{' and others' if names[3:] else ''} of {lock} in"
                f" {sys.prefix}, and reported no error: look in `python3 -m pip config list`, in uv.toml and among the"
                " variables PIP_* and UV_* for a setting that sends packages elsewhere, and unset it."
            )


def pins(lock: str | Path) -> dict[str, str]:
    """Return the version of each package in a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", Path(lock).read_text(encoding="utf-8"), re.MULTILINE))


def missing(lock: str | Path) -> list[str]:
    """Return the pins of a lock file that the running Python does not have."""
    return [f"{name}=={pinned}" for name, pinned in pins(lock).items() if _installed(name) != pinned]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _run(*command: object, **rest: object) -> None:
    if status := subprocess.run([str(word) for word in command], **rest).returncode:
        sys.exit(status)


if __name__ == "__main__":
    install(sys.argv[1:])
