// The page: asks for a video, follows what happens, plays it, and shows every event that made it.

const STAGES = ["refine", "script", "speech", "scenes", "video"];
const LABELS = { refine: "Refine", script: "Script", speech: "Speech", scenes: "Scenes", video: "Film" };
const DOING = {
  refine: "Refining the prompt", script: "Writing the script", speech: "Speaking the narration",
  scenes: "Drawing the scenes", video: "Rendering the film",
};
const STATUS = {
  created: "Waiting", refining: "Refining", script_generating: "Writing", audio_generating: "Speaking",
  scenes_generating: "Drawing", video_generating: "Rendering", completed: "Done", failed: "Failed",
  canceling: "Stopping", canceled: "Canceled", expired: "Ran out of time",
};
const SENTENCES = {
  "session.started": "The video was asked for", "session.stages_requested": "Work was requested",
  "session.prompt_refined": "The prompt was refined", "session.script_generated": "The script was written",
  "session.audio_generated": "The narration was spoken", "session.scenes_planned": "The scenes were planned",
  "session.video_rendered": "The film was rendered", "session.completed": "The video is done",
  "session.failed": "The work failed", "session.canceled": "The work was canceled",
  "session.retried": "The work was taken up again", "session.deleted": "The session was deleted",
};
const ENDED = new Set(["completed", "failed", "canceled", "expired"]);
const EXAMPLES = [
  "How do vaccines train the immune system?", "Why is the night sky dark?",
  "Explain compound interest with a jar of coins", "What does a database index do?",
];

const $ = (id) => document.getElementById(id);

/** An element: `h("p", {class: "x"}, "text", child)`. Text is always text, never markup. */
function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// ── the API ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the API, or the way to it, said went wrong. */
class Failure extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.error || "Something went wrong.");
    this.code = problem.code || "";
    this.requestId = problem.requestId;
    this.retryable = problem.retryable === true;
    this.status = status;
  }
}

const OFFLINE = { detail: "Playhead cannot be reached. Is it running? This page keeps trying.", code: "network", retryable: true };

async function call(path, { method = "GET", body, headers = {}, signal } = {}) {
  const key = sessionStorage.getItem("playhead-key");
  const sent = { ...headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers: sent, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(OFFLINE, 0);
  }
  if (answer.status === 401) {
    await askForKey(key !== null);
    return call(path, { method, body, headers, signal });
  }
  if (!answer.ok) throw new Failure(await answer.json().catch(() => ({ detail: `The answer was ${answer.status}.` })), answer.status);
  return answer;
}

let asking = null;

function askForKey(wasWrong) {
  asking ??= new Promise((resolve) => {
    $("key-error").textContent = wasWrong ? "That key is not known here. Check it for a typing error." : "";
    $("key-dialog").addEventListener("close", () => {
      sessionStorage.setItem("playhead-key", $("key").value.trim());
      asking = null;
      resolve();
    }, { once: true });
    $("key-dialog").showModal();
  });
  return asking;
}

/** Server-sent events by `fetch`, so that a key can be sent; goes on after the last id that was seen. */
async function follow(path, seen, { onEvent, onTrouble, signal }) {
  let last = seen;
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 8000)) {
    try {
      const answer = await call(path, { headers: { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) }, signal });
      if (answer.status === 204) return;
      onTrouble(null);
      for await (const event of events(answer.body)) {
        pause = 500;
        if (event.id) last = event.id;
        onEvent(event);
        if (event.ended) return;
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 404) throw error;
      onTrouble(error);
    }
    await wait(pause, signal);
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const event = { data: "" };
      for (const line of block.split("\n")) {
        const [, field, content] = /^(\w+): ?(.*)$/.exec(line) || [];
        if (field === "data") event.data += content;
        else if (field) event[field] = content;
      }
      if (event.data) yield { ...event, data: JSON.parse(event.data) };
    }
  }
}

