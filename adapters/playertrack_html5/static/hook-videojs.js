// Reports what video.js knows:  playertrackVideojs(recorder, player);  before player.src(…)
globalThis.playertrackVideojs = (recorder, player) => {
  const language = (tracks, chosen) => [...tracks].find(chosen)?.language || null;
  let captions = null;
  player.textTracks().addEventListener("change", () => {
    const shown = language(player.textTracks(), ({ mode, kind }) =>
      mode == "showing" && /captions|subtitles/.test(kind));
    if (shown != captions) recorder.say("captions", { language: (captions = shown) });
  });
  player.audioTracks().addEventListener("change", () => recorder.say("audioTrack",
    { language: language(player.audioTracks(), ({ enabled }) => enabled) }));
  player.on("durationchange", () => {
    if (player.duration() == Infinity) recorder.say("live", { dvr: !!player.liveTracker?.isLive() });
  });
  player.on("error", () => {
    const { code, message } = player.error() || {};
    if (code) recorder.say("error", { code: String(code), message });
  });
};
