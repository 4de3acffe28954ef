"""What goes wrong around a client: forks, exits, cancellations, threads, panics. Each in a process of its
own where it could take the tests with it. ``--scale 10`` makes them ten times as large."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

import ava_imessage
from ava_imessage import _native
from conftest import PHONE, Program, wait_until

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from ava_imessage.testing import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no forks and no such signals there")


def missing(what: str) -> NoReturn:
    """Skips a test on a machine that lacks something; where all tests must run, that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing: python -m pip install -r python/requirements/test.txt")
    pytest.skip(f"{what} is missing")


FORKS = """
import os, sys, threading, time
from ava_imessage import AvaClient
client = AvaClient()
stop = threading.Event()
def work():
    while not stop.is_set():
        client.poll()
threads = [threading.Thread(target=work, daemon=True) for _ in range(8)]
for thread in threads: thread.start()
for number in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        # What hangs is killed, and so is noticed.
        import signal; signal.alarm(20)
        try:
            client.poll() if number % 4 else client.send("+15550001111", "from a child")
            os._exit(0)
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert status == 0, (number, status)
stop.set()
for thread in threads: thread.join()
client.close()
print("forked")
"""


def test_forks_under_busy_threads(program: Program, scale: float) -> None:
    assert program.run(FORKS, str(int(500 * scale)), timeout=120 * max(1, scale)) == "forked\n"


POOL = """
import multiprocessing as mp
from ava_imessage import AvaClient
client = AvaClient()
def work(number):
    return client.send("+15550001111", f"text {number}").message_id
if __name__ == "__main__":
    client.poll()
    with mp.get_context("fork").Pool(4) as pool:
        ids = pool.map(work, range(100))
    assert len(set(ids)) == 100
    print("pooled")
"""


def test_a_pool_of_forked_processes(program: Program) -> None:
    assert program.run(POOL) == "pooled\n"
    assert len(program.sandbox.messages) == 100


FORK_IN_LOOP = """
import asyncio, os, sys
from ava_imessage import AsyncAvaClient, AvaClient
client, blocking = AsyncAvaClient(), AvaClient()
async def main():
    await client.poll()
    busy = [asyncio.ensure_future(client.poll()) for _ in range(32)]
    for number in range(int(sys.argv[1])):
        pid = os.fork()
        if pid == 0:
            import signal; signal.alarm(20)
            try:
                if number % 2:
                    blocking.poll()
                else:
                    asyncio.events._set_running_loop(None)
                    asyncio.new_event_loop().run_until_complete(client.poll())
                os._exit(0)
            except BaseException as error:
                os.write(2, repr(error).encode())
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        assert status == 0, (number, status)
        await client.poll()
    await asyncio.gather(*busy)
    await client.close()
    print("forked")
asyncio.run(main())
"""


def test_forks_inside_a_loop(program: Program, scale: float) -> None:
    assert program.run(FORK_IN_LOOP, str(int(50 * scale)), timeout=60 * max(1, scale)) == "forked\n"


def test_a_child_that_goes_on_with_its_parents_loop_is_refused(program: Program) -> None:
    """What it had the loop watch would be changed for the parent too, which would hear of nothing any more."""
    code = """
import asyncio, os
from ava_imessage import AsyncAvaClient
client = AsyncAvaClient()
loop = asyncio.new_event_loop()
loop.run_until_complete(client.poll())
pid = os.fork()
if pid == 0:
    import signal; signal.alarm(20)
    try:
        loop.run_until_complete(client.poll())
    except RuntimeError as error:
        os.write(1, f"{error}\\n".encode())
    os._exit(0)
os.waitpid(pid, 0)
loop.run_until_complete(asyncio.wait_for(client.poll(), 20))
print("heard")
loop.close()
"""
    refused = "this event loop is the parent process's: a forked child needs a loop of its own"
    assert program.run(code) == f"{refused}\nheard\n"


def test_a_listener_carried_over_a_fork(program: Program) -> None:
    code = """
import os
from ava_imessage import AvaClient, ClosedError
with AvaClient() as client:
    listener = client.listen(interval=0.1)
    pid = os.fork()
    if pid == 0:
        try:
            next(listener)
        except ClosedError as error:
            os.write(1, b"closed\\n")
        os._exit(0)
    os.waitpid(pid, 0)
    listener.close()
"""
    assert program.run(code) == "closed\n"