function wait(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A signed link as a path of this very host, whatever name the service knows itself by. */
function here(url) {
  const link = new URL(url, location.href);
  return link.pathname + link.search;
}

// ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function ago(time) {
  const seconds = (new Date(time) - Date.now()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return RELATIVE.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

function lasting(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function nameOf(session) {
  return session.title || session.prompt || session.script.slice(0, 120) || "Untitled";
}

function mood(status) {
  return status === "completed" ? "done" : status === "failed" || status === "expired" ? "failed" : status === "canceled" ? "" : "busy";
}

function say(sentence) {
  $("announcer").textContent = sentence;
}

// ── one session ────────────────────────────────────────────────────────────────────────────────────────────────────

let shown = null;

/** Everything that is on the screen about one session, and what keeps it up to date. */
class SessionPage {
  constructor(id) {
    this.id = id;
    this.session = null;
    this.progress = null;
    this.trouble = null;
    this.working = false;
    this.rows = new Map();
    this.leaving = new AbortController();
    this.parts = this.build();
  }

  build() {
    const parts = {
      title: h("h1", { class: "display", tabindex: "-1" }), badge: h("span", { class: "badge" }), about: h("span"),
      screen: h("div", { class: "screen" }), notice: h("div", { class: "notice bad", role: "alert", hidden: true }),
      stages: h("ol", { class: "stages", "aria-label": "Stages" }), actions: h("div", { class: "actions" }),
      script: h("p", { class: "script" }), timeline: h("ol", { class: "timeline" }), count: h("p"),
    };
    parts.scriptPanel = h("section", { class: "panel", hidden: true, "aria-label": "Script" }, h("div", { class: "head" }, h("h2", {}, "Script")), parts.script);
    parts.bars = new Map(STAGES.map((stage) => {
      const bar = h("div", { class: "bar", role: "progressbar", "aria-label": LABELS[stage], "aria-valuemin": "0", "aria-valuemax": "100" });
      const note = h("span", { class: "note" });
      const item = h("li", { class: "stage pending", "data-stage": stage }, h("span", { class: "name" }, LABELS[stage]), bar, note);
      parts.stages.append(item);
      return [stage, { bar, note, item }];
    }));
    $("session").replaceChildren(
      h("header", {}, parts.title, h("p", { class: "about" }, parts.badge, parts.about)),
      parts.screen, parts.notice, parts.stages, parts.actions, parts.scriptPanel,
      h("section", { class: "panel", "aria-label": "How it was made" },
        h("div", { class: "head" }, h("h2", {}, "How it was made"), parts.count), parts.timeline),
    );
    return parts;
  }

  async open(known) {
    const signal = this.leaving.signal;
    if (known) this.show(known);
    else this.placeholder("Opening…");
    try {
      await this.load(known ? 0 : 20);
      this.parts.title.focus({ preventScroll: true });
      await follow(`/v1/sessions/${this.id}/events`, null, {
        signal, onEvent: (event) => this.happened(event), onTrouble: (error) => this.troubled(error),
      });
    } catch (error) {
      if (error.name !== "AbortError") this.missing(error);
    }
  }

  close() {
    this.leaving.abort();
  }

  /** Reads the session. Just after its command was accepted it may take a moment to be there. */
  async load(tries = 0) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await call(`/v1/sessions/${this.id}`, { signal: this.leaving.signal });
        this.show(await answer.json());
        return;
      } catch (error) {
        if (error.name === "AbortError") throw error;
        if (error.status === 404 && attempt >= tries) throw error;
        if (error.status !== 404) this.troubled(error);
        await wait(300 + attempt * 100, this.leaving.signal);
      }
    }
  }

  happened(event) {
    if (event.event === "progress") {
      this.progress = event.data;
      this.paint();
      return;
    }
    const first = this.rows.size === 0;
    this.rows.set(event.data.version, event.data);
    this.paintRow(event.data, !first);
    if (this.session && event.data.version > this.session.version) this.refresh();
    if (event.data.type === "session.deleted") event.ended = true;
  }

  /** Reads the session until it shows every event that was told: some are told while it is being read. */
  async refresh() {
    if (this.refreshing) return;
    this.refreshing = true;
    try {
      await this.load(3);
      while (this.session.version < Math.max(...this.rows.keys())) {
        await wait(100, this.leaving.signal);
        await this.load(3);
      }
    } catch (error) {
      if (error.name !== "AbortError") this.troubled(error);
    } finally {
      this.refreshing = false;
    }
  }

  show(session) {
    const before = this.session;
    if (before && before.version > session.version) return;
    this.session = session;
    if (session.progress && !this.progress) this.progress = session.progress;
    this.paint();
    remember(session);
    if (before && !ENDED.has(before.status) && ENDED.has(session.status)) {
      say(session.status === "completed" ? "The video is done." : `The video: ${STATUS[session.status]}.`);
      showPoints();
    }
    if (session.version > Math.max(0, ...this.rows.keys()) && ENDED.has(session.status) && this.rows.size) this.refreshRows();
  }

  async refreshRows() {
    const answer = await call(`/v1/sessions/${this.id}/history?limit=100`, { signal: this.leaving.signal }).catch(() => null);
    for (const row of answer ? (await answer.json()).items.reverse() : []) {
      if (!this.rows.has(row.version)) { this.rows.set(row.version, row); this.paintRow(row, true); }
    }
  }

  troubled(error) {
    this.trouble = error;
    if (this.session) this.paint();
    else this.placeholder(error ? error.message : "Opening…");
  }

  missing(error) {
    this.placeholder(error.status === 404 ? "This video is not here. It may have been deleted." : error.message);
    this.parts.title.textContent = "Nothing to show";
    this.parts.stages.hidden = true;
  }

  placeholder(sentence) {
    this.parts.screen.replaceChildren(h("div", { class: "making" }, h("span", {}, sentence)));
  }

  get runningStage() {
    const session = this.session;
    if (ENDED.has(session.status) || !session.activeJob) return null;
    const told = this.word?.stage;
    const open = session.stages.filter((stage) => stage.status === "pending" || stage.status === "running").map((stage) => stage.name);
    return open.includes(told) ? told : open.find((name) => session.stages.some((one) => one.name === name && one.status === "running")) ?? open[0] ?? null;
  }

  /** What the worker said last of the job at work, if it is about that. */
  get word() {
    return this.progress && this.progress.jobId === this.session.activeJob ? this.progress : null;
  }

  /** How much of a stage is done, in percent. */
  fill(stage) {
    return this.word?.stage === stage ? this.word.stagePercent : 0;
  }

  /** How much of the job is done, in percent; it never goes back. */
  get whole() {
    const before = this.furthest?.job === this.session.activeJob ? this.furthest.percent : 0;
    this.furthest = { job: this.session.activeJob, percent: Math.max(before, this.word?.percent ?? 0) };
    return Math.min(99, Math.floor(this.furthest.percent));
  }

  paint() {
    const { session, parts } = this;
    document.title = `${nameOf(session)} · Playhead`;
    parts.title.textContent = nameOf(session);
    parts.badge.textContent = STATUS[session.status] ?? session.status;
    parts.badge.className = `badge ${mood(session.status)}`;
    const kind = session.kind === "scrolling_script" ? "Scrolling script" : session.kind === "manim" ? "Animation" : "Slides";
    const facts = [kind, session.aspect, session.durationMs ? lasting(session.durationMs) : null, ago(session.createdAt)];
    parts.about.textContent = facts.filter(Boolean).join(" · ");
    parts.script.textContent = session.script;
    parts.scriptPanel.hidden = !session.script;
    this.paintStages();
    this.paintScreen();
    this.paintNotice();
    this.paintActions();
  }

  paintStages() {
    const running = this.runningStage;
    let begun = new Date(this.session.createdAt);
    for (const stage of this.session.stages) {
      const { bar, note, item } = this.parts.bars.get(stage.name);
      const status = stage.name === running ? "running" : stage.status === "running" ? "pending" : stage.status;
      const fill = status === "done" ? 100 : status === "running" ? this.fill(stage.name) : status === "failed" ? 100 : 0;
      item.className = `stage ${status}`;
      bar.style.setProperty("--fill", fill.toFixed(1));
      bar.setAttribute("aria-valuenow", Math.round(fill));
      note.textContent = { running: fill ? `${Math.round(fill)} %` : "at work", failed: "failed", canceled: "canceled", none: "not needed" }[status] ?? "";
      if (status === "done" && stage.finishedAt) {
        const finished = new Date(stage.finishedAt);
        note.textContent = `${Math.max(0.1, (finished - begun) / 1000).toFixed(1)} s`;
        begun = finished;
      }
      bar.setAttribute("aria-valuetext", note.textContent || "waiting");
    }
  }

  paintScreen() {
    const { session, parts } = this;
    parts.screen.className = `screen ${{ "9:16": "tall", "1:1": "square" }[session.aspect] ?? ""}`;
    const film = session.assets.find((asset) => asset.kind === "video");
    if (film && session.status !== "deleted") {
      if (this.playing !== film.assetId) this.play(film);
      return;
    }
    this.playing = null;
    if (ENDED.has(session.status)) {
      parts.screen.classList.add("over");
      this.placeholder({ failed: "There is no film: the work failed.", canceled: "There is no film: the work was canceled." }[session.status] ?? "There is no film.");
      return;
    }
    this.paintMaking(this.runningStage);
  }

  paintMaking(running) {
    const making = (this.making ??= { percent: h("b"), doing: h("span"), left: h("small"), sweep: h("div", { class: "sweep" }) });
    making.percent.textContent = `${this.whole}%`;
    making.doing.textContent = running ? DOING[running] : "Waiting for a worker";
    making.left.textContent = this.word?.etaMs ? `about ${lasting(this.word.etaMs)} left` : "";
    making.sweep.style.setProperty("--fill", this.whole);
    making.whole ??= h("div", { class: "making" }, making.percent, making.doing, making.left, making.sweep);
    if (!making.whole.isConnected) this.parts.screen.replaceChildren(making.whole);
  }

  play(film) {
    const { session, parts } = this;
    const asset = (kind, type) => session.assets.find((one) => one.kind === kind && (!type || one.mediaType.startsWith(type)));
    const poster = asset("poster"), captions = asset("captions", "text/vtt");
    const video = h("video", { controls: true, preload: "metadata", playsinline: true, src: here(film.url), poster: poster && here(poster.url) },
      captions && h("track", { kind: "captions", srclang: session.language, label: "Captions", src: here(captions.url), default: true }));
    video.addEventListener("error", () => this.renew(video), { once: true });
    this.playing = film.assetId;
    parts.screen.replaceChildren(video);
  }

  /** A link runs out after a quarter of an hour: go on with a fresh one where the film stood. */
  async renew(video) {
    const at = video.currentTime;
    this.playing = null;
    await this.load().catch((error) => this.troubled(error));
    const fresh = this.parts.screen.querySelector("video");
    if (fresh && at) fresh.currentTime = at;
  }

  paintNotice() {
    const { session, parts, trouble } = this;
    parts.notice.hidden = !(session.status === "failed" || session.status === "expired" || trouble);
    parts.notice.classList.toggle("bad", !trouble);
    if (trouble) {
      parts.notice.replaceChildren(h("b", {}, "The connection is interrupted."), h("span", {}, trouble.message));
    } else if (!parts.notice.hidden) {
      const stage = session.error?.stage ? `${DOING[session.error.stage]} failed.` : "The video could not be made.";
      parts.notice.replaceChildren(
        h("b", {}, stage), h("span", {}, session.errorMessage || ""),
        h("code", {}, session.error ? `${session.error.code}${session.error.retryable ? " · trying again may help" : ""}` : ""));
    }
  }

  paintActions() {
    const { session } = this;
    const busy = !ENDED.has(session.status);
    const job = session.activeJob ?? session.jobs.at(-1);
    const download = (kind, type, words) => {
      const asset = session.assets.find((one) => one.kind === kind && (!type || one.mediaType === type));
      return asset && h("a", { class: "button", href: here(asset.url), download: asset.fileName }, `${words} · ${size(asset.sizeBytes)}`);
    };
    const key = JSON.stringify([session.version, this.working, busy]);
    if (this.painted === key) return;
    this.painted = key;
    const focused = document.activeElement?.dataset?.action;
    const button = (action, words, run, properties = {}) => h("button", { type: "button", "data-action": action, disabled: this.working, onclick: run, ...properties }, words);
    this.parts.actions.replaceChildren(...[
      busy && session.status !== "canceling" && button("cancel", "Cancel", () => this.act(`/v1/jobs/${job}/cancel`)),
      ["failed", "canceled", "expired"].includes(session.status) && job && button("retry", "Try again", () => this.act(`/v1/jobs/${job}/retry`), { class: "primary" }),
      download("video", null, "MP4"), download("captions", "text/vtt", "VTT"), download("captions", "application/x-subrip", "SRT"), download("audio", null, "WAV"),
      button("delete", "Delete", () => this.remove(), { class: "quiet danger" }),
    ].filter(Boolean));
    if (focused) this.parts.actions.querySelector(`[data-action=${focused}]`)?.focus();
  }

  async act(path) {
    this.working = true;
    this.paintActions();
    try {
      await call(path, { method: "POST", headers: { Prefer: "wait=5" } });
      this.trouble = null;
    } catch (error) {
      this.trouble = error;
    }
    this.working = false;
    this.painted = null;
    this.close();
    shown = new SessionPage(this.id);
    const page = shown;
    page.progress = null;
    page.trouble = this.trouble;
    page.open(this.session);
  }

  async remove() {
    const dialog = h("dialog", { "aria-labelledby": "delete-title" }, h("form", { method: "dialog" },
      h("h2", { id: "delete-title" }, "Delete this video?"), h("p", {}, "Its files go with it."),
      h("div", { class: "actions" }, h("button", { value: "", autofocus: true }, "Keep it"), h("button", { value: "yes", class: "primary" }, "Delete"))));
    document.body.append(dialog);
    dialog.showModal();
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    const sure = dialog.returnValue === "yes";
    dialog.remove();
    if (!sure) return;
    try {
      await call(`/v1/sessions/${this.id}`, { method: "DELETE", headers: { Prefer: "wait=5" } });
      forget(this.id);
      location.hash = "#/";
    } catch (error) {
      this.troubled(error);
    }
  }

  paintRow(row, isNew) {
    const end = row.type === "session.completed", bad = row.type === "session.failed" || row.type === "session.canceled";
    const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
    const item = h("li", { class: `${end ? "end" : bad ? "bad" : ""} ${isNew ? "new" : ""}` },
      h("span", { class: "version", "aria-label": `Version ${row.version}` }, String(row.version)),
      h("details", {}, h("summary", {}, h("b", {}, SENTENCES[row.type] ?? row.type), h("code", {}, row.type)),
        h("dl", {}, ...fact("event", row.eventId), ...fact("command", row.commandId), ...fact("by", row.actor)),
        h("pre", { tabindex: "0" }, JSON.stringify(row.data, null, 2))),
      h("time", { datetime: row.at, title: new Date(row.at).toLocaleString() }, CLOCK.format(new Date(row.at))));
    this.parts.timeline.append(item);
    this.parts.count.textContent = `${this.rows.size} event${this.rows.size === 1 ? "" : "s"}, each kept for ever`;
    if (isNew) say(SENTENCES[row.type] ?? row.type);
  }
}

