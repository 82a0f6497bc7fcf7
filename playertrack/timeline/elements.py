"""HTML as elements, so that names in a trace are always text and never markup."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from .canvas import xml_text

Child = ET.Element | str | None


def el(tag: str, /, *children: Child, **attributes: str | float | bool | None) -> ET.Element:
    """An element; ``_`` in the name of an attribute is a hyphen, None and False leave it out.

    A trailing underscore is dropped: ``class_``, ``for_``.
    """
    element = ET.Element(tag)
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        element.set(name, name if value is True else xml_text(str(value)))
    for child in children:
        add(element, child)
    return element


def add(element: ET.Element, child: Child) -> None:
    """Put ``child`` after what is in ``element``; text is cleaned of what HTML cannot hold."""
    if child is None:
        return
    if isinstance(child, ET.Element):
        element.append(child)
        return
    text = xml_text(child)
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def html(*elements: ET.Element) -> str:
    """The elements as HTML."""
    return "".join(ET.tostring(each, "unicode", method="html") for each in elements)
