"""One contender at one task. It measures itself, and prints JSON on its last line.

    python contender.py httpx send --url http://127.0.0.1:4011 --calls 2000 --warm-up 200

Everybody keeps one session with its connections, sets the same headers, has a deadline of 30 s, and gives what a
caller wants: the id of a send; of a page typed rows with text and time. Peers without models get the same frozen,
slotted dataclass. The SDK that is generated from an OpenAPI document is pointed at the same server through its own
`get` and `post`, with models on its own base class.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any, Callable

KEY = "sk_bench"
TEXT = "Your table is ready. Reply C to confirm."
DEADLINE = 30.0
HEADERS = {"authorization": f"Bearer {KEY}", "accept": "application/json"}


def rows_of(answer: dict[str, Any]) -> list[Any]:
    """A page of messages, typed by hand."""
    from rows import Row

    return [Row.of(row) for row in answer["messages"]]


class Ours:
    """ava_imessage."""

    module = "ava_imessage"

    def __init__(self, url: str) -> None:
        from ava_imessage import AvaClient

        self.client = AvaClient(KEY, base_url=url, timeout=DEADLINE)

    def send(self, phone: str) -> str:
        return self.client.send(phone, TEXT).message_id

    def page(self, phone: str) -> list[Any]:
        return self.client.messages_page(phone, limit=100).messages


class Requests:
    """requests, with a Session."""

    module = "requests"

    def __init__(self, url: str) -> None:
        import requests

        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(HEADERS)

    def send(self, phone: str) -> str:
        answer = self.session.post(f"{self.url}/api/send", json={"phone": phone, "message": TEXT}, timeout=DEADLINE)
        answer.raise_for_status()
        return answer.json()["message_id"]

    def page(self, phone: str) -> list[Any]:
        answer = self.session.get(
            f"{self.url}/api/messages/{phone}", params={"limit": 100, "offset": 0}, timeout=DEADLINE
        )
        answer.raise_for_status()
        return rows_of(answer.json())


class Httpx:
    """httpx.Client."""

    module = "httpx"

    def __init__(self, url: str) -> None:
        import httpx

        self.client = httpx.Client(base_url=url, headers=HEADERS, timeout=DEADLINE, trust_env=False)

    def send(self, phone: str) -> str:
        answer = self.client.post("/api/send", json={"phone": phone, "message": TEXT})
        answer.raise_for_status()
        return answer.json()["message_id"]

    def page(self, phone: str) -> list[Any]:
        answer = self.client.get(f"/api/messages/{phone}", params={"limit": 100, "offset": 0})
        answer.raise_for_status()
        return rows_of(answer.json())


class Pyreqwest:
    """pyreqwest.SyncClient."""

    module = "pyreqwest.client"

    def __init__(self, url: str) -> None:
        from datetime import timedelta

        from pyreqwest.client import SyncClientBuilder

        self.url = url
        builder = SyncClientBuilder().default_headers(HEADERS).timeout(timedelta(seconds=DEADLINE))
        self.client = builder.no_proxy().error_for_status(True).build()

    def send(self, phone: str) -> str:
        body = {"phone": phone, "message": TEXT}
        return self.client.post(f"{self.url}/api/send").body_json(body).build().send().json()["message_id"]

    def page(self, phone: str) -> list[Any]:
        request = self.client.get(f"{self.url}/api/messages/{phone}?limit=100&offset=0").build()
        return rows_of(request.send().json())


class Pycurl:
    """pycurl, with one handle."""

    module = "pycurl"

    def __init__(self, url: str) -> None:
        import pycurl

        self.url = url
        self.curl = pycurl.Curl()
        self.curl.setopt(pycurl.TIMEOUT_MS, int(DEADLINE * 1000))
        self.curl.setopt(pycurl.PROXY, "")
        headers = [f"{name}: {value}" for name, value in HEADERS.items()]
        self.curl.setopt(pycurl.HTTPHEADER, [*headers, "content-type: application/json"])
        self.url_option, self.status = pycurl.URL, pycurl.RESPONSE_CODE
        self.body_option, self.get_option = pycurl.COPYPOSTFIELDS, pycurl.HTTPGET

    def _perform(self) -> Any:
        answer = self.curl.perform_rb()
        if self.curl.getinfo(self.status) != 200:
            raise RuntimeError("an answer other than 200")
        return json.loads(answer)

    def send(self, phone: str) -> str:
        self.curl.setopt(self.url_option, f"{self.url}/api/send")
        self.curl.setopt(self.body_option, json.dumps({"phone": phone, "message": TEXT}))
        return self._perform()["message_id"]

    def page(self, phone: str) -> list[Any]:
        self.curl.setopt(self.url_option, f"{self.url}/api/messages/{phone}?limit=100&offset=0")
        self.curl.setopt(self.get_option, True)
        return rows_of(self._perform())


class Generated:
    """The SDK of Sendblue, generated by Stainless."""

    module = "sendblue_api"

    def __init__(self, url: str) -> None:
        import generated
        from sendblue_api import SendblueAPI

        self.models = generated
        self.client = SendblueAPI(api_key=KEY, api_secret=KEY, base_url=url, timeout=DEADLINE, default_headers=HEADERS)

    def send(self, phone: str) -> str:
        body = {"phone": phone, "message": TEXT}
        return self.client.post("/api/send", cast_to=self.models.Sent, body=body).message_id

    def page(self, phone: str) -> list[Any]:
        path = f"/api/messages/{phone}?limit=100&offset=0"
        return self.client.get(path, cast_to=self.models.Page).messages


class AsyncOurs:
    """ava_imessage on asyncio."""

    async def open(self, url: str) -> tuple[Callable[[str], Awaitable[Any]], Callable[[], Awaitable[Any]]]:
        from ava_imessage import AsyncAvaClient

        client = AsyncAvaClient(KEY, base_url=url, timeout=DEADLINE)
        return lambda phone: client.send(phone, TEXT), client.close


class AsyncHttpx:
    """httpx.AsyncClient, with room for all."""

    async def open(self, url: str) -> tuple[Callable[[str], Awaitable[Any]], Callable[[], Awaitable[Any]]]:
        import httpx

        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        client = httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=DEADLINE, limits=limits, trust_env=False)

        async def send(phone: str) -> str:
            answer = await client.post("/api/send", json={"phone": phone, "message": TEXT})
            answer.raise_for_status()
            return answer.json()["message_id"]

        return send, client.aclose


class AsyncAiohttp:
    """aiohttp.ClientSession."""

    async def open(self, url: str) -> tuple[Callable[[str], Awaitable[Any]], Callable[[], Awaitable[Any]]]:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=DEADLINE)
        session = aiohttp.ClientSession(url, headers=HEADERS, timeout=timeout, raise_for_status=True)

        async def send(phone: str) -> str:
            async with session.post("/api/send", json={"phone": phone, "message": TEXT}) as answer:
                return (await answer.json())["message_id"]

        return send, session.close


class AsyncPyreqwest:
    """pyreqwest.Client."""

    async def open(self, url: str) -> tuple[Callable[[str], Awaitable[Any]], Callable[[], Awaitable[Any]]]:
        from datetime import timedelta

        from pyreqwest.client import ClientBuilder

        builder = ClientBuilder().default_headers(HEADERS).timeout(timedelta(seconds=DEADLINE))
        client = builder.no_proxy().error_for_status(True).build()

        async def send(phone: str) -> str:
            body = {"phone": phone, "message": TEXT}
            answer = await client.post(f"{url}/api/send").body_json(body).build().send()
            return (await answer.json())["message_id"]

        return send, client.close


BLOCKING: dict[str, Any] = {
    "ours": Ours,
    "requests": Requests,
    "httpx": Httpx,
    "pyreqwest": Pyreqwest,
    "pycurl": Pycurl,
    "generated": Generated,
}
ASYNC: dict[str, Any] = {
    "ours": AsyncOurs,
    "httpx": AsyncHttpx,
    "aiohttp": AsyncAiohttp,
    "pyreqwest": AsyncPyreqwest,
}


class Clock:
    """CPU time of the process, all its threads, and wall time."""

    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time_ns(), time.perf_counter_ns()

    def took(self, calls: int) -> dict[str, Any]:
        cpu, wall = time.process_time_ns() - self.cpu, time.perf_counter_ns() - self.wall
        return {"calls": calls, "cpu_ns": cpu, "wall_ns": wall}


def sends(client: Any, calls: int) -> None:
    """Calls one after the other."""
    for _ in range(calls):
        if not client.send("+15550000000"):
            raise RuntimeError("no id")


def pages(client: Any, calls: int) -> None:
    """Every text and time is looked at."""
    for _ in range(calls):
        rows = client.page("+15550000100")
        if len(rows) != 100 or not all(row.text and row.timestamp.year == 2026 for row in rows):
            raise RuntimeError("not the page")


async def at_once(name: str, url: str, in_flight: int, calls: int, warm_up: int) -> dict[str, Any]:
    """So many calls in flight, all the time."""
    import asyncio

    send, close = await ASYNC[name]().open(url)

    async def work(calls: int) -> None:
        for _ in range(calls):
            await send("+15550000000")

    async def run(calls: int) -> None:
        await asyncio.gather(*(work(max(1, calls // in_flight)) for _ in range(in_flight)))

    await run(max(warm_up, in_flight * 2))
    clock = Clock()
    await run(calls)
    measured = clock.took(max(1, calls // in_flight) * in_flight)
    await close()
    return measured


def resident() -> int:
    """Bytes of memory, as Linux counts them."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def main() -> None:
    """Does one task."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contender")
    parser.add_argument("task", choices=["send", "page", "asyncio", "import", "memory"])
    parser.add_argument("--url", default="")
    parser.add_argument("--calls", type=int, default=1)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--in-flight", type=int, default=1)
    given = parser.parse_args()
    measured: dict[str, Any]
    if given.task == "import":
        module = BLOCKING[given.contender].module
        clock = Clock()
        __import__(module)
        measured = clock.took(1)
    elif given.task == "memory":
        before, clock = resident(), Clock()
        sends(BLOCKING[given.contender](given.url), 1)
        after = resident()
        measured = {**clock.took(1), "rss": {"before": before, "after": after, "peak": after}}
    elif given.task == "asyncio":
        import asyncio

        work = at_once(given.contender, given.url, given.in_flight, given.calls, given.warm_up)
        measured = asyncio.run(work)
    else:
        client = BLOCKING[given.contender](given.url)
        task = sends if given.task == "send" else pages
        task(client, given.warm_up)
        clock = Clock()
        task(client, given.calls)
        measured = clock.took(given.calls)
    sys.stdout.write(json.dumps(measured) + "\n")
    sys.stdout.flush()
    # How it ends is not what is measured, and one of the peers aborts now and then.
    os._exit(0)


if __name__ == "__main__":
    main()
