// Hovering, zooming and the list of events of a timeline page. Time runs from left to right in
// pixels of the drawing; a view of it is a factor and the pixel at the left edge.
"use strict";

const LANE = 14, GAP = 5, ROOM = 40, MOST_VIEWS = 12, MOST_ZOOM = 20000;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
               1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
const SVG = "http://www.w3.org/2000/svg";

function clock(seconds, step) {
  if (seconds < 60 && step < 60) {
    return seconds.toFixed(step >= 1 ? 0 : step >= 0.1 ? 1 : 2) + " s";
  }
  const whole = Math.floor(seconds + 1e-6), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const rest = step < 1 ? "." + (seconds - whole).toFixed(2).slice(2) : "";
  return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(whole % 60) + rest;
}

function label(attributes, words) {
  const text = document.createElementNS(SVG, "text");
  for (const [key, value] of Object.entries(attributes)) { text.setAttribute(key, value); }
  text.textContent = words;
  return text;
}

class Row {
  constructor(section) {
    this.svg = section.querySelector("svg.row");
    this.axis = this.svg.querySelector(".axis");
    this.width = Number(this.axis.dataset.width);
    this.span = Number(this.axis.dataset.span);
    this.zooms = [...this.svg.querySelectorAll(".zoom")];
    this.spots = [...this.svg.querySelectorAll(".at")].map((node) => ({
      node, x: Number(node.dataset.x),
      y: Number(node.getAttribute("transform").match(/,([-.\d]+)/)[1]),
    }));
    const events = this.svg.querySelector("svg.events");
    this.lanes = Math.max(1, Math.floor((Number(events.dataset.height) - 18) / LANE));
    this.events = this.spots.filter((spot) => spot.node.classList.contains("event"));
    for (const event of this.events) {
      event.name = event.node.querySelector(".name");
      event.width = Number(event.name.getAttribute("textLength"));
      event.tier = Number(event.node.dataset.tier);
    }
    this.content = this.svg.querySelector(".content");
    for (const name of ["low", "high", "height"]) {
      this[name] = Number(this.content.dataset[name]);
    }
    this.levels = [...this.content.querySelectorAll(".level")].map((node) => ({
      node, y: Number(node.getAttribute("y1")),
    }));
    this.strokes = [...this.svg.querySelectorAll(".plot .stroke")].map((node) =>
      node.getAttribute("points").split(" ").map((point) => point.split(",").map(Number)));
    this.factor = 1;
    this.left = 0;
    this.listen(section);
  }

  listen(section) {
    const buttons = section.querySelector(".zooming");
    buttons.hidden = false;
    buttons.addEventListener("click", (click) => {
      const by = click.target.dataset.by;
      if (by !== undefined) { this.zoom(Number(by), this.width / 2); }
    });
    this.svg.addEventListener("wheel", (wheel) => {
      if (!wheel.ctrlKey && !wheel.shiftKey) { return; }  // the page scrolls as ever
      wheel.preventDefault();
      const turned = wheel.deltaY || wheel.deltaX;
      this.zoom(Math.exp(-turned / 300), this.pixel(wheel));
    }, {passive: false});
    this.svg.addEventListener("dblclick", (click) => this.zoom(3, this.pixel(click)));
    this.svg.addEventListener("pointerdown", (down) => {
      if (this.factor === 1 || down.button !== 0) { return; }
      const from = this.pixel(down), left = this.left;
      this.svg.setPointerCapture(down.pointerId);
      const drag = (move) => this.show(this.factor, left + (from - this.pixel(move)) / this.factor);
      const drop = () => this.svg.removeEventListener("pointermove", drag);
      this.svg.addEventListener("pointermove", drag);
      this.svg.addEventListener("pointerup", drop, {once: true});
      this.svg.addEventListener("pointercancel", drop, {once: true});
    });
    section.addEventListener("keydown", (key) => {
      const step = this.width / this.factor / 4;
      if (key.key === "+") { this.zoom(1.5, this.width / 2); }
      else if (key.key === "-") { this.zoom(1 / 1.5, this.width / 2); }
      else if (key.key === "0") { this.show(1, 0); }
      else if (key.key === "ArrowLeft") { this.show(this.factor, this.left - step); }
      else if (key.key === "ArrowRight") { this.show(this.factor, this.left + step); }
    });
  }