WSGI = """
import os
from ava_imessage import AvaClient
client = AvaClient()
# Before the fork: a connection is open, and a thread runs.
client.poll()
def application(environ, start_response):
    sent = client.send("+15550001111", environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {sent.message_id}".encode()]
"""
GUNICORN = """
# It would be made in the home directory.
control_socket_disable = True
def when_ready(server):
    print(server.LISTENERS[0].sock.getsockname()[1], flush=True)
"""


@pytest.mark.parametrize("kind", ["sync", "gthread"])
def test_gunicorn_with_a_client_made_before_the_fork(program: Program, tmp_path: Path, kind: str, scale: float) -> None:
    if find_spec("gunicorn") is None:
        missing("gunicorn")
    (tmp_path / "wsgi.py").write_text(WSGI)
    (tmp_path / "gunicorn.conf.py").write_text(GUNICORN)
    options = ["--preload", "--workers=2", f"--worker-class={kind}", "--threads=4", "--log-level=warning"]
    count = int(200 * scale)
    with program.start_module("gunicorn", *options, "--bind=127.0.0.1:0", "wsgi", cwd=tmp_path) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())

            def ask(number: int) -> tuple[str, str]:
                connection = HTTPConnection("127.0.0.1", port, timeout=30)
                try:
                    connection.request("GET", f"/?text-{number}")
                    answer = connection.getresponse()
                    words = answer.read().decode()
                    assert answer.status == 200, words
                finally:
                    connection.close()
                worker, message_id = words.split()
                return worker, message_id

            with ThreadPoolExecutor(8) as callers:
                try:
                    answers = list(callers.map(ask, range(count)))
                except BaseException:
                    callers.shutdown(wait=False, cancel_futures=True)
                    raise
                # Which worker takes a connection is the system's choice.
                while len({worker for worker, _ in answers}) < 2:
                    answers.append(ask(len(answers)))
            server.terminate()
            out, err = server.communicate(timeout=30)
            assert (server.returncode, out, err) == (0, "", "")
        finally:
            server.kill()
    assert len({message_id for _, message_id in answers}) == len(answers)
    texts = [row["message"] for row in program.sandbox.messages]
    assert sorted(texts) == sorted(f"text-{number}" for number in range(len(answers)))


TASKS = """
import os
from celery import Celery
from ava_imessage import AvaClient
folder = os.environ["FOLDER"]
app = Celery("tasks", broker="filesystem://", backend=f"file://{folder}/results")
app.conf.broker_transport_options = {
    "data_folder_in": f"{folder}/queue",
    "data_folder_out": f"{folder}/queue",
    "processed_folder": f"{folder}/processed",
    "control_folder": f"{folder}/control",
    "store_processed": True,
    "polling_interval": 0.02,
}
client = AvaClient()
client.poll()
@app.task
def send(text):
    sent = client.send("+15550001111", text)
    return [os.getpid(), sent.message_id]
"""
PRODUCER = """
import sys
import tasks
results = [tasks.send.delay(f"text-{number}") for number in range(int(sys.argv[1]))]
answers = [result.get(timeout=120, interval=0.02) for result in results]
print(len({worker for worker, _ in answers}), len({message_id for _, message_id in answers}))
"""


