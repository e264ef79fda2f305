"""Faults done to the workflow: each ends in a resume or in one sentence, and the results are those of an unbroken run.

docs/faults.md has the table; the names there are those of FAULTS.
"""

import contextlib
import io
import os
import random
import re
import resource
import signal
import socket
import sys
import threading
import time
import zipfile
from functools import partial

import h5py
import numpy as np
import psutil
import pytest
from faults.conftest import MERGER, STAGES

from deepgalaxy.checksums import sha256
from support.processes import family, wait_for


def sentences(rule, beginning, said):
    """The lines behind a rule's name that begin so."""
    return re.findall(rf"^{rule}[^:]*: {beginning}.*$", said, re.MULTILINE)


def interrupted(rule, number, world):
    """A job gets a signal at any moment of its course; run again, it makes the same."""
    seconds, digests = world.seconds_of(rule), world.remove_outputs(rule)
    process = world.start(*world.script(rule))
    time.sleep(world.moment * seconds)
    everything = family(process)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert not psutil.wait_procs(everything, timeout=10)[1]
    assert "Traceback" not in said or "KeyboardInterrupt" in said  # the latter while modules are still imported
    status, said = world.run(*world.script(rule))
    assert status == 0, said
    world.check_outputs(rule, digests)


def full_disk(rule, world):
    """There is room for some bytes of a job's output."""
    digests = world.remove_outputs(rule)
    most = int(4000 + 20000 * world.moment)
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most))
    status, said = world.run(*world.script(rule), preexec_fn=limit)
    assert status == 1 and sentences(rule, "There is no room to write .*; make room, ", said), said
    assert not [path for name in STAGES[rule] for path in (world.directory / name).parent.glob(".partial*")]
    assert world.run(*world.script(rule))[0] == 0
    world.check_outputs(rule, digests)


def read_only_results(world):
    """Nothing may be written where the result belongs: /sys forbids it to root, too."""
    directory = world.directory / MERGER
    away = directory.rename(directory.with_name("away"))
    directory.symlink_to("/sys/kernel")
    try:
        status, said = world.run(*world.script("simulate_galaxies"))
    finally:
        directory.unlink()
        away.rename(directory)
    assert status == 1 and sentences("simulate_galaxies", ".* cannot be used: .*; see to its permissions, ", said), said


def weights(path):
    """The weights in a model's file."""
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        arrays = {}
        file.visititems(lambda name, item: arrays.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return arrays


def finish(world, output, workers=1, resumed=True):
    """Train to the end, and assert that nothing of the fault is to be seen in what is there then."""
    status, said = world.run(*world.training(output, workers))
    assert status == 0, said
    assert ("resuming from a checkpoint" in said) >= resumed, said
    model, expected = world.directory / output / "model.keras", world.undisturbed(workers)
    if workers == 1:
        assert sha256(model) == sha256(expected)
    else:  # a checkpoint within an epoch holds the mean of each rank's statistics, which rounds
        one, other = weights(model), weights(expected)
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-5, atol=1e-7)
    assert not [path.name for path in model.parent.iterdir() if path.name.startswith((".", "checkpoints"))]


def start_training(world, output, workers=1, moment=0.0, **named):
    """Start a training, and return its process once it has got somewhere."""
    process = world.start(*world.training(output, workers), **named)
    found = world.directory / output / "checkpoints"
    name = f"{1 + int(3 * moment):06d}-{int(4 * moment) + 1:08d}"
    wait_for("a checkpoint", lambda: any(path.stem >= name for path in found.glob("[0-9]*.npz")), seconds=120)
    return process


def training_interrupted(number, world):
    """The launcher of a training gets a signal; on -9 its rank saves a checkpoint all the same."""
    output = f"signal-{number}"
    process = start_training(world, output, moment=world.moment)
    everything = family(process)
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert not psutil.wait_procs(everything, timeout=60)[1]
    assert not (world.directory / output / "model.keras").exists()
    if number != signal.SIGKILL:
        assert process.returncode == 75 and "train_model: stopped by SIGUSR1 in epoch" in said
    finish(world, output)


