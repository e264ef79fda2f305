"""Downloads from servers that answer as none should: what has arrived stays, or another source is asked; no hang."""

import hashlib
import logging
import socket
import threading
from contextlib import suppress

import pytest

from deepgalaxy.checksums import read_checksums
from deepgalaxy.dataset import download as download_module

HALF = 3000


@pytest.fixture
def serve():
    """A function that starts a server on loopback and returns its address and the first bytes that it was asked for.

    ``answer`` is called with the first byte asked for (None: the whole file) and how often it was asked before, and
    returns an answer as it goes over the wire.
    """
    servers = []

    def serve(answer):
        listening, asked = socket.create_server(("127.0.0.1", 0)), []
        servers.append(listening)

        def run():
            with suppress(OSError):
                while True:
                    with listening.accept()[0] as connection:
                        start, data = None, b""
                        while b"\r\n\r\n" not in data:
                            data += connection.recv(65536)
                        for line in data.decode().splitlines():
                            if line.lower().startswith("range: bytes="):
                                start = int(line[len("range: bytes=") :].rstrip("-"))
                        asked.append(start)
                        connection.sendall(answer(start, len(asked) - 1))

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/images.hdf5", asked

    yield serve
    for listening in servers:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def message(status, body=b"", **headers):
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def whole(content, end=None, **headers):
    return message("200 OK", content[:end], **{"Content_Length": len(content), "ETag": '"a"'} | headers)


def part(content, start, end=None, told=None, **headers):
    end = len(content) if end is None else min(end, len(content))
    told = told or f"bytes {start}-{end - 1}/{len(content)}"
    return message("206 Partial Content", content[start:end], Content_Range=told, ETag='"a"', **headers)


@pytest.fixture
def kept(tmp_path):
    """A function that returns what has partly arrived."""
    return lambda: (tmp_path / "resources/downloads/galaxies.hdf5.part").read_bytes()


# How a server goes on after it has broken off at HALF; the file arrives in the end.
MENDED = {
    "a part of what was asked for": lambda content, start, _: part(content, start, start + 100),
    "parts of which none tells the size": lambda content, start, _: (
        message("416 Range Not Satisfiable", Content_Range=f"bytes */{len(content)}")
        if start == len(content)
        else part(content, start, start + 2000, told=f"bytes {start}-{min(start + 2000, len(content)) - 1}/*")
    ),
    "more than it says": lambda content, start, _: (
        part(content + b"more", start, told=f"bytes {start}-{start + 99}/*")
        if start < len(content) - 100
        else part(content, start)
    ),
    "another place, twice": lambda content, start, count: part(content, start + 10 * (count < 3)),
    "416 with another size, twice": lambda content, start, count: (
        message("416 Range Not Satisfiable", Content_Range="bytes */7") if count < 3 else part(content, start)
    ),
    "a part of which it does not say which": lambda content, start, count: (
        message("206 Partial Content", content[start:]) if count < 3 else part(content, start)
    ),
    "a range that cannot be": lambda content, start, count: part(
        content, start, told="bytes 90-10/20" if count < 3 else None
    ),
    "the whole file, cut twice": lambda content, _, count: whole(content, HALF - 100 if count < 3 else None),
}


@pytest.mark.parametrize("oddity", MENDED)
@pytest.mark.parametrize("pinned", [True, False])
def test_what_was_right_is_kept_and_asked_on_from(serve, fetch, content, oddity, pinned, tmp_path):
    def answer(start, count):
        return whole(content, HALF) if start is None else MENDED[oddity](content, start, count)

    url, asked = serve(answer)
    if pinned:
        assert fetch(url) == content
    else:
        with pytest.raises(ValueError, match="accept it"):
            fetch(url, digest=None)
        assert (tmp_path / "resources/downloads/galaxies.hdf5").read_bytes() == content
    assert asked[0] is None and None not in asked[1:], "nothing is to be asked for twice"
    assert asked[1] == HALF


# How a server goes on that never gets any better.
HOPELESS = {
    "answers with byte": lambda content, start: part(content, start + 10),
    "claims to have 7 bytes only": lambda *_: message("416 Range Not Satisfiable", Content_Range="bytes */7"),
    "claims to have no such bytes": lambda *_: message("416 Range Not Satisfiable"),
    "does not say which": lambda content, start: message("206 Partial Content", content[start:]),
    "which cannot be": lambda content, start: part(content, start, told="bytes 5-4/99999"),
    "a part of another file": lambda content, start: part(content, start).replace(b'"a"', b'"b"'),
    "sends nothing more": lambda content, start: part(content, start, start, told=f"bytes {start}-{start}/*"),
    "the connection breaks": lambda *_: b"",
}


@pytest.mark.parametrize("reason", HOPELESS)
def test_a_server_that_never_sends_what_is_missing_is_given_up_and_the_rest_is_kept(
    serve, fetch, kept, content, reason
):
    def answer(start, _):
        return whole(content, HALF) if start is None else HOPELESS[reason](content, start)

    url, asked = serve(answer)
    # Where the digest is known, parts of other files may be mixed, since it will tell.
    with pytest.raises(ValueError, match=reason):
        fetch(url, digest=None if reason == "a part of another file" else hashlib.sha256(content).hexdigest())
    assert kept() == content[:HALF]
    assert len(asked) <= 12
    good, asked = serve(lambda start, _: whole(content) if start is None else part(content, start))
    assert fetch(good) == content
    assert asked == [HALF]