  pixel(event) {
    const box = this.svg.getBoundingClientRect(), view = this.svg.viewBox.baseVal;
    const left = Number(this.axis.dataset.left);
    return (event.clientX - box.left) * view.width / box.width - left;
  }

  zoom(by, x) {
    if (by === 0) { this.show(1, 0); return; }
    const factor = Math.min(Math.max(this.factor * by, 1), MOST_ZOOM);
    this.show(factor, this.left + x / this.factor - x / factor);
  }

  show(factor, left) {
    this.factor = factor;
    this.left = Math.min(Math.max(left, 0), this.width - this.width / factor);
    const to = (x) => (x - this.left) * factor;
    const [top, bottom] = this.heights();
    const stretch = this.height / (bottom - top);
    const down = (y) => (y - top) * stretch;
    for (const group of this.zooms) {
      const plot = group.parentNode.classList.contains("plot");
      group.setAttribute("transform", plot
        ? `matrix(${factor},0,0,${stretch},${-this.left * factor},${-top * stretch})`
        : `translate(${-this.left * factor},0) scale(${factor},1)`);
    }
    for (const spot of this.spots) {
      const y = spot.node.classList.contains("event") ? spot.y : down(spot.y);
      spot.node.setAttribute("transform", `translate(${to(spot.x)},${y})`);
    }
    this.place(to);
    this.measure(to);
    this.level(down, top, bottom);
  }

  // The part of the content that is in view, in pixels of the whole: what was gone through in the
  // time that is shown, and some air.
  heights() {
    if (this.factor === 1) { return [0, this.height]; }
    const left = this.left, right = this.left + this.width / this.factor;
    let top = Infinity, bottom = -Infinity;
    const see = (y) => { top = Math.min(top, y); bottom = Math.max(bottom, y); };
    for (const points of this.strokes) {
      for (let i = 1; i < points.length; i++) {
        const [x, y] = points[i - 1], [u, v] = points[i];
        if (u < left || x > right) { continue; }
        const at = (where) => u > x ? y + (v - y) * (where - x) / (u - x) : y;
        see(at(Math.max(x, left)));
        see(u > right ? at(right) : v);
      }
    }
    if (top > bottom) { return [0, this.height]; }
    const seconds = this.span / this.factor / (this.high - this.low) * this.height;
    const air = Math.max(0.15 * (bottom - top), 0.2 * seconds);
    return [Math.max(top - air, 0), Math.min(bottom + air, this.height)];
  }

