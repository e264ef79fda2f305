"""The results as a Workflow Run RO-Crate: a directory that says in a standard form what is in it and how it was made.

It keeps to RO-Crate 1.1 and to the profile Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5).
"""

import mimetypes
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import yaml
from rocrate.model import ContextEntity, Entity
from rocrate.rocrate import ROCrate

from deepgalaxy.checksums import sha256
from deepgalaxy.files import temporary_path
from deepgalaxy.provenance.commit import taken_from, unpack_version

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
SOURCE = ("CITATION.cff", "LICENSE", "Snakefile", "config", "envs", "profiles", "pyproject.toml", "rules", "workflow")
"""What the workflow consists of; what is missing is left out."""
MEDIA_TYPES = {
    ".hdf5": "application/x-hdf5",
    ".jsonl": "application/jsonl",
    ".keras": "application/zip",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
}


def copy_source(workflow: str | Path, configuration: Mapping, directory: str | Path) -> None:
    """Copy a workflow into ``directory``, which must not exist, with a configuration as its ``config/config.yaml``.

    If ``workflow`` is not a directory, it is read from the repository that it is taken from. Raises ValueError if that
    does not provide it.
    """
    workflow, directory = Path(workflow), Path(directory)
    if not workflow.is_dir() and (taken := taken_from()):
        with tempfile.TemporaryDirectory() as unpacked:
            unpack_version(*taken, unpacked)
            copy_source(unpacked, configuration, directory)
        return
    temporary = temporary_path(directory)
    try:
        temporary.mkdir(parents=True)
        for source in (workflow / name for name in SOURCE):
            target = temporary / source.relative_to(workflow)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, target)
        settings = yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True)
        (temporary / "config" / "config.yaml").write_text(settings, encoding="utf-8")
        temporary.replace(directory)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def describe_crate(provenance: Mapping, purposes: Mapping[str, str], directory: str | Path) -> dict:
    """Return the metadata of the crate in ``directory`` as JSON-LD.

    ``provenance`` is the content of ``provenance.json``, which lies there next to ``source``, the copy of the workflow.
    ``purposes`` says what each rule is for. Files outside the directory, such as a fetched dataset, are described but
    are not part of the crate.
    """
    directory = Path(directory)
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms = {"sha256": "http://schema.org/sha256"}  # which the context of 1.1 lacks
    citation = yaml.safe_load((directory / "source" / "CITATION.cff").read_text(encoding="utf-8"))
    _describe_root(crate, provenance, citation)
    workflow, configuration = _add_workflow(crate, provenance, citation, directory)

    files = {path: _add_result(crate, path, result, directory) for path, result in provenance["results"].items()}
    jobs = defaultdict(list)
    for path, result in provenance["results"].items():
        if "rule" in result:
            jobs[result["rule"], *result["log"]].append(path)
    steps = _add_steps(crate, workflow, sorted({rule for rule, *_ in jobs}), purposes, provenance["commit"])
    controls = [
        _add_job(crate, steps[rule], outputs, files, provenance, purposes.get(rule))
        for (rule, *_), outputs in jobs.items()
    ]
    given = [entity for path, entity in files.items() if "rule" not in provenance["results"][path]]
    made = [entity for path, entity in files.items() if "rule" in provenance["results"][path]]
    run = _add(
        crate,
        "#run",
        "CreateAction",
        name="Run of the workflow",
        description=provenance["run"]["command"],
        instrument=workflow,
        object=[configuration, *given],
        result=made,
        startTime=provenance["run"]["started"],
        endTime=provenance["run"]["finished"],
    )
    crate.root_dataset.append_to("mentions", run)
    engine = _add(
        crate,
        "https://snakemake.github.io",
        "SoftwareApplication",
        name="Snakemake",
        url="https://snakemake.github.io",
        softwareVersion=provenance["software"]["snakemake"],
    )
    _add(crate, "#engine", "OrganizeAction", name="Run of Snakemake", instrument=engine, object=controls, result=run)
    return crate.metadata.generate()


def _add(crate: ROCrate, identifier: str, kind: str | list[str], **properties: Any) -> Entity:
    """Add an entity that is not part of the crate's data, and return it.

    Properties without a value are left out, and lists of one item are written as that item.
    """
    given = {name: value for name, value in properties.items() if value not in (None, [])}
    single = {name: value[0] for name, value in given.items() if isinstance(value, list) and len(value) == 1}
    return crate.add(ContextEntity(crate, identifier, {"@type": kind} | given | single))


