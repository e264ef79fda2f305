"""Downloads from a real server on loopback that misbehaves on demand."""

import hashlib
import os
import resource
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deepgalaxy import checksums
from deepgalaxy.checksums import read_checksums, sha256, verify_file
from deepgalaxy.dataset import download as download_module
from deepgalaxy.dataset.acquire import acquire_dataset


class Server(ThreadingHTTPServer):
    """Serves ``content`` on loopback, with these vices."""

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.requests = content, []
        self.cuts = []  # after how many bytes each answer in turn breaks off
        self.failures = []  # the status of each answer in turn, before it behaves
        self.tag = '"one"'
        self.ranges = self.lengths = True
        self.headers = {}

    def url(self, path="images.hdf5"):
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        server, content = self.server, self.server.content
        server.requests.append((self.path, self.headers.get("Range")))
        self.close_connection = True
        if server.failures:
            return self.answer(server.failures.pop(0), b"sorry")
        if self.path == "/loop":
            return self.answer(302, b"", Location="/loop")
        if self.path == "/page":
            return self.answer(200, b"<html>Please log in</html>", **{"Content-Type": "text/html; charset=utf-8"})
        if self.path == "/missing":
            return self.answer(404, b"")
        if self.path == "/unencrypted":
            return self.answer(302, b"", Location="http://example.org/images.hdf5")
        start, headers = 0, {"ETag": server.tag} if server.tag else {}
        if server.ranges and "Range" in self.headers and self.headers.get("If-Range", server.tag) == server.tag:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                return self.answer(416, b"", **{"Content-Range": f"bytes */{len(content)}"})
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cut = server.cuts.pop(0) if server.cuts else None
        return self.answer(
            206 if "Content-Range" in headers else 200, content[start:], cut, **headers, **server.headers
        )

    def answer(self, status, body, cut=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.lengths:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[:cut])


@pytest.fixture
def server(content):
    """A server that behaves, as yet."""
    with Server(content) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def left(tmp_path):
    """A function that lists the files under resources."""
    return lambda: sorted(path.name for path in tmp_path.glob("resources/**/*") if not path.is_dir())


def test_a_file_is_downloaded_once_and_linked(server, fetch, left, content):
    assert fetch(server.url()) == content
    assert fetch(server.url()) == content
    assert server.requests == [("/images.hdf5", None)]
    assert left() == ["galaxies.hdf5", "galaxies.hdf5", "galaxies.hdf5.accepted.json"]


def test_a_connection_that_breaks_at_any_byte_is_taken_up_again(server, fetch, content, tmp_path):
    for cut in [*range(0, 40), *range(40, len(content), 997), len(content) - 1]:
        server.cuts, server.requests = [cut], []
        assert fetch(server.url()) == content
        assert server.requests == [("/images.hdf5", None), ("/images.hdf5", f"bytes={cut}-" if cut else None)]
        for path in tmp_path.glob("resources/**/*.hdf5"):
            path.unlink()


def test_a_link_that_breaks_again_and_again_gets_there_as_long_as_bytes_arrive(server, fetch, content):
    server.cuts = [100] * (len(content) // 100)
    assert fetch(server.url()) == content
    assert len(server.requests) > 50


def test_a_source_that_sends_nothing_is_given_up_and_the_rest_is_kept_for_later(server, fetch, left, content):
    server.cuts = [500, *[0] * 20]
    with pytest.raises(ValueError, match="connection breaks, repeatedly, after 500 bytes"):
        fetch(server.url())
    assert left() == ["galaxies.hdf5.part", "galaxies.hdf5.part.json"]
    server.cuts, server.requests = [], []
    assert fetch(server.url()) == content
    assert server.requests == [("/images.hdf5", "bytes=500-")]


def test_without_ranges_a_download_starts_again(server, fetch, content):
    server.ranges, server.cuts = False, [500, 600]
    assert fetch(server.url()) == content


def test_a_file_that_changed_meanwhile_is_not_patched_together(server, fetch, content):
    with pytest.raises(ValueError, match="breaks"):
        server.cuts = [500, *[0] * 20]
        fetch(server.url(), digest=None)
    server.tag, server.cuts, server.requests = '"two"', [], []
    with pytest.raises(ValueError, match=f"echo '{hashlib.sha256(content).hexdigest()}  resources/galaxies.hdf5'"):
        fetch(server.url(), digest=None)
    assert server.requests == [("/images.hdf5", "bytes=500-")]  # answered in full, since the tag is another


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
def test_without_a_strong_tag_a_part_is_kept_only_if_the_digest_is_known(server, fetch, tag, content, tmp_path):
    server.tag = tag
    for digest, second in ((None, None), (hashlib.sha256(content).hexdigest(), "bytes=500-")):
        server.cuts, server.requests = [500], []
        try:
            fetch(server.url(), digest=digest)
        except ValueError as error:
            assert digest is None and "accept it" in str(error)
            (tmp_path / "resources/downloads/galaxies.hdf5").unlink()
        assert [asked for _, asked in server.requests] == [None, second]


def test_a_part_that_was_complete_is_not_fetched_again(server, fetch, content, tmp_path):
    downloads = tmp_path / "resources/downloads"
    downloads.mkdir(parents=True)
    (downloads / "galaxies.hdf5.part").write_bytes(content)
    assert fetch(server.url()) == content
    assert len(server.requests) == 1


def test_a_part_longer_than_the_file_is_thrown_away(server, fetch, content, tmp_path):
    downloads = tmp_path / "resources/downloads"
    downloads.mkdir(parents=True)
    (downloads / "galaxies.hdf5.part").write_bytes(content + b"more")
    assert fetch(server.url()) == content


def test_passing_troubles_of_a_server_are_waited_out(server, fetch, content):
    server.failures = [503, 500, 429]
    assert fetch(server.url()) == content
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("missing", "answers 404 Not Found"),
        ("loop", "redirects more than 5 times"),
        ("page", "answers with a web page"),
        ("unencrypted", "is not encrypted"),
    ],
)
def test_a_mirror_serves_where_the_first_source_fails(server, fetch, left, content, path, sentence):
    with pytest.raises(ValueError) as caught:
        fetch(server.url(path))
    # The name of example.org is looked up where there is a network; here it may not be known.
    assert sentence in str(caught.value) or (path == "unencrypted" and "host name" in str(caught.value))
    assert "Name another one in `datasets: galaxies: sources`" in str(caught.value) and left() == []
    assert fetch(server.url(path), server.url()) == content


