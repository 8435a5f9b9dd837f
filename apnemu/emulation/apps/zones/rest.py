# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Calls to the controller's REST interface from a host, over the data communication network."""

from __future__ import annotations

import http.client
import json
from typing import Any

from apnemu.blueprint.addressing import CONTROLLER_ADDRESS, REST_PORT

LIMIT_S = 60.0
"""Time that an answer may take."""


def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and document of the answer.

    Raises:
        OSError: the controller does not answer.
    """
    connection = http.client.HTTPConnection(CONTROLLER_ADDRESS, REST_PORT, timeout=LIMIT_S)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def why(document: Any) -> str:
    """Reason of a refusal."""
    try:
        return str(document["ietf-restconf:errors"]["error"][0]["error-message"])
    except (KeyError, TypeError, IndexError):
        return ""