def _describe_root(crate: ROCrate, provenance: Mapping, citation: Mapping) -> None:
    """Say what the crate is, and what it conforms to."""
    crate.name = f"Results of the {citation['title']}"
    crate.description = (
        "Datasets, trained networks, predictions, tables and figures, with the jobs that made them. provenance.json"
        " also has the jobs' parameters and the software; source/ is the workflow with the configuration of this run."
    )
    crate.datePublished = provenance["run"]["finished"]
    crate.license = _add(
        crate, f"https://spdx.org/licenses/{citation['license']}", "CreativeWork", name=citation["license"]
    )
    crate.root_dataset["conformsTo"] = [
        _add(crate, profile, "CreativeWork", name=name, version=profile.rsplit("/")[-1])
        for profile, name in PROFILES.items()
    ]


def _add_workflow(crate: ROCrate, provenance: Mapping, citation: Mapping, directory: Path) -> tuple[Entity, Entity]:
    """Add the workflow and the configuration that it ran with, and return both."""
    creators = [_add_author(crate, author) for author in citation["authors"]]
    workflow = crate.add_workflow(
        dest_path="source/Snakefile",
        main=True,
        lang="snakemake",
        lang_version=provenance["software"]["snakemake"],
        properties={
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": citation["title"],
            "description": citation["abstract"],
            "version": provenance["commit"],
            "license": crate.license,
            "encodingFormat": "text/plain",
            "creator": creators[0] if len(creators) == 1 else creators,
        }
        | _size_and_digest(directory / "source" / "Snakefile"),
    )
    configuration = crate.add_file(
        dest_path="source/config/config.yaml",
        properties={"name": "configuration of this run", "encodingFormat": MEDIA_TYPES[".yaml"]}
        | _size_and_digest(directory / "source" / "config" / "config.yaml"),
    )
    crate.add_directory(
        dest_path="source/",
        properties={"name": "the workflow that made the results", "hasPart": [workflow, configuration]},
    )
    crate.add_file(
        dest_path="provenance.json",
        properties={"name": "what each result was made from and how", "encodingFormat": "application/json"}
        | _size_and_digest(directory / "provenance.json"),
    )
    return workflow, configuration


def _add_author(crate: ROCrate, author: Mapping) -> Entity:
    """Add an author as a citation file has it, a person or an organisation."""
    if "family-names" in author:
        name = f"{author['given-names']} {author['family-names']}"
        return _add(crate, author.get("orcid", f"#{quote(name)}"), "Person", name=name)
    return _add(crate, author.get("website", f"#{quote(author['name'])}"), "Organization", name=author["name"])


def _add_steps(
    crate: ROCrate, workflow: Entity, rules: list[str], purposes: Mapping[str, str], version: str
) -> dict[str, Entity]:
    """Add a tool and a step of the workflow for each rule that ran, and return the steps by rule."""
    steps = {}
    for position, rule in enumerate(rules, start=1):
        tool = _add(
            crate,
            f"#rule/{rule}",
            "SoftwareApplication",
            name=rule,
            description=purposes.get(rule),
            softwareVersion=version,
        )
        steps[rule] = _add(crate, f"#step/{rule}", "HowToStep", position=position, workExample=tool)
        workflow.append_to("hasPart", tool)
        workflow.append_to("step", steps[rule])
    return steps


def _add_job(
    crate: ROCrate,
    step: Entity,
    outputs: list[str],
    files: Mapping[str, Entity],
    provenance: Mapping,
    purpose: str | None,
) -> Entity:
    """Add the job that made ``outputs``, and return the entity that says which step it was."""
    name = outputs[0]
    job = _add(
        crate,
        f"#job/{quote(name)}",
        "CreateAction",
        name=f"{step['workExample']['name']} for {name}",
        description=purpose,
        instrument=step["workExample"],
        object=[files[path] for path in provenance["results"][name]["inputs"]],
        result=[files[path] for path in outputs],
        startTime=provenance["run"]["jobs"][name]["started"],
        endTime=provenance["run"]["jobs"][name]["finished"],
    )
    crate.root_dataset.append_to("mentions", job)
    return _add(crate, f"#control/{quote(name)}", "ControlAction", instrument=step, object=job)


def _add_result(crate: ROCrate, path: str, result: Mapping, directory: Path) -> Entity:
    """Add a file of which the digest and the size are known."""
    properties = {"name": path, "sha256": result["sha256"], "contentSize": str(result["bytes"])}
    if Path(path).is_relative_to(directory):
        properties["encodingFormat"] = _media_type(path)
        return crate.add_file(dest_path=Path(path).relative_to(directory), properties=properties)
    return _add(crate, f"#file/{quote(path)}", "CreativeWork", **properties)


def _size_and_digest(path: Path) -> dict[str, str]:
    return {"contentSize": str(path.stat().st_size), "sha256": sha256(path)}


def _media_type(path: str) -> str:
    """Return the media type of a file by its suffix."""
    suffix = PurePosixPath(path).suffix
    return MEDIA_TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
