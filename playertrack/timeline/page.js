// The tools of a drawing: zoom, tips on hovering, export. Time runs from left to right in
// pixels of the drawing; a view of it is a factor and the pixel at the left edge.
const MOST_ZOOM = 20000, SVG_SPACE = "http://www.w3.org/2000/svg";

function svgElement(tag, attributes, words) {
  const element = document.createElementNS(SVG_SPACE, tag);
  for (const [key, value] of Object.entries(attributes)) { element.setAttribute(key, value); }
  if (words !== undefined) { element.textContent = words; }
  return element;
}

class Drawing {
  constructor(svg) {
    this.svg = svg;
    this.axis = svg.querySelector(".axis");
    this.width = Number(this.axis.dataset.width);
    this.span = Number(this.axis.dataset.span);
    this.zooms = [...svg.querySelectorAll(".zoom")];
    this.spots = [...svg.querySelectorAll(".at")].map((node) => ({
      node, x: Number(node.dataset.x),
      y: Number(node.getAttribute("transform").match(/,([-.\d]+)/)[1]),
      plot: node.closest("svg").classList.contains("plot"),
    }));
    const events = svg.querySelector("svg.events");
    this.lanes = Math.max(1, Math.floor((Number(events.dataset.height) - 18) / LAYOUT.LANE));
    this.events = this.spots.filter((spot) => spot.node.classList.contains("event"));
    for (const event of this.events) {
      event.name = event.node.querySelector(".name");
      event.length = event.name.textContent.length;
      event.tier = Number(event.node.dataset.tier);
      event.index = Number(event.node.dataset.index);
    }
    // What says least is drawn first; names are placed in the order of time.
    this.events.sort((a, b) => a.x - b.x || a.index - b.index);
    this.content = svg.querySelector(".content");
    for (const name of ["low", "high", "height"]) {
      this[name] = Number(this.content.dataset[name]);
    }
    this.levels = [...svg.querySelectorAll(".level")].map((node) => ({
      node, y: Number(node.dataset.y), top: Number(node.getAttribute("y1")) - Number(node.dataset.y),
    }));
    this.strokes = [...svg.querySelectorAll(".plot .stroke")].map((node) =>
      node.getAttribute("points").split(" ").map((point) => point.split(",").map(Number)));
    this.factor = 1;
    this.left = 0;
    this.listen();
  }

  listen() {
    this.svg.addEventListener("wheel", (wheel) => {
      if (!wheel.ctrlKey && !wheel.shiftKey) { return; }  // the page scrolls as ever
      wheel.preventDefault();
      const turned = wheel.deltaY || wheel.deltaX;
      this.zoom(Math.exp(-turned / 300), this.pixel(wheel));
    }, {passive: false});
    this.svg.addEventListener("dblclick", (click) => this.zoom(3, this.pixel(click)));
    this.svg.addEventListener("pointerdown", (down) => this.drag(down));
  }

  // A drag chooses the time to zoom to; with Shift, and what is zoomed, it moves it.
  drag(down) {
    if (down.button !== 0 || down.pointerType === "touch") { return; }
    const from = this.pixel(down), left = this.left;
    if (from < 0 || from > this.width) { return; }
    const top = Number(this.axis.dataset.top), bottom = Number(this.axis.dataset.bottom);
    const shade = svgElement("rect", {class: "chosen-time", y: top, height: bottom - top, width: 0});
    const inside = (event) => Math.min(Math.max(this.pixel(event), 0), this.width);
    const move = (event) => {
      const to = inside(event);
      if (down.shiftKey) { this.show(this.factor, left + (from - to) / this.factor); return; }
      if (Math.abs(to - from) < 4) { return; }
      if (!shade.isConnected) {
        this.axis.append(shade);
        this.svg.setPointerCapture(down.pointerId);
      }
      shade.setAttribute("x", Math.min(from, to));
      shade.setAttribute("width", Math.abs(to - from));
    };
    const end = (event) => {
      this.svg.removeEventListener("pointermove", move);
      this.svg.removeEventListener("pointerup", end);
      this.svg.removeEventListener("pointercancel", end);
      const chosen = shade.isConnected;
      shade.remove();
      if (!chosen || event.type !== "pointerup") { return; }
      const to = inside(event), low = Math.min(from, to), wide = Math.max(Math.abs(to - from), 2);
      const start = this.left + low / this.factor;
      this.show(Math.min(this.factor * this.width / wide, MOST_ZOOM), start);
    };
    this.svg.addEventListener("pointermove", move);
    this.svg.addEventListener("pointerup", end);
    this.svg.addEventListener("pointercancel", end);
  }

