"""The server, asked by a client of its own and by Chromium."""

import http.client
import socket
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import InputError
from lrprism.spectral.explorer.served import ServedScene
from lrprism.spectral.explorer.server import SceneServer
from made_up_results import BANDS, write_small_page


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, xr.Dataset]:
    return write_small_page(tmp_path_factory.mktemp("scene"), 20)


@pytest.fixture(scope="module")
def server(stored: tuple[str, xr.Dataset]) -> Iterator[SceneServer]:
    with ServedScene(*stored) as scene, SceneServer(scene) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: SceneServer, path: str, host: str | None = None, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{server.server_port}")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_only_this_machine_reaches_it(server: SceneServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_a_host_of_another_name_is_refused(server: SceneServer) -> None:
    port = server.server_port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        assert ask(server, "/row/0", host)[0] == 200
    for host in (
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
        f"localhost.evil.example:{port}",
    ):
        status, body = ask(server, "/row/0", host)
        assert status == 403
        assert len(body) != 4 * BANDS


def test_a_request_without_a_host_is_refused(server: SceneServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b" 403 " in connection.recv(4096).splitlines()[0]


@pytest.mark.parametrize("path", ["/run.json", "/../run.json", "/%2e%2e/run.json", "/sum/999", "/row/999"])
def test_nothing_else_is_there(server: SceneServer, path: str) -> None:
    assert ask(server, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_only_get_is_known(server: SceneServer, method: str) -> None:
    assert ask(server, "/", method=method)[0] == 501


def test_a_port_that_is_taken_is_said(server: SceneServer) -> None:
    with pytest.raises(
        InputError, match=rf"port should be free\. Found {server.server_port}: .* Name another"
    ):
        SceneServer(server.scene, server.server_port)


def test_no_page_but_this_one_may_read_the_answers(server: SceneServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", "/row/0")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.getheader("Access-Control-Allow-Origin") is None
    assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
    assert answer.getheader("X-Content-Type-Options") == "nosniff"


def test_the_page_shows_every_pixel_with_the_numbers_of_the_zarr(
    server: SceneServer, stored: tuple[str, xr.Dataset], visit: Callable[..., Any]
) -> None:
    seen = visit(server.url)
    assert "every pixel, 63 of 63 explained" in seen.page.locator("#way").inner_text()
    seen.run("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    relevance = stored[1]["relevance"].values
    explained = np.flatnonzero(np.isfinite(relevance[:, 0]))
    for pin in (3, 40):
        seen.run(f"location.hash = 'view=relevance&bands=2-5&pins={pin}'")
        row, column = divmod(int(explained[pin]), stored[1]["relevance"].sizes["sample"] // 9)
        seen.page.locator("#sentence", has_text=f"Pixel at row {row}, column {column}:").wait_for()
        seen.page.click("#copy")
        seen.page.locator("#sentence", has_text="Copied 12 bands").wait_for()
        lines = [line.split(",") for line in seen.run("window.copied").strip().split("\n")[1:]]
        bands = [int(line[0]) for line in lines]
        shown = np.array([float(line[3]) for line in lines], dtype=np.float32)
        np.testing.assert_array_equal(shown, relevance[explained[pin]][bands])
    assert seen.complaints == []
    asked = {url.removeprefix(server.url) for url in seen.requests}
    assert asked >= {"", "row/3", "row/40"}
    assert all(not word or word.startswith(("row/", "sum/")) for word in asked)
    assert all(url.startswith(server.url) for url in seen.requests)


def test_keys_and_clicks_ask_for_what_they_draw(server: SceneServer, visit: Callable[..., Any]) -> None:
    seen = visit(server.url)
    for key in ("ArrowRight", "ArrowDown", "]", "]", "}"):
        seen.page.keyboard.press(key)
    seen.page.locator("#clusters button").first.click()
    seen.page.locator("#confusion button").first.click()
    seen.page.locator("#sentence", has_text="shown: truly").wait_for()
    seen.page.wait_for_load_state("networkidle")
    assert seen.complaints == []
    assert (
        "Means, clusters, true classes and data are there of" in seen.page.locator("#precision").inner_text()
    )


def test_a_server_that_has_ended_is_said(stored: tuple[str, xr.Dataset], visit: Callable[..., Any]) -> None:
    with ServedScene(*stored) as scene, SceneServer(scene) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        seen = visit(server.url)
        server.shutdown()
        thread.join()
    seen.page.keyboard.press("ArrowRight")
    seen.page.locator("#sentence", has_text="The server does not answer").wait_for()
