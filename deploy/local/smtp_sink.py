"""An SMTP receiver that keeps each mail as a file: smtp_sink.py PORT FOLDER [ADDRESS].

Files are named by arrival: 000001.eml, 000002.eml, ... and appear whole. The envelope stands in X-Envelope-From and
X-Envelope-To at the head of each. By the recipient's local part a test asks for trouble:
  bounce*  550, always        defer*  451 at the first attempt, taken afterwards
"""
import asyncio
import os
import re
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP

MAX_MAIL_BYTES = 10 * 1024 * 1024


class Sink:
    """aiosmtpd's handler."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = [int(m.group(1)) for m in (re.fullmatch(r"(\d+)\.eml", p.name) for p in self.folder.iterdir()) if m]
        self.last = max(kept, default=0)
        self.deferred = set()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # pylint: disable=invalid-name
        local = address.rsplit("@", 1)[0].lower()
        if local.startswith("bounce"):
            return "550 5.1.1 no such mailbox"
        if local.startswith("defer") and address not in self.deferred:
            self.deferred.add(address)
            return "451 4.2.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server, _session, envelope):  # pylint: disable=invalid-name
        self.last += 1
        head = f"X-Envelope-From: {envelope.mail_from}\r\n" + "".join(
            f"X-Envelope-To: {address}\r\n" for address in envelope.rcpt_tos)
        part = self.folder / f".{self.last:06}.part"
        part.write_bytes(head.encode("utf-8", "surrogateescape") + envelope.original_content)
        part.rename(self.folder / f"{self.last:06}.eml")
        return f"250 2.0.0 kept as {self.last:06}"


async def serve(port, folder, address):
    loop = asyncio.get_running_loop()
    sink = Sink(folder)
    server = await loop.create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, data_size_limit=MAX_MAIL_BYTES, hostname="sink.localhost",
                     ident="Lethe's mail sink"), address, port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with server:
        await stop.wait()


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"))
