"""Real servers for every test that wants one: see fixtures/."""

pytest_plugins = ["fixtures.absent", "fixtures.databases", "fixtures.brokers", "fixtures.gateways"]
