"""What an exception means to the person who can do something about it, in one sentence."""

import errno
import os
import re
import resource
import traceback
from concurrent.futures.process import BrokenProcessPool

from deepgalaxy.files import NO_ROOM

LACK_OF_MEMORY = (
    "There is not enough memory; give the step more (its `mem_mb`, or the limit of this session), and run again."
)
LOST_WORKER = (
    "A process that it had started was ended from outside, probably for lack of memory; give the step more (its"
    " `mem_mb`), and run again."
)
FULL = "There is no room to write {file}: {reason}; make room, or raise the limit, and run again."
FORBIDDEN = "{file} cannot be used: {reason}; see to its permissions, and run again."
BROKEN = "The disk that holds {file} fails: {reason}; see to it, and run again."
TOO_MANY_FILES = "More files are open than the limit of {limit} allows; raise it (`ulimit -n`), and run again."
SENTENCES = {
    **dict.fromkeys(NO_ROOM, FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), FORBIDDEN),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ENODEV, errno.EREMOTEIO), BROKEN),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), TOO_MANY_FILES),
    errno.ENOMEM: LACK_OF_MEMORY,
}


def in_one_sentence(error: BaseException) -> str:
    """Return what went wrong in one line.

    Functions of this package report bad input as a ValueError whose message is a sentence for the user. What the
    machine lacks (memory, room on a disk, open files, permissions) is told in a sentence here, also if the exception
    came of another one that says so. Of others, the last line of the traceback is returned; a request to stop, which is
    no Exception, has a message that needs no type.
    """
    seen: BaseException | None = error
    while seen is not None and type(error) is not ValueError:
        if sentence := _of_the_machine(seen):
            return sentence
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    if type(error) is ValueError or not isinstance(error, Exception):
        return str(error)
    return traceback.format_exception_only(error)[-1].strip()


def _of_the_machine(error: BaseException) -> str | None:
    """Return a sentence for what the machine lacks, if that is what an exception reports."""
    text = str(error)
    # OpenCV, TensorFlow and C++ have exceptions of their own.
    if isinstance(error, MemoryError) or re.search("Insufficient memory|OOM when allocating|std::bad_alloc", text):
        return LACK_OF_MEMORY
    if isinstance(error, BrokenProcessPool):
        return LOST_WORKER
    # HDF5 puts number and name into the text, of whatever exception.
    told = re.search(r"name = '([^']*)'.* errno = (\d+)", text, re.DOTALL)
    number = getattr(error, "errno", None) or (int(told[2]) if told else None)
    if number not in SENTENCES:
        return None
    return SENTENCES[number].format(
        file=getattr(error, "filename", None) or (told[1] if told else "a file"),
        reason=os.strerror(number).lower(),
        limit=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )
