"use strict";
(() => {
  const BEAT = 1400; // milliseconds from step to step while a run plays
  const SVG = "http://www.w3.org/2000/svg";

  class Run {
    constructor(root) {
      this.root = root;
      this.number = Number(root.dataset.run);
      this.loop = root.dataset.loop ? Number(root.dataset.loop) : null;
      this.steps = [...root.querySelectorAll(".steps > .step")];
      this.last = this.steps.length - 1;
      this.at = 0;
      this.chart = root.querySelector(".chart");
      this.svg = this.chart && this.chart.querySelector("svg");
      this.card = root.querySelector(".card");
      this.count = root.querySelector(".count b");
      this.when = root.querySelector(".when");
      this.cells = [...root.querySelectorAll("td[data-cell]")];
      this.states = this.remember();
      // The browser would jump to the list; with scripts, the chart is what to look at.
      for (const step of this.steps) step.removeAttribute("id");
      if (this.svg) this.measure();
      for (const button of root.querySelectorAll("[data-go]")) {
        button.addEventListener("click", () => this.press(button.dataset.go));
      }
      root.querySelector(".steps").addEventListener("click", (event) => {
        const step = event.target.closest(".step");
        if (!step || String(getSelection())) return;
        event.preventDefault();
        this.leap(this.steps.indexOf(step), false);
      });
      if (this.svg) this.svg.addEventListener("click", (event) => this.pick(event));
      this.show();
    }

    /** The text of every cell after each step, from what the list of steps says of changes. */
    remember() {
      const texts = [];
      for (const cell of this.cells) texts[cell.dataset.cell] = cell.textContent;
      return this.steps.map((step) => {
        for (const change of step.querySelectorAll("li")) {
          texts[change.dataset.cell] = change.querySelector("ins").textContent;
        }
        return texts.slice();
      });
    }

    /** Where each step is in the chart, and the band behind the one that is lit. */
    measure() {
      this.groups = [...this.svg.querySelectorAll("[data-step]")];
      this.flights = [...this.svg.querySelectorAll("[data-from]")];
      this.places = [];
      for (const group of this.groups) {
        const box = group.getBBox();
        const place = this.places[group.dataset.step] ||= {
          top: Infinity, bottom: -Infinity, left: Infinity, right: -Infinity,
        };
        place.top = Math.min(place.top, box.y);
        place.bottom = Math.max(place.bottom, box.y + box.height);
        place.left = Math.min(place.left, box.x);
        place.right = Math.max(place.right, box.x + box.width);
      }
      this.band = document.createElementNS(SVG, "rect");
      this.band.setAttribute("class", "lit");
      this.band.setAttribute("x", 4);
      this.band.setAttribute("width", this.svg.viewBox.baseVal.width - 8);
      this.band.setAttribute("rx", 6);
      const paper = this.svg.querySelector(".paper");
      this.svg.insertBefore(this.band, paper ? paper.nextSibling : this.svg.firstChild);
      this.band.style.display = "none";
    }

    /** The step after this one: after the last one of a lasso, the one that it returns to. */
    get next() {
      if (this.at < this.last) return this.at + 1;
      return this.loop;
    }

    press(what) {
      const goal = { first: 0, prev: Math.max(0, this.at - 1), next: this.next, last: this.last }[what];
      if (what === "play") this.play(!this.timer);
      else if (goal !== null) this.leap(goal, true);
      Run.active = this;
    }

    play(on) {
      clearInterval(this.timer);
      this.timer = null;
      if (on) {
        if (this.next === null) this.go(0, true);
        this.timer = setInterval(() => {
          if (this.next !== null) this.go(this.next, true);
          if (this.next === null) this.play(false);
        }, BEAT);
      }
      this.root.classList.toggle("playing", on);
      const button = this.root.querySelector("[data-go=play]");
      button.setAttribute("aria-pressed", on);
      button.setAttribute("aria-label", on ? "Pause" : "Play");
      this.card.setAttribute("aria-live", on ? "off" : "polite");
    }

    leap(step, follow) {
      this.play(false);
      this.go(step, follow);
    }

    /** To a step; follow: bring it into view. */
    go(step, follow) {
      this.at = Math.max(0, Math.min(this.last, step));
      this.root.classList.add("live");
      this.show();
      if (follow) this.reveal();
      const hash = (this.number > 1 ? `#run=${this.number}&step=` : "#step=") + this.at;
      if (location.hash !== hash) history.replaceState(null, "", hash);
      Run.active = this;
    }

    show() {
      const { at, root } = this;
      this.steps.forEach((step, index) => {
        step.classList.toggle("now", index === at);
        if (index === at) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
      });
      const here = this.steps[at];
      this.card.replaceChildren(...here.cloneNode(true).childNodes);
      this.count.textContent = at;
      root.classList.toggle("returns", at === this.last && this.loop !== null);
      const end = { first: at === 0, prev: at === 0, next: this.next === null, last: at === this.last };
      for (const [name, off] of Object.entries(end)) {
        root.querySelector(`[data-go=${name}]`).disabled = off;
      }
      const next = root.querySelector("[data-go=next]");
      const back = at === this.last && this.loop !== null;
      const label = back ? `Back to step ${this.loop}, where the loop begins` : "Next step";
      next.setAttribute("aria-label", label);
      next.title = `${label} (→ or j)`;
      this.fill();
      if (this.svg) this.light();
    }

    fill() {
      if (!this.when) return;
      this.when.textContent = this.at ? `After step ${this.at}` : "At the start";
      const changed = new Set(
        [...this.steps[this.at].querySelectorAll("li")].map((one) => one.dataset.cell)
      );
      for (const cell of this.cells) {
        const text = this.states[this.at][cell.dataset.cell];
        const state = cell.querySelector("[data-state]");
        if (state) {
          state.textContent = text;
          state.dataset.state = text;
        } else cell.textContent = text;
        cell.classList.toggle("idle", text === "–");
        cell.classList.toggle("changed", changed.has(cell.dataset.cell));
      }
    }

    light() {
      const { at } = this;
      for (const group of this.groups) {
        const step = Number(group.dataset.step);
        group.classList.toggle("now", step === at);
        group.classList.toggle("past", step < at);
        group.classList.toggle("ahead", step > at);
      }
      for (const flight of this.flights) {
        const from = Number(flight.dataset.from);
        const to = flight.dataset.to ? Number(flight.dataset.to) : Infinity;
        flight.classList.toggle("now", from === at || to === at);
        flight.classList.toggle("under", from < at && at < to);
        flight.classList.toggle("past", to < at);
        flight.classList.toggle("ahead", from > at);
      }
      const place = this.places[at];
      const shown = place && this.root.classList.contains("live");
      this.band.style.display = shown ? "" : "none";
      if (!shown) return;
      this.band.setAttribute("y", place.top - 4);
      this.band.setAttribute("height", place.bottom - place.top + 8);
    }

    /** The step that is nearest to where the chart was clicked. */
    pick(event) {
      const group = event.target.closest("[data-step]");
      if (group) return this.leap(Number(group.dataset.step), false);
      const { y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(
        this.svg.getScreenCTM().inverse()
      );
      let best = 0;
      const far = (step) => {
        const { top, bottom } = this.places[step];
        return Math.max(top - y, y - bottom, 0);
      };
      for (const step of this.places.keys()) if (this.places[step] && far(step) < far(best)) best = step;
      return this.leap(best, false);
    }

    /** Bring the step into view: in the chart if that can be seen, else in the list. */
    reveal() {
      const box = this.chart && this.chart.getBoundingClientRect();
      if (!box || box.bottom < 0 || box.top > innerHeight) {
        this.steps[this.at].scrollIntoView({ block: "nearest" });
        return;
      }
      if (!this.band || this.band.style.display) return;
      const inner = this.band.getBoundingClientRect();
      const { left, right } = this.places[this.at];
      const scale = this.svg.clientWidth / this.svg.viewBox.baseVal.width;
      const [from, to] = [left * scale - 12, right * scale + 12];
      if (from < this.chart.scrollLeft) this.chart.scrollLeft = from;
      else if (to > this.chart.scrollLeft + this.chart.clientWidth) {
        this.chart.scrollLeft = to - this.chart.clientWidth;
      }
      if (this.chart.scrollHeight > this.chart.clientHeight + 1) {
        const middle = (inner.top + inner.bottom - box.top - box.bottom) / 2;
        if (inner.top < box.top || inner.bottom > box.bottom) this.chart.scrollTop += middle;
        return;
      }
      if (inner.top < 0 || inner.bottom > innerHeight) {
        scrollBy(0, inner.top - innerHeight / 3);
      }
    }

    /** Bring the run into view, and its step. */
    focus() {
      if (this.number === 1) scrollTo(0, 0);
      else this.root.scrollIntoView();
      this.reveal();
    }

    get visible() {
      const { top, bottom } = this.root.getBoundingClientRect();
      return Math.min(bottom, innerHeight) - Math.max(top, 0);
    }
  }

  document.documentElement.classList.add("js");
  const runs = [...document.querySelectorAll(".run")].map((root) => new Run(root));
  if (!runs.length) return;

  /** The run that keys are meant for: the one used last if it can be seen, else the most visible. */
  const meant = () => {
    if (Run.active && Run.active.visible > 0) return Run.active;
    return runs.reduce((best, run) => (run.visible > best.visible ? run : best));
  };

  const KEYS = { ArrowLeft: "prev", k: "prev", ArrowRight: "next", j: "next", Home: "first", End: "last", " ": "play" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    const on = event.target instanceof Element ? event.target : document.body;
    if (on.closest("input, select, textarea")) return;
    if (event.key === " " && on.closest("button, a")) return;
    event.preventDefault();
    meant().press(KEYS[event.key]);
  });

  const follow = () => {
    const found = /^#(?:run=(\d+)&)?(?:step=)?(\d+)$/.exec(location.hash);
    const run = found && runs[Number(found[1] || 1) - 1];
    if (!run) return;
    run.play(false);
    run.go(Number(found[2]), false);
    run.focus();
  };
  addEventListener("hashchange", follow);
  addEventListener("load", follow);
  follow();
})();
