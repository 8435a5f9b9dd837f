# SPDX-License-Identifier: BSD-3-Clause
"""A file of somebody else's, read once and within limits: its text, and the XML or JSON that it is.

XML is read by lxml, which keeps lines. Nothing is fetched and no entity is resolved: a file with a document type, which
could declare entities, is refused.
"""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from apnemu.errors import InputError
from apnemu.importing import lined

MOST_BYTES = 64_000_000
"""Largest file that is read but GNPy's, which GNPy reads. The largest of the public sets has 1.1 MB."""
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Opened:
    """A file by its path; each property is computed once, and raises InputError where the file is not so."""

    def __init__(self, path: Path, named: str = "") -> None:
        self.path = path
        self.file = named or str(path)

    def fail(self, message: str, line: int | None = None) -> NoReturn:
        """Refuse the file, at a line of it if there is one."""
        raise InputError(message, file=self.file, line=line)

    @cached_property
    def data(self) -> bytes:
        """Bytes of the file."""
        try:
            with self.path.open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            raise InputError(f"cannot be read: {error}; give the path of a readable file", file=self.file) from error
        if len(data) > MOST_BYTES:
            self.fail(f"the file is longer than the limit of {MOST_BYTES} bytes; divide the network")
        return data

    @cached_property
    def text(self) -> str:
        """Text of the file, in UTF-8 or as its byte-order mark says."""
        encoding = next((each for mark, each in BYTE_ORDER_MARKS.items() if self.data.startswith(mark)), "utf-8-sig")
        try:
            return self.data.decode(encoding)
        except UnicodeDecodeError as error:
            line = self.data[: error.start].count(b"\n") + 1
            self.fail(f"byte 0x{self.data[error.start]:02x} is not {encoding[:5]}; save the file as UTF-8", line)

    @cached_property
    def begins(self) -> str:
        """First 2,000 characters, whatever their encoding, without white space before them."""
        return self.data[:2_000].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")

    @cached_property
    def is_xml(self) -> bool:
        """Whether it looks like XML."""
        return self.begins.startswith("<") or self.data[:2] in BYTE_ORDER_MARKS

    @cached_property
    def is_json(self) -> bool:
        """Whether it looks like a JSON object."""
        return self.begins.startswith("{")

    @cached_property
    def root(self) -> Any:
        """The root element of its XML."""
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(self.data, parser)
        except etree.XMLSyntaxError as error:
            said = re.sub(r", line \d+, column \d+$", "", str(error.msg))[:200]
            self.fail(f"not XML: {said}; mend the syntax", error.lineno or 1)
        except (etree.LxmlError, ValueError, LookupError) as error:
            self.fail(f"not XML: {str(error)[:200]}; mend the syntax", 1)
        document = root.getroottree().docinfo
        if document.doctype or document.internalDTD is not None:
            self.fail("the file has a document type (DOCTYPE); entities are not read; take it out", 1)
        return root

    @cached_property
    def root_name(self) -> str:
        """The name of the root element of its XML, without its name space."""
        return tag(self.root)

    @cached_property
    def json(self) -> Any:
        """JSON of the file, in which each object knows its line."""
        try:
            return lined.loads(self.text)
        except lined.NotJSONError as error:
            self.fail(f"not JSON: {error}; mend the syntax", error.line)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of its outermost JSON object; none where it has none, or is no JSON."""
        if not self.is_json:
            return frozenset()
        try:
            return frozenset(lined.keys_of(self.text))
        except InputError:
            return frozenset()


def tag(element: Any) -> str:
    """The name of an element, without its name space; "" for what is no element."""
    name = element.tag
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def inner(element: Any, *names: str) -> list[Any]:
    """The elements within one, of some names."""
    return [each for each in element if tag(each) in names]


def text_of(element: Any) -> str:
    """The text of an element and of what is in it."""
    return "".join(element.itertext()).strip()
