/* Stands in every page before anything else does: notes what the page's policy stops, and judges trees. */
(() => {
  const TAGS = new Set("a p br strong em code pre blockquote ul ol li del hr".split(" "));
  const SCHEMES = new Set(["http:", "https:", "mailto:"]);
  const REL = "nofollow ugc noopener noreferrer";
  const violations = [];
  const wait = (time) => new Promise((go) => setTimeout(go, time));
  addEventListener("securitypolicyviolation", (event) =>
    violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));

  /* `target`: what links open in, where they are to have one. */
  function offList(node, target) {
    if (node.nodeType === Node.TEXT_NODE) return null;
    if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
    if (node.namespaceURI !== "http://www.w3.org/1999/xhtml" || !TAGS.has(node.localName)) return node.nodeName;
    const names = node.getAttributeNames().filter((name) => !(node.localName === "ol" && name === "start")).sort().join();
    if (node.localName !== "a") return names && `${node.localName}[${names}]`;
    if (!names && !target) return null; // the server leaves a link that leads nowhere bare
    const expected = target ? "rel,target" : "rel";
    if (names !== expected && names !== `href,${expected}`) return `a[${names}]`;
    if (node.rel !== REL || node.target !== target) return `a[rel=${node.rel}][target=${node.target}]`;
    return node.hasAttribute("href") && !SCHEMES.has(node.protocol) ? node.href : null;
  }

  function offences(root, target) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
    const found = [];
    while (walker.nextNode()) found.push(offList(walker.currentNode, target));
    return found.filter(Boolean);
  }

  /* When the violation of a script that this asks for has been told, all before it have. */
  async function attempts() {
    const sentinel = `https://sentinel.test/${Math.random()}`;
    await wait(100);
    import(sentinel).catch(() => {});
    for (const end = Date.now() + 10000; !violations.some((line) => line.includes(sentinel)); ) {
      if (Date.now() > end) throw new Error("The policy lets scripts from anywhere in.");
      await wait(5);
    }
    return violations.filter((line) => !line.includes("//sentinel.test/"));
  }

  window.witness = { offences, attempts };
})();
