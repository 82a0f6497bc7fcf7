// The page: filters and rows go to the server and come back as HTML; the address says what is
// shown, so that it can be sent to someone, and the back button works.

const list = document.getElementById("list");
const form = document.getElementById("filters");
const FIELDS = ["text", "player", "entry", "from", "to", "trouble"];

let asked = 0;       // the last request for the table: what comes of earlier ones is dropped
let askedPanel = 0;

function address() { return new URLSearchParams(location.search); }

function go(changes, push) {
  const fields = address();
  for (const [name, value] of Object.entries(changes)) {
    if (value) { fields.set(name, value); } else { fields.delete(name); }
  }
  const text = fields.toString();
  history[push ? "pushState" : "replaceState"](null, "", text ? `?${text}` : location.pathname);
}

async function fetched(path, fields) {
  const answer = await fetch(`view/${path}?${fields}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.body.firstElementChild;
}

// ---------------------------------------------------------------------------- the table

async function showTable() {
  const mine = ++asked;
  let found;
  try { found = await fetched("sessions", address()); } catch { return; }  // live() reports it
  if (mine !== asked) { return; }
  const old = document.getElementById("sessions");
  const focus = document.activeElement?.closest?.("tr[data-session]");
  const kept = focus && old.contains(focus) ? focus.dataset.session : null;
  const scrolled = old.scrollTop;
  old.replaceWith(found);
  found.scrollTop = scrolled;
  if (kept !== null) { rowOf(kept)?.focus({preventScroll: true}); }
}

function rows() { return [...document.querySelectorAll("tr[data-session]")]; }

function rowOf(session) { return rows().find((row) => row.dataset.session === session); }

function mark() {
  const chosen = address().get("session"), number = address().get("number");
  for (const row of rows()) {
    const here = row.dataset.session === chosen && (row.dataset.number ?? number) === number;
    row.classList.toggle("chosen", here);
    row.setAttribute("aria-selected", String(here));
  }
}

let typing = 0;
function filter(push) {
  const changes = {page: ""};
  for (const name of FIELDS) { changes[name] = form.elements[name].value.trim(); }
  go(changes, push);
  showTable();
}
form.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(filter, 120);
});
form.addEventListener("change", () => { clearTimeout(typing); filter(true); });
form.addEventListener("submit", (submit) => { submit.preventDefault(); filter(true); });
form.addEventListener("reset", (reset) => {
  reset.preventDefault();
  for (const name of FIELDS) { form.elements[name].value = ""; }
  filter(true);
});

function choose(row, focus) {
  go({session: row.dataset.session, number: row.dataset.number}, true);
  mark();
  showPanel(true, focus);
}

list.addEventListener("click", (click) => {
  const link = click.target.closest("#sessions a[href]");
  if (link !== null) {
    if (click.ctrlKey || click.metaKey || click.shiftKey) { return; }
    click.preventDefault();
    history.pushState(null, "", link.getAttribute("href"));
    showTable();
    return;
  }
  const row = click.target.closest("tr[data-session]");
  if (row !== null && getSelection().isCollapsed) { choose(row); }
});

list.addEventListener("keydown", (key) => {
  const row = key.target.closest("tr[data-session]");
  if (row === null) { return; }
  const all = rows(), here = all.indexOf(row);
  const to = {ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1}[key.key];
  if (key.key === "Enter" || key.key === " ") { key.preventDefault(); choose(row, true); }
  else if (to !== undefined) { key.preventDefault(); all[to]?.focus(); }
});

// ---------------------------------------------------------------------------- the session

function panelWidth() {
  const style = getComputedStyle(list);
  return Math.floor(list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
}

let drawing;  // of the chosen session

// What the user has opened and where the focus is, to be so again in what takes its place.
function arranged(section) {
  const name = (node) => {
    const {index, line, copy, tool} = node.closest("tr, button")?.dataset ?? {};
    return index !== undefined ? `tr[data-index="${index}"]`
      : line !== undefined ? `tr[data-line="${line}"]`
      : copy !== undefined ? `[data-copy="${CSS.escape(copy)}"]`
      : tool !== undefined ? `[data-tool="${CSS.escape(tool)}"]` : null;
  };
  const focus = section.contains(document.activeElement) ? document.activeElement : null;
  const at = focus === null ? null : focus === section ? "#session" : name(focus);
  const open = [...section.querySelectorAll("tr details[open]")].map(name);
  const states = section.querySelector(".states")?.open;
  return (found) => {
    for (const each of open) {
      const details = found.querySelector(`${each} details`);
      if (details !== null) { details.open = true; }
    }
    if (states !== undefined && found.querySelector(".states") !== null) {
      found.querySelector(".states").open = states;
    }
    if (at !== null) {
      (at === "#session" ? found : found.querySelector(at))?.focus({preventScroll: true});
    }
  };
}

async function showPanel(wanted, focus) {
  const mine = ++askedPanel, fields = address(), old = document.getElementById("session");
  if (!fields.get("session")) {
    old.replaceChildren();
    document.body.classList.remove("detailed");
    return;
  }
  fields.set("width", panelWidth());
  let found;
  try { found = await fetched("session", fields); } catch { return; }
  if (mine !== askedPanel) { return; }
  document.body.classList.add("detailed");
  const before = document.getElementById("session"), arrange = arranged(before);
  before.replaceWith(found);
  const view = drawing;
  drawing = dressSection(found)[0];
  if (before.dataset.sessionId === found.dataset.sessionId) {
    if (view) { drawing?.show(view.factor, view.left); }
    arrange(found);
  }
  if (focus) { found.focus(); }
  if (wanted && matchMedia("(max-width: 800px)").matches) { found.scrollIntoView(); }
}

document.addEventListener("click", async (click) => {
  const button = click.target.closest("[data-copy]");
  if (button === null) { return; }
  const said = document.getElementById("copied");
  try {
    const answer = await fetch(button.dataset.copy);
    if (!answer.ok) { throw new Error(await answer.text()); }
    await navigator.clipboard.writeText(await answer.text());
    said.textContent = " copied";
  } catch (error) {
    said.textContent = ` not copied: ${error.message}`;
  }
});

// A row of events or signals, and the same moment in the picture; and the other way round.
function pointAt(event) {
  const row = event.target.closest?.("#session tr[data-at]");
  if (!drawing || !row) { return; }
  drawing.point(Number(row.dataset.at));
  for (const mark of document.querySelectorAll("#session g.event.here")) {
    mark.classList.remove("here");
  }
  if (row.dataset.event !== undefined) {
    document.querySelector(`#session g.event[data-index="${row.dataset.index}"]`)
      ?.classList.add("here");
  }
}
document.addEventListener("pointerover", pointAt);
document.addEventListener("focusin", pointAt);

