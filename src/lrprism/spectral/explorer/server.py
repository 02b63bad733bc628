"""A server of one page on the loopback address: it answers this machine, and nothing but that page."""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, final

from lrprism.errors import InputError
from lrprism.spectral.explorer.served import ServedScene

LOOPBACK: Final = "127.0.0.1"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@final
class SceneServer(ThreadingHTTPServer):
    """Serves a scene to the browsers of this machine.

    A name that leads to this machine from outside does not help: a request is answered only if it was sent to
    ``127.0.0.1`` or ``localhost``.

    Args:
        scene: What is served.
        port: The port; 0 for one that is free.

    Raises:
        InputError: If the port is taken.
    """

    daemon_threads = True
    # the address of a server that has just ended is not in use
    allow_reuse_address = True

    def __init__(self, scene: ServedScene, port: int = 0) -> None:
        """Open the port.

        Raises:
            InputError: If it is taken.
        """
        self.scene = scene
        try:
            super().__init__((LOOPBACK, port), _Answer)
        except OSError as error:
            raise InputError(
                f"port should be free. Found {port}: {error.strerror}. Name another, or 0 for a free one."
            ) from error

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def hosts(self) -> set[str]:
        """The hosts that a request may name."""
        return {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}


class _Answer(BaseHTTPRequestHandler):
    """Answers one request; only GET is known."""

    server: SceneServer

    def do_GET(self) -> None:
        """Send the page, or numbers that it asks for."""
        # a page of somebody else whose name leads here sends its own name: DNS rebinding
        if self.headers.get("Host") not in self.server.hosts:
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        answer = self.server.scene.answer(self.path)
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        kind, body = answer
        self.send_response(HTTPStatus.OK)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            # the reader went on to another band before this one was there
            self.close_connection = True

    def log_message(self, *words: Any) -> None:
        """Print nothing: the page asks often."""
        del words