  key(key) {
    const step = this.width / this.factor / 4;
    if (key === "+") { this.zoom(1.5, this.width / 2); }
    else if (key === "-") { this.zoom(1 / 1.5, this.width / 2); }
    else if (key === "0") { this.show(1, 0); }
    else if (key === "ArrowLeft") { this.show(this.factor, this.left - step); }
    else if (key === "ArrowRight") { this.show(this.factor, this.left + step); }
    else { return false; }
    return true;
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
      const y = spot.plot ? down(spot.y) : spot.y;
      spot.node.setAttribute("transform", `translate(${to(spot.x)},${y})`);
    }
    this.place(to);
    this.measure(to);
    this.level(down, top, bottom);
    this.point(this.seconds);
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
    for (const {node, y, top: above} of this.levels) {
      node.setAttribute("visibility", y >= top && y <= bottom ? "visible" : "hidden");
      node.setAttribute("y1", above + down(y));
      node.setAttribute("y2", above + down(y));
    }
    const shown = this.content.querySelector(".shown");
    shown.setAttribute("visibility", this.factor === 1 ? "hidden" : "visible");
    shown.setAttribute("y", top);
    shown.setAttribute("height", Math.max(bottom - top, 2));
    for (const tick of [...this.content.querySelectorAll(".tick")]) { tick.remove(); }
    const second = this.height / (this.high - this.low), x = this.content.dataset.x;
    const low = this.high - bottom / second, high = this.high - top / second;
    const [step, positions] = LAYOUT.ticks(low, high, 5);
    for (const position of positions) {
      const y = String(down((this.high - position) * second) + 3.5);
      this.content.append(svgElement("text", {class: "tick", x, y, "text-anchor": "end"},
        this.content.dataset.sign + LAYOUT.clock(position, step)));
    }
  }

  place(to) {
    for (const event of this.events) {
      event.at = to(event.x);
      event.lane = null;
    }
    const seen = this.events.map((event) => ({...event, event})).filter(({at}) =>
      at >= -0.5 && at <= this.width + 0.5);
    for (const {event, lane, left, x} of LAYOUT.place(seen, this.width, this.lanes)) {
      event.lane = lane;
      event.begin = left - x;
    }
    for (const event of this.events) { this.name(event); }
  }

  name(event) {
    let leader = event.node.querySelector(".leader");
    if (event.lane === null) {
      event.name.setAttribute("visibility", "hidden");
      if (leader !== null) { leader.remove(); }
      return;
    }
    if (leader === null) {
      leader = svgElement("line", {class: "leader", y1: "-4"});
      event.node.append(leader);
    }
    const y = String(-9 - LAYOUT.LANE * event.lane);
    leader.setAttribute("y2", y);
    event.name.setAttribute("y", y);
    event.name.setAttribute("x", String(event.begin));
    event.name.removeAttribute("visibility");
  }

  measure(to) {
    const second = this.width / this.span, shown = this.span / this.factor;
    const {most, top, bottom, y} = this.axis.dataset, from = this.left / second;
    const [step, times] = LAYOUT.ticks(from, from + shown, Number(most));
    this.axis.replaceChildren();
    for (const seconds of times) {
      const x = String(to(seconds * second));
      this.axis.append(svgElement("line", {class: "grid", x1: x, x2: x, y1: top, y2: bottom}),
        svgElement("text", {class: "tick", x, y, "text-anchor": "middle"},
          LAYOUT.clock(seconds, step)));
    }
  }

  // A line at a moment, in seconds since the start; without one, none.
  point(seconds) {
    this.seconds = seconds;
    this.svg.querySelector(".cursor")?.remove();
    if (seconds === undefined) { return; }
    const x = (seconds * this.width / this.span - this.left) * this.factor;
    if (x < 0 || x > this.width) { return; }
    const {top, bottom} = this.axis.dataset;
    this.axis.append(svgElement("line", {class: "cursor", x1: x, x2: x, y1: top, y2: bottom}));
  }

  // ------------------------------------------------------------------------------- export

  // The drawing as a file of its own, in the colours that it has now.
  file() {
    const copy = this.svg.cloneNode(true), dark = getComputedStyle(this.svg);
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
      .filter((rule) => rule.selectorText?.startsWith(".playertrack-timeline "))
      .map((rule) => rule.cssText);
    const names = new Set(rules.join().match(/--[a-z]+(?=\))/g));
    const colours = [...names].map((name) => `${name}:${dark.getPropertyValue(name)}`).join(";");
    const style = svgElement("style", {}, `.playertrack-timeline{${colours}}\n${rules.join("\n")}`);
    const outer = svgElement("svg", {
      class: "playertrack-timeline", width: copy.getAttribute("width"),
      height: copy.getAttribute("height"), viewBox: copy.getAttribute("viewBox"),
    });
    for (const each of copy.querySelectorAll("[data-tip]")) {
      each.prepend(svgElement("title", {}, each.dataset.tip));
      delete each.dataset.tip;
    }
    outer.append(style, svgElement("rect", {class: "paper", width: "100%", height: "100%"}), copy);
    return new XMLSerializer().serializeToString(outer);
  }

  async picture() {
    const image = new Image(), width = Number(this.svg.getAttribute("width"));
    const address = URL.createObjectURL(new Blob([this.file()], {type: "image/svg+xml"}));
    try {
      image.src = address;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = 2 * width;
      canvas.height = 2 * Number(this.svg.getAttribute("height"));
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  async save(kind) {
    const blob = kind === "png" ? await this.picture()
      : new Blob([this.file()], {type: "image/svg+xml"});
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `timeline.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

const TOOL_BUTTONS = [
  ["+", "zoom in (+, Ctrl and the wheel, or drag over a time)", (drawing) => drawing.zoom(2, drawing.width / 2)],
  ["\u2212", "zoom out (-)", (drawing) => drawing.zoom(0.5, drawing.width / 2)],
  ["all", "show all (0)", (drawing) => drawing.show(1, 0)],
  ["SVG", "save the drawing as SVG", (drawing) => drawing.save("svg")],
  ["PNG", "save the drawing as PNG", (drawing) => drawing.save("png")],
];

// Gives the drawings below `section` their tools; the drawings, the one that is shown first.
function dressSection(section) {
  const drawings = [...section.querySelectorAll("svg.row")].map((svg) => {
    const drawing = new Drawing(svg), tools = document.createElement("div");
    tools.className = "zooming";
    for (const [words, title, act] of TOOL_BUTTONS) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words;
      button.title = title;
      button.dataset.tool = words;
      button.addEventListener("click", () => act(drawing));
      tools.append(button);
    }
    tools.addEventListener("keydown", (key) => {
      if (!key.ctrlKey && !key.metaKey && drawing.key(key.key)) { key.preventDefault(); }
    });
    svg.before(tools);
    return drawing;
  });
  for (const title of [...section.querySelectorAll("svg title")]) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  for (const drawing of drawings) { drawing.show(1, 0); }
  return drawings;
}

// The tip of an element appears beside the pointer, at once and in full.
function listenForTips() {
  const tip = document.getElementById("tip");
  document.addEventListener("pointermove", (move) => {
    const tipped = move.target instanceof Element ? move.target.closest("[data-tip]") : null;
    tip.hidden = tipped === null;
    if (tipped === null) { return; }
    tip.textContent = tipped.dataset.tip;
    const box = tip.getBoundingClientRect();
    const x = Math.min(move.clientX + 14, innerWidth - box.width - 8);
    const below = move.clientY + 18 + box.height < innerHeight;
    tip.style.left = `${Math.max(x, 4)}px`;
    tip.style.top = `${below ? move.clientY + 18 : Math.max(move.clientY - box.height - 12, 4)}px`;
  });
}

function listenForThemes() {
  const themes = document.getElementById("themes");
  themes.hidden = false;
  themes.addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  });
}
