"""Getting a dataset from where it is published, and holding it against a pinned digest."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import h5py

from deepgalaxy.checksums import accept_sentence, note_accepted, read_checksums, sha256
from deepgalaxy.dataset.download import SourceFails, download
from deepgalaxy.files import NO_ROOM
from deepgalaxy.logs import logger


def acquire_dataset(
    sources: Iterable[str],
    output: str | Path,
    checksums: str | Path,
    size: int | None = None,
    backoff_s: float = 1.0,
) -> None:
    """Make ``output`` a link to a whole HDF5 file whose digest is pinned.

    ``sources`` (URLs, or paths of files that are used where they are) are tried in order. A download lies in
    ``downloads/`` beside ``output``, under the same name, so that ``output`` can be made again without it; what is
    there already is taken rather than any source. ``size`` is the expected number of bytes, ``checksums`` a file as
    ``sha256sum`` writes it. ``backoff_s`` is how long to wait before a first retry.

    Raises ValueError that says what to do if no source gives the file, if the disk is full, or if the file is complete
    but no digest is pinned; the next call resumes from there. A download that is not the pinned file is deleted; a file
    that was there before is not.
    """
    output = Path(output)
    downloaded = output.parent / "downloads" / output.name
    pinned = read_checksums(checksums).get(str(output))
    if downloaded.exists():
        file = downloaded
        try:
            _refuse_itself(file, output)
            digest = _checked_digest(file, size, pinned)
        except SourceFails as error:
            raise ValueError(f"{file} {error}. Delete it to have it downloaded again.") from None
    else:
        downloaded.parent.mkdir(parents=True, exist_ok=True)
        file, digest = _from_sources(sources, output, downloaded, size, pinned, backoff_s)
    if pinned is None:
        raise ValueError(
            f"{file} is a whole HDF5 file of {file.stat().st_size:,} bytes, but "
            + accept_sentence(digest, output, checksums)
        )
    output.unlink(missing_ok=True)
    output.symlink_to(os.path.relpath(file, output.parent) if file == downloaded else file.resolve())
    note_accepted(output, digest)


def _from_sources(
    sources: Iterable[str], output: Path, downloaded: Path, size: int | None, pinned: str | None, backoff_s: float
) -> tuple[Path, str]:
    """Return the file that the first working source gives, and its digest."""
    failures = []
    for source in sources:
        logger.info("from %s", source)
        try:
            if "://" in source:
                return downloaded, _download(source, downloaded, size, pinned, backoff_s)
            _refuse_itself(Path(source), output)
            return Path(source), _checked_digest(Path(source), size, pinned)
        except SourceFails as error:
            logger.warning("%s %s", source, error)
            failures.append(f"{source} {error}")
    raise ValueError(
        f"None of its sources provides {downloaded.name} ({'; '.join(failures) or 'none is known'}). Name "
        f"another one in `datasets: {downloaded.stem}: sources`, a URL or the path of a copy, or put the file at "
        f"{downloaded}."
    )


def _refuse_itself(file: Path, output: Path) -> None:
    """Raise SourceFails if a file is, or links to, the very file that is to become a link to it."""
    if not output.is_symlink() and output.exists() and output.samefile(file):
        raise SourceFails(f"is {output} itself")


def _download(source: str, downloaded: Path, size: int | None, pinned: str | None, backoff_s: float) -> str:
    """Download a file, give it its name once it has been checked, and return its digest."""
    partial = downloaded.with_name(downloaded.name + ".part")
    before = arrived = partial.stat().st_size if partial.exists() else 0
    try:
        free = shutil.disk_usage(partial.parent).free
        if size and size - arrived > free:
            raise OSError(f"{size - arrived:,} more bytes are expected, but only {free:,} are free")
        download(source, partial, size, mixable=pinned is not None, backoff_s=backoff_s)
    except OSError as error:
        arrived = partial.stat().st_size if partial.exists() else 0
        what_to_do = "Make room" if error.errno in (None, *NO_ROOM) else "See to that"
        raise ValueError(
            f"{partial} cannot be written beyond {arrived:,} bytes: {error.strerror or error}. {what_to_do} and run "
            "again; the download resumes from there."
        ) from error
    try:
        digest = _checked_digest(partial, size, pinned)
    except SourceFails as error:
        partial.unlink()
        if not before:
            raise
        # What had arrived earlier may have been of another file than the source has.
        logger.warning("%s, resumed at %s bytes, %s; beginning anew", source, f"{before:,}", error)
        return _download(source, downloaded, size, pinned, backoff_s)
    finally:
        partial.with_name(partial.name + ".json").unlink(missing_ok=True)
    partial.replace(downloaded)
    return digest


def _checked_digest(file: Path, size: int | None, pinned: str | None) -> str:
    """Return a file's digest. Raises SourceFails if the file is not what it should be."""
    if not file.is_file():
        raise SourceFails("is not there")
    if size is not None and file.stat().st_size != size:
        raise SourceFails(f"has {file.stat().st_size:,} bytes, not {size:,}")
    if not h5py.is_hdf5(file):
        raise SourceFails("is not an HDF5 file")
    try:
        h5py.File(file).close()
    except OSError as error:
        raise SourceFails(f"is not a whole HDF5 file ({error})") from None
    digest = sha256(file)
    if pinned not in (None, digest):
        raise SourceFails(f"has SHA-256 {digest}, not the pinned {pinned}")
    return digest
