"""The image that containers/Containerfile describes, made by podman on a Debian of its own, without a registry."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import install

ROOT = Path(__file__).parents[2]
VENV = Path("/opt/deepgalaxy/.venv")
IMITATION = Path(__file__).with_name("apptainer")
"""The directory of the program that stands for Apptainer, for the PATH."""


def missing() -> str:
    """Return what this machine lacks to make an image and to run jobs in it, or an empty text."""
    if programs := [name for name in ("podman", "mmdebstrap") if shutil.which(name) is None]:
        return f"{' and '.join(programs)} not found (Debian: podman, mmdebstrap)"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        return "only root may mount"
    return ""


def shared_downloads(directory: Path) -> list[str]:
    """Return options of podman that let an image be made of what has been downloaded for this environment, from where
    the settings of pip say; ``directory`` gets a file of them."""
    listed = subprocess.run([*install.PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    settings = {name: value for name, value in install.settings_of_pip(listed).items() if name in install.VARIABLES}
    (directory / "pip.conf").write_text("\n".join(["[global]", *(f"{name} = {settings[name]}" for name in settings)]))
    words = [word.removeprefix("file://") for value in settings.values() for word in value.split()]
    # Of a directory of packages for pip in the form of an index, the packages themselves may lie beside it.
    places = {Path(word).parent if Path(word).name == "simple" else Path(word) for word in words if word[0] == "/"}
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    mounts = {cache: "/opt/deepgalaxy/cache", directory / "pip.conf": "/etc/pip.conf"} | {path: path for path in places}
    return [f"--volume={source}:{target}" for source, target in mounts.items() if Path(source).exists()]


@contextmanager
def built_image(containerfile: Path):
    """Build the image, and yield the directory of its files, as Apptainer has it of an unpacked image; all is removed
    at the end."""
    place = Path(tempfile.mkdtemp(prefix="image-"))  # short, as podman asks

    def podman(*words: object) -> str:
        command = ["podman", "--root", place / "storage", "--runroot", place / "run", *words]
        done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    try:
        system = place / "bookworm.tar"
        bootstrap = ["mmdebstrap", "--quiet", "--variant=apt", "--dpkgopt=force-unsafe-io"]
        subprocess.run([*bootstrap, "--include=python3,python3-venv", "bookworm", system], check=True)
        podman("import", system, "bookworm")
        # What is installed is kept out of the image's layers, whose making would take longer than its installation.
        installed = place / "installed"
        installed.mkdir()
        options = ["--isolation=chroot", "--build-arg=BASE=localhost/bookworm", *shared_downloads(place)]
        podman("build", *options, f"--volume={installed}:{VENV}", "--file", containerfile, "--tag", "deepgalaxy", ".")
        podman("create", "--name", "unpacked", "deepgalaxy", "true")
        podman("export", "--output", place / "unpacked.tar", "unpacked")
        files = place / "files"
        shutil.unpack_archive(place / "unpacked.tar", files, filter="fully_trusted")
        installed.rename(files / VENV.relative_to("/"))  # in place of an empty directory
        environment = files / ".singularity.d/env/10-docker2singularity.sh"
        environment.parent.mkdir(parents=True)
        environment.write_text(
            podman("inspect", "--format", '{{range .Config.Env}}export "{{.}}"\n{{end}}', "unpacked")
        )
        yield files
    finally:
        for command in (("rm", "--all"), ("rmi", "--all", "--force")):
            podman(*command)
        shutil.rmtree(place)
