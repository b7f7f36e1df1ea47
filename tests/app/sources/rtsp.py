"""A network camera that speaks RTSP, with H.264 in RTP packets in the same connection."""

from __future__ import annotations

import re
import socket
import struct
import threading
from contextlib import suppress
from fractions import Fraction

import av

from tests.app.sources.clips import numbered

FPS = 20
SIZE = (128, 96)
SDP = "\r\n".join(
    [
        *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=phone", "c=IN IP4 127.0.0.1", "t=0 0", "a=control:*"),
        *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1", "a=control:track1", ""),
    ]
)


class RtspCamera:
    """Serves numbered images at ``path`` to one program after another; ``requests`` has each method and address."""

    def __init__(self, path: str = "/live", login: str = "") -> None:
        self.requests: list[tuple[str, str]] = []
        self._path = path
        self._login = login
        self._unplugged = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def unplug(self) -> None:
        self._unplugged.set()
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines, suppress(OSError):
            request: list[str] = []
            for line in lines:
                if text := line.decode(errors="replace").strip():
                    request.append(text)
                elif request:
                    self._respond(client, request)
                    request = []

    def _respond(self, client: socket.socket, request: list[str]) -> None:
        method, address = request[0].split()[:2]
        self.requests.append((method, address))
        number = next((text for text in request if text.lower().startswith("cseq")), "CSeq: 0")
        head, body = [number], ""
        status = "200 OK"
        if method == "OPTIONS":
            head.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif self._login and not any(text.startswith("Authorization") for text in request):
            status = "401 Unauthorized"
            head.append('WWW-Authenticate: Basic realm="phone"')
        elif re.sub(r"^rtsp://[^/]*", "", address).rstrip("/") not in (self._path, f"{self._path}/track1"):
            status = "404 Not Found"
        elif method == "DESCRIBE":
            body = SDP
            head += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            head += ["Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
        elif method == "PLAY":
            head += ["Session: 1", "Range: npt=0.000-"]
        client.sendall("\r\n".join([f"RTSP/1.0 {status}", *head, "", body]).encode())
        if method == "PLAY" and status == "200 OK":
            threading.Thread(target=self._play, args=(client,), daemon=True).start()

    def _play(self, client: socket.socket) -> None:
        """Send what FFmpeg packs into RTP, packet by packet."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packed, suppress(OSError):
            packed.bind(("127.0.0.1", 0))
            packed.settimeout(0.2)
            threading.Thread(target=self._pack, args=(packed.getsockname()[1], client), daemon=True).start()
            while not self._unplugged.is_set():
                with suppress(TimeoutError):
                    packet = packed.recv(65536)
                    client.sendall(b"$\x00" + struct.pack(">H", len(packet)) + packet)

    def _pack(self, port: int, client: socket.socket) -> None:
        with av.open(f"rtp://127.0.0.1:{port}", "w", format="rtp") as output:
            options = {"preset": "ultrafast", "tune": "zerolatency", "g": "5"}
            stream = output.add_stream("libx264", rate=FPS, options=options)
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            number = 0
            while not self._unplugged.wait(1 / FPS) and client.fileno() >= 0:
                frame = av.VideoFrame.from_ndarray(numbered(number % 200 + 1, *SIZE), "bgr24")
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                output.mux(stream.encode(frame))
                number += 1