def test_a_celery_worker_with_a_client_made_before_the_fork(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    if find_spec("celery") is None:
        missing("celery")
    for folder in ("results", "queue", "processed", "control"):
        (tmp_path / folder).mkdir()
    (tmp_path / "tasks.py").write_text(TASKS)
    monkeypatch.setenv("FOLDER", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    count = int(100 * scale)
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=ERROR"]
    worker = ["--app=tasks", "worker", "--pool=prefork", "--concurrency=2", "--prefetch-multiplier=100", *quiet]
    said = tmp_path / "worker.log"
    with said.open("w") as log, program.start_module("celery", *worker, cwd=tmp_path, output=log) as running:
        try:
            told = program.run(PRODUCER, str(count), timeout=150 * max(1, scale))
            running.terminate()
            assert running.wait(60) == 0, said.read_text()
        finally:
            running.kill()
    assert told == f"2 {count}\n", said.read_text()
    texts = [row["message"] for row in program.sandbox.messages]
    assert sorted(texts) == sorted(f"text-{number}" for number in range(count))


EXITS = {
    "daemon threads": """
import threading, time
from ava_imessage import AvaClient
client = AvaClient()
client.poll()
def work():
    while True:
        try: client.send("+15550001111", "x", timeout=20)
        except Exception: pass
for _ in range(32): threading.Thread(target=work, daemon=True).start()
time.sleep({delay})
""",
    "asyncio": """
import asyncio, sys
from ava_imessage import AsyncAvaClient
async def main():
    client = AsyncAvaClient()
    await client.poll()
    tasks = [asyncio.ensure_future(client.send("+15550001111", "x")) for _ in range(32)]
    await asyncio.sleep({delay})
    sys.exit(0)
asyncio.run(main())
""",
    "a loop on a daemon thread": """
import asyncio, threading, time
from ava_imessage import AsyncAvaClient
async def call(client):
    while True:
        try: await client.send("+15550001111", "x")
        except Exception: pass
async def main():
    client = AsyncAvaClient()
    await asyncio.gather(*[call(client) for _ in range(32)])
threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
time.sleep(0.1 + {delay})
""",
    "callbacks": """
import threading, time
from ava_imessage import AvaClient
def provide():
    time.sleep(0.01)
    raise LookupError("none")
clients = [AvaClient(token_provider=provide) for _ in range(32)]
def work(client):
    while True:
        try: client.poll()
        except Exception: pass
for client in clients: threading.Thread(target=work, args=(client,), daemon=True).start()
time.sleep({delay})
""",
}


@pytest.mark.parametrize("kind", list(EXITS))
def test_exits_with_calls_in_flight(program: Program, kind: str, scale: float) -> None:
    """Exit code 0, no output, no core: of 200 exits in all, four at a time."""
    program.sandbox.fault("send", times=None, delay_ms=5)
    for batch in range(int(52 * scale) // 4):
        delays = [random.uniform(0, 0.05) for _ in range(4)]
        running = [program.start(EXITS[kind].format(delay=delay)) for delay in delays]
        for ending in running:
            out, err = ending.communicate(timeout=60)
            assert (ending.returncode, out, err) == (0, "", ""), f"{kind}, batch {batch}"


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def test_cancelled_tasks_drop_their_requests(ava_sandbox: Sandbox, scale: float) -> None:
    """Whatever reached the server was seen to end there, long before it would have been answered."""
    count = int(2000 * scale)
    ava_sandbox.settings(record_limit=count + 100)

    async def main() -> None:
        async with ava_sandbox.async_client(max_retries=0) as client:
            await client.poll()
            before = open_files()
            ava_sandbox.fault("poll", times=None, delay_ms=30_000)
            for _ in range(count // 100):
                tasks = [asyncio.ensure_future(client.poll()) for _ in range(100)]
                random.shuffle(tasks)
                for task in tasks:
                    if random.random() < 0.5:
                        await asyncio.sleep(random.uniform(0, 0.003))
                    task.cancel()
                outcomes = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
                del tasks, task, outcomes
            wait_until(lambda: ava_sandbox.state()["in_flight"] == 0)
            arrived = ava_sandbox.requests[1:]
            assert len(arrived) > count / 10
            assert {request["outcome"] for request in arrived} == {"client_disconnected"}
            assert ava_sandbox.state()["client_disconnects"] >= len(arrived)
            ava_sandbox.clear_faults()
            await client.poll()
            # Nothing is left of any: no future that waits, no connection.
            gc.collect()
            futures = [thing for thing in gc.get_objects() if isinstance(thing, asyncio.Future)]
            assert len(futures) < 10, futures
            wait_until(lambda: open_files() <= before + 5)

    asyncio.run(main())


def test_a_cancelled_send_is_told_of(ava_sandbox: Sandbox) -> None:
    unknown: list[ava_imessage.Attempt] = []
    ava_sandbox.fault("send", delay_after_ms=30_000)

    async def main() -> None:
        async with ava_sandbox.async_client(on_unknown=unknown.append) as client:
            task = asyncio.ensure_future(client.send(PHONE, "Hello"))
            while not ava_sandbox.messages:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            wait_until(lambda: ava_sandbox.requests[0]["outcome"] == "client_disconnected")
            assert _native.flush_callbacks(5)
            assert [attempt.text for attempt in unknown] == ["Hello"]
            assert (await client.settle(unknown[0])).confirmation == "history"

    asyncio.run(main())
    assert len(ava_sandbox.messages) == 1


def test_many_threads(ava_sandbox: Sandbox, scale: float) -> None:
    failures: list[BaseException] = []
    calls = int(1000 * scale)
    ava_sandbox.settings(record_limit=100)
    with ava_sandbox.client() as client:

        def work() -> None:
            try:
                for _ in range(calls):
                    client.poll()
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120 * max(1, scale))
            assert not thread.is_alive()
    assert failures == []
    state = ava_sandbox.state()
    assert state["requests"] + state["requests_forgotten"] == 16 * calls


def test_memory_and_files_stay_flat(program: Program, scale: float) -> None:
    program.sandbox.settings(record_limit=100)
    code = """
import asyncio, os, sys, resource
from ava_imessage import AsyncAvaClient, AvaClient, AvaError
def rss():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
client, other = AvaClient(), AsyncAvaClient()
def blocking(count):
    for number in range(count):
        client.poll()
        if number % 10 == 0:
            try: client.send("bad", "x")
            except AvaError: pass
            client.messages_page("+15550001111")
async def looped(count):
    for _ in range(count // 50):
        await asyncio.gather(*[other.poll() for _ in range(50)])
def round(count):
    blocking(count // 2)
    asyncio.run(looped(count // 2))
count = int(sys.argv[1])
round(count // 5)
memory, files = rss(), len(os.listdir("/proc/self/fd"))
round(count)
print(rss() - memory, len(os.listdir("/proc/self/fd")) - files)
"""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("there is no /proc")
    out = program.run(code, str(int(50_000 * scale)), timeout=300 * max(1, scale))
    grown, files = map(float, out.split())
    assert grown < 6, f"{grown} MB more"
    assert files <= 4, f"{files} more open files"


def test_a_subinterpreter_is_refused(program: Program) -> None:
    # From 3.12 on, Python itself refuses the module in interpreters that share nothing.
    if sys.version_info >= (3, 13):
        create, run = "import _interpreters as i; n = i.create('legacy')", "i.exec(n, code)"
    elif sys.version_info >= (3, 12):
        create, run = "import _xxsubinterpreters as i; n = i.create(isolated=False)", "i.run_string(n, code)"
    else:
        create, run = "import _xxsubinterpreters as i; n = i.create()", "i.run_string(n, code)"
    code = f"""
import ava_imessage
{create}
code = '''
try:
    import ava_imessage
except ImportError as error:
    assert "main interpreter only" in str(error), error
else:
    raise SystemExit("imported")
'''
failure = {run}
assert failure is None, failure
print("refused")
"""
    assert program.run(code) == "refused\n"


def test_a_panic_is_an_error(ava_sandbox: Sandbox) -> None:
    panic = getattr(_native, "panic_in_next_calls", None)
    if panic is None:
        missing("the feature test-hooks of ava-python")

    async def main() -> None:
        async with ava_sandbox.async_client() as client:
            panic(1)
            with pytest.raises(ava_imessage.InternalError):
                await client.poll()
            await client.poll()

    with ava_sandbox.client() as client:
        panic(1)
        with pytest.raises(ava_imessage.InternalError) as caught:
            client.poll()
        assert "injected by a test" in str(caught.value)
        client.poll()
    asyncio.run(main())


def test_an_idle_client_keeps_nobody_alive(program: Program) -> None:
    code = """
import asyncio
from ava_imessage import AvaClient, AsyncAvaClient
client, other = AvaClient(), AsyncAvaClient()
client.poll()
asyncio.run(other.poll())
listener = client.listen()
"""
    began = time.monotonic()
    assert program.run(code) == ""
    assert time.monotonic() - began < 10


def test_files_are_few(ava_sandbox: Sandbox) -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64
    before = open_files()
    for _ in range(50):
        with ava_sandbox.client() as client:
            client.poll()
        asyncio.run(one_poll(ava_sandbox))
    gc.collect()
    wait_until(lambda: open_files() <= before + 8)


async def one_poll(sandbox: Sandbox) -> None:
    async with sandbox.async_client() as client:
        await client.poll()
