"use strict";
(() => {
  document.documentElement.classList.add("js");
  const form = document.querySelector(".filters");
  const told = form.querySelector("output");
  const none = document.querySelector(".none");
  const plain = (text) => text.toLowerCase().replace(/\s+/g, " ");
  const claims = [...document.querySelectorAll(".claim")].map((node) => ({
    node,
    topic: node.closest(".topic").dataset.topic,
    folklore: "folklore" in node.dataset,
    text: plain([...node.children].filter((part) => part.tagName !== "UL").map((part) => part.textContent).join(" ")),
    rows: [...node.querySelectorAll("li")].map((row) => ({
      node: row,
      verdict: row.dataset.verdict,
      mark: row.dataset.mark,
      text: plain(row.textContent),
    })),
  }));
  const all = claims.reduce((sum, claim) => sum + claim.rows.length, 0);

  const chosen = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));

  const filter = () => {
    const wanted = chosen();
    const words = plain(wanted.get("q") || "").trim().split(" ").filter(Boolean);
    const verdicts = wanted.getAll("verdict");
    const marks = wanted.getAll("mark");
    let shown = 0;
    for (const claim of claims) {
      const fits =
        (!wanted.get("topic") || claim.topic === wanted.get("topic")) &&
        (!wanted.get("folklore") || claim.folklore);
      let left = 0;
      for (const row of claim.rows) {
        const on =
          fits &&
          (!verdicts.length || verdicts.includes(row.verdict)) &&
          (!marks.length || marks.includes(row.mark)) &&
          words.every((word) => claim.text.includes(word) || row.text.includes(word));
        row.node.hidden = !on;
        left += on;
      }
      claim.node.hidden = !left;
      shown += left;
    }
    for (const topic of document.querySelectorAll(".topic")) {
      topic.hidden = !topic.querySelector(".claim:not([hidden])");
    }
    told.textContent = shown === all ? `${all} verdicts` : `${shown} of ${all} verdicts`;
    none.hidden = shown > 0;
  };

  /** The filter that the address tells; an address that names a claim is left to the browser. */
  const read = () => {
    if (location.hash && !location.hash.includes("=")) return;
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const field of form.elements) {
      if (field.type === "checkbox") field.checked = wanted.getAll(field.name).includes(field.value);
      else if (field.name) field.value = wanted.get(field.name) || "";
    }
    filter();
  };

  const changed = () => {
    const hash = chosen().toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
    filter();
  };
  form.addEventListener("input", changed);
  form.addEventListener("reset", () => setTimeout(changed));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", read);
  filter();
  read();
})();
