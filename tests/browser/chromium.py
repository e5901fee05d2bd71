"""A headless Chromium as wide as a small phone, spoken to over its own pipe (Chrome DevTools Protocol): what these tests
need of it, no more."""
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "build" / "axe" / "axe_playwright_python" / "axe.min.js"
PROGRAM = "chromium-headless-shell"
WAIT_S = 60


def missing():
    """What isn't there of what deploy/setup installs, or None."""
    if not shutil.which(PROGRAM):
        return f"{PROGRAM} is not installed"
    return None if AXE.exists() else "axe-core is not installed"


class Browser:
    """width: CSS pixels. javascript=False: pages run no script of theirs."""

    def __init__(self, folder, *, width=360, height=740, javascript=True):
        to_read, self.write_end = os.pipe()
        self.read_end, to_write = os.pipe()
        arguments = [PROGRAM, "--remote-debugging-pipe", "--no-first-run", "--disable-dev-shm-usage", "--no-proxy-server",
                     f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", "about:blank"]
        if os.geteuid() == 0:
            arguments.insert(1, "--no-sandbox")

        def pipes():  # the browser reads 3 and writes 4
            low, high = os.dup(to_read), os.dup(to_write)
            os.dup2(low, 3)
            os.dup2(high, 4)
        with (Path(folder) / "chromium.log").open("wb") as log:
            self.process = subprocess.Popen(arguments, preexec_fn=pipes, pass_fds=(3, 4), stdout=log, stderr=log,
                                            start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self.number, self.buffer, self.events, self.session = 0, b"", [], None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        if not javascript:
            self.call("Emulation.setScriptExecutionDisabled", value=True)

    # ---- the protocol ------------------------------------------------------------------------------------------------

    def _receive(self, until):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            assert left > 0 and select.select([self.read_end], [], [], left)[0], "the browser is silent"
            part = os.read(self.read_end, 1 << 20)
            assert part, "the browser has ended"
            self.buffer += part
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + WAIT_S
        while True:
            answer = self._receive(until)
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def _wait(self, method):
        until = time.monotonic() + WAIT_S
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._receive(until))

    # ---- what people do ----------------------------------------------------------------------------------------------

    def _loading(self, act):
        self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]
        act()
        self._wait("Page.loadEventFired")

    def open(self, url):
        self._loading(lambda: self.call("Page.navigate", url=url))

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, str(answer["exceptionDetails"])[:1000]
        return answer["result"].get("value")

    def click(self, css, *, leads_on=True):
        """With the mouse, where it is."""
        node = self.call("DOM.querySelector", nodeId=self.call("DOM.getDocument")["root"]["nodeId"], selector=css)["nodeId"]
        assert node, f"the page has no {css}"
        self.call("DOM.scrollIntoViewIfNeeded", nodeId=node)
        corners = self.call("DOM.getContentQuads", nodeId=node)["quads"][0]
        x, y = (corners[0] + corners[4]) / 2, (corners[1] + corners[5]) / 2

        def press():
            for kind in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        if leads_on:
            self._loading(press)
        else:
            press()

    def type(self, css, text):
        self.click(css, leads_on=False)
        self.call("Input.insertText", text=text)

    def source(self):
        node = self.call("DOM.getDocument")["root"]["nodeId"]
        return self.call("DOM.getOuterHTML", nodeId=node)["outerHTML"]

    def complaints(self):
        """What the browser complained about since it was last asked: a breach of the Content-Security-Policy, say."""
        self.run("0")
        said = [e["params"]["entry"] for e in self.events if e.get("method") == "Log.entryAdded"]
        self.events = []
        return [entry["text"] for entry in said if entry.get("source") != "network"]

    def loaded(self):
        """The addresses asked for since the last complaints(), but the page's own."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"
                and e["params"].get("type") != "Document" and not e["params"]["request"]["url"].startswith("data:")]

    def screenshot(self, path):
        """The whole page, not what fits on the screen."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def axe(self):
        """What axe-core finds wrong, as text a finding."""
        self.run(AXE.read_text() + ";0")
        return self.run("""axe.run(document, {resultTypes: ['violations'],
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
            .then(r => r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.html).join(' | ')))""")

    def stop(self):
        os.close(self.read_end)
        os.close(self.write_end)  # it ends with its pipe
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # the program is a script that starts it
            self.process.wait()
