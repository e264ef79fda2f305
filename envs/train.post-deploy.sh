#!/usr/bin/env bash
# Builds Horovod against the TensorFlow and Open MPI of the active Python environment, and installs it there: for CPUs,
# or with the argument `nccl` for GPUs (docs/clusters.md says by which nvcc, and with which NCCL).
# `make` runs it for .venv; Snakemake runs a copy of it after it has made the conda environment envs/train.yaml.
# The wheel is cached, so that a second environment with the same packages and compiler takes seconds.
set -euo pipefail

# The source archive on the Python package index, checked by its digest before anything in it runs.
version=0.28.1
sha256=92a43f5a94c43907a56805bad15f19700c62ffc83b7ca483f9e104e229f67ef0

# Settings of a user that would send packages elsewhere, or have none installed.
unset PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_DRY_RUN

fail() { echo "horovod: $1" >&2; exit 1; }

kind=${1:-cpu}
case $kind in
    cpu) tensorflow=tensorflow-cpu built=mpi_built ;;
    nccl) tensorflow=tensorflow built=nccl_built ;;
    *) fail "it is built for cpu or for nccl, not for $kind." ;;
esac

command -v c++ >/dev/null ||
    fail "no C++ compiler found; install one (Debian: apt-get install g++), or train with workers: [1], which needs no Horovod."
command -v make >/dev/null || fail "make not found; install it (Debian: apt-get install make)."

# The CUDA toolkit and NCCL are those of the site, where it names them, or else those of Python packages.
if [ "$kind" = nccl ]; then
    command -v patch >/dev/null || fail "patch not found; install it (Debian: apt-get install patch)."
    changes=$(cd "$(dirname "$0")" && pwd)/horovod-nccl.patch
    place_of() { python -c "from importlib.util import find_spec as f; print(f('$1').submodule_search_locations[0])"; }
    if [ -n "${CUDA_HOME:-}" ]; then
        cuda=$CUDA_HOME
    elif command -v nvcc >/dev/null; then # which may be a link, or a script that calls another one
        cuda=$(nvcc --dryrun -c -x cu /dev/null 2>&1 | sed -n 's/^#\$ TOP=//p') ||
            fail "the nvcc on the PATH does not run; set CUDA_HOME to a CUDA toolkit that does."
    else
        cuda=$(place_of nvidia.cu13 2>/dev/null) ||
            fail "no CUDA toolkit found; load its module, or set CUDA_HOME, or install envs/requirements-nvcc.txt."
    fi
    nvcc=$("$cuda/bin/nvcc" --version 2>/dev/null | sed -n 's/.*, V//p') ||
        fail "there is no bin/nvcc in $cuda that runs; set CUDA_HOME to a CUDA toolkit, or unset it to use another nvcc."
    nccl=${NCCL_HOME:-$(place_of nvidia.nccl 2>/dev/null)} || fail "no NCCL found; set NCCL_HOME to where it is."
    [ -e "$nccl/include/nccl.h" ] || fail "there is no include/nccl.h in $nccl; set NCCL_HOME to an NCCL, or unset it."
    by_nvcc=-nvcc$nvcc-nccl$(sed -nE 's/^#define NCCL_(MAJOR|MINOR|PATCH) +([0-9]+).*/\2/p' "$nccl/include/nccl.h" | paste -sd.)
    # By this patch, for which GPUs, and where NCCL will be looked for.
    by_nvcc+=-$({ cat "$changes"; echo "${HOROVOD_BUILD_CUDA_CC_LIST:-} ${NCCL_HOME:-}"; } | sha256sum | cut -c1-12)
fi

