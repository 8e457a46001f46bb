"""Prints a bill of materials of what a lock installs here, in CycloneDX 1.6 (JSON).

    python -m scripts.sbom [LOCK]

LOCK is the lock of the stack that fits this machine by default; of an image's lock the packages are
those that the image gets if it has this Python. Each package has its version, its purl, the
licenses that its metadata name if it is installed here in that version, and the SHA-256 of each
file that the lock lets in, as hashes of its distribution: one of these files was installed.

The same lock, Python and environment give the same bytes: there is no time in it, and the serial
number is made of the rest.
"""

import argparse
import importlib.metadata
import pathlib
import re
import sys
import uuid
from collections.abc import Iterable, Iterator

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import skewgate
from scripts import check_pins
from skewgate.stacks import fitting

ROOT = pathlib.Path(__file__).parents[1]
_VIA = re.compile(r"^    # via(?: (?P<one>\S+))?$|^    #   (?P<more>\S+)$")
_SERIAL = uuid.UUID("8d3c7a5e-5c0b-4f0e-9a51-6d6f0b1e5b0a")
_LONGEST_NAME = 80
"""Some packages write a whole license text where its name belongs."""


def default_lock() -> pathlib.Path:
    """Returns the lock of the stack that `make setup` installs here."""
    found = fitting.selected()
    if not found:
        raise SystemExit("sbom: no stack fits this machine. Fix: name a lock.")
    return ROOT / "requirements" / f"{found}.txt"


def applying(text: str) -> dict[str, tuple[str, list[str]]]:
    """Returns what a lock installs into this interpreter: name to version and hashes."""
    found = {}
    for line in check_pins.requirements(text):
        asked = Requirement(line.partition(" --hash=")[0])
        if asked.marker is None or asked.marker.evaluate():
            (pin,) = asked.specifier
            found[canonicalize_name(asked.name)] = pin.version, check_pins.HASH.findall(line)
    return found


def required_by(text: str) -> Iterator[tuple[str, str]]:
    """Yields pairs of a package and what needs it, as the comments of a lock say."""
    name = ""
    for line in text.splitlines():
        if pin := check_pins.PIN.match(line):
            name = canonicalize_name(pin[1])
        elif (via := _VIA.match(line)) and (parent := via["one"] or via["more"]):
            yield name, canonicalize_name(parent)


def licenses(name: str, version: str) -> list[License]:
    """Returns the licenses that the metadata of an installed package name, in a fixed order."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    if metadata["Version"] != version:
        return []
    make = LicenseFactory()
    if expression := metadata.get("License-Expression"):
        return [make.make_from_string(expression)]
    classifiers = metadata.get_all("Classifier") or []
    named = {c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")}
    named -= {"OSI Approved"}
    text = (metadata.get("License") or "").strip()
    if not named and text and "\n" not in text and len(text) <= _LONGEST_NAME:
        named = {text}
    made = [make.make_from_string(each) for each in sorted(named)]
    # An expression must stand alone; several are names.
    single = len(made) == 1
    return made if single else [make.make_with_name(each) for each in sorted(named)]


def component(name: str, version: str, hashes: Iterable[str]) -> Component:
    """Returns a package as a part of the bill."""
    purl = PackageURL("pypi", name=name, version=version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(f"https://pypi.org/project/{name}/{version}/#files"),
        comment="any one of the files with these hashes",
        hashes=[
            HashType(alg=HashAlgorithm.SHA_256, content=each.removeprefix("sha256:"))
            for each in sorted(hashes)
        ],
    )
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=licenses(name, version),
        external_references=[files],
    )


def make(text: str) -> Bom:
    """Makes the bill of a lock.

    Args:
        text: of the lock.
    """
    version = skewgate.__version__
    purl = PackageURL("pypi", name="skewgate", version=version)
    root = Component(
        name="skewgate",
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseFactory().make_with_id("Apache-2.0")],
    )
    packages = {
        name: component(name, version, hashes)
        for name, (version, hashes) in sorted(applying(text).items())
    }
    serial = uuid.uuid5(_SERIAL, "\n".join(sorted(packages)) + text + sys.version)
    metadata = BomMetaData(component=root)
    metadata.timestamp = None  # type: ignore[assignment] # the lock says what is in it, not when
    bom = Bom(components=packages.values(), serial_number=serial, metadata=metadata)
    needs: dict[str, set[str]] = {name: set() for name in packages}
    asked_for = set(packages)
    for name, parent in required_by(text):
        if name in packages and parent in packages:
            needs[parent].add(name)
            asked_for.discard(name)
    bom.register_dependency(root, [packages[name] for name in sorted(asked_for)])
    for name, below in sorted(needs.items()):
        bom.register_dependency(packages[name], [packages[each] for each in sorted(below)])
    return bom


def main(arguments: list[str] | None = None) -> int:
    """Prints the bill of materials."""
    parser = argparse.ArgumentParser(prog="sbom", description=__doc__.partition("\n")[0])
    parser.add_argument("lock", nargs="?", type=pathlib.Path, help="a file of requirements/")
    options = parser.parse_args(arguments)
    lock = options.lock or default_lock()
    print(JsonV1Dot6(make(lock.read_text())).output_as_string(indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