// ── the list ───────────────────────────────────────────────────────────────────────────────────────────────────────

const listed = { items: [], next: null, q: "", loading: null };

async function loadList(more = false) {
  listed.loading?.abort();
  listed.loading = new AbortController();
  const query = new URLSearchParams({ limit: "20", ...(listed.q ? { q: listed.q } : {}), ...(more && listed.next ? { cursor: listed.next } : {}) });
  try {
    const page = await (await call(`/v1/sessions?${query}`, { signal: listed.loading.signal })).json();
    listed.items = more ? [...listed.items, ...page.items] : page.items;
    listed.next = page.nextCursor;
    paintList();
  } catch (error) {
    if (error.name !== "AbortError") paintList(error);
  }
}

function remember(session) {
  const at = listed.items.findIndex((item) => item.sessionId === session.sessionId);
  if (at >= 0) listed.items[at] = session;
  else if (!listed.q) listed.items.unshift(session);
  paintList();
}

function forget(id) {
  listed.items = listed.items.filter((item) => item.sessionId !== id);
  paintList();
}

function paintList(error = null) {
  const rows = listed.items.map((session) => h("li", {}, h("a", {
    class: mood(session.status), href: `#/s/${session.sessionId}`, "aria-current": shown?.id === session.sessionId ? "true" : null,
  }, h("span", { class: "dot", "aria-hidden": "true" }), h("b", {}, nameOf(session)),
  h("small", {}, [STATUS[session.status] ?? session.status, session.durationMs ? lasting(session.durationMs) : null, ago(session.createdAt)].filter(Boolean).join(" · ")))));
  if (error) rows.unshift(h("li", { class: "empty" }, error.message));
  else if (!rows.length) rows.push(h("li", { class: "empty" }, listed.q ? "No video has these words." : "Nothing here yet. Your first video will appear the moment you ask for it."));
  const focused = document.activeElement?.getAttribute?.("href");
  $("list").replaceChildren(...rows);
  if (focused?.startsWith("#/s/")) $("list").querySelector(`a[href="${focused}"]`)?.focus();
  $("more").hidden = !listed.next;
  $("search").hidden = !listed.q && listed.items.length < 4;
}

