"""Downloading one large file over links that break."""

import json
import re
import time
from collections.abc import Iterable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from deepgalaxy.files import whole_file
from deepgalaxy.logs import logger, progress

PIECE_BYTES = 2**20
REDIRECTS = 5
RETRIES = 4  # of a request that fails, and of one whose answer brings no byte that was missing
TIMEOUTS_S = (20, 60)  # to connect, and between two pieces of the answer
RETRY_AFTER_S = 60  # how long a server may have us wait before each further try, if it asks for that
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
    if size and mixable and _size(partial) == size:
        return  # a process was killed before it could check what had arrived
    with _session(backoff_s) as session:
        fruitless, most = 0, _size(partial)
        while True:
            reason = ""
            try:
                if _transfer(session, url, partial, size, mixable, last_try=fruitless == RETRIES):
                    return
            except requests.TooManyRedirects:
                raise SourceFails(f"redirects more than {REDIRECTS} times") from None
            except (requests.RequestException, HTTPError, HTTPException, ValueError) as error:
                # Malformed addresses and headers raise any of these.
                raise SourceFails(_reason(error)) from None
            except _BreaksOff as error:
                reason = str(error)
            arrived = _size(partial)
            fruitless, most = (0, arrived) if arrived > most else (fruitless + 1, most)
            if not reason and not fruitless:
                continue  # a server may answer with less than it was asked for, as often as it likes
            reason = reason or "sends nothing more"
            if fruitless > RETRIES:
                raise SourceFails(f"{reason}, repeatedly, after {arrived:,} bytes")
            logger.warning("%s: %s after %s bytes; resuming", url, reason, f"{arrived:,}")
            time.sleep(backoff_s * 2**fruitless)


def _session(backoff_s: float) -> requests.Session:
    """Return a session that repeats requests to which a server has no answer at the moment."""
    session = requests.Session()
    session.max_redirects = REDIRECTS
    session.headers["Accept-Encoding"] = "identity"  # ranges count the bytes of the file itself
    retry = _Patience(
        RETRIES,
        redirect=False,
        backoff_factor=backoff_s,
        status_forcelist=[429, 500, 502, 503, 504],
        raise_on_status=False,
        retry_after_max=RETRY_AFTER_S,
    )
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session


