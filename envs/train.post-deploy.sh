#!/usr/bin/env bash
# Builds Horovod against the TensorFlow and Open MPI of the active Python environment, and installs it there.
# `make` runs it for .venv; Snakemake runs a copy of it after it has made the conda environment envs/train.yaml.
# The wheel is cached, so that a second environment with the same TensorFlow, Open MPI and Python takes seconds.
set -euo pipefail

# The source archive on the Python package index, checked by its digest before anything in it runs.
version=0.28.1
sha256=92a43f5a94c43907a56805bad15f19700c62ffc83b7ca483f9e104e229f67ef0

# Settings of a user that would send packages elsewhere, or have none installed.
unset PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_DRY_RUN

fail() { echo "horovod: $1" >&2; exit 1; }

command -v c++ >/dev/null ||
    fail "no C++ compiler found; install one (Debian: apt-get install g++), or train with workers: [1], which needs no Horovod."
command -v make >/dev/null || fail "make not found; install it (Debian: apt-get install make)."

built_against=$(python - <<'PYTHON'
import sys
from importlib.metadata import version
print(f"tensorflow{version('tensorflow-cpu')}-openmpi{version('openmpi')}-{sys.implementation.cache_tag}")
PYTHON
) || fail "TensorFlow and Open MPI must be installed first."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/deepgalaxy-workflow/horovod-$version-$built_against

if ! ls "$cache"/horovod-*.whl >/dev/null 2>&1; then
    # The build does not quote paths, so it works where there are no spaces, and finds the environment there, too. Its
    # programs are copied, as Open MPI's compiler looks around itself for the rest, past links.
    work=$(mktemp -d /tmp/deepgalaxy-horovod.XXXXXX)
    trap 'rm -rf "$work"' EXIT
    prefix=$(python -c 'import sys; print(sys.prefix)')
    mkdir "$work/environment"
    ln -s "$prefix"/* "$work/environment"
    rm "$work/environment/bin"
    cp -a "$prefix/bin" "$work/environment/bin"
    echo "horovod==$version --hash=sha256:$sha256" >"$work/requirements.txt"

    # Horovod's xla_mpi_ops.cc includes headers that TensorFlow 2.21 moved or ships incompletely. All that uses them
    # is compiled for GPUs only, so for this CPU build empty files stand in for them.
    for header in tf2xla/xla_op_kernel.h tf2xla/xla_op_registry.h xla/client/xla_builder.h \
        xla/service/custom_call_target_registry.h xla/service/hlo.pb.h xla/shape.h xla/xla_data.pb.h; do
        mkdir -p "$work/include/tensorflow/compiler/$(dirname $header)"
        : >"$work/include/tensorflow/compiler/$header"
    done

    # Eight files at a time are compiled as one, which reads the headers of TensorFlow and of Eigen once for all of them,
    # and without debugging symbols, which Horovod's build type would ask for behind CXXFLAGS.
    printf '%s\n' 'set(CMAKE_UNITY_BUILD ON)' 'set(CMAKE_CXX_FLAGS_RELWITHDEBINFO -DNDEBUG CACHE STRING "")' \
        >"$work/toolchain.cmake"
    export CMAKE_TOOLCHAIN_FILE=$work/toolchain.cmake

    export HOROVOD_WITH_TENSORFLOW=1 HOROVOD_WITH_MPI=1
    export HOROVOD_WITHOUT_GLOO=1 HOROVOD_WITHOUT_PYTORCH=1 HOROVOD_WITHOUT_MXNET=1
    export CXXFLAGS="-O2 -I$work/include"
    # -s drops the symbols that are left; the relative run path finds libmpi in whichever environment the wheel is
    # installed.
    export LDFLAGS='-Wl,-s -Wl,-rpath,\$ORIGIN/../../../..'
    export MAKEFLAGS=-j${JOBS:-$(nproc)}

    log=$PWD/horovod-build.log
    echo "horovod: compiling $version for $built_against; this happens once and takes about a minute."
    # --no-cache-dir: pip's own cache knows nothing of the TensorFlow and MPI that a wheel was built against.
    PATH=$work/environment/bin:$PATH TMPDIR=$work "$work/environment/bin/python" -m pip wheel --verbose --no-cache-dir \
        --no-build-isolation --no-deps --require-hashes \
        --requirement "$work/requirements.txt" --wheel-dir "$work" 2>&1 |
        tee "$log" | { grep --line-buffered -oE '\[ *[0-9]+%\] .*' || true; } ||
        fail "the build failed; the reason is near the end of $log."
    rm "$log"
    mkdir -p "$(dirname "$cache")"
    complete=$(mktemp -d "$cache.XXXXXX")
    mv "$work"/horovod-*.whl "$complete"
    rm -rf "$cache" && mv "$complete" "$cache"
fi

python -m pip install --quiet --no-deps --force-reinstall "$cache"/horovod-*.whl
TF_CPP_MIN_LOG_LEVEL=2 python -c 'import horovod.tensorflow as hvd, sys; sys.exit(not hvd.mpi_built())' ||
    fail "the installed library does not load; delete $cache and try again."
echo "horovod: $version is installed."
