"""A file that is being written: what `append` returns from is on the disk, line by line whole."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Sequence

from skewgate.core.errors import InputError
from skewgate.serving.collector import durable, places
from skewgate.serving.collector.events import Event
from skewgate.serving.collector.tally import Tally

FORMAT = "skewgate.events/1"


class RemovedError(InputError):
    """The file was removed by somebody else while it was written; what it held is lost."""


class Segment:
    """A file of events, locked as long as this process has it.

    Args:
        folder: of the collector.
        window: name of the window.
        name: of the file.
        descriptor: open for appending, and locked.
        tally: of what it holds.

    Attributes:
        spent: whether nothing more may be appended, since the disk failed in a way that leaves
            unknown what a later write would do.
    """

    def __init__(self, folder: str, window: str, name: str, descriptor: int, tally: Tally) -> None:
        self._folder, self.window, self.name = folder, window, name
        self._descriptor, self.tally = descriptor, tally
        self.path = places.open_path(folder, window, name)
        self.spent = self._unclean = False

    @classmethod
    def create(cls, folder: str, window: str, name: str) -> Segment:
        """Makes an empty file.

        Raises:
            OSError: it cannot be made.
        """
        path = places.open_path(folder, window, name)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o666)
        try:
            if not lock(descriptor, path):
                raise OSError(errno.EAGAIN, "another collector took it for a dead one's", path)
            durable.sync_folder(os.path.dirname(path))
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        return cls(folder, window, name, descriptor, Tally())

    def append(self, events: Sequence[Event]) -> None:
        """Writes events and forces them to the disk.

        Raises:
            RemovedError: the file has no name any more, and no reader could find them.
            OSError: they could not be written; the file is what it was before.
        """
        data = b"".join([event.line for event in events])
        try:
            durable.write_all(self._descriptor, data)
        except OSError:
            self._unclean = True
            self._take_back()
            raise
        try:
            durable.sync_data(self._descriptor)
        except OSError:
            # What was not written is forgotten by the system: the next call would succeed.
            self.spent = self._unclean = True
            self._take_back()
            raise
        self._check_named()
        self.tally.add(data, events)

    def _check_named(self) -> None:
        """Makes sure that the file was not removed.

        Raises:
            RemovedError: it was.
        """
        if os.fstat(self._descriptor).st_nlink == 0:
            raise RemovedError(
                self.path,
                f"the file was removed while it was written, and {self.tally.events:,} events in "
                "it are lost",
                f"leave {places.OPEN} alone while a collector runs",
            )

    def _take_back(self) -> None:
        """Cuts off what was not acknowledged; if that fails, before the file is published."""
        try:
            os.ftruncate(self._descriptor, self.tally.bytes)
        except OSError:
            self.spent = True
        else:
            self._unclean = False

    def publish(self) -> str | None:
        """Gives the file its place among those of its window, its counts first.

        Returns:
            Where it is; None if it held nothing and was removed.

        Raises:
            RemovedError: there is nothing to publish any more.
            OSError: it could not be done; it may be tried again.
        """
        self._check_named()
        if self._unclean:
            os.ftruncate(self._descriptor, self.tally.bytes)
            self._unclean = False
        if not self.tally.bytes:
            os.unlink(self.path)
            self.close()
            return None
        os.fsync(self._descriptor)
        target = places.published_path(self._folder, self.window, self.name)
        durable.make_folder(os.path.dirname(target))
        counts = {
            "format": FORMAT,
            "file": os.path.basename(target),
            "window": self.window,
            **self.tally.as_json(),
        }
        manifest = places.manifest_path(self._folder, self.window, self.name)
        durable.write_file(manifest, (json.dumps(counts, indent=2) + "\n").encode())
        durable.sync_folder(os.path.dirname(target))
        if os.path.exists(self.path):  # an earlier attempt may have failed behind this line
            os.rename(self.path, target)
        durable.sync_folder(os.path.dirname(target))
        durable.sync_folder(os.path.dirname(self.path))
        self.close()
        return target

    def close(self) -> None:
        """Gives the file and its lock away."""
        os.close(self._descriptor)


def lock(descriptor: int, path: str) -> bool:
    """Locks an open file; says whether it is now this process's, and still has its name.

    Raises:
        InputError: the file system knows no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL):
            raise InputError(
                path, "is on a file system without locks", "name a folder on one that has them"
            ) from None
        raise
    try:
        named = os.stat(path)
    except FileNotFoundError:
        return False
    held = os.fstat(descriptor)
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)
