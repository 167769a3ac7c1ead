"""Who may do what: every operation, and what each role is answered. A new operation needs its line in OPERATIONS."""

from typing import Literal, TypeAlias

from lotse_gateway.guards.keys import Scope

IN: Literal["in"] = "in"
"""Let in: whatever the answer is then, it is neither 401 nor 403."""
Answer: TypeAlias = Literal["in", 401, 403]

ROLES = ("none", "own sign", "other sign", "publisher", "viewer", "operator", "admin", "expired", "revoked")
Row: TypeAlias = tuple[Answer, Answer, Answer, Answer, Answer, Answer, Answer, Answer, Answer]

#                 none own  other publ view oper adm  exp. revoked
DISPLAY: Row = (401, IN, 403, 403, IN, IN, IN, 401, 401)
VIEWER: Row = (401, 403, 403, 403, IN, IN, IN, 401, 401)
OWN_SIGN: Row = (401, IN, 403, 403, 403, 403, IN, 401, 401)
OPERATOR: Row = (401, 403, 403, 403, 403, IN, IN, 401, 401)
ADMIN: Row = (401, 403, 403, 403, 403, 403, IN, 401, 401)
PUBLISHER: Row = (401, 403, 403, IN, 403, 403, 403, 401, 401)

OPERATIONS: dict[str, Row] = {
    "get_display": DISPLAY,
    "acknowledge_display": OWN_SIGN,
    "list_acks": VIEWER,
    "list_displays": VIEWER,
    "get_display_of_sign": VIEWER,
    "listen_to_events": VIEWER,
    "publish_readings": PUBLISHER,
    "list_alarms": VIEWER,
    "acknowledge_alarm": OPERATOR,
    "list_audit_events": OPERATOR,
    "list_corridors": VIEWER,
    "create_corridor": ADMIN,
    "put_corridors": ADMIN,
    "get_corridor": VIEWER,
    "put_corridor": ADMIN,
    "list_corridor_versions": VIEWER,
    "list_dead_letters": VIEWER,
    "export_dead_letters": VIEWER,
    "replay_dead_letters": OPERATOR,
    "sum_dead_letters": VIEWER,
    "get_dead_letter": VIEWER,
    "get_dead_letter_payload": VIEWER,
    "list_decisions_at": VIEWER,
    "list_destinations": VIEWER,
    "create_destination": ADMIN,
    "put_destinations": ADMIN,
    "get_destination": VIEWER,
    "put_destination": ADMIN,
    "list_destination_versions": VIEWER,
    "list_detectors": VIEWER,
    "create_detector": ADMIN,
    "put_detectors": ADMIN,
    "list_detector_health": VIEWER,
    "get_detector": VIEWER,
    "put_detector": ADMIN,
    "list_aggregates": VIEWER,
    "mend_detector": OPERATOR,
    "fail_detector": OPERATOR,
    "get_detector_failure": VIEWER,
    "get_detector_health": VIEWER,
    "list_outages": VIEWER,
    "list_readings": VIEWER,
    "list_detours": VIEWER,
    "export_readings": VIEWER,
    "list_ledger": VIEWER,
    "list_seq_gaps": VIEWER,
    "list_keys": ADMIN,
    "create_key": ADMIN,
    "revoke_key": ADMIN,
    "get_key": ADMIN,
    "rotate_key": ADMIN,
    "list_links": VIEWER,
    "list_networks": VIEWER,
    "get_network": VIEWER,
    "get_network_links": VIEWER,
    "get_link_states": VIEWER,
    "list_outages_of_day": VIEWER,
    "list_proposals": VIEWER,
    "get_proposal": VIEWER,
    "accept_proposal": OPERATOR,
    "refuse_proposal": OPERATOR,
    "list_roadworks": VIEWER,
    "create_roadwork": OPERATOR,
    "check_closure": VIEWER,
    "export_roadworks": VIEWER,
    "import_roadworks": OPERATOR,
    "get_roadwork": VIEWER,
    "approve_roadwork": OPERATOR,
    "check_roadwork": OPERATOR,
    "end_roadwork": OPERATOR,
    "refuse_roadwork": OPERATOR,
    "find_routes": VIEWER,
    "list_signs": VIEWER,
    "create_sign": ADMIN,
    "put_signs": ADMIN,
    "retire_sign": ADMIN,
    "retire_corridor": ADMIN,
    "get_sign": VIEWER,
    "put_sign": ADMIN,
    "list_sign_versions": VIEWER,
    "list_decisions": VIEWER,
    "release_sign": OPERATOR,
    "get_lock": VIEWER,
    "lock_sign": OPERATOR,
    "preview_sign": VIEWER,
    "list_strategies": VIEWER,
    "retire_strategy": OPERATOR,
    "get_strategy": VIEWER,
    "put_strategy": OPERATOR,
    "activate_strategy": OPERATOR,
    "deactivate_strategy": OPERATOR,
    "list_strategy_versions": VIEWER,
    "get_system": VIEWER,
    "list_text_templates": VIEWER,
    "delete_text_template": ADMIN,
    "get_text_template": VIEWER,
    "put_text_template": ADMIN,
}

HELD: dict[str, Scope] = {
    "own sign": Scope.SIGN,
    "other sign": Scope.SIGN,
    "publisher": Scope.PUBLISHER,
    "viewer": Scope.VIEWER,
    "operator": Scope.OPERATOR,
    "admin": Scope.ADMIN,
    "expired": Scope.ADMIN,
    "revoked": Scope.ADMIN,
}
"""The scope of each role's key; a key that is over would be an administrator's."""
