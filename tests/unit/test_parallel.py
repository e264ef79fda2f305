"""Work that is done ahead or in processes, and imports that are left out."""

import platform
import resource
import sys
import threading

import pytest

from deepgalaxy.parallel import one_ahead

MAKE_IMAGES = """
import resource, numpy
from deepgalaxy.parallel import in_processes

def page_faults(count):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(count):
        [numpy.ones(2**19, numpy.uint8) for _ in range(4)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(next(in_processes(page_faults, [100], 1)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries hand out memory in their own ways")
def test_processes_use_the_memory_of_images_again(run):
    result = run(sys.executable, "-c", MAKE_IMAGES)
    assert int(result.stdout) < 10 * 4 * 2**19 / resource.getpagesize(), result.stderr


def test_results_come_in_order_one_ahead_of_their_use():
    made = []

    def results():
        for number in range(5):
            made.append(threading.current_thread())
            yield number

    coming, seen = one_ahead(results()), []
    for number in coming:
        seen.append(number)
        assert len(made) <= number + 2
    assert seen == list(range(5))
    assert threading.current_thread() not in made


def test_a_failure_is_raised_in_its_turn():
    def results():
        yield 1
        raise ValueError("broken")

    coming = one_ahead(results())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="broken"):
        next(coming)


def test_who_stops_early_leaves_no_thread():
    before = threading.active_count()
    coming = one_ahead(range(10))
    next(coming)
    coming.close()
    assert threading.active_count() == before


def test_garbage_is_looked_for_again_after_the_import_and_not_among_what_it_brought(run):
    code = (
        "import gc; from deepgalaxy.tensorflow_setup import import_tensorflow; import_tensorflow()\n"
        "kept = gc.get_freeze_count(); assert gc.isenabled() and kept > 1e5, kept\n"
        "later = [[]]; later[0].append(later); import_tensorflow(); assert gc.get_freeze_count() <= kept"
    )
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr


def test_keras_comes_without_what_nobody_uses_of_it(run):
    code = (
        "import sys; from deepgalaxy.tensorflow_setup import import_tensorflow; import_tensorflow()\n"
        "import keras; assert keras.backend.backend() == 'tensorflow'\n"
        "assert not {'sklearn', 'matplotlib', 'scipy.stats'} & sys.modules.keys()\n"
        "import sklearn.base, matplotlib.figure"
    )
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
