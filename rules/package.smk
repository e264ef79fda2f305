"""Where the package `deepgalaxy` is that all rules use: in a checkout, next to the rules' scripts; otherwise in the
environment that Snakemake runs in, since from a repository that another workflow uses as a module
(`snakefile: github(...)`), Snakemake fetches only the files that it reads itself, not the package.
"""

import gc
import os
import sys
from pathlib import Path

import snakemake
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod
from snakemake.sourcecache import HostingProviderFile, LocalSourceFile

# What has been imported stays; looking for garbage among it takes a fifth of the time in which Snakemake starts.
gc.freeze()
HERE = workflow.current_basedir
IN_CHECKOUT = isinstance(HERE, LocalSourceFile)
if IN_CHECKOUT:
    sys.path.insert(0, str(Path(str(HERE), "../workflow/scripts").resolve()))
try:
    from deepgalaxy.planning.code_digest import code_digest as digest_code, library_versions
    from deepgalaxy.planning.import_path import export_import_path, link_package, package_parent, without_foreign
except ModuleNotFoundError as error:
    if error.name.split(".")[0] != "deepgalaxy":
        raise
    address = (
        f"git+https://{HERE.host}/{HERE.repo}@{HERE.ref}" if isinstance(HERE, HostingProviderFile) else "<a checkout>"
    )
    raise WorkflowError(
        f"This workflow's package `deepgalaxy` is not installed in Snakemake's environment; install it there with:"
        f" {sys.executable} -m pip install {address}"
    ) from None

sys.path[:] = without_foreign(sys.path, snakemake.__file__)
if IN_CHECKOUT and package_parent() not in map(Path, sys.path):
    sys.path.insert(0, str(package_parent()))
# The rules' conda environments do not hold the package. What lies next to an installed one is not for them.
export_import_path(package_parent() if IN_CHECKOUT else link_package(".snakemake/packages"), snakemake.__file__)
# Text is UTF-8 in all jobs, whatever the locale.
os.environ.update(PYTHONUTF8="1")
# What a user has set for Python's own checks is not for them.
for _name in ("PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHONWARNINGS"):
    os.environ.pop(_name, None)

if isinstance(HERE, HostingProviderFile):
    # For the record of provenance. Set like this since the linter takes an assignment by brackets for a use.
    os.environ.update(DEEPGALAXY_REPOSITORY=f"{HERE.hosted_repo.repo_clone}@{HERE.ref}")


def code_digest(script):
    """Return a function for the digest of a rule's script, by its path under workflow/scripts, and of all of the package
    that it uses, with the versions of the libraries that compute. A job needs that of its own rule alone. A conda
    environment has other versions than are installed here, and Snakemake itself sees when it changes.
    """
    if not IN_CHECKOUT and not script.startswith("deepgalaxy/"):
        script = str(workflow.source_path(f"../workflow/scripts/{script}"))
    in_conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
    return lambda wildcards: ", ".join([digest_code(script), *([] if in_conda else library_versions(script))])
