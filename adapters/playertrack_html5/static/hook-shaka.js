// Reports what Shaka knows:  playertrackShaka(recorder, player);  before player.load(…)
globalThis.playertrackShaka = (recorder, player) => {
  const on = (type, listener) => player.addEventListener(type, listener);
  const quality = (auto) => ({ newTrack }) => {
    const bitrate = newTrack?.bandwidth / 1000;
    if (bitrate > 0) recorder.say("quality", { bitrate, auto });
  };
  on("adaptation", quality(true));
  on("variantchanged", quality(false));
  on("audiotrackschanged", () => {
    const language = player.getAudioTracks().find((track) => track.active)?.language;
    if (language) recorder.say("audioTrack", { language });
  });
  on("loaded", () => {
    const { start, end } = player.seekRange();
    if (player.isLive()) recorder.say("live", { dvr: end - start > 120 });
  });
  const failed = ({ severity, code }) => {
    if (severity == 2 && code != 7000) recorder.say("error", { code: String(code) }); // interrupted
  };
  on("error", ({ detail }) => failed(detail));
  const load = player.load.bind(player); // whose own errors are only in its promise
  player.load = (...args) => load(...args).catch((error) => { failed(error); throw error; });
};