document.addEventListener("click", (click) => {
  const mark = click.target.closest?.("#session g.event");
  if (!mark) { return; }
  for (const row of document.querySelectorAll("#session tr.here")) { row.classList.remove("here"); }
  const row = document.querySelector(`#session tr[data-event][data-index="${mark.dataset.index}"]`);
  row?.classList.add("here");
  row?.scrollIntoView({block: "center"});
});

let resizing = 0;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => {
    if (Math.abs(panelWidth() - Number(drawing?.svg.getAttribute("width"))) > 1) { showPanel(); }
  }, 200);
});

document.addEventListener("keydown", (key) => {
  const writing = ["INPUT", "SELECT"].includes(document.activeElement.tagName);
  if (key.key === "Escape" && !writing && address().get("session")) {
    const session = address().get("session");
    go({session: "", number: ""}, true);
    mark();
    showPanel();
    rowOf(session)?.focus();
  }
  if (key.key === "/" && !writing) {
    key.preventDefault();
    form.elements.text.focus();
  }
});

// ------------------------------------------------------------------------------ live, themes

function live() {
  const notice = document.getElementById("live");
  const source = new EventSource("view/live");
  let version = document.getElementById("sessions").dataset.version;
  source.addEventListener("open", () => { notice.hidden = true; });
  source.addEventListener("message", (message) => {
    if (message.data === version) { return; }
    version = message.data;
    showTable();
    if (address().get("session")) { showPanel(); }
  });
  source.addEventListener("error", () => {
    notice.hidden = false;
    notice.textContent = "the server does not answer; trying again";
  });
}

addEventListener("popstate", () => {
  for (const name of FIELDS) { form.elements[name].value = address().get(name) ?? ""; }
  showTable();
  showPanel();
});

listenForTips();
listenForThemes();
if (address().get("session")) { showPanel(); }
live();