// ── the composer ───────────────────────────────────────────────────────────────────────────────────────────────────

const composer = $("composer");
let attempt = null;

composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(composer);
  const words = form.get("words").trim();
  if (!words) {
    composerError("Say in a sentence what the video should be about.");
    return;
  }
  const body = { [form.get("source")]: words, kind: form.get("kind"), aspect: form.get("aspect") };
  // The same wish keeps its key: sent again after a broken connection it is done once.
  if (attempt?.wish !== JSON.stringify(body)) attempt = { wish: JSON.stringify(body), key: newKey() };
  composerError("");
  $("make").disabled = true;
  $("make").textContent = "Sending…";
  try {
    const answer = await call("/v1/sessions", { method: "POST", body, headers: { "Idempotency-Key": attempt.key, Prefer: "wait=3" } });
    const made = await answer.json();
    attempt = null;
    composer.reset();
    sourceChanged();
    location.hash = `#/s/${made.sessionId ?? made.links.session.split("/").pop()}`;
  } catch (error) {
    composerError(error.message);
  }
  $("make").disabled = false;
  $("make").textContent = "Make the video";
});

composer.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) composer.requestSubmit();
});

function composerError(sentence) {
  $("words-error").textContent = sentence;
  $("words").setAttribute("aria-invalid", sentence ? "true" : "false");
  if (sentence) $("words").focus();
}