@pytest.mark.parametrize("status", [416, 500])
def test_a_server_that_only_fails(server, fetch, status):
    server.failures = [status] * 99
    with pytest.raises(ValueError, match=f"answers {status} "):
        fetch(server.url())


def test_a_refused_connection(fetch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ValueError, match="the connection is refused"):
        fetch(f"http://127.0.0.1:{port}/images.hdf5")


def test_a_server_that_falls_silent(server, fetch, monkeypatch, content):
    monkeypatch.setattr(download_module, "TIMEOUTS_S", (1, 0.2))
    silent = threading.Event()
    send = Handler.answer

    def answer(self, status, body, cut=None, **headers):
        if len(self.server.requests) == 1:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", headers["ETag"])
            self.end_headers()
            self.wfile.write(body[:300])
            self.wfile.flush()
            silent.wait(10)
        else:
            send(self, status, body, cut, **headers)

    monkeypatch.setattr(Handler, "answer", answer)
    assert fetch(server.url()) == content
    silent.set()
    assert len(server.requests) > 1


def test_a_wrong_digest_discards_the_download(server, fetch, left):
    with pytest.raises(ValueError, match=r"has SHA-256 [0-9a-f]{64}, not the pinned 0{64}"):
        fetch(server.url(), digest="0" * 64)
    assert left() == []


def test_a_short_file_is_told_from_a_whole_one(server, fetch, left, content):
    with pytest.raises(ValueError, match=f"offers {len(content):,} bytes where 99,999 are expected"):
        fetch(server.url(), size=99_999)
    server.lengths, server.content = False, content[:-1]  # nothing but the HDF5 library can know
    with pytest.raises(ValueError, match="is not a whole HDF5 file"):
        fetch(server.url(), digest=None)
    with pytest.raises(ValueError, match=f"has {len(content) - 1:,} bytes, not {len(content):,}"):
        fetch(server.url(), size=len(content))
    server.content = b"no galaxies"
    with pytest.raises(ValueError, match="is not an HDF5 file"):
        fetch(server.url())
    assert "galaxies.hdf5" not in left()


def test_an_unknown_digest_is_accepted_on_explicit_consent_only(server, fetch, left):
    for _ in range(2):
        with pytest.raises(ValueError, match="Nothing is downloaded twice") as caught:
            fetch(server.url(), digest=None)
        assert left() == ["galaxies.hdf5"]  # under downloads/
    subprocess.run(str(caught.value).split("accept it: ")[1].split(" ; commit")[0], shell=True, check=True)
    acquire_dataset([server.url()], "resources/galaxies.hdf5", "checksums.txt")
    assert left() == ["galaxies.hdf5", "galaxies.hdf5", "galaxies.hdf5.accepted.json"]
    assert len(server.requests) == 1
    subprocess.run(["sha256sum", "--check", "--strict", "checksums.txt"], check=True)