class _Patience(Retry):
    """Retries that take a malformed Retry-After for none."""

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds that a server asks for, or 0."""
        try:
            return super().parse_retry_after(retry_after)
        except (HTTPError, ValueError, OverflowError):
            return 0


class _BreaksOff(Exception):
    """An answer ended before the file did, or brought nothing that could be used."""


class _Extent(NamedTuple):
    """Which bytes an answer brings: from ``first`` to before ``end``, of ``total``; None if that is not told."""

    first: int
    end: int | None
    total: int | None


def _transfer(
    session: requests.Session, url: str, partial: Path, size: int | None, mixable: bool, last_try: bool
) -> bool:
    """Ask once for what is missing, append it, and return whether that was all.

    What has arrived is given up only for an answer that brings the file from its beginning: if its tag says that it is
    another file, or on the last try, if no tag says which file it is that has partly arrived.
    """
    note = partial.with_name(partial.name + ".json")
    have, tag = _size(partial), _known_tag(note, url)
    possible = have and (size is None or have <= size)
    resume = bool(possible and (tag or (mixable and not last_try)))
    headers = {"Range": f"bytes={have}-"} | ({"If-Range": tag} if tag else {}) if resume else {}
    with _ask(session, url, headers) as response:
        _check(response, asked_for_range=resume)
        first, end, total = _extent(response)
        if response.status_code == 416:
            if total == have:
                return True
            raise _BreaksOff(f"claims to have {'no such bytes' if total is None else f'{total:,} bytes only'}")
        if first not in (0, have):
            raise _BreaksOff(f"answers with byte {first:,} and on")
        if size is not None and total is not None and total != size:
            raise SourceFails(f"offers {total:,} bytes where {size:,} are expected")
        same = resume and (mixable or tag == _strong_tag(response))
        if first and not same and _strong_tag(response):
            raise _BreaksOff(f"answers with a part of another file than {partial} is of")
        kept = have if first or same else 0
        with whole_file(note) as path:
            path.write_text(json.dumps({"url": url, "tag": _strong_tag(response)}), encoding="utf-8")
        pieces = progress(_pieces(response), end and end - first, "bytes", amount=len)
        with open(partial, "ab" if kept else "wb") as file:
            for piece in _between(pieces, kept - first, end and end - first):
                file.write(piece)
                file.flush()
    whole = total if size is None else size
    if whole is None:
        # It may have been cut short unnoticed, which is seen by asking on, where that is possible.
        can_ask_on = response.headers.get("Accept-Ranges") == "bytes" and (mixable or _strong_tag(response))
        return response.status_code == 200 and not can_ask_on
    return _size(partial) >= whole


def _ask(session: requests.Session, url: str, headers: dict[str, str]) -> requests.Response:
    """Return an answer. Raises SourceFails where a setting of the user, such as REQUESTS_CA_BUNDLE, names no file."""
    try:
        return session.get(url, headers=headers, stream=True, timeout=TIMEOUTS_S)
    except requests.RequestException:
        raise
    except OSError as error:
        raise SourceFails(f"cannot be asked: {error}") from None


def _between(pieces: Iterable[bytes], start: int, end: int | None) -> Iterator[bytes]:
    """Yield what lies between two places in the bytes of some pieces."""
    place = 0
    for piece in pieces:
        yield piece[max(0, start - place) : None if end is None else max(0, end - place)]
        place += len(piece)


def _known_tag(note: Path, url: str) -> str | None:
    """Return the tag of what has partly arrived from ``url``, if the note beside it tells one."""
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        tag = known["tag"] if known["url"] == url else None
        return tag if isinstance(tag, str) and tag.isprintable() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
    if response.headers.get("Content-Encoding", "").lower() not in ("", "identity"):
        raise SourceFails("sends the file in an encoding that was not asked for")
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise SourceFails("answers with a web page; the link may be dead, or need a browser")


def _extent(response: requests.Response) -> _Extent:
    """Return which bytes an answer brings. Raises _BreaksOff if it does not say so as RFC 9110 has it."""
    told = response.headers.get("Content-Range", "")
    if response.status_code == 416:
        complete = re.fullmatch(r"bytes \*/(\d{1,18})", told, re.IGNORECASE)
        return _Extent(0, None, int(complete[1]) if complete else None)
    if response.status_code == 206:
        part = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", told, re.IGNORECASE)
        if not part:
            raise _BreaksOff("answers with a part of the file and does not say which")
        first, end, total = int(part[1]), int(part[2]) + 1, None if part[3] == "*" else int(part[3])
        if not first < end <= (end if total is None else total):
            raise _BreaksOff(f"answers with the part {told!r}, which cannot be")
        return _Extent(first, end, total)
    length = response.headers.get("Content-Length")
    if length is not None and not re.fullmatch(r"\d{1,18}", length):
        raise SourceFails(f"says that the file has {length[:40]!r} bytes")
    return _Extent(0, *([None] * 2 if length is None else [int(length)] * 2))


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


def _reason(error: Exception) -> str:
    """Return why a request failed, without the names of the libraries that report it."""
    text = str(error)
    for pattern, reason in (
        ("Name or service not known|Temporary failure in name resolution|NameResolution", "its host name is not known"),
        ("Connection refused", "the connection is refused"),
        ("SSL|certificate", "no secure connection can be made"),
        ("ConnectTimeout|connect timeout", f"there is no connection within {TIMEOUTS_S[0]} s"),
        ("timed out|Timeout", f"nothing arrives for {TIMEOUTS_S[1]} s"),
        ("IncompleteRead|Connection broken|reset|aborted|RemoteDisconnected", "the connection breaks"),
    ):
        if re.search(pattern, text):
            return reason
    return text
