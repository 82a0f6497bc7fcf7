// Reports what dash.js knows:  playertrackDash(recorder, player);  before player.initialize(…)
globalThis.playertrackDash = (recorder, player) => {
  const on = (type, listener) => player.on(type, listener);
  on("streamInitialized", () => {
    const { start = 0, end = 0 } = player.getDvrWindow() || {};
    if (player.isDynamic()) recorder.say("live", { dvr: end - start > 120 });
  });
  on("qualityChangeRendered", ({ mediaType, newRepresentation }) => {
    if (mediaType != "video") return;
    const auto = player.getSettings().streaming.abr.autoSwitchBitrate.video;
    recorder.say("quality", { bitrate: newRepresentation.bitrateInKbit, auto });
  });
  on("trackChangeRendered", ({ mediaType, newMediaInfo }) => {
    const language = newMediaInfo?.lang || null;
    if (mediaType == "audio") recorder.say("audioTrack", { language });
  });
  on("error", ({ error }) =>
    recorder.say("error", { code: String(error.code), message: error.message || "" }));
};
