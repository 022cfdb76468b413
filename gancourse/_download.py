"""Downloads: every address in turn, a progress bar, the published checksum, and a file only when whole."""

import shutil
import tarfile
import zlib
from pathlib import Path

from gancourse._formats import DataError, appears_whole, checksum, is_file
from gancourse._sources import SOURCES, destination, remedy
from gancourse._validate import choice

__all__ = ["download", "fetch"]


def download(name, root=None):
    """Fetch a set in full; files already there and whole are kept, and a file appears only when whole.

    The addresses of the publisher and of mirrors are tried in turn, with a progress bar; each file must
    have the published checksum. ``python -m gancourse data NAME`` calls this.

    Arguments:
        name: as for :func:`gancourse.data.load`; ``stacked-mnist`` fetches ``mnist``.
        root: the folder to put it in, under the publisher's names; without one, the user's cache.

    Returns:
        Path of the folder that holds the files.

    Raises:
        ValueError: unknown name.
        DataError: no address gave the file (each is listed with the reason), a full disk, no permission.
    """
    choice("name", name, (*SOURCES, "stacked-mnist"))
    name = "mnist" if name == "stacked-mnist" else name
    source = SOURCES[name]
    place = destination(root)
    folder = place / source.folder
    with remedy(name, place):
        files = {file: sum_ for split in source.files.values() for file, sum_ in split.items()}
        wanted = {file: sum_ for file, sum_ in files.items() if not _is_whole(folder / file, sum_)}
        if wanted and source.archive:
            archive = place / source.archive[0]
            had = _is_whole(archive, source.archive[1])
            if not had:
                fetch(source.urls, archive, source.archive[1])
            _unpack(archive, folder, wanted)
            if not had:
                archive.unlink()
        else:
            for file, sum_ in wanted.items():
                fetch(source.urls, folder / file, sum_)
    return folder


def _is_whole(path, expected):
    return is_file(path) and checksum(path, expected)


class _Refused(Exception):
    """An address that did not give the file; the next one may."""


def fetch(urls, target, expected):
    """Put the file ``target`` in its place, from the first address that gives it whole.

    Arguments:
        urls: addresses that end in "/", to which the file's name is added, in the order of trial.
        target: the Path that it is to have.
        expected: its checksum as ``"sha256:…"``, ``"sha1:…"`` or ``"md5:…"``.

    Raises:
        DataError: no address gave the file, each listed with the reason; a full disk, no permission.
    """
    refused = []
    for url in urls:
        try:
            with appears_whole(target) as partial:
                _get(url + target.name, partial)
                if not checksum(partial, expected):
                    raise _Refused("what came has the wrong checksum")
            return
        except _Refused as error:
            refused.append(f"\n  {url + target.name}: {error}")
    raise DataError(f"{target}: no address gave the file:{''.join(refused)}")


def _get(url, path):
    import pooch
    import requests
    import urllib3
    from tqdm import tqdm

    # pooch asks for the truth of the bar, which tqdm refuses without a total; the answer brings the true one
    with tqdm(total=1, desc=url.rsplit("/", 1)[-1], unit="B", unit_scale=True, unit_divisor=1024) as bar:
        # a server that unpacks the .gz on its way would spoil the checksum
        get = pooch.HTTPDownloader(
            progressbar=bar, chunk_size=1 << 16, timeout=(10, 60), headers={"Accept-Encoding": "identity"}
        )
        try:
            get(url, str(path), None)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            bar.leave = False
            raise _Refused(_why(error)) from error


def _why(error):
    import requests

    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return f"the connection broke off half-way ({type(error).__name__})"


def _unpack(archive, folder, wanted):
    left = dict(wanted)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = Path(member.name).name
                if not member.isfile() or name not in left:
                    continue
                with appears_whole(folder / name) as partial:
                    with open(partial, "wb") as out:
                        shutil.copyfileobj(tar.extractfile(member), out)
                    if not checksum(partial, left.pop(name)):
                        raise DataError(f"{archive}: {name} in it has the wrong checksum")
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{archive}: cannot be unpacked ({error})") from error
    if left:
        raise DataError(f"{archive}: holds no {', '.join(left)}")
