// SPDX-License-Identifier: BSD-3-Clause
// Script of apnemu's live page. What comes from the lab is put into the page as text, never as HTML.
"use strict";
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const words = facts.words;
  const SVG = "http://www.w3.org/2000/svg";
  const MOST_KEPT = 20000, MOST_EVENTS = 300, MOST_OUTPUT = 60000;
  const by = (id) => document.getElementById(id);
  const lab = { mode: "starts", networks: {} };
  for (const network of facts.networks) {
    lab.networks[network] = { cut: [], lost: [], light: [], watched: [], samples: [], events: [], changes: [], clock_ns: 0 };
  }
  let chosen = facts.networks[0], output = "", socket = null, drawn = 0, waiting = false, tries = 0;
  const own = () => lab.networks[chosen];

  // ---- what is asked for
  const ask = (order) => {
    by("refused").hidden = true;
    if (socket && socket.readyState === 1) socket.send(JSON.stringify({ network: chosen, ...order }));
  };
  const cutOrRepair = (name, dark) => ask({ do: dark ? "repair" : "cut", what: name });
  const press = (element, act) => {
    element.addEventListener("click", act);
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); }
    });
  };
  const submit = (id, act) => by(id)?.addEventListener("submit", (event) => {
    event.preventDefault();
    act(new FormData(event.target));
  });
  for (const each of document.querySelectorAll("[data-fibre]")) {
    press(each, () => cutOrRepair(each.dataset.fibre, own().cut.includes(each.dataset.fibre)));
  }
  for (const each of document.querySelectorAll("[data-site]")) {
    press(each, () => cutOrRepair(each.dataset.site, own().lost.includes(each.dataset.site)));
  }
  by("run").addEventListener("click", () => ask({ do: "run", pace: Number(by("pace").value) }));
  by("pause").addEventListener("click", () => ask({ do: "pause" }));
  by("pace").addEventListener("change", () => { if (lab.mode === "runs") ask({ do: "run", pace: Number(by("pace").value) }); });
  by("repair").addEventListener("click", () => ask({ do: "repair" }));
  by("end").addEventListener("click", () => { if (confirm(words.sure)) ask({ do: "end" }); });
  by("span").addEventListener("change", () => later());
  submit("advance", () => ask({ do: "advance", by: by("by").value }));
  submit("request", (form) => ask({
    do: "light", from: form.get("from"), to: form.get("to"), gbps: Number(form.get("gbps")), protection: form.get("protection"),
  }));
  submit("watch", (form) => ask({ do: "watch", from: form.get("from"), to: form.get("to"), every: form.get("every") }));
  submit("line", (form) => {
    const line = form.get("line");
    if (line.trim()) ask({ do: "line", line });
    document.querySelector("#line input").value = "";
  });
  for (const tab of document.querySelectorAll(".tab")) {
    tab.addEventListener("click", () => {
      chosen = tab.dataset.network;
      for (const other of document.querySelectorAll(".tab")) other.setAttribute("aria-pressed", String(other === tab));
      later();
    });
  }

  // ---- what is told
  const follow = () => {
    socket = new WebSocket(new URL("follow", location.href.replace(/^http/, "ws")));
    let first = true;
    socket.onmessage = (event) => {
      if (first) begin();
      first = false;
      tries = 0;
      take(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (lab.mode === "ended") return;
      lab.mode = "gone";
      later();
      if (tries++ < 5) setTimeout(follow, 500 * tries);
    };
  };
  const begin = () => {
    output = "";
    for (const network of Object.values(lab.networks)) Object.assign(network, { samples: [], events: [], changes: [] });
  };
  const grow = (list, more, most) => {
    list.push(...more);
    if (list.length > most) list.splice(0, list.length - most);
  };
  const take = (told) => {
    if (told.refused !== undefined) {
      by("refused").textContent = told.refused;
      by("refused").hidden = false;
    }
    for (const key of ["mode", "pace", "notice"]) if (told[key] !== undefined) lab[key] = told[key];
    for (const [network, news] of Object.entries(told.networks || {})) {
      const known = lab.networks[network];
      for (const [key, value] of Object.entries(news)) {
        if (key === "samples") grow(known.samples, value, MOST_KEPT);
        else if (key === "events") grow(known.events, value, MOST_EVENTS);
        else if (key === "changes") grow(known.changes, value, MOST_KEPT);
        else if (key === "output") output = (output + value.join("")).slice(-MOST_OUTPUT);
        else known[key] = value;
      }
    }
    later();
  };
  const later = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; drawn++; draw(); }, 40);
  };

  // ---- what is drawn
  const make = (tag, attributes, ...children) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    for (const child of children) made.append(child);
    return made;
  };
  const item = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  const button = (text, act) => {
    const made = item("button", "", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  const fill = (id, children) => by(id)?.replaceChildren(...children);
  const site = (name) => facts.sites[name] ?? name;
  const seconds = (ns, decimals = 6) => (ns / 1e9).toFixed(decimals);
  const pairs = (known) => {
    const found = new Map();
    for (const [source, target] of known.watched) found.set(`${source}>${target}`, { source, target, seen: [], on: true });
    for (const [source, target, at, rtt] of known.samples) {
      const key = `${source}>${target}`;
      if (!found.has(key)) found.set(key, { source, target, seen: [], on: false });
      found.get(key).seen.push([at, rtt]);
    }
    return [...found.values()];
  };
  const onFibre = (known) => {
    const found = new Map(facts.fibres.map((fibre) => [fibre.name, []]));
    const between = new Map();
    for (const fibre of facts.fibres) {
      for (const key of [`${fibre.a}>${fibre.b}`, `${fibre.b}>${fibre.a}`]) if (!between.has(key)) between.set(key, fibre.name);
    }
    for (const light of known.light) {
      for (const path of light.paths) {
        const state = path.carries ? "lit" : light.state === "lit" ? "standby" : light.state;
        for (let at = 1; at < path.route.length; at++) {
          const fibre = between.get(`${path.route[at - 1]}>${path.route[at]}`);
          if (fibre) found.get(fibre).push({ light, path, state });
        }
      }
    }
    return found;
  };

  const drawMap = (known, fibres) => {
    const dark = new Set(known.cut), below = new Set(known.lost);
    for (const each of document.querySelectorAll("[data-fibre]")) {
      const fibre = facts.fibres.find((one) => one.name === each.dataset.fibre);
      const states = fibres.get(fibre.name).map((one) => one.state);
      const state = ["lit", "planned", "standby"].find((one) => states.includes(one)) || "";
      const isCut = dark.has(fibre.name), isBelow = below.has(fibre.a) || below.has(fibre.b);
      each.setAttribute("class", `fibre-button ${state} ${isCut ? "cut" : isBelow ? "below" : ""}`);
      each.setAttribute("aria-pressed", String(isCut));
      const told = isCut ? words.cut : isBelow ? words.lost : state === "lit" ? words.carries : words.whole;
      each.querySelector("title").textContent = `${each.getAttribute("aria-label")} · ${told} · ${words.click}`;
    }
    for (const each of document.querySelectorAll("[data-site]")) {
      const isLost = below.has(each.dataset.site);
      each.classList.toggle("lost", isLost);
      each.setAttribute("aria-pressed", String(isLost));
    }
  };

  const window_ = (known) => {
    const span = Number(by("span").value) * 1e9;
    const stamps = [...known.samples.map((one) => one[2]), ...known.changes.map((one) => one[0])];
    let from = span ? known.clock_ns - span : stamps.reduce((least, at) => Math.min(least, at), known.clock_ns);
    from = Math.max(0, from);
    return [from, Math.max(known.clock_ns, from + 1)];
  };

  const chart = (seen, from, to) => {
    const WIDE = 560, HIGH = 92, LEFT = 66, BOTTOM = 74, TOP = 8;
    const svg = make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": words.delay });
    const shown = seen.filter(([at]) => at >= from && at <= to);
    const came = shown.filter(([, rtt]) => rtt !== null).map(([, rtt]) => rtt);
    const low = came.reduce((least, one) => Math.min(least, one), Infinity), high = came.reduce((most, one) => Math.max(most, one), 0);
    const pad = Math.max((high - low) * 0.1, high * 0.002, 1);
    const x = (at) => LEFT + (WIDE - LEFT - 4) * (at - from) / (to - from);
    const y = (rtt) => BOTTOM - (BOTTOM - TOP) * (rtt - low + pad) / (high - low + 2 * pad);
    svg.append(make("path", { class: "axis", d: `M${LEFT} ${TOP}V${BOTTOM}H${WIDE - 4}` }));
    if (came.length) {
      for (const value of low === high ? [low] : [low, high]) {
        svg.append(make("text", { x: LEFT - 4, y: y(value) + 4, "text-anchor": "end" }, `${(value / 1e6).toFixed(3)} ms`));
      }
    }
    const step = Math.max(1, Math.ceil(shown.length / 1200));
    let way = "", joined = false;
    const points = make("g", {}), misses = make("g", {});
    shown.forEach(([at, rtt], place) => {
      if (rtt === null) {
        joined = false;
        misses.append(make("line", { class: "miss", x1: x(at).toFixed(1), x2: x(at).toFixed(1), y1: BOTTOM, y2: BOTTOM + 7 }));
        return;
      }
      if (place % step && joined) return;
      way += `${joined ? "L" : "M"}${x(at).toFixed(1)} ${y(rtt).toFixed(1)}`;
      joined = true;
      if (shown.length < 120) points.append(make("circle", { class: "point", cx: x(at).toFixed(1), cy: y(rtt).toFixed(1), r: 1.8 }));
    });
    svg.append(make("path", { class: "trace", d: way || "M0 0" }), points, misses);
    svg.append(make("text", { x: LEFT, y: HIGH - 2 }, `${seconds(from, 3)} s`));
    svg.append(make("text", { x: WIDE - 4, y: HIGH - 2, "text-anchor": "end" }, `${seconds(to, 3)} s`));
    return svg;
  };

  // rows with buttons stay the same elements while they are drawn anew: a press and a focus outlast it
  let rowsOf = "", rows = new Map();
  const drawWatches = (known, found, from, to) => {
    const key = chosen + found.map(({ source, target, on }) => `${source}>${target}${on}`).join(" ");
    if (key !== rowsOf || !found.length) {
      rowsOf = key;
      rows = new Map(found.map(({ source, target, on }) => {
        const told = item("span", ""), row = item("li", "", item("b", "", `${site(source)} > ${site(target)}`), told);
        if (facts.isShell && on) row.append(button(words.stop, () => ask({ do: "unwatch", from: source, to: target })));
        const drawing = item("div", "");
        row.append(drawing);
        return [`${source}>${target}`, { row, told, drawing }];
      }));
      fill("watches", found.length ? [...rows.values()].map((one) => one.row) : [item("li", "muted", words.unwatched)]);
    }
    for (const { source, target, seen } of found) {
      const { told, drawing } = rows.get(`${source}>${target}`);
      const lost = seen.reduce((count, [, rtt]) => count + (rtt === null), 0);
      const last = seen.length ? seen[seen.length - 1][1] : null;
      told.textContent = `  ${words.sent} ${seen.length}, ${words.lostCount} ${lost}` + (last === null ? "" : `, ${words.last} ${(last / 1e6).toFixed(3)} ms`);
      drawing.replaceChildren(chart(seen, from, to));
    }
  };

  let lightsOf = "";
  const drawLights = (known) => {
    const key = chosen + JSON.stringify(known.light);
    if (key === lightsOf) return;
    lightsOf = key;
    fill("lights", known.light.length ? known.light.map((light) => {
      const lit = light.paths.find((path) => path.carries) || light.paths[0];
      const route = lit ? lit.route.map(site).join("–") : `${site(light.source)}–${site(light.target)}`;
      const centre = lit ? ` · ${(facts.band.anchor_thz + lit.n * facts.band.step_ghz / 1000).toFixed(5)} THz · ${lit.mode}` : "";
      const made = item("li", "", item("span", `state ${light.state}`, facts.states[light.state]),
        `${light.name} · ${route} · ${light.rate_gbps} Gbit/s${centre}${light.reason ? ` · ${light.reason}` : ""}`);
      if (facts.isShell) made.append(button(words.release, () => ask({ do: "release", name: light.name })));
      return made;
    }) : [item("li", "muted", words.nothing)]);
  };

  const drawTimeline = (known, found, from, to) => {
    const rows = new Map();
    for (const [at, kind, name, state] of known.changes) {
      const key = `${kind} ${name}`;
      if (!rows.has(key)) rows.set(key, { name: kind === "light" ? name : kind === "site" ? site(name) : facts.fibres.find((one) => one.name === name)?.shown ?? name, kind, steps: [] });
      rows.get(key).steps.push([at, state]);
    }
    const all = [...rows.values()].map((row) => ({
      name: `${words[row.kind]} ${row.name}`,
      spans: row.steps.map(([at, state], place) => [at, row.steps[place + 1]?.[0] ?? to, { cut: "bad", lost: "bad", dark: "bad", lit: "lit", planned: "planned" }[state]]),
    }));
    for (const { source, target, seen } of found) {
      const spans = [];
      let open = null;
      for (const [at, rtt] of seen) {
        if (rtt === null) open ??= at;
        else if (open !== null) { spans.push([open, at, "bad"]); open = null; }
      }
      if (open !== null) spans.push([open, to, "bad"]);
      if (seen.length) all.push({ name: `${site(source)} > ${site(target)}`, spans: [[seen[0][0], to, "good"], ...spans] });
    }
    if (!all.length) { fill("timeline", [item("p", "muted", words.unseen)]); return; }
    const LEFT = 210, WIDE = 1180, ROW = 20, high = all.length * ROW + 22;
    const x = (at) => LEFT + (WIDE - LEFT - 6) * (Math.min(Math.max(at, from), to) - from) / (to - from);
    const svg = make("svg", { viewBox: `0 0 ${WIDE} ${high}`, role: "img", "aria-label": words.timeline });
    all.forEach((row, place) => {
      const y = place * ROW + 4;
      svg.append(make("text", { class: "name", x: LEFT - 8, y: y + 11, "text-anchor": "end" }, row.name.slice(0, 34)));
      svg.append(make("line", { class: "axis", x1: LEFT, x2: WIDE - 6, y1: y + 7, y2: y + 7 }));
      for (const [begins, ends, kind] of row.spans) {
        if (!kind || ends < from || begins > to) continue;
        const width = Math.max(x(ends) - x(begins), kind === "bad" ? 1.5 : 0.5);
        svg.append(make("rect", { class: `span-${kind}`, x: x(begins).toFixed(1), y, width: width.toFixed(1), height: 13 },
          make("title", {}, `${row.name}: ${seconds(begins)} s – ${seconds(ends)} s`)));
      }
    });
    svg.append(make("text", { x: LEFT, y: high - 4 }, `${seconds(from, 3)} s`));
    svg.append(make("text", { x: WIDE - 6, y: high - 4, "text-anchor": "end" }, `${seconds(to, 3)} s`));
    fill("timeline", [svg]);
  };

  const drawSpectrum = (fibres) => {
    if (!by("spectrum")) return;
    const used = [...fibres].filter(([, lit]) => lit.length);
    if (!used.length) { fill("spectrum", [item("p", "muted", words.nothing)]); return; }
    const LEFT = 210, WIDE = 1180, ROW = 20, high = used.length * ROW + 22, { low, high: top, anchor_thz, step_ghz } = facts.band;
    const x = (n) => LEFT + (WIDE - LEFT - 6) * (n - low) / (top - low);
    const thz = (n) => `${(anchor_thz + n * step_ghz / 1000).toFixed(3)} THz`;
    const svg = make("svg", { viewBox: `0 0 ${WIDE} ${high}`, role: "img", "aria-label": words.spectrum });
    used.forEach(([name, lit], place) => {
      const y = place * ROW + 4, fibre = facts.fibres.find((one) => one.name === name);
      svg.append(make("text", { class: "name", x: LEFT - 8, y: y + 11, "text-anchor": "end" }, `${site(fibre.a)}–${site(fibre.b)}`.slice(0, 34)));
      svg.append(make("line", { class: "axis", x1: LEFT, x2: WIDE - 6, y1: y + 7, y2: y + 7 }));
      for (const { light, path, state } of lit) {
        svg.append(make("rect", { class: `slot ${state}`, x: x(path.n - path.m).toFixed(1), y, width: Math.max(2, x(path.n + path.m) - x(path.n - path.m)).toFixed(1), height: 13 },
          make("title", {}, `${light.name}: ${thz(path.n - path.m)} – ${thz(path.n + path.m)}, ${path.mode}`)));
      }
    });
    svg.append(make("text", { x: LEFT, y: high - 4 }, thz(low)));
    svg.append(make("text", { x: WIDE - 6, y: high - 4, "text-anchor": "end" }, thz(top)));
    fill("spectrum", [svg]);
  };

  const draw = () => {
    const known = own(), fibres = onFibre(known), found = pairs(known), [from, to] = window_(known);
    by("clock").textContent = known.clock ?? "0.000000000";
    const mode = by("mode");
    mode.className = `mode ${lab.mode}`;
    const said = words[lab.mode] ?? "";
    if (mode.textContent !== said) mode.textContent = said;
    const over = ["ended", "gone"].includes(lab.mode);
    for (const each of document.querySelectorAll("button, input, select")) if (!each.matches(".tab, #span")) each.disabled = over;
    by("run").classList.toggle("on", lab.mode === "runs");
    if (lab.notice) { by("notice").textContent = lab.notice; by("notice").hidden = false; }
    if (by("stage")) by("stage").textContent = known.stage ?? "";
    for (const tab of document.querySelectorAll(".tab")) {
      tab.querySelector(".tab-clock").textContent = `${seconds(lab.networks[tab.dataset.network].clock_ns, 3)} s`;
    }
    drawMap(known, fibres);
    if (by("lights")) drawLights(known);
    drawWatches(known, found, from, to);
    drawTimeline(known, found, from, to);
    drawSpectrum(fibres);
    fill("events", known.events.length ? known.events.slice(-200).reverse().map(([at, text]) => item("li", "", `${seconds(at)} s  ${text}`)) : [item("li", "muted", words.unseen)]);
    const pre = by("output");
    if (pre && pre.textContent !== output) {
      const atEnd = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 40;
      pre.textContent = output;
      if (atEnd) pre.scrollTop = pre.scrollHeight;
    }
    document.documentElement.dataset.drawn = String(drawn);
  };
  draw();
  follow();
  document.documentElement.dataset.ready = "yes";
})();
