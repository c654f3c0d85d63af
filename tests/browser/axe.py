"""What axe finds in the panel as it is shown now. It is put in past the page's policy, as a browser's extension is."""

from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from tests.browser.stage import Reader

# The rest of the page is a fixture, and not ours to judge.
RUN = """(host) => axe.run({ include: [[host]] }, { resultTypes: ["violations"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`))"""


def findings(reader: Reader, host: str = "postil-panel") -> list[str]:
    script = AXE_FILE_PATH.read_text()
    session = reader.context.new_cdp_session(reader.page)
    session.send("Runtime.evaluate", {"expression": script})
    # What was just opened still moves in, and is paler.
    reader.page.wait_for_timeout(300)
    reader.still()
    found: Any = reader.page.evaluate(RUN, host)
    return list(found)
