"""The `ws` package of node, the client that many services use."""

import subprocess

from harness import ROOT, TIMEOUT


def test_ws_clients_echo_broadcast_ping_and_close(serve):
    server = serve(r"""
function ws_server_text(&$connections,&$connection,$client_key,$msg) {
    if (str_starts_with($msg, "all: ")) broadcast_to_all(substr($msg, 5)); else send_text($client_key,$msg);
}
function ws_server_binary(&$connections,&$connection,$client_key,$data) { ws_server_send_binary($client_key,$data); }
""")
    result = subprocess.run(["node", ROOT / "tests/interop/node_client.mjs", server.url], capture_output=True, text=True,
                            timeout=TIMEOUT)
    assert (result.returncode, result.stdout) == (0, "ok\n"), result.stderr
