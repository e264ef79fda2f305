"""A private SLURM cluster on this machine: real daemons, all state in one directory, no systemd.

Where this process may make them, each node is a network namespace with a host name and an address; otherwise all nodes
are daemons on this host. GPUs are character devices that stand for some; SLURM hands them out as it does real ones.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")
CLIENTS = ("srun", "sbatch", "salloc", "squeue", "scancel", "scontrol", "sinfo", "sacct")
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}({address})
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={root}/munge.socket
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool/%n
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.%n.pid
SlurmctldLogFile={root}/log/slurmctld.log
SlurmdLogFile={root}/log/slurmd.%n.log
TmpFS={root}/tmp/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2
ReturnToService=1
SlurmctldTimeout=30
SlurmdTimeout=30
InactiveLimit=0
KillWait=5
MessageTimeout=10
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
GresTypes=gpu
"""


def missing() -> list[str]:
    """Return which programs of SLURM are not installed here."""
    return [name for name in DAEMONS if shutil.which(name) is None]


class Cluster:
    """A cluster of some nodes, each of so many ``cpus``, ``gpus`` and ``memory_mib``, with its state in ``root``."""

    def __init__(self, root: Path, nodes: int = 4, cpus: int = 2, gpus: int = 2, memory_mib: int = 4000) -> None:
        self.root, self.cpus, self.gpus, self.memory_mib = root, cpus, gpus, memory_mib
        self.nodes = [f"node{number}" for number in range(1, nodes + 1)]
        self.namespaces = True
        self.name = f"sl{secrets.token_hex(3)}"  # of bridge and namespaces
        self.subnet = f"10.77.{secrets.randbelow(256)}"

    @property
    def environment(self) -> dict[str, str]:
        """What a client of the cluster needs; jobs do not inherit SLURM_CONF, so that it also rides on the PATH."""
        return {"SLURM_CONF": f"{self.root}/slurm.conf", "PATH": f"{self.root}/bin{os.pathsep}{os.environ['PATH']}"}

    def run(self, *command: object, timeout: float = 60) -> str:
        """Run a client of the cluster, and return what it prints."""
        words = [str(word) for word in command]
        environment = os.environ | self.environment
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=timeout)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start all daemons, and wait for all nodes. Raises RuntimeError if they are not idle within a minute."""
        for name in ("state", "log", "bin", *(f"{kind}/{node}" for kind in ("spool", "tmp") for node in self.nodes)):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        try:
            self._lay_network()
        except (OSError, RuntimeError):  # no root, no `ip`, or a container that forbids it
            self._remove_network()
            self.namespaces = False
        self._configure()
        munge = {name: f"--{name}-file={self.root}/munge.{name}" for name in ("key", "pid", "log", "seed")}
        self.run("munged", "--force", f"--socket={self.root}/munge.socket", *munge.values())
        self.start_controller()
        for node in self.nodes:
            self.run(*self._on(node), "slurmd", "-N", node)
        self.wait_for("all nodes idle", lambda: self.states() == dict.fromkeys(self.nodes, "idle"))

    def start_controller(self) -> None:
        """Start the controller, and wait until it answers."""
        self.run("slurmctld")
        self.wait_for("the controller", lambda: "UP" in self.run("scontrol", "ping"))

    def stop_controller(self) -> None:
        """End the controller as a reboot of its host would; jobs go on."""
        self._end([self.root / "slurmctld.pid"])

    def states(self) -> dict[str, str]:
        """Return the state of each node."""
        return dict(line.split() for line in self.run("sinfo", "-h", "-N", "-p", "all", "-o", "%N %T").splitlines())

    def jobs(self) -> dict[str, str]:
        """Return the states of all jobs that have not ended, by name."""
        return dict(line.rsplit(" ", 1) for line in self.run("squeue", "-h", "-o", "%j %T").splitlines())

    def stop(self) -> None:
        """Cancel all jobs, end all daemons, and remove the network."""
        with suppress(RuntimeError, subprocess.TimeoutExpired):
            self.run("scancel", "--partition=all", timeout=10)
            self.wait_for("jobs to end", lambda: not self.jobs())
        self._end([*self.root.glob("slurmd.*.pid"), self.root / "slurmctld.pid", self.root / "munge.pid"])
        if self.namespaces:
            self._remove_network()

    def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds. Raises RuntimeError, with the logs' ends, if it does not within a minute."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(RuntimeError, subprocess.TimeoutExpired):
                if condition():
                    return
            time.sleep(0.1)
        logs = "\n".join(f"{log.name}: {log.read_text()[-500:]}" for log in sorted((self.root / "log").iterdir()))
        raise RuntimeError(f"Waited in vain for {what}.\n{logs}")

    def _configure(self) -> None:
        host, address = socket.gethostname().split(".")[0], f"{self.subnet}.254" if self.namespaces else "127.0.0.1"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        text = CONFIGURATION.format(
            root=self.root, host=host, address=address, port=port, user=psutil.Process().username()
        )
        size = f"CPUs={self.cpus} CoresPerSocket={self.cpus} RealMemory={self.memory_mib} Gres=gpu:fake:{self.gpus}"
        for number, node in enumerate(self.nodes, 1):
            place = (node, f"{self.subnet}.{number}") if self.namespaces else (host, "127.0.0.1")
            text += f"NodeName={node} NodeHostname={place[0]} NodeAddr={place[1]} Port={port + number} {size}\n"
        text += "PartitionName=all Nodes=ALL Default=YES MaxTime=120 DefaultTime=5 State=UP DefMemPerCPU=100\n"
        (self.root / "slurm.conf").write_text(text)
        (self.root / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        for number in range(self.gpus):
            if os.geteuid() == 0:
                os.mknod(self.root / f"gpu{number}", 0o20666, os.makedev(1, 3))  # as /dev/null
        devices = self.root / "gpu" if os.geteuid() == 0 else "/dev/tty"
        names = ",".join(self.nodes)
        (self.root / "gres.conf").write_text(f"NodeName={names} Name=gpu Type=fake File={devices}[0-{self.gpus - 1}]\n")
        (self.root / "munge.key").write_bytes(secrets.token_bytes(128))
        (self.root / "munge.key").chmod(0o600)
        for client in CLIENTS:
            if program := shutil.which(client):
                wrapper = self.root / "bin" / client
                wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={self.root}/slurm.conf exec {program} "$@"\n')
                wrapper.chmod(0o755)

    def _lay_network(self) -> None:
        """Give each node a network namespace, joined to the others and to this host by a bridge."""
        hosts = [f"127.0.0.1 localhost\n{self.subnet}.254 {socket.gethostname()}\n"]
        self.run("ip", "link", "add", self.name, "type", "bridge")
        self.run("ip", "address", "add", f"{self.subnet}.254/24", "dev", self.name)
        self.run("ip", "link", "set", self.name, "up")
        for number, node in enumerate(self.nodes, 1):
            space, cable, address = f"{self.name}{node}", f"{self.name}-{number}", f"{self.subnet}.{number}"
            self.run("ip", "netns", "add", space)
            self.run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
            self.run("ip", "link", "set", cable, "master", self.name, "up")
            self.run("ip", "-n", space, "address", "add", f"{address}/24", "dev", "eth0")
            for interface in ("eth0", "lo"):
                self.run("ip", "-n", space, "link", "set", interface, "up")
            self.run("ip", "-n", space, "route", "add", "default", "via", f"{self.subnet}.254")
            hosts.append(f"{address} {node}\n")
        (self.root / "hosts").write_text("".join(hosts))

    def _remove_network(self) -> None:
        """Remove what there is of the network."""
        for command in (*(["netns", "del", f"{self.name}{node}"] for node in self.nodes), ["link", "del", self.name]):
            with suppress(OSError, RuntimeError):
                self.run("ip", *command)

    def _on(self, node: str) -> list[str]:
        """Return the words before a command that is to run on a node."""
        if not self.namespaces:
            return []
        script = 'hostname "$1"; mount --bind "$2" /etc/hosts; shift 2; exec "$@"'
        inside = ["unshare", "--uts", "--mount", "sh", "-c", script, "sh", node, f"{self.root}/hosts"]
        return ["ip", "netns", "exec", f"{self.name}{node}", *inside]

    def _end(self, pid_files: list[Path]) -> None:
        """End the daemons that wrote some files of process ids, and no other process."""
        processes = []
        for file in pid_files:
            with suppress(OSError, ValueError, psutil.NoSuchProcess):
                processes.append(psutil.Process(int(file.read_text())))
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            processes = psutil.wait_procs(processes, timeout=10)[1]


@contextmanager
def cluster(root: Path, **size: int):
    """Start a cluster, and stop it whatever happens."""
    made = Cluster(root, **size)
    try:
        made.start()
        yield made
    finally:
        made.stop()
