"""Writes our roadworks as WZDx 4.2 and as DATEX II v3 (JSON)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lotse_routing.feeds.found import FoundRoadwork, Line
from lotse_routing.feeds.moments import FAR_END
from lotse_routing.network.geometry import bearing_deg
from lotse_shared.vehicle import VehicleClass

Json = dict[str, Any]
DIRECTIONS = ("northbound", "eastbound", "southbound", "westbound")
SOURCE_ID = "lotse"
VEHICLE_TYPES = {
    VehicleClass.CAR: "car",
    VehicleClass.TRUCK: "lorry",
    VehicleClass.BUS: "bus",
    VehicleClass.EMERGENCY: "emergencyVehicle",
}
"""DATEX II's words."""
UNVERIFIED = (
    "is_start_date_verified",
    "is_end_date_verified",
    "is_start_position_verified",
    "is_end_position_verified",
)


def write_wzdx(roadworks: Iterable[FoundRoadwork], publisher: str, now: datetime) -> Json:
    """Write a WZDx 4.2 feed. The format demands an end: an open one is that of `moments.FAR_END`."""
    source = {"data_source_id": SOURCE_ID, "organization_name": publisher, "update_date": _utc(now)}
    info = {"update_date": _utc(now), "publisher": publisher, "version": "4.2", "data_sources": [source]}
    return {
        "feed_info": info,
        "type": "FeatureCollection",
        "features": [_feature(roadwork) for roadwork in roadworks],
    }


def write_datex2(
    roadworks: Iterable[FoundRoadwork], publisher: str, country: str, language: str, now: datetime
) -> Json:
    """Write a DATEX II v3 situation publication in its JSON form; country and language are ISO codes ('de')."""
    publication = {
        "lang": language,
        "publicationTime": _utc(now),
        "publicationCreator": {"country": country, "nationalIdentifier": publisher},
        "situation": [_situation(roadwork, language, now) for roadwork in roadworks],
    }
    return {"payload": {"modelBaseVersionG": "3", "situationSituationPublication": publication}}


def _feature(roadwork: FoundRoadwork) -> Json:
    (line,) = roadwork.lines
    core = {
        "data_source_id": SOURCE_ID,
        "event_type": "work-zone",
        "road_names": list(roadwork.road_names),
        "direction": _direction(line),
        "name": roadwork.name,
    }
    properties = {
        "core_details": core,
        "start_date": _utc(roadwork.starts_at),
        "end_date": _utc(roadwork.ends_at or FAR_END),
        **dict.fromkeys(UNVERIFIED, False),
        "location_method": "other",
        "vehicle_impact": roadwork.vehicle_impact,
        **({} if roadwork.speed_kmh is None else {"reduced_speed_limit_kph": roadwork.speed_kmh}),
        **({"restrictions": [{"type": "no-trucks"}]} if _bars_trucks_only(roadwork) else {}),
    }
    geometry = {"type": "LineString", "coordinates": [list(point) for point in line]}
    return {"id": roadwork.source_id, "type": "Feature", "properties": properties, "geometry": geometry}


def _bars_trucks_only(roadwork: FoundRoadwork) -> bool:
    """Tell whether cars may pass where trucks may not: the one difference of vehicles that WZDx can tell."""
    is_truck_only = VehicleClass.TRUCK in roadwork.vehicles and VehicleClass.CAR not in roadwork.vehicles
    return roadwork.effect == "closed" and is_truck_only


def _direction(line: Line) -> str:
    """Name the quarter of the compass in which the line's end lies, seen from its beginning."""
    return DIRECTIONS[round(bearing_deg(line[0], line[-1]) / 90) % 4]


def _situation(roadwork: FoundRoadwork, language: str, now: datetime) -> Json:
    record = {
        "idG": roadwork.source_id,
        "versionG": "1",
        "situationRecordCreationTime": _utc(now),
        "situationRecordVersionTime": _utc(now),
        "probabilityOfOccurrence": {"value": "certain"},
        "validity": _validity(roadwork),
        "cause": {"causeType": {"value": "roadMaintenance"}},
        "generalPublicComment": [{"comment": {"values": [{"lang": language, "value": roadwork.name}]}}],
        "locationReference": {"locationReferencingLinearLocation": _location(roadwork, language)},
    }
    header = {"informationStatus": {"value": "real"}}
    return {
        "idG": f"situation-{roadwork.source_id}",
        "headerInformation": header,
        "situationRecord": [_classed(record, roadwork)],
    }


def _classed(record: Json, roadwork: FoundRoadwork) -> Json:
    """Put a record into its class: a closure, of the carriageway or of lanes, manages it, a limit the speed."""
    if roadwork.effect != "speed":
        kind = "carriagewayClosures" if roadwork.effect == "closed" else "laneClosures"
        closing: Json = {"roadOrCarriagewayOrLaneManagementType": {"value": kind}}
        if roadwork.vehicles:
            types = [{"value": VEHICLE_TYPES[vehicle]} for vehicle in roadwork.vehicles]
            closing["forVehiclesWithCharacteristicsOf"] = [{"vehicleType": types}]
        return {"situationRoadOrCarriagewayOrLaneManagement": record | closing}
    limit = {"temporarySpeedLimit": roadwork.speed_kmh, "speedManagementType": {"value": "speedRestrictionInOperation"}}
    return {"situationSpeedManagement": record | limit}


def _validity(roadwork: FoundRoadwork) -> Json:
    end = {} if roadwork.ends_at is None else {"overallEndTime": _utc(roadwork.ends_at)}
    times = {"overallStartTime": _utc(roadwork.starts_at), **end}
    return {"validityStatus": "definedByValidityTimeSpec", "validityTimeSpecification": times}


def _location(roadwork: FoundRoadwork, language: str) -> Json:
    (line,) = roadwork.lines
    roads = [{"roadName": {"values": [{"lang": language, "value": name}]}} for name in roadwork.road_names]
    return {
        "gmlLineString": {"srsName": "EPSG:4326", "posList": " ".join(f"{lat!r} {lon!r}" for lon, lat in line)},
        "supplementaryPositionalDescription": {"roadInformation": roads},
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
