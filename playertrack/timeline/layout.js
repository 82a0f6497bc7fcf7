// Where things go in a picture that is zoomed: as `layout` and `_times` do it in Python.
// Both are tested with the same cases.
"use strict";

const LAYOUT = (() => {
  const LANE = 14, GAP = 5, CHARACTER = 6, ROOM = 40, MOST_VIEWS = 12;
  const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
                 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

  function clock(seconds, step) {
    const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
    const sign = seconds < 0 ? "-" : "", text = Math.abs(seconds).toFixed(digits);
    if (Number(text) < 60 && step < 60) { return `${sign}${text} s`; }
    const whole = Math.floor(Number(text)), two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    const tail = two(whole % 60) + (digits ? text.slice(text.indexOf(".")) : "");
    return sign + (hours ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`);
  }

  // A round step, and its multiples from `low` to `high`: at most about `most`.
  function ticks(low, high, most) {
    const width = high - low;
    let step = STEPS.find((each) => width / each <= most);
    if (step === undefined) {
      for (step = STEPS.at(-1); width / step > most;) { step *= 10; }
    }
    const first = Math.ceil(low / step - 1e-9);
    const count = Math.trunc((high - first * step) / step + 1e-9) + 1;
    return [step, Array.from({length: Math.max(count, 0)}, (_, i) => (first + i) * step)];
  }

  // Sets `left` and `lane` of events in the order of time, each with `at` (pixels), `tier` and
  // `length` (characters of its name); `lane` is null where there is no room.
  function place(events, width, lanes) {
    const views = events.filter((event) => event.tier === 3).length;
    const crowded = events.length - views > ROOM;
    events.forEach((event, index) => {
      const wide = event.length * CHARACTER;
      event.x = Math.min(Math.max(event.at, 0), width);
      event.wide = wide;
      event.left = event.x + 3;
      if (event.left + wide > width) { event.left = Math.max(event.x - 3 - wide, 0); }
      event.turned = event.left < event.x;
      event.rank = crowded || event.tier === 3 ? event.tier : 0;
      event.order = event.turned ? index : -index;
      event.lane = null;
    });
    const turns = [...events].sort((a, b) =>
      a.rank - b.rank || a.turned - b.turned || a.order - b.order);
    const full = Array.from({length: lanes}, () => []);
    const covers = (name, x) => name.left - 1 < x && x < name.left + name.wide + 1;
    for (const event of turns) {
      if (event.tier === 3 && views > MOST_VIEWS) { continue; }
      for (let lane = 0; lane < lanes; lane++) {
        const free = full[lane].every((other) => event.left >= other.left + other.wide + GAP
          || event.left + event.wide + GAP <= other.left);
        const crossed = full.slice(lane + 1).some((above) =>
          above.some((other) => covers(event, other.x)));
        if (free && !crossed) {
          event.lane = lane;
          full[lane].push(event);
          break;
        }
        if (full[lane].some((other) => covers(other, event.x))) { break; }
      }
    }
    return events;
  }

  return {LANE, clock, place, ticks};
})();
