// Records a media element and posts its events, for playertrack_html5.receiving:
//   const recorder = playertrack(video, { url: "/playertrack", entry: "1_abc" });
//   recorder.media("1_def"); // before the next source
//   recorder.say("adStart", { slot: "midroll" }); // what an element does not know
globalThis.playertrack = (element, { url = "/playertrack", entry, player, every = 5000 } = {}) => {
  const EVENTS = "emptied loadstart durationchange loadedmetadata play playing pause timeupdate "
    + "seeking seeked waiting ended ratechange volumechange error";
  const STATE = "currentTime duration paused ended seeking readyState playbackRate loop";
  const SOON = 500; // ms until others than timeupdate are posted
  const KEPT = 2000; // records; the oldest go first
  const CALM = 1500; // ms until it is clear what it was
  const SENT = 150; // in a batch: beacons have 64 KiB

  const random = crypto.getRandomValues(new Uint32Array(4));
  const id = (player ? player + "/" : "") + [...random].map((n) => n.toString(36)).join("");
  let queue = [], first = 0; // the number of queue[0]
  let posting = false, tries = 0, calm = 0;
  let timer, due = Infinity, earliest = 0;

  const plan = (delay) => {
    const now = performance.now();
    due = Math.min(due, now + delay);
    clearTimeout(timer);
    if (!posting) timer = setTimeout(post, Math.max(due, earliest) - now);
  };

  const forget = (upTo) => {
    queue.splice(0, upTo - first);
    first = Math.max(first, upTo);
  };

  const add = (record, delay = SOON) => {
    queue.push({ t: performance.now(), ...record });
    if (record.kind != "timeupdate") calm = 2; // posts
    if (queue.length > KEPT) forget(first + 1);
    plan(delay);
  };

  const plain = (text) => text.split(/[?#]/)[0].slice(0, 500); // no secrets

  const note = ({ type }) => {
    const record = { source: "html5", kind: type };
    for (const name of STATE.split(" ")) record[name] = element[name];
    if (/start|attach/.test(type)) record.src = plain(element.currentSrc);
    if (type == "error") {
      const { code, message = "" } = element.error || {};
      Object.assign(record, { errorCode: code, errorMessage: plain(message) });
    }
    const { volume, muted } = element;
    if (/vol/.test(type)) Object.assign(record, { volume, muted });
    add(record, type == "timeupdate" ? every : SOON);
  };

  const batch = (n) => JSON.stringify({ player: id, entry, first: first + n,
    sent: performance.now(), records: queue.slice(n, n + SENT), more: queue.length > n + SENT });

  const post = async () => {
    if (posting) return;
    due = Infinity;
    if (!queue.length && !calm) return;
    posting = true;
    const upTo = first + Math.min(queue.length, SENT), more = queue.length > SENT;
    let status = 0;
    try {
      const signal = AbortSignal.timeout?.(30000);
      const options = { method: "POST", body: batch(0), keepalive: true, signal };
      status = (await fetch(url, options)).status;
    } catch {}
    posting = false;
    const failed = [0, 408, 429].includes(status) || status > 499;
    tries = failed ? tries + 1 : 0;
    earliest = failed ? performance.now() + Math.min(SOON * 2 ** tries, 60000) : 0;
    if (tries % 10 == 0) forget(upTo); // it is there, or given up
    if (calm && !failed) calm--;
    plan(failed || more ? 0 : calm ? CALM : every);
  };

  // All that was not answered yet: what comes twice does no harm.
  const beacon = () => {
    for (let n = 0; n < queue.length; n += SENT) if (!navigator.sendBeacon(url, batch(n))) break;
  };

  const media = (entryId) => {
    entry = entryId;
    add({ source: "cmd", kind: "setMedia", url: "", entryId });
  };

  const say = (kind, fields) => add({ source: "page", kind, ...fields });

  let on = false, language = null;
  const screen = () => {
    const full = !!document.fullscreenElement?.contains(element);
    if (full != on) say("fullscreen", { on: (on = full) });
  };
  const captions = () => {
    const shown = [...element.textTracks].find(({ mode, kind }) =>
      mode == "showing" && /captions|subtitles/.test(kind))?.language ?? null;
    if (shown != language) say("captions", { language: (language = shown) });
  };

  const gone = () => say("close");
  const page = ({ type, persisted }) => {
    if (type == "pageshow" && persisted) note({ type: "attach" });
    if (type == "pagehide" && !persisted) gone();
    if (type == "pagehide" || document.hidden) beacon();
  };
  const listen = (change) => {
    for (const kind of EVENTS.split(" ")) element[change](kind, note);
    for (const kind of ["pagehide", "pageshow"]) window[change](kind, page);
    document[change]("visibilitychange", page);
    document[change]("fullscreenchange", screen);
    element.textTracks[change]("change", captions);
  };

  if (entry) media(entry);
  note({ type: "attach" });
  listen("addEventListener");
  const close = () => (listen("removeEventListener"), gone(), post());
  return { id, media, say, flush: post, close };
};