built_against=$(python - "$tensorflow" 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version
print(f"tensorflow{version(sys.argv[1])}-openmpi{version('openmpi')}-{sys.implementation.cache_tag}")
PYTHON
) || fail "$tensorflow and Open MPI must be installed first."
built_against+=${by_nvcc:-}
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

    # Eight files at a time are compiled as one, which reads the headers of TensorFlow and of Eigen once for all of them,
    # and without debugging symbols, which Horovod's build type would ask for behind CXXFLAGS.
    printf '%s\n' 'set(CMAKE_UNITY_BUILD ON)' 'set(CMAKE_CXX_FLAGS_RELWITHDEBINFO -DNDEBUG CACHE STRING "")' \
        >"$work/toolchain.cmake"
    export CMAKE_TOOLCHAIN_FILE=$work/toolchain.cmake

    export HOROVOD_WITH_TENSORFLOW=1 HOROVOD_WITH_MPI=1
    export HOROVOD_WITHOUT_GLOO=1 HOROVOD_WITHOUT_PYTORCH=1 HOROVOD_WITHOUT_MXNET=1
    export CXXFLAGS=-O2
    # -s drops the symbols that are left; the relative run path finds libmpi in whichever environment the wheel is
    # installed.
    export LDFLAGS='-Wl,-s -Wl,-rpath,\$ORIGIN/../../../..'
    export MAKEFLAGS=-j${JOBS:-$(nproc)}

    # --no-cache-dir: pip's own cache knows nothing of the TensorFlow and MPI that a wheel was built against.
    options=(--no-cache-dir --no-build-isolation --no-deps)
    build_for_cpu() {
        # Horovod's xla_mpi_ops.cc includes headers that TensorFlow 2.21 moved or ships incompletely. All that uses them
        # is compiled for GPUs only, so for this CPU build empty files stand in for them.
        for header in tf2xla/xla_op_kernel.h tf2xla/xla_op_registry.h xla/client/xla_builder.h \
            xla/service/custom_call_target_registry.h xla/service/hlo.pb.h xla/shape.h xla/xla_data.pb.h; do
            mkdir -p "$work/include/tensorflow/compiler/$(dirname $header)"
            : >"$work/include/tensorflow/compiler/$header"
        done
        export CXXFLAGS+=" -I$work/include"
        python -m pip wheel --verbose "${options[@]}" --require-hashes --requirement "$work/requirements.txt" \
            --wheel-dir "$work"
    }
    build_for_nccl() {
        export HOROVOD_GPU_OPERATIONS=NCCL HOROVOD_NCCL_LINK=SHARED HOROVOD_CUDA_HOME=$work/cuda
        ln -s "$cuda" "$work/cuda"
        export PATH=$work/cuda/bin:$PATH # where Horovod's build asks for which GPUs this nvcc compiles
        # Python packages have the libraries under one of their names only.
        if [ ! -e "$cuda/lib/libcudart.so" ] && [ -e "$cuda/lib/libcudart_static.a" ]; then
            echo "set(CUDA_CUDART $work/cuda/lib/libcudart_static.a CACHE FILEPATH \"\")" >>"$work/toolchain.cmake"
        fi
        if [ -z "${NCCL_HOME:-}" ]; then
            mkdir -p "$work/nccl/lib"
            ln -s "$nccl/include" "$work/nccl/include"
            ln -s "$nccl/lib/libnccl.so.2" "$work/nccl/lib/libnccl.so"
            LDFLAGS+=':\$ORIGIN/../../nvidia/nccl/lib'
            nccl=$work/nccl
        fi
        export HOROVOD_NCCL_HOME=$nccl HOROVOD_NCCL_LIB=$nccl/lib
        if [ -e "$nccl/lib64/libnccl.so" ]; then HOROVOD_NCCL_LIB=$nccl/lib64; fi # where not every CMake looks
        python -m pip download "${options[@]}" --require-hashes --requirement "$work/requirements.txt" --dest "$work" &&
            tar -xzf "$work/horovod-$version.tar.gz" -C "$work" &&
            patch --strip=1 --fuzz=0 --directory="$work/horovod-$version" <"$changes" &&
            python -m pip wheel --verbose "${options[@]}" --wheel-dir "$work" "$work/horovod-$version"
    }

    log=$PWD/horovod-build.log
    echo "horovod: compiling $version for $built_against; this happens once and takes a minute or two."
    { export PATH=$work/environment/bin:$PATH TMPDIR=$work && "build_for_$kind"; } 2>&1 |
        tee "$log" | { grep --line-buffered -oE '\[ *[0-9]+%\] .*' || true; } ||
        fail "the build failed; the reason is near the end of $log."
    rm -f "$log"
    mkdir -p "$(dirname "$cache")"
    complete=$(mktemp -d "$cache.XXXXXX")
    mv "$work"/horovod-*.whl "$complete"
    rm -rf "$cache" && mv "$complete" "$cache"
fi

python -m pip install --quiet --no-deps --force-reinstall "$cache"/horovod-*.whl
TF_CPP_MIN_LOG_LEVEL=2 python -c "import horovod.tensorflow as hvd, sys; sys.exit(not hvd.$built())" ||
    fail "the installed library does not load; delete $cache and try again."
echo "horovod: $version is installed."