  // The axis of content, the points of the quartiles, and on the bar the part that is in view.
  level(down, top, bottom) {
    for (const {node, y} of this.levels) {
      node.setAttribute("visibility", y >= top && y <= bottom ? "visible" : "hidden");
      node.setAttribute("y1", down(y));
      node.setAttribute("y2", down(y));
    }
    const shown = this.content.querySelector(".shown");
    shown.setAttribute("visibility", this.factor === 1 ? "hidden" : "visible");
    shown.setAttribute("y", top);
    shown.setAttribute("height", Math.max(bottom - top, 2));
    const ticks = [...this.content.querySelectorAll(".tick")], x = ticks[0].getAttribute("x");
    for (const tick of ticks) { tick.remove(); }
    const second = this.height / (this.high - this.low);
    const low = this.high - bottom / second, high = this.high - top / second;
    const step = STEPS.find((each) => (high - low) / each <= 5) || STEPS.at(-1);
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9; i++) {
      const y = String(down((this.high - i * step) * second) + 3.5);
      this.content.append(label({class: "tick", x, y, "text-anchor": "end"},
        this.content.dataset.sign + clock(i * step, step)));
    }
  }

  // As `layout.place` does it.
  place(to) {
    const seen = this.events.filter((event) => {
      event.at = to(event.x);
      event.lane = undefined;
      return event.at >= -0.5 && event.at <= this.width + 0.5;
    });
    const views = seen.filter((event) => event.tier === 3).length;
    const crowded = seen.length - views > ROOM;
    const rank = (event) => event.tier === 3 ? 3 : crowded ? event.tier : 0;
    for (const event of seen) {
      event.begin = event.at + 3;
      event.turned = event.begin + event.width > this.width;
      if (event.turned) { event.begin = Math.max(event.at - 3 - event.width, 0); }
    }
    seen.forEach((event, index) => { event.order = event.turned ? index : -index; });
    seen.sort((a, b) => rank(a) - rank(b) || a.turned - b.turned || a.order - b.order);
    const lanes = Array.from({length: this.lanes}, () => []);
    const covers = (name, x) => name.begin - 1 < x && x < name.begin + name.width + 1;
    for (const event of seen) {
      if (event.tier === 3 && views > MOST_VIEWS) { continue; }
      for (let lane = 0; lane < lanes.length; lane++) {
        const free = lanes[lane].every((other) => event.begin >= other.begin + other.width + GAP
          || event.begin + event.width + GAP <= other.begin);
        const crossed = lanes.slice(lane + 1).some((above) =>
          above.some((other) => covers(event, other.at)));
        if (free && !crossed) {
          event.lane = lane;
          lanes[lane].push(event);
          break;
        }
        if (lanes[lane].some((other) => covers(other, event.at))) { break; }
      }
    }
    for (const event of this.events) { this.name(event); }
  }

  name(event) {
    let leader = event.node.querySelector(".leader");
    if (event.lane === undefined) {
      event.name.setAttribute("visibility", "hidden");
      if (leader !== null) { leader.remove(); }
      return;
    }
    if (leader === null) {
      leader = document.createElementNS(SVG, "line");
      leader.setAttribute("class", "leader");
      leader.setAttribute("y1", "-4");
      event.node.append(leader);
    }
    const y = String(-9 - LANE * event.lane);
    leader.setAttribute("y2", y);
    event.name.setAttribute("y", y);
    event.name.setAttribute("x", String(event.begin - event.at));
    event.name.removeAttribute("visibility");
  }

  measure(to) {
    const lines = [...this.axis.querySelectorAll(".grid")];
    const second = this.width / this.span, shown = this.span / this.factor;
    const step = STEPS.find((each) => shown / each <= 10) || STEPS.at(-1);
    const low = lines[0].getAttribute("y2"), text = this.axis.querySelector(".tick");
    const y = text.getAttribute("y");
    this.axis.replaceChildren();
    const first = Math.ceil(this.left / second / step - 1e-9);
    for (let i = first; i * step <= this.left / second + shown + 1e-9; i++) {
      const x = String(to(i * step * second));
      const line = document.createElementNS(SVG, "line");
      for (const [key, value] of Object.entries({class: "grid", x1: x, x2: x, y1: "0", y2: low})) {
        line.setAttribute(key, value);
      }
      const tick = label({class: "tick", x, y, "text-anchor": "middle"}, clock(i * step, step));
      this.axis.append(line, tick);
    }
  }
}

// What belongs to an element is told beside the pointer, at once and in full.
function explainOnHover() {
  const tip = document.getElementById("tip");
  for (const title of [...document.querySelectorAll("svg title")]) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  document.addEventListener("pointermove", (move) => {
    const told = move.target instanceof Element ? move.target.closest("[data-tip]") : null;
    tip.hidden = told === null;
    if (told === null) { return; }
    tip.textContent = told.dataset.tip;
    const box = tip.getBoundingClientRect();
    const x = Math.min(move.clientX + 14, innerWidth - box.width - 8);
    const below = move.clientY + 18 + box.height < innerHeight;
    tip.style.left = `${Math.max(x, 4)}px`;
    tip.style.top = `${below ? move.clientY + 18 : Math.max(move.clientY - box.height - 12, 4)}px`;
  });
}

function listEvents(section) {
  const list = section.querySelector("details");
  list.addEventListener("toggle", () => {
    const rows = list.querySelector("ol");
    if (rows.childElementCount > 0) { return; }
    const events = [...section.querySelectorAll(".event")];
    events.sort((a, b) => a.dataset.index - b.dataset.index);
    for (const event of events) {
      const item = document.createElement("li");
      const [head, ...why] = event.dataset.tip.split("\n");
      const strong = document.createElement("b");
      strong.textContent = head;
      item.append(strong, document.createElement("br"), why.join(" "));
      rows.append(item);
    }
  });
}

explainOnHover();
for (const section of document.querySelectorAll("section")) {
  new Row(section).show(1, 0);
  listEvents(section);
}
const themes = document.getElementById("themes");
themes.hidden = false;
themes.addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
});
