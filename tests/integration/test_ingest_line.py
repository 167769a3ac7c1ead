"""Ingest on real brokers and databases: from a published message to rows."""

from factories_ingest import Tables, publishing, running_ingest

from lotse_shared.settings import BrokerSettings, DatabaseSettings


async def test_a_published_reading_is_stored_and_becomes_the_state_of_its_detector(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("KL-17")
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.reading()
        ledger = await tables.received(1)
    assert ledger == {"received": 1, "stored": 1, "duplicate": 0, "quarantined": 0, "rejected": 0}
    [reading] = await tables.rows("select * from reading")
    assert (reading["vehicle_count"], reading["corrected_mean_speed_kmh"], reading["rule_codes"]) == (12, 43.2, [])
    [state] = await tables.rows("select * from detector_state")
    assert (state["detector_id"], state["measured_at"]) == ("KL-17", reading["measured_at"])
