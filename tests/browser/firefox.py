"""Firefox by its own WebDriver BiDi, as much as one scene needs: Playwright drives only a Firefox that it patched."""

import json
import re
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect

# Sites under test are called blog.test; nothing else is asked for.
PREFERENCES = {
    "network.dns.localDomains": "blog.test,talk.localhost",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "services.settings.server": "data:,",
}


def installed() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """A browser with a profile of its own in `folder`, for as long as it is entered."""

    def __init__(self, path: str, folder: Path) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (folder / "user.js").write_text("\n".join(lines))
        given = ["--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port=0", "about:blank"]
        self.command = [path, *given]
        self.asked = 0
        # What pages complain of: errors and warnings of their console, and what they threw.
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            process = stack.enter_context(
                subprocess.Popen(self.command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            )
            stack.callback(process.terminate)
            assert process.stderr is not None
            said = (re.search(r"WebDriver BiDi listening on (ws://\S+)", line) for line in process.stderr)
            address = next(found[1] for found in said if found)
            # Nobody reads on what it says; a full pipe would stop it.
            Thread(target=process.stderr.read, daemon=True).start()
            self.socket = stack.enter_context(
                connect(f"{address}/session", max_size=None, compression=None, proxy=None)
            )
            self.call("session.new", capabilities={})
            self.call("session.subscribe", events=["log.entryAdded"])
            self.left = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.left.close()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=30))
            if told.get("method") == "log.entryAdded":
                self._note(told["params"])
            if told.get("id") != self.asked:
                continue
            if told["type"] == "error":
                raise AssertionError(f"{method}: {told['message']}")
            result: dict[str, Any] = told["result"]
            return result

    def _note(self, entry: dict[str, Any]) -> None:
        if entry["level"] in ("error", "warn"):
            self.complaints.append(f"{entry['level']}: {entry['text']}")

    def window(self, width: int = 1360, height: int = 900) -> "Window":
        """A window of somebody else: nothing is shared with the others."""
        user = self.call("browser.createUserContext")["userContext"]
        context = self.call("browsingContext.create", type="window", userContext=user)["context"]
        self.call("browsingContext.setViewport", context=context, viewport={"width": width, "height": height})
        return Window(self, context)


class Window:
    def __init__(self, firefox: Firefox, context: str) -> None:
        self.firefox, self.context = firefox, context

    def visit(self, url: str) -> None:
        self.firefox.call("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def run(self, function: str, *arguments: str | int) -> Any:
        """What a function of the page's says, in JSON; it may be a promise."""
        given = [{"type": "string" if isinstance(each, str) else "number", "value": each} for each in arguments]
        told = self.firefox.call(
            "script.callFunction",
            functionDeclaration=f"async (...given) => JSON.stringify((await ({function})(...given)) ?? null)",
            arguments=given,
            target={"context": self.context},
            awaitPromise=True,
        )
        if told["type"] == "exception":
            raise AssertionError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    def wait(self, function: str, *arguments: str | int) -> Any:
        """What the function says once that is something, within ten seconds."""
        return self.run(
            f"""async (...given) => {{
              for (const end = Date.now() + 10000; Date.now() < end; await new Promise(requestAnimationFrame)) {{
                const said = ({function})(...given);
                if (said) return said;
              }}
              throw new Error("It did not come: " + {json.dumps(function)} + " " + given);
            }}""",
            *arguments,
        )

    def find(self, host: str, selector: str, text: str = "") -> tuple[int, int]:
        """The middle of the first thing in a host's shadow root that is shown, and has the text."""
        x, y = self.wait(
            """(host, selector, text) => {
              const hosts = [...document.querySelectorAll(host)];
              const all = hosts.flatMap((each) => [...each.shadowRoot.querySelectorAll(selector)]);
              const node = all.find((each) => each.checkVisibility() && each.textContent.includes(text));
              node?.scrollIntoView({ block: "nearest", behavior: "instant" });
              const box = node?.getBoundingClientRect();
              return box && [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
            }""",
            host,
            selector,
            text,
        )
        return x, y

    def click(self, host: str, selector: str, text: str = "") -> None:
        x, y = self.find(host, selector, text)
        steps = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": steps})

    def type(self, text: str) -> None:
        steps = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": steps})

    def _act(self, actions: dict[str, Any]) -> None:
        # A window behind another has no focus to tell of.
        self.firefox.call("browsingContext.activate", context=self.context)
        self.firefox.call("input.performActions", context=self.context, actions=[actions])
