# SPDX-License-Identifier: BSD-3-Clause
"""Settings that name a place of the topology: a person may give its label or its id, experiments get the id."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from apnemu.errors import InputError
from apnemu.model.naming import ids_of
from apnemu.model.plant import Plant
from apnemu.question.settings import declared


def with_ids(settings: Any, plant: Plant) -> Any:
    """The settings with ids where they have labels. A word that is neither stays, for the experiment to refuse.

    Raises InputError for a label that several have.
    """
    labels = {"site": {site.name: site.label for site in plant.sites}}
    labels["fibre"] = {fibre.name: fibre.label for fibre in plant.fibres}
    changed = {}
    for name, setting in declared(type(settings)).items():
        word = getattr(settings, setting.field)
        if setting.about.of in ("", "file") or not isinstance(word, str) or not word:
            continue
        of_pair = setting.about.of == "pair"
        meant = _pairs(word, labels["site"]) if of_pair else ids_of(word, labels[setting.about.of])
        if len(meant) > 1:
            raise InputError(
                f"{name} is '{word}', which is the label of {' and of '.join(meant)}; name one by its id; for example"
                f" --set {name}={meant[0]}",
                file="--set",
            )
        if meant and meant[0] != word:
            changed[setting.field] = meant[0]
    return dataclasses.replace(settings, **changed) if changed else settings


def _pairs(word: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The pairs A-B that a word may mean, wherever the hyphen between the two is.

    >>> _pairs("東-京-大阪", {"tokyo": "東-京", "osaka": "大阪"}), _pairs("a-b-c", {"a-b": "", "c": "", "a": ""})
    (('tokyo-osaka',), ('a-b-c',))
    """
    places = [at for at, char in enumerate(word) if char == "-"]
    ends = ((ids_of(word[:at], labels), ids_of(word[at + 1 :], labels)) for at in places)
    return tuple(dict.fromkeys(f"{a}-{b}" for first, second in ends for a in first for b in second))
