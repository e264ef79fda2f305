"""Benchmark of growth, run by hand once the demonstration has run:
``python tests/benchmarks/growth.py DIRECTORY [--dataset FILE] [--times 1 4 16] [--until RULE ...]``.

The workflow itself runs on datasets that hold each merger of the demonstration once, four times and sixteen times,
under other names: in folders of DIRECTORY, of which the largest takes 12 GB, and where a run that was stopped goes on.
Printed are for each stage the time of processors and the most memory at each size, pages that processes share counted
once, and by which power of the number of images both grow between the last two sizes; training is of one epoch. What
else the machine does hardly bears on these.
"""

import argparse
import math
import re
import sys
import time
from pathlib import Path

import h5py
import psutil
import yaml

from deepgalaxy.checksums import sha256
from deepgalaxy.dataset.layout import group_name, is_isolated, isolated_name, parse_group_name
from deepgalaxy.files import read_json, write_json

ROOT = Path(__file__).parents[2]
EVERY_S = 0.2
RULE = re.compile(r"\.snakemake/scripts/[^/]*?\.(\w+)\.py$|^(train_model)$")


def grow(dataset, path, times):
    """Write a file with each group of a dataset so many times, under ratios that differ in their last digits."""
    with h5py.File(dataset) as source, h5py.File(path, "w") as file:
        lone = sum(map(is_isolated, source))
        for name in source:
            for copy in range(times):
                size_ratio, mass_ratio = parse_group_name(name)
                merger = group_name(size_ratio + 1e-4 * copy, mass_ratio)
                other = isolated_name(int(name[-2:]) + copy * lone) if is_isolated(name) else merger
                source.copy(name, file, other)


def configure(directory, dataset, encoders):
    """Write the configuration of the demonstration for another dataset, which is accepted, and a single epoch."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config["datasets"]["grown"] = {"sources": [str(dataset.resolve())]}
    config["experiment"] |= {"datasets": ["grown"], "workers": [1]} | ({"encoders": ["small"]} if encoders else {})
    config["models"]["reference_cnn"]["epochs"] = 1
    for stage in ("autoencoder", "vae"):
        config["encoders"]["small"][stage]["epochs"] = 1
    config["scaling"]["workers"] = []
    (directory / "config").mkdir(parents=True, exist_ok=True)
    (directory / "config/config.yaml").write_text(yaml.safe_dump(config))
    (directory / "config/checksums.txt").write_text(f"{sha256(dataset)}  resources/grown.hdf5\n")


def rule_of(process):
    """Return the rule whose script a process runs, None if it runs none, or belongs to one that does."""
    words = process.cmdline()
    if words[1:3] == ["-m", "deepgalaxy.train"]:
        return "train_model"
    found = RULE.search(words[1]) if len(words) > 1 and "python" in words[0] else None
    return found[1] if found else None


def look_at(process, seconds, memory):
    """Note the time and the memory of all jobs that Snakemake, a process, has started: of each, and with its children,
    by its rule and number."""
    for job in process.children(recursive=True):
        try:
            rule = rule_of(job)
            if rule is None or rule_of(job.parent()) == rule:
                continue
            family = [job, *job.children(recursive=True)]
            used = sum(sum(one.cpu_times()[:2]) for one in family) + sum(job.cpu_times()[2:4])
            held = sum(one.memory_full_info().pss for one in family) / 2**20
        except (psutil.Error, AttributeError):
            continue
        seconds[f"{rule} {job.pid}"] = used
        memory[rule] = max(held, memory.get(rule, 0))


def run(directory, until):
    """Run the workflow in a directory, all of it or no further than some rules; return core seconds and MiB by stage,
    those of earlier runs there included."""
    record = directory / "growth.json"
    seconds, memory = read_json(record) if record.exists() else ({}, {})
    command = (sys.executable, "-m", "snakemake", "--profile", ROOT / "profiles/local", "-s", ROOT / "Snakefile")
    options = ("--directory", directory, *(["--until", *until] if until else []))
    with psutil.Popen([*map(str, (*command, *options))]) as process:
        while process.poll() is None:
            look_at(process, seconds, memory)
            write_json([seconds, memory], record)
            time.sleep(EVERY_S)
    if process.returncode:
        sys.exit(f"The workflow in {directory} failed; its log is above.")
    stages = {}
    for job, used in seconds.items():
        rule = job.split()[0]
        stage = "figures" if rule.startswith("plot_") else rule
        before = stages.get(stage, (0, 0))
        stages[stage] = before[0] + used, max(before[1], memory[rule])
    return stages


def power(values, times):
    """Return by which power of the size something has grown between the last two, in words; nothing if it is not
    known."""
    if len(values) < 2 or not all(values[-2:]):
        return ""
    return f"{math.log(values[-1] / values[-2]) / math.log(times[-1] / times[-2]):.2f}"


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="where the runs are kept")
    parser.add_argument("--dataset", type=Path, default=ROOT / "results/datasets/simulated/images.hdf5")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--encoders", action="store_true", help="train and score the small encoder-decoder, too")
    parser.add_argument("--until", nargs="+", metavar="RULE", help="what comes after these rules is left out")
    args = parser.parse_args()
    found = []
    for times in args.times:
        directory = args.directory / f"times~{times}"
        dataset = args.directory / f"images-{times}.hdf5"
        if not dataset.exists():
            grow(args.dataset, dataset, times)
            configure(directory, dataset, args.encoders)
        found.append(run(directory, args.until))
    sizes = " | ".join(f"{times} ×" for times in args.times)
    print(f"| stage | {sizes} | power | {sizes} | power |\n|---{'|---' * (2 * len(args.times) + 2)}|")
    for stage in dict.fromkeys(stage for each in found for stage in each):
        cells = []
        for what, form in ((0, "{:.1f}"), (1, "{:.0f}")):
            values = [each.get(stage, (0, 0))[what] for each in found]
            cells += [*(form.format(value) if value else "–" for value in values), power(values, args.times)]
        print(f"| {stage} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
