// Reports what hls.js knows:  playertrackHls(recorder, hls);  before hls.loadSource(…)
globalThis.playertrackHls = (recorder, hls) => {
  const { Events } = hls.constructor;
  let live = false;
  hls.on(Events.MANIFEST_LOADING, () => (live = false));
  hls.on(Events.LEVEL_LOADED, (_, { details }) => {
    if (details.live && !live) recorder.say("live", { dvr: details.totalduration > 120 });
    live = details.live;
  });
  hls.on(Events.LEVEL_SWITCHED, (_, { level }) => recorder.say("quality",
    { bitrate: hls.levels[level].bitrate / 1000, auto: hls.autoLevelEnabled }));
  hls.on(Events.AUDIO_TRACK_SWITCHED, (_, { id }) =>
    recorder.say("audioTrack", { language: hls.audioTracks[id]?.lang || null }));
  hls.on(Events.ERROR, (_, { details, fatal, error }) => {
    if (fatal) recorder.say("error", { code: details, message: error?.name || "" });
  });
};