# What a source may be, or answer at once, that leads nowhere.
NOWHERE = {
    "a location without a host": message("302 Found", Location="http://"),
    "a location with a broken address": message("302 Found", Location="http://[::1/images"),
    "a location with a broken port": message("302 Found", Location="https://localhost:99999999/images"),
    "a location with an endless label": message("302 Found", Location=f"https://{'a' * 70}.org/images"),
    "a location with an empty label": message("302 Found", Location="https://a..org/images"),
    "a location in another scheme": message("302 Found", Location="gopher://localhost/images"),
    "a location that is no text": message("302 Found", Location="\xff\xfe\x80"),
    "a length in words": message("200 OK", b"abc", Content_Length="many"),
    "two lengths": message("200 OK", b"abc", Content_Length="3, 4"),
    "a negative length": message("200 OK", b"abc", Content_Length="-3"),
    "no HTTP": b"hello\r\n\r\n",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "a broken chunk": message("200 OK", b"zz\r\nabc\r\n", Transfer_Encoding="chunked"),
    "nothing": b"",
}


@pytest.mark.parametrize("oddity", NOWHERE)
def test_a_malformed_answer_of_one_source_leads_to_the_next(serve, fetch, content, oddity, monkeypatch):
    monkeypatch.setattr(download_module, "TIMEOUTS_S", (1, 1))
    bad, _ = serve(lambda *_: NOWHERE[oddity])
    good, _ = serve(lambda start, _: whole(content) if start is None else part(content, start))
    with pytest.raises(ValueError, match="None of its sources provides"):
        fetch(bad)
    assert fetch(bad, good) == content


@pytest.mark.parametrize(
    "url", ["https://", "https://[::1/x", "https://a..b/x", f"https://{'a' * 70}/x", "https://x:y/"]
)
def test_a_malformed_address_leads_to_the_next(serve, fetch, content, url):
    good, _ = serve(lambda *_: whole(content))
    assert fetch(url, good) == content


@pytest.mark.parametrize(("asked_for", "waited"), [("1", 1), ("99999", 2)])
def test_a_busy_server_is_given_the_time_it_asks_for_within_a_limit(
    serve, fetch, content, monkeypatch, asked_for, waited
):
    monkeypatch.setattr(download_module, "RETRY_AFTER_S", 2)
    slept = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept.append)
    busy = message("429 Too Many Requests", Retry_After=asked_for)
    url, _ = serve(lambda _, count: whole(content) if count else busy)
    assert fetch(url) == content
    assert waited in slept


def test_progress_is_shown_where_no_length_is_known(serve, fetch, content, monkeypatch, caplog):
    monkeypatch.setattr(download_module, "PIECE_BYTES", 1000)
    shown = download_module.progress
    monkeypatch.setattr(download_module, "progress", lambda *given, **named: shown(*given, every_seconds=0, **named))
    url, _ = serve(lambda *_: message("200 OK", content))
    with caplog.at_level(logging.INFO, "deepgalaxy"):
        assert fetch(url) == content
    assert "1,000 bytes so far" in caplog.text


@pytest.mark.parametrize("wait", ["soon", "0.5", "-7"])
def test_a_malformed_time_to_wait_is_none(serve, fetch, content, wait):
    url, _ = serve(lambda _, count: whole(content) if count else message("429 Too Many Requests", Retry_After=wait))
    assert fetch(url) == content


def test_a_whole_answer_without_a_length_is_taken_though_nothing_tells_its_parts_apart(serve, fetch, content):
    url, asked = serve(lambda *_: message("200 OK", content, Accept_Ranges="bytes"))
    with pytest.raises(ValueError, match="does not say what its SHA-256 should be"):
        fetch(url, digest=None)
    assert asked == [None]


def test_a_part_of_another_file_is_given_up_once_the_digest_shows_it(serve, fetch, content, tmp_path):
    (tmp_path / "resources/downloads").mkdir(parents=True)
    (tmp_path / "resources/downloads/galaxies.hdf5.part").write_bytes(bytes(HALF))
    url, asked = serve(lambda start, _: whole(content) if start is None else part(content, start))
    assert fetch(url) == content and asked == [HALF, None]


def test_a_file_is_never_replaced_by_a_link_to_itself(fetch, content, tmp_path):
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources/galaxies.hdf5").write_bytes(content)
    (tmp_path / "link.hdf5").symlink_to("resources/galaxies.hdf5")
    for source in ("link.hdf5", "resources/galaxies.hdf5"):
        with pytest.raises(ValueError, match=r"is resources/galaxies\.hdf5 itself"):
            fetch(source)
    assert (tmp_path / "resources/galaxies.hdf5").read_bytes() == content


def test_settings_that_name_no_file_do_not_look_like_a_full_disk(fetch, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent"))
    with pytest.raises(ValueError, match=r"cannot be asked: .*absent"):
        fetch("https://127.0.0.1:1/images.hdf5")


def test_lists_of_digests_by_other_programs_are_read(tmp_path):
    digest, path = "ab" * 32, tmp_path / "checksums.txt"
    for line in (f"{digest.upper()}  x", f"{digest} *x", f"{digest}  ./x\r"):
        path.write_text(f"{line}\n")
        assert read_checksums(path) == {"x": digest}
    path.write_bytes(f"{digest}  x".encode("utf-16"))
    with pytest.raises(ValueError, match="is not text in UTF-8"):
        read_checksums(path)
