"""Downloading one large file over links that break."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from deepgalaxy.files import whole_file
from deepgalaxy.logs import logger, progress

PIECE_BYTES = 2**20
REDIRECTS = 5
RETRIES = 4  # of a request that fails, and of a body that breaks without a single byte gained
TIMEOUTS_S = (20, 60)  # to connect, and between two pieces of the answer
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SourceFails(Exception):
    """A source cannot give the file; the message says why."""


def download(url: str, partial: Path, size: int | None = None, mixable: bool = False, backoff_s: float = 1.0) -> None:
    """Download ``url`` to ``partial``, resuming from what is already there.

    ``size`` is the expected number of bytes, if known. What is there is kept only if the server confirms by its entity
    tag (RFC 9110, section 13.1.5) that the file is the same; ``mixable`` keeps it in any case, for files whose digest
    is known and will be checked. A note of tag and source lies beside ``partial`` with the suffix ``.json``. A broken
    connection is resumed, after ``backoff_s`` seconds and twice as long each time that no byte was gained.

    Raises SourceFails if the source cannot give the file, and OSError if ``partial`` cannot be written; what has
    arrived by then stays.
    """
    session = requests.Session()
    session.max_redirects = REDIRECTS
    session.headers["Accept-Encoding"] = "identity"  # ranges count the bytes of the file itself
    retry = Retry(
        RETRIES,
        redirect=False,
        backoff_factor=backoff_s,
        status_forcelist=[429, 500, 502, 503, 504],
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    fruitless = 0
    with session:
        while True:
            before = _size(partial)
            try:
                return _transfer(session, url, partial, size, mixable)
            except requests.TooManyRedirects:
                raise SourceFails(f"redirects more than {REDIRECTS} times") from None
            except requests.RequestException as error:
                raise SourceFails(_reason(error)) from None
            except _BreaksOff as error:
                fruitless = 0 if _size(partial) > before else fruitless + 1
                if fruitless > RETRIES:
                    raise SourceFails(f"{error}, repeatedly, after {_size(partial):,} bytes") from None
                logger.warning("%s: %s after %s bytes; resuming", url, error, f"{_size(partial):,}")
                time.sleep(backoff_s * 2**fruitless)


class _BreaksOff(Exception):
    """An answer ended before the file did."""


def _transfer(session: requests.Session, url: str, partial: Path, size: int | None, mixable: bool) -> None:
    """Ask once for what is missing and append it."""
    note = partial.with_name(partial.name + ".json")
    known = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    have = _size(partial)
    headers = {}
    if have and known.get("url") == url and known.get("tag"):
        headers = {"Range": f"bytes={have}-", "If-Range": known["tag"]}
    elif have and mixable:
        headers = {"Range": f"bytes={have}-"}
    with session.get(url, headers=headers, stream=True, timeout=TIMEOUTS_S) as response:
        _check(response, asked_for_range=bool(headers))
        start, total = _extent(response)
        if response.status_code == 416 and total == have:
            return  # it was complete
        if response.status_code == 416 or start not in (0, have):
            partial.unlink()
            raise _BreaksOff("it serves another file than the one that is partly downloaded")
        if size is not None and total is not None and total != size:
            raise SourceFails(f"offers {total:,} bytes where {size:,} are expected")
        with whole_file(note) as path:
            path.write_text(json.dumps({"url": url, "tag": _strong_tag(response)}), encoding="utf-8")
        with open(partial, "ab" if start else "wb") as file:
            pieces = _pieces(response)
            for piece in progress(pieces, total - start, "bytes", amount=len) if total else pieces:
                file.write(piece)
                file.flush()


def _check(response: requests.Response, asked_for_range: bool) -> None:
    """Raise SourceFails if an answer is not (a part of) a data file, nor a refusal of the range asked for."""
    for hop in [*response.history, response]:
        parts = urlsplit(hop.url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise SourceFails(f"leads to {hop.url}, which is not encrypted")
    if response.status_code == 416 and asked_for_range:
        return
    if response.status_code not in (200, 206):
        raise SourceFails(f"answers {response.status_code} {response.reason}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceFails("sends the file in an encoding that was not asked for")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise SourceFails("answers with a web page; the link may be dead, or need a browser")


def _extent(response: requests.Response) -> tuple[int, int | None]:
    """Return the number of the first byte that an answer brings, and the size of the whole file if it is told."""
    content_range = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if content_range:
        first, total = content_range.groups()
        return int(first or 0), None if total == "*" else int(total)
    length = response.headers.get("Content-Length")
    return 0, int(length) if length is not None and response.status_code == 200 else None


def _strong_tag(response: requests.Response) -> str | None:
    """Return an answer's entity tag if it promises the same bytes, as If-Range asks (RFC 9110, section 8.8.1)."""
    tag = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else None


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """Yield an answer's bytes as they arrive; Response.iter_content loses those before a break."""
    try:
        while piece := response.raw.read1(PIECE_BYTES):
            yield piece
    except HTTPError as error:
        raise _BreaksOff(_reason(error)) from None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: requests.RequestException | HTTPError) -> str:
    """Return why a request failed, without the names of the libraries that report it."""
    text = str(error)
    for pattern, reason in (
        ("Name or service not known|Temporary failure in name resolution|NameResolution", "its host name is not known"),
        ("Connection refused", "the connection is refused"),
        ("SSL|certificate", "no secure connection can be made"),
        ("timed out|Timeout", f"nothing arrives for {TIMEOUTS_S[1]} s"),
        ("IncompleteRead|Connection broken|reset|aborted|RemoteDisconnected", "the connection breaks"),
    ):
        if re.search(pattern, text):
            return reason
    return text
