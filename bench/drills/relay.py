"""``relay.py FROM-HOST FROM-PORT TO-HOST TO-PORT`` hands connections on; run as a file, beside any version of the app.

The app speaks plain HTTP with a pretend shop on loopback only; a machine of its own has a loopback of its own.
"""

from __future__ import annotations

import asyncio
import sys


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(host: str, port: str, to_host: str, to_port: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward = await asyncio.wait_for(asyncio.open_connection(to_host, int(to_port)), 3)
        except (OSError, TimeoutError):
            writer.close()
            return
        await asyncio.gather(_pass(reader, onward[1]), _pass(onward[0], writer))

    server = await asyncio.start_server(serve, host, int(port))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