function sourceChanged() {
  const script = composer.elements.source.value === "script";
  $("words").placeholder = script ? "Paste the words to be spoken. Blank lines begin a new scene." : EXAMPLES[0];
  $("words").rows = script ? 9 : 3;
  $("words").maxLength = script ? 50000 : 10000;
  $("examples").hidden = script;
}

for (const input of composer.elements.source) input.addEventListener("change", sourceChanged);
$("examples").append(...EXAMPLES.map((example) => h("button", { type: "button", onclick: () => { $("words").value = example; $("words").focus(); } }, example)));

// ── around it ──────────────────────────────────────────────────────────────────────────────────────────────────────

const AWAY = {
  kafka: "The command log is away: new videos cannot be accepted just now.",
  mongo: "The read store is away: videos are still accepted, and shown again in a moment.",
  database: "The analytics database is away; making videos goes on.",
  redis: "The cache is away; everything works, a little slower.",
};

async function showHealth() {
  let sentence = "All parts are running", well = true;
  try {
    const { parts } = await (await fetch("/readyz")).json();
    const away = Object.keys(AWAY).filter((name) => parts[name] && !parts[name].connected);
    if (away.length) [sentence, well] = [AWAY[away[0]], false];
  } catch {
    [sentence, well] = ["Playhead cannot be reached. Is it running?", false];
  }
  $("health").textContent = sentence;
  $("health").className = `health ${well ? "well" : "ill"}`;
}