def test_a_copy_elsewhere_is_used_where_it_is(server, fetch, left, content, tmp_path):
    copy = tmp_path / "copy.hdf5"
    copy.write_bytes(content)
    assert fetch("nowhere.hdf5", "copy.hdf5", server.url()) == content
    assert (tmp_path / "resources/galaxies.hdf5").resolve() == copy
    assert left() == ["galaxies.hdf5", "galaxies.hdf5.accepted.json"] and server.requests == []
    with pytest.raises(ValueError, match=r"nowhere.hdf5 is not there"):
        fetch("nowhere.hdf5")


def test_without_a_source_there_is_a_word_on_what_to_do(fetch, tmp_path, content):
    with pytest.raises(ValueError, match="none is known") as caught:
        fetch()
    place = tmp_path / str(caught.value).split("put the file at ")[1].rstrip(".")
    place.write_bytes(content)
    assert fetch() == content


def test_a_file_that_was_there_is_never_deleted(fetch, tmp_path, content):
    there = tmp_path / "resources/downloads/galaxies.hdf5"
    there.parent.mkdir(parents=True)
    there.write_bytes(content)
    with pytest.raises(ValueError, match="Delete it to have it downloaded again"):
        fetch(digest="0" * 64)
    assert there.read_bytes() == content


def test_a_full_disk_stops_and_a_rerun_goes_on(server, fetch, left, content, tmp_path):
    """A limit on the size of files stands for the full disk: it, too, fails a write when so much is written."""
    (tmp_path / "checksums.txt").write_text(f"{hashlib.sha256(content).hexdigest()}  resources/galaxies.hdf5\n")
    result = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import signal, sys\nfrom deepgalaxy.dataset.acquire import acquire_dataset\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "acquire_dataset([sys.argv[1]], 'resources/galaxies.hdf5', 'checksums.txt')",
            server.url(),
        ],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
        capture_output=True,
        text=True,
    )
    assert "cannot be written beyond 4,000 bytes: File too large. Make room and run again" in result.stderr
    assert left() == ["galaxies.hdf5.part", "galaxies.hdf5.part.json"]
    assert fetch(server.url()) == content
    assert server.requests[-1] == ("/images.hdf5", "bytes=4000-")


def test_a_file_that_cannot_fit_is_not_begun(server, fetch):
    with pytest.raises(ValueError, match=r"more bytes are expected, but only .* are free"):
        fetch(server.url(), size=10**18)
    assert server.requests == []


def test_later_corruption_is_found(fetch, server, tmp_path, content):
    fetch(server.url())
    verify_file("resources/galaxies.hdf5", "checksums.txt")
    there = tmp_path / "resources/downloads/galaxies.hdf5"
    there.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"has changed since .* Restore resources/downloads/galaxies.hdf5 from a copy"):
        verify_file("resources/galaxies.hdf5", "checksums.txt")


def test_a_file_is_hashed_again_only_when_it_has_changed(fetch, server, tmp_path, content, monkeypatch):
    fetch(server.url())
    hashed = []
    monkeypatch.setattr(checksums, "sha256", lambda path: hashed.append(path) or sha256(path))
    dataset, there = "resources/galaxies.hdf5", tmp_path / "resources/downloads/galaxies.hdf5"

    def verify():
        hashed.clear()
        checksums.verify_if_changed(dataset, "checksums.txt")
        return len(hashed)

    assert verify() == 0
    there.touch()
    assert (verify(), verify()) == (1, 0)
    other = tmp_path / "older.hdf5"
    other.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(other, (1e9, 1e9))  # an older file of the same size
    other.replace(there)
    with pytest.raises(ValueError, match=r"galaxies.hdf5 has changed since it was accepted"):
        verify()
    there.write_bytes(content)
    assert (verify(), verify()) == (1, 0)


def test_a_file_that_was_put_there_by_hand_has_to_be_accepted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("own.hdf5").write_bytes(b"content")
    accept = f"echo '{sha256('own.hdf5')}  own.hdf5' >> checksums.txt"
    with pytest.raises(ValueError, match=f"own.hdf5 was never accepted: .* accept it: {accept} ; commit"):
        checksums.verify_if_changed("own.hdf5", "checksums.txt")
    subprocess.run(accept, shell=True, check=True)
    checksums.verify_if_changed("own.hdf5", "checksums.txt")


def test_checksums_are_read_as_sha256sum_writes_them(tmp_path, content):
    (tmp_path / "images.hdf5").write_bytes(content)
    written = subprocess.run(["sha256sum", "images.hdf5"], cwd=tmp_path, capture_output=True, text=True).stdout
    (tmp_path / "checksums.txt").write_text(f"# published files\n\n{written}")
    assert read_checksums(tmp_path / "checksums.txt") == {"images.hdf5": sha256(tmp_path / "images.hdf5")}
    (tmp_path / "checksums.txt").write_text("abc  images.hdf5\n")
    with pytest.raises(ValueError, match=r"line 1, is not a SHA-256, two spaces and a path"):
        read_checksums(tmp_path / "checksums.txt")
