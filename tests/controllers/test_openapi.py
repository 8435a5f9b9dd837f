# SPDX-License-Identifier: BSD-3-Clause
"""The description of the REST interface is what is served: schemathesis asks by it, and finds no 5xx."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings

from apnemu.controllers.apn import Apn
from apnemu.controllers.desk import AtOnce
from apnemu.controllers.northbound import DESCRIPTION, Northbound
from tests.controllers.on_demand import on_demand

APP = Northbound(AtOnce(Apn(on_demand("three-sites", transceivers=4))), token=None)
SCHEMA: Any = schemathesis.openapi.from_dict(json.loads(DESCRIPTION.read_text()))
SCHEMA.app = APP


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_fault_of_the_server(case: Any) -> None:
    answer = case.call()
    assert answer.status_code < 500
    case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error])
