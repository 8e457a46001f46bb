from __future__ import annotations

import contextlib
import functools
import gc
import http.server
import random
import shutil
import socket
import subprocess
import sys
import threading
import types

import pytest

from skewgate.core.errors import InputError
from skewgate.storage import gcs, s3, s3_connection

ONE_SCHEME = pytest.mark.parametrize("s3_base", ["s3"], indirect=True)
"""For what does not depend on how a URI begins."""


@pytest.fixture
def base(s3_base):
    return s3_base


def put(uri, content=b"x"):
    with s3.open_object(uri, "wb") as stream:
        stream.write(content)


def get(uri):
    with s3.open_object(uri, "rb") as stream:
        return stream.read()


def _glob(folder):
    return s3.matching(f"{folder}/*")


def _download(folder):
    s3.download(folder, "/nowhere")


def test_what_was_written_is_read(base):
    put(f"{base}/a/b.bin", bytes(range(256)) * 9000)
    assert get(f"{base}/a/b.bin") == bytes(range(256)) * 9000
    assert s3.status(f"{base}/a/b.bin")[0] == 256 * 9000
    assert s3.status(f"{base}/a/b.bin")[1] > 1.7e18


@pytest.mark.parametrize("name", ["a.gz", "a.bz2", "a.zst", "a.parquet"])
@pytest.mark.parametrize("length", [0, 10, (1 << 20) + 5])
def test_bytes_stay_as_they_are_whatever_the_name(base, tmp_path, name, length):
    content = random.Random(length).randbytes(length)
    (tmp_path / name).write_bytes(content)
    s3.upload(str(tmp_path / name), f"{base}/{name}")
    assert get(f"{base}/{name}") == content
    s3.download(f"{base}/{name}", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content


def test_text_is_utf_8_and_can_be_read_by_line(base):
    with s3.open_object(f"{base}/a.txt", "w") as stream:
        stream.write("zwölf\n€\n")
    assert get(f"{base}/a.txt") == "zwölf\n€\n".encode()
    with s3.open_object(f"{base}/a.txt", "r") as stream:
        assert list(stream) == ["zwölf\n", "€\n"]


def test_a_stream_that_is_read_can_seek(base):
    put(f"{base}/a", b"0123456789")
    with s3.open_object(f"{base}/a", "rb") as stream:
        stream.seek(-3, 2)
        assert stream.read(2) == b"78"
        stream.seek(1)
        assert stream.read(2) == b"12"


def test_objects_and_folders_are_told_apart(base):
    assert not s3.exists(base)
    put(f"{base}/a/b")
    assert s3.exists(f"{base}/a/b")
    assert s3.exists(f"{base}/a")
    assert s3.is_folder(f"{base}/a/")
    assert not s3.is_folder(f"{base}/a/b")
    assert not s3.exists(f"{base}/a/c")
    assert not s3.exists(f"{base}/a/b/c")


def test_a_folder_is_as_large_as_the_objects_below_it(base):
    for name, size in (("a", 3), ("b/c", 50), ("b/d/e", 700), ("beside", 9_000)):
        with s3.open_object(
            f"{base}/f{name}" if name == "beside" else f"{base}/f/{name}", "wb"
        ) as s:
            s.write(b"x" * size)
    assert s3.measured(f"{base}/f") == (3, 753)
    assert s3.measured(f"{base}/f/b/c") == (1, 50)
    assert s3.measured(f"{base}/nothing") == (0, 0)


def test_children_are_those_of_the_folder_alone(base):
    for name in ("b/2.csv", "b/1.csv", "b/deep/3.csv", "bc/4.csv"):
        put(f"{base}/{name}")
    assert s3.children(f"{base}/b") == (["deep"], ["1.csv", "2.csv"])
    with pytest.raises(FileNotFoundError):
        s3.children(f"{base}/c")


def test_a_glob_stays_within_folders(base):
    for name in ("d-1/a.csv", "d-1/b.txt", "d-2/a.csv", "d-2/deep/a.csv", "e-1/a.csv"):
        put(f"{base}/{name}")
    assert s3.matching(f"{base}/d-*/*.csv") == [
        f"{base}/d-1/a.csv",
        f"{base}/d-2/a.csv",
    ]
    assert s3.matching(f"{base}/d-[2-9]") == [f"{base}/d-2"]
    assert s3.matching(f"{base}/?-1/a.csv") == [
        f"{base}/d-1/a.csv",
        f"{base}/e-1/a.csv",
    ]
    assert s3.matching(f"{base}/e-1/a.csv") == [f"{base}/e-1/a.csv"]
    assert s3.matching(f"{base}/none/*.csv") == []
    assert s3.matching(f"{base}/e-1/b.csv") == []


def test_copies_and_moves_leave_what_they_should(base):
    put(f"{base}/a/1", b"one")
    put(f"{base}/a/deep/2", b"two")
    s3.copy(f"{base}/a/1", f"{base}/copy")
    s3.move(f"{base}/a/1", f"{base}/moved")
    assert (get(f"{base}/copy"), get(f"{base}/moved")) == (b"one", b"one")
    assert not s3.exists(f"{base}/a/1")
    put(f"{base}/a/1", b"one")
    s3.move(f"{base}/a", f"{base}/b")
    assert (get(f"{base}/b/1"), get(f"{base}/b/deep/2")) == (b"one", b"two")
    assert not s3.exists(f"{base}/a")


def test_only_what_was_named_is_removed(base):
    for name in ("a/1", "a/2", "ab/3"):
        put(f"{base}/{name}")
    s3.remove(f"{base}/a/1")
    assert s3.children(f"{base}/a") == ([], ["2"])
    s3.remove_folder(f"{base}/a")
    assert s3.children(base) == (["ab"], [])
    with pytest.raises(FileNotFoundError):
        s3.remove(f"{base}/a/1")


def test_a_folder_comes_and_goes_whole(base, tmp_path):
    (tmp_path / "from" / "deep").mkdir(parents=True)
    (tmp_path / "from" / "1").write_bytes(b"one")
    (tmp_path / "from" / "deep" / "2").write_bytes(b"two")
    s3.upload(str(tmp_path / "from"), f"{base}/a")
    put(f"{base}/ab/3")
    s3.download(f"{base}/a", str(tmp_path / "to"))
    found = {
        str(p.relative_to(tmp_path / "to")): p.read_bytes()
        for p in (tmp_path / "to").rglob("*")
        if p.is_file()
    }
    assert found == {"1": b"one", "deep/2": b"two"}


def test_a_single_object_comes_and_goes(base, tmp_path):
    (tmp_path / "from").write_bytes(b"one")
    s3.upload(str(tmp_path / "from"), f"{base}/value")
    assert get(f"{base}/value") == b"one"
    s3.download(f"{base}/value", str(tmp_path / "deep" / "to"))
    assert (tmp_path / "deep" / "to").read_bytes() == b"one"


def test_nothing_comes_of_what_is_not_there(base, tmp_path):
    s3.download(f"{base}/none", str(tmp_path / "to"))
    s3.upload(str(tmp_path / "none"), f"{base}/none")
    assert not (tmp_path / "to").exists()
    assert not s3.exists(f"{base}/none")


def test_a_missing_object_is_not_found(base):
    with pytest.raises(FileNotFoundError, match=f"{base}/none"):
        s3.open_object(f"{base}/none", "rb")


@pytest.mark.parametrize("mode", ["a", "r+", "x"])
def test_objects_are_not_changed_in_part(base, mode):
    with pytest.raises(ValueError, match="as a whole"):
        s3.open_object(f"{base}/a", mode)


def test_a_bucket_that_is_not_there_cannot_be_written(base):
    with pytest.raises((InputError, FileNotFoundError), match="nobody"):
        put(base.replace("//bucket", "//nobody") + "/a")


def test_minio_without_an_endpoint_is_refused(monkeypatch):
    for name in s3_connection.ENDPOINT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert not s3.is_reachable("minio://bucket/a")
    with pytest.raises(InputError, match="minio://bucket/a: needs the address of its server"):
        s3.exists("minio://bucket/a")


@pytest.mark.parametrize("uri", ["minio://bucket/a", "s3://bucket/a"])
def test_an_empty_endpoint_is_no_server_and_not_amazons(monkeypatch, uri):
    for name in s3_connection.ENDPOINT_VARIABLES:
        monkeypatch.setenv(name, "")
    assert not s3.is_reachable(uri)
    with pytest.raises(InputError, match=f"{uri}: needs the address of its server"):
        s3.exists(uri)


def test_s3_without_an_endpoint_is_amazons(monkeypatch):
    for name in s3_connection.ENDPOINT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert s3.is_reachable("s3://bucket/a")
    assert not s3.is_reachable("gs://bucket/a")


@pytest.mark.parametrize("url", ["minio-service:9000", "ftp://a", "http://a/b"])
def test_an_endpoint_that_is_no_url_of_a_server_is_refused(monkeypatch, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
    with pytest.raises(InputError, match="AWS_ENDPOINT_URL_S3: must be such as"):
        s3.exists("minio://bucket/a")


def test_a_uri_without_a_bucket_is_refused(base):
    with pytest.raises(InputError, match="names no bucket"):
        s3.exists(base.partition("://")[0] + "://")
    with pytest.raises(InputError, match="must name its bucket"):
        s3.matching(base.partition("://")[0] + "://*/a")


def test_what_is_no_object_is_refused():
    with pytest.raises(
        ValueError, match=r"must begin with minio:// or s3:// or gs://, got 'ftp://a/b'"
    ):
        s3.exists("ftp://a/b")


def test_a_glob_reaches_into_folders_of_any_depth(base):
    for name in ("a.csv", "y=1/a.csv", "y=1/m=1/a.csv", "y=1/m=1/a.txt", "z/a.csv"):
        put(f"{base}/{name}")
    assert s3.matching(f"{base}/**/*.csv") == [
        f"{base}/a.csv",
        f"{base}/y=1/a.csv",
        f"{base}/y=1/m=1/a.csv",
        f"{base}/z/a.csv",
    ]
    assert s3.matching(f"{base}/y=*/**/*.txt") == [f"{base}/y=1/m=1/a.txt"]
    assert s3.matching(f"{base}/none/**") == []


def test_buckets_are_there_or_not(base):
    assert s3.has_bucket(f"{base}/none/a.csv")
    assert not s3.has_bucket(base.replace("//bucket", "//nobody"))


@pytest.fixture
def refusing(monkeypatch):
    """Serves nothing but refusals."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"<Error><Code>InvalidAccessKeyId</Code><Message>no</Message></Error>"
            self.send_response(403)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("call", [s3.exists, s3.children, s3.matching, s3.status])
def test_refused_credentials_are_one_sentence(refusing, call):
    with pytest.raises(InputError) as caught:
        call("s3://bucket/a")
    assert "s3://bucket/a: is refused by http://127.0.0.1:" in str(caught.value)
    assert str(caught.value).endswith(
        "Fix: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do."
    )


# Paths with what is no name.


@ONE_SCHEME
@pytest.mark.parametrize("below", ["a//b.csv", "a/./b.csv", "a/../b.csv", "/a/b.csv", "a//*.csv"])
@pytest.mark.parametrize(
    "call",
    [
        s3.exists,
        s3.is_folder,
        s3.status,
        s3.children,
        s3.matching,
        s3.below_folder,
        s3.remove,
        s3.remove_folder,
        functools.partial(s3.open_object, mode="rb"),
        functools.partial(s3.open_object, mode="wb"),
        functools.partial(s3.download, path="/nowhere"),
    ],
)
def test_a_path_with_an_empty_name_is_one_sentence(base, below, call):
    uri = f"{base}/{below}"
    with pytest.raises(InputError) as caught:
        call(uri)
    assert str(caught.value) == (
        f"{uri}: must name each folder, without `//`, `.` and `..`: in a store these are other "
        "paths. Fix: write one slash between two names."
    )


def test_slashes_before_the_bucket_are_no_names(base):
    with pytest.raises(InputError, match="must name each folder"):
        s3.exists(base.replace("://", ":///"))


def test_a_slash_at_the_end_says_nothing(base, tmp_path):
    put(f"{base}/a/b.csv")
    assert s3.exists(f"{base}/a/")
    assert s3.children(f"{base}/a/") == ([], ["b.csv"])
    assert s3.below_folder(f"{base}/") == ["a/b.csv"]
    s3.move(f"{base}/a/", f"{base}/c/")
    s3.download(f"{base}/c/", str(tmp_path / "to"))
    s3.upload(str(tmp_path / "to"), f"{base}/d/")
    assert s3.below_folder(base) == ["c/b.csv", "d/b.csv"]


@pytest.fixture
def foreign(base, s3_variables):
    """Puts objects that our own client would not."""
    boto3 = pytest.importorskip("boto3")
    client = boto3.client(
        "s3",
        endpoint_url=s3_variables["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id="someone",
        aws_secret_access_key="hush",
        region_name="us-east-1",
    )
    folder = base.partition("//bucket/")[2]

    def act(below, content=b"x", *, remove=False):
        where = {"Bucket": "bucket", "Key": f"{folder}/{below}"}
        client.delete_object(**where) if remove else client.put_object(**where, Body=content)

    return act


@ONE_SCHEME
@pytest.mark.parametrize(
    ("key", "call"),
    [
        ("a//b.csv", s3.children),
        ("a//b.csv", s3.below_folder),
        ("a/./b.csv", _glob),
        ("a/../b.csv", _download),
    ],
)
def test_an_object_that_nobody_can_ask_for_is_not_passed_over(base, foreign, key, call):
    """Arrow lists such a folder within itself, for ever."""
    foreign("a/c.csv")
    foreign(key)
    with pytest.raises(InputError) as caught:
        call(f"{base}/a")
    assert str(caught.value) == (
        f"{base}/a: holds an object with `//`, `.` or `..` in its path, which cannot be read. Fix: "
        "copy it to a path of names, and delete it."
    )


@ONE_SCHEME
def test_a_folder_that_was_made_by_hand_is_a_folder(base, foreign):
    foreign("a/", b"")
    foreign("a/b.csv")
    assert s3.children(f"{base}/a") == ([], ["b.csv"])
    assert s3.below_folder(f"{base}/a") == ["b.csv"]


# What goes wrong after an object was opened.


class Door:
    """Stands between clients and a server: can be shut, and counts who came while it was."""

    def __init__(self, url):
        _, _, address = url.rpartition("/")
        host, _, port = address.partition(":")
        self._server = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.shut_for, self.turned_away = 0, 0
        self._open = []
        threading.Thread(target=self._serve, daemon=True).start()

    def shut(self, times=1 << 30):
        """Breaks all connections, and turns away so many who come."""
        self.shut_for, self.turned_away = times, 0
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listening.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.turned_away < self.shut_for:
                self.turned_away += 1
                client.close()
                continue
            server = socket.create_connection(self._server)
            self._open += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def door(base, s3_variables, monkeypatch):
    found = Door(s3_variables["AWS_ENDPOINT_URL_S3"])
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", found.url)
    yield found
    found.close()


LARGE = random.Random(3).randbytes((1 << 20) + 17)  # more than is read at once


@ONE_SCHEME
def test_a_server_that_vanishes_while_it_is_read_is_one_sentence(base, door):
    put(f"{base}/a", LARGE)
    with s3.open_object(f"{base}/a", "rb") as stream:
        assert stream.read(10) == LARGE[:10]
        door.shut()
        with pytest.raises(InputError) as caught:
            stream.read()
    assert str(caught.value).startswith(f"{base}/a: cannot be reached at {door.url}: ")
    assert "\n" not in str(caught.value)


@ONE_SCHEME
def test_a_server_that_vanishes_while_it_is_written_is_one_sentence(base, door):
    stream = s3.open_object(f"{base}/a", "wb")
    stream.write(b"x")
    door.shut()
    with pytest.raises(InputError, match=f"{base}/a: cannot be reached at {door.url}: "):
        stream.close()
    assert stream.raw.closed


@ONE_SCHEME
def test_a_server_that_comes_back_is_asked_again(base, door, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "6")  # connections that were kept open break as well
    put(f"{base}/a", LARGE)
    with s3.open_object(f"{base}/a", "rb") as stream:
        assert stream.read(10) == LARGE[:10]
        door.shut(times=1)
        assert stream.read() == LARGE[10:]
    assert door.turned_away == 1
    door.shut(times=1)
    put(f"{base}/b")
    assert door.turned_away == 1
    assert s3.children(base) == ([], ["a", "b"])


def test_a_store_says_so_at_once_if_asking_again_is_of_no_use(refusing, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "100")
    with pytest.raises(InputError, match="is refused by"):
        s3.open_object("s3://bucket/a", "rb")


@ONE_SCHEME
@pytest.mark.parametrize("text", ["0", "-1", "many", "101", "²"])
def test_a_number_of_attempts_that_is_none_is_refused(base, monkeypatch, text):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", text)
    with pytest.raises(InputError, match="AWS_MAX_ATTEMPTS: must be a number from 1 to 100, got"):
        s3.exists(base)


@ONE_SCHEME
def test_an_object_that_is_removed_while_it_is_read_is_one_sentence(base, foreign):
    foreign("a", LARGE)
    with s3.open_object(f"{base}/a", "rb") as stream:
        stream.read(10)
        foreign("a", remove=True)
        with pytest.raises(InputError) as caught:
            stream.read()
    assert str(caught.value) == (
        f"{base}/a: was removed while it was read. Fix: run it again when nobody writes there."
    )


@ONE_SCHEME
@pytest.mark.parametrize("content", [b"short", LARGE[::-1], LARGE + LARGE])
def test_an_object_that_is_written_anew_while_it_is_read_is_not_believed(base, foreign, content):
    """Of a shorter one Arrow would make zeros of what is missing."""
    foreign("a", LARGE)
    with s3.open_object(f"{base}/a", "rb") as stream:
        stream.read(10)
        foreign("a", content)
        with pytest.raises(InputError, match=f"{base}/a: was written anew while it was read"):
            stream.read()


@ONE_SCHEME
@pytest.mark.parametrize("content", [b"", b"x", LARGE])
def test_an_object_that_stays_as_it_is_is_read_whole(base, content):
    put(f"{base}/a", content)
    assert get(f"{base}/a") == content


# Google Cloud Storage.


def test_a_pyarrow_without_googles_client_says_what_to_install(monkeypatch):
    monkeypatch.setattr(gcs, "_connect", _no_client)
    with pytest.raises(InputError) as caught:
        s3.exists("gs://bucket/a")
    assert str(caught.value) == (
        "gs://bucket/a: needs pyarrow with its client of Google Cloud Storage, which is not "
        "installed. Fix: install pyarrow from PyPI or conda-forge, or copy the files to this "
        "machine."
    )


def _no_client(emulator):
    raise ImportError("no GcsFileSystem")


def test_googles_objects_are_read_by_arrows_own_client(monkeypatch, tmp_path):
    from pyarrow import fs

    (tmp_path / "bucket/y=1").mkdir(parents=True)
    (tmp_path / "bucket/y=1/a.csv").write_text("a\n1\n")
    local = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    monkeypatch.setattr(gcs, "_connect", lambda emulator: local)
    assert s3.is_remote("gs://bucket/y=1/a.csv")
    assert s3.matching("gs://bucket/**/*.csv") == ["gs://bucket/y=1/a.csv"]
    assert get("gs://bucket/y=1/a.csv") == b"a\n1\n"
    with pytest.raises(FileNotFoundError, match="gs://bucket/none"):
        get("gs://bucket/none")


class Broken:
    """A stream of Arrow's whose server went away."""

    def size(self):
        return 10

    def tell(self):
        return 0

    def metadata(self):
        return {}

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def read(self):
        raise OSError("google::cloud::Status(UNAVAILABLE:\n retry policy exhausted)")


def test_an_object_of_googles_that_breaks_while_it_is_read_is_one_sentence(monkeypatch):
    store = types.SimpleNamespace(open_input_file=lambda key: Broken())
    monkeypatch.setattr(gcs, "_connect", lambda emulator: store)
    with pytest.raises(InputError) as caught:
        get("gs://bucket/a")
    assert str(caught.value).startswith(
        "gs://bucket/a: cannot be read from Google Cloud Storage: google::cloud::Status("
    )
    assert "\n" not in str(caught.value)


def fail_inside(uri, mode, content):
    with s3.open_object(uri, mode) as stream:
        stream.write(content)
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("size", "before"), [(10, None), (10, b"whole"), (11 << 20, b"whole")]
)  # the last is more than a part of an upload
def test_a_write_whose_body_raises_leaves_what_was_there(base, size, before):
    if before:
        put(f"{base}/a", before)
    for mode, content in (("wb", b"x" * size), ("w", "x" * size)):
        with pytest.raises(ZeroDivisionError):
            fail_inside(f"{base}/a", mode, content)
        gc.collect()
        assert s3.exists(f"{base}/a") == bool(before)
        if before:
            assert get(f"{base}/a") == before


@pytest.mark.parametrize("mode", ["wb", "w"])
def test_a_stream_that_its_writer_has_forgotten_leaves_nothing(base, mode):
    stream = s3.open_object(f"{base}/a", mode)
    stream.write(b"half" if mode == "wb" else "half")
    del stream
    gc.collect()
    assert not s3.exists(f"{base}/a")


def test_a_stream_that_was_closed_is_whole_without_a_with(base):
    stream = s3.open_object(f"{base}/a", "wb")
    stream.write(b"whole")
    stream.close()
    stream.close()
    assert get(f"{base}/a") == b"whole"


def test_an_upload_that_cannot_be_read_to_its_end_leaves_nothing(base, tmp_path, monkeypatch):
    (tmp_path / "from").write_bytes(b"x" * 100)

    def copy(read, written, size):
        written.write(read.read(50))
        raise OSError("the disk is gone")

    monkeypatch.setattr(shutil, "copyfileobj", copy)
    with pytest.raises(OSError, match="the disk is gone"):
        s3.upload(str(tmp_path / "from"), f"{base}/a")
    gc.collect()
    assert not s3.exists(f"{base}/a")


def test_a_process_that_ends_within_a_write_leaves_nothing(base):
    code = (
        "import sys\nfrom skewgate.storage import s3\n"
        "stream = s3.open_object(sys.argv[1], 'wb')\nstream.write(b'half' * 4_000_000)\n"
        "raise SystemExit(7)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, f"{base}/a"], check=False).returncode == 7
    assert not s3.exists(f"{base}/a")