def mpirun_killed(world):
    """What has started the ranks is killed: none of them runs on."""
    process = start_training(world, "mpirun", 2, world.moment)
    everything = family(process)
    next(child for child in everything if child.name() in ("mpirun", "prterun")).kill()
    assert process.wait(60) not in (0, 75)
    assert not psutil.wait_procs(everything, timeout=60)[1]
    finish(world, "mpirun", 2)


def machine_rebooted(world):
    """All processes of a training of two ranks are killed at once."""
    process = start_training(world, "reboot", 2, world.moment)
    everything = family(process)
    for victim in everything:
        victim.suspend()
    for victim in everything:
        victim.kill()
    process.communicate(timeout=60)
    finish(world, "reboot", 2)


def no_room_for_checkpoints(world):
    """A checkpoint finds no room: one sentence; with room, the training ends like any other."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (100_000, 100_000))
    status, said = world.run(*world.training("no-room"), preexec_fn=limit)
    assert status == 1 and "train_model: There is no room to write " in said, said
    finish(world, "no-room", resumed=False)


def no_room_for_the_log(world):
    """The disk of the log is full, and the screen is gone: no line arrives, and the model is the same."""
    with open("/dev/full", "w") as full:
        process = psutil.Popen(
            [str(word) for word in world.training("no-log")],
            cwd=world.directory,
            env=world.environment,
            stdout=full,
            stderr=full,
        )
        world.started.append(process)
        assert process.wait(200) == 0
    assert sha256(world.directory / "no-log/model.keras") == sha256(world.undisturbed())


NO_LOCKS = "import fcntl, os\ndef flock(*_):\n    raise OSError({0}, os.strerror({0}))\nfcntl.flock = flock\n"


def without_locks(number, world):
    """The file system refuses locks: the training is killed, resumes, and still there is one at a time."""
    site = world.directory / f"site-{number}"
    site.mkdir()
    (site / "sitecustomize.py").write_text(NO_LOCKS.format(number))
    path = {"PYTHONPATH": f"{site}{os.pathsep}{world.environment['PYTHONPATH']}"}
    output = f"locks-{number}"
    process = start_training(world, output, env=path)
    check_refusal(world, process, output, env=path)
    for victim in family(process):
        victim.kill()
    process.communicate()
    finish(world, output)


def check_refusal(world, first, output, **named):
    """Assert that a second training is refused in one sentence; the first, which is at work, waits meanwhile."""
    everything = family(first)
    for process in everything:
        process.suspend()
    status, said = world.run(*world.training(output), **named)
    for process in everything:
        process.resume()
    # Log and screen are one pipe here, so that it comes twice.
    refusals = sentences("train_model", ".* is in use by another training, process ", said)
    assert status == 1 and len(set(refusals)) == 1, said


def two_trainings(world):
    """A second training on the same directory is refused, and the first goes on."""
    first = start_training(world, "twice")
    check_refusal(world, first, "twice")
    assert first.communicate(timeout=200)[0] and first.returncode == 0
    assert sha256(world.directory / "twice/model.keras") == sha256(world.undisturbed())


def foreign_file(world):
    """Something that is not ours lies among the checkpoints: it stays, and is no failure."""
    process = start_training(world, "foreign")
    process.kill()
    process.communicate(timeout=60)
    foreign = world.directory / "foreign/checkpoints/notes.npz"
    foreign.write_text("mine")
    status, said = world.run(*world.training("foreign"))
    assert status == 0 and "resuming from a checkpoint" in said, said
    assert sha256(world.directory / "foreign/model.keras") == sha256(world.undisturbed())
    assert [path.name for path in foreign.parent.iterdir()] == ["notes.npz"]


def snakemake(*options, rule="prepare_images"):
    """The command that runs the job of a rule of STAGES and no other, whatever tests have made anew before it."""
    options = ("--profile=profiles/local", "--cores=2", *options, "--allowed-rules", rule, "--")
    return ("snakemake", *options, STAGES[rule][0])


def start_snakemake(world):
    """Start Snakemake, and return its process once its job is at work."""
    log = world.directory / "logs/prepare_images/tiny/four_stages.log"
    log.unlink()
    process = world.start(*snakemake("--force"))
    wait_for("the job", log.is_file)
    return process


def snakemake_ended(number, world):
    """Snakemake itself gets a signal: its jobs end with it, and the next one goes on."""
    digests = [sha256(world.directory / name) for name in STAGES["prepare_images"]]
    process = start_snakemake(world)
    time.sleep(world.moment)
    everything = family(process)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as at a terminal
    else:
        process.send_signal(number)
    process.communicate(timeout=60)  # which also waits for whoever still has the pipe open, as tee does
    assert not psutil.wait_procs(everything, timeout=20)[1]
    world.run(*snakemake("--unlock"))
    status, said = world.run(*snakemake("--force"))
    assert status == 0, said
    world.check_outputs("prepare_images", digests)


def two_workflows(world):
    """Of two Snakemakes in one directory, the second is refused."""
    digests = [sha256(world.directory / name) for name in STAGES["prepare_images"]]
    first = start_snakemake(world)
    everything = family(first)
    for process in everything:
        process.suspend()
    status, said = world.run(*snakemake("--force"))
    assert status == 1 and "Directory cannot be locked" in said and "Traceback" not in said, said
    for process in everything:
        process.resume()
    assert first.communicate(timeout=120)[0] and first.returncode == 0
    world.check_outputs("prepare_images", digests)


def clock_set_back(world):
    """The inputs were made an hour later than it is now; once the clock is right, the job makes the same."""
    digests, later = world.remove_outputs("render_galaxies"), time.time() + 3600
    snapshots = world.directory / STAGES["simulate_galaxies"][0]
    os.utime(snapshots, (later, later))
    status, said = world.run(*snakemake(rule="render_galaxies"))
    os.utime(snapshots)
    assert status == 1 and "This could indicate a clock skew problem" in said and "Traceback" not in said, said
    status, said = world.run(*snakemake(rule="render_galaxies"))
    assert status == 0, said
    world.check_outputs("render_galaxies", digests)


def serve(content, cut=None):
    """Serve bytes on loopback, the first answer up to ``cut``; return the port, what ranges were asked for, the end."""
    listening, asked = socket.create_server(("127.0.0.1", 0)), []

    def run():
        with contextlib.suppress(OSError):
            while True:
                with listening.accept()[0] as connection:
                    request = connection.recv(65536).decode()
                    found = re.search(r"(?i)range: bytes=(\d+)-", request)
                    start = int(found[1]) if found else 0
                    asked.append(start)
                    lines = [f"Content-Length: {len(content) - start}", 'ETag: "a"', "Connection: close", "", ""]
                    if start:
                        lines.insert(0, f"Content-Range: bytes {start}-{len(content) - 1}/{len(content)}")
                    head = f"HTTP/1.1 {'206 Partial Content' if start else '200 OK'}\r\n" + "\r\n".join(lines)
                    connection.sendall(head.encode() + content[start : cut or None])
                    if cut:
                        wait_for("the end", lambda: connection.fileno() < 0 or connection.recv(1) == b"", seconds=30)

    threading.Thread(target=run, daemon=True).start()
    return listening, asked


DOWNLOAD = (
    "import sys\nfrom deepgalaxy.dataset.acquire import acquire_dataset\n"
    "from deepgalaxy.logs import script_log\n"
    "with script_log('fetch.log', 'fetch_dataset'):\n"
    "    acquire_dataset([sys.argv[1]], sys.argv[2], 'pinned.txt', backoff_s=0.01)"
)


def download_broken(network, world):
    """In the midst of a download the network goes, or the process is killed; it is asked on from what there is."""
    original = world.directory / STAGES["assemble_dataset"][0]
    content, output = original.read_bytes(), f"resources/{'network' if network else 'killed'}.hdf5"
    (world.directory / "pinned.txt").write_text(f"{sha256(original)}  {output}\n")
    cut = int((0.1 + 0.8 * world.moment) * len(content))
    listening, _ = serve(content, cut)
    port = listening.getsockname()[1]
    command = (sys.executable, "-c", DOWNLOAD, f"http://127.0.0.1:{port}/images.hdf5", output)
    process = world.start(*command)
    part = world.directory / f"resources/downloads/{output.partition('/')[2]}.part"
    wait_for("a part", lambda: part.is_file() and part.stat().st_size == cut)
    if network:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in psutil.Process().net_connections():
            if connection.laddr.port == port and connection.fd >= 0:
                with socket.socket(fileno=os.dup(connection.fd)) as broken:
                    broken.shutdown(socket.SHUT_RDWR)
        said = process.communicate(timeout=60)[0]
        assert process.returncode == 1 and "None of its sources provides" in said and "Traceback" not in said, said
    else:
        process.kill()
        process.communicate(timeout=60)
        listening.close()
    assert part.read_bytes() == content[:cut]
    listening, asked = serve(content)
    with listening:
        command = (sys.executable, "-c", DOWNLOAD, f"http://127.0.0.1:{listening.getsockname()[1]}/images.hdf5", output)
        status, said = world.run(*command)
    assert status == 0, said
    assert asked == [cut] and (world.directory / output).read_bytes() == content


KILL, TERM, HUP, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT
FAULTS = {
    **{
        f"`{rule}` gets {number.name}": partial(interrupted, rule, number)
        for rule, number in (
            *(("simulate_galaxies", KILL), ("simulate_galaxies", TERM), ("render_galaxies", HUP)),
            *(("render_galaxies", INT), ("assemble_dataset", TERM), ("catalogue_dataset", KILL)),
            *(("catalogue_dataset", INT), ("select_images", HUP), ("split_images", KILL), ("prepare_images", KILL)),
            *(("prepare_images", TERM), ("measure_morphology", HUP), ("score_baselines", INT)),
            ("evaluate_predictions", KILL),
        )
    },
    **{f"training gets {number.name}": partial(training_interrupted, number) for number in (KILL, TERM, HUP, INT)},
    "`mpirun` is killed": mpirun_killed,
    "the machine is rebooted in training": machine_rebooted,
    "no room for rendered images": partial(full_disk, "render_galaxies"),
    "no room for prepared images": partial(full_disk, "prepare_images"),
    "no room for a checkpoint": no_room_for_checkpoints,
    "no room for the log": no_room_for_the_log,
    "results are read-only": read_only_results,
    "a file system without locks": partial(without_locks, 37),
    "two trainings at once": two_trainings,
    "two workflows at once": two_workflows,
    "a foreign file among checkpoints": foreign_file,
    "Snakemake is killed": partial(snakemake_ended, KILL),
    "Snakemake gets SIGHUP": partial(snakemake_ended, HUP),
    "Ctrl-C": partial(snakemake_ended, INT),
    "the clock is set back": clock_set_back,
    "the network goes in a download": partial(download_broken, True),
    "a download is killed": partial(download_broken, False),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_a_resume_or_a_sentence(world, fault):
    world.moment = random.Random(fault).random()
    FAULTS[fault](world)


def test_the_table_in_the_docs_lists_these_faults(root):
    rows = re.findall(r"^\| (.+?) \|", (root / "docs/faults.md").read_text(), re.MULTILINE)
    assert rows[1:] == list(FAULTS)
