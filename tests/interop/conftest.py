"""Fixtures: `serve` starts a server; when the test is over, every server must end cleanly."""

import resource

import pytest

from harness import Server


def pytest_configure():
    # Thousands of clients need thousands of descriptors.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
def serve(tmp_path):
    """serve(events, settings={}, …) starts a server in a folder of its own and waits until it listens."""
    servers = []

    def start(events="", settings=None, **options):
        folder = tmp_path / f"server{len(servers)}"
        folder.mkdir()
        server = Server(folder, events, settings, **options)
        servers.append(server)
        server.start()
        return server

    yield start
    unclean = [problem for server in servers for problem in server.finish()]
    assert unclean == []