async function showPoints() {
  try {
    const { balance } = await (await call("/v1/me")).json();
    $("points").replaceChildren(h("b", {}, balance.toLocaleString()), balance === 1 ? " point" : " points");
    $("points").hidden = balance === 0 && !listed.items.length;
  } catch {
    $("points").hidden = true;
  }
}

function route() {
  const id = /^#\/s\/([0-9a-f-]{36})$/i.exec(location.hash)?.[1] ?? null;
  if (id !== null && shown?.id === id) return;
  shown?.close();
  shown = id ? new SessionPage(id) : null;
  composer.hidden = id !== null;
  $("session").hidden = id === null;
  $("new").hidden = id === null;
  if (shown) shown.open(listed.items.find((item) => item.sessionId === id) ?? null);
  else document.title = "Playhead";
  paintList();
}

let typing = 0;
$("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => { listed.q = $("search").value.trim(); loadList(); }, 200);
});
$("more").addEventListener("click", () => loadList(true));
$("new").addEventListener("click", () => { location.hash = "#/"; $("words").focus(); });
addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => { if (!document.hidden) { showHealth(); paintList(); } });
setInterval(() => { if (!document.hidden) showHealth(); }, 15000);

showHealth();
sourceChanged();
await loadList();
route();
showPoints();
if (!shown) $("words").focus();
