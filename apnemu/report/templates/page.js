"use strict";
// The page says everything without this script; it adds the choice of a pair, routes on the map, and sorting.
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = document.querySelector(".map-figure svg.map"); // other figures may have maps of their own
const sites = SVG ? [...SVG.querySelectorAll(".site")] : [];
const centre = new Map();
for (const site of sites) {
  const dot = site.querySelector(".dot"), box = dot.getBBox();
  centre.set(site.dataset.site, `${box.x + box.width / 2},${box.y + box.height / 2}`);
}
const key = (a, b) => JSON.stringify([a, b].sort());
const byEnds = new Map();
data.pairs.forEach((pair) => { if (!byEnds.has(key(...pair.ends))) byEnds.set(key(...pair.ends), pair); });
const line = (route) => route.map((name) => centre.get(name)).filter(Boolean).join(" ");
const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const labels = new Map(data.sites.map((name, index) => [name, data.labels[index]]));

function show(a, b) {
  const pair = byEnds.get(key(a, b));
  const box = document.getElementById("pair");
  box.replaceChildren(make("h3", `${labels.get(a) ?? a}–${labels.get(b) ?? b}`));
  if (pair) {
    const list = make("dl", "");
    for (const [term, text] of pair.lines) list.append(make("dt", term), make("dd", text));
    box.append(list);
  } else {
    box.append(make("p", a === b ? data.two : data.none));
  }
  document.getElementById("route")?.setAttribute("points", pair ? line(pair.route) : "");
  for (const site of sites) {
    site.classList.toggle("end", site.dataset.site === a || site.dataset.site === b);
  }
}

function fan(name) {
  for (const old of document.querySelectorAll(".fan")) old.remove();
  if (name === null) return;
  for (const pair of data.pairs) {
    if (!pair.ends.includes(name) || !pair.route.length) continue;
    const route = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    route.setAttribute("points", line(pair.route));
    route.setAttribute("class", "fan");
    document.getElementById("route").before(route);
  }
}

const from = document.getElementById("from"), to = document.getElementById("to");
if (SVG && data.pairs.length) {
  for (const select of [from, to]) {
    for (const name of data.sites) select.append(Object.assign(make("option", labels.get(name)), { value: name }));
    select.addEventListener("change", () => show(from.value, to.value));
  }
  [from.value, to.value] = data.ends;
  document.getElementById("choose").hidden = false;
  show(from.value, to.value);
  let next = from; // clicks set the two ends in turn
  for (const site of sites) {
    site.addEventListener("mouseenter", () => fan(site.dataset.site));
    site.addEventListener("mouseleave", () => fan(null));
    site.addEventListener("click", () => {
      next.value = site.dataset.site;
      next = next === from ? to : from;
      show(from.value, to.value);
    });
  }
  for (const row of document.querySelectorAll("g[data-pair]")) {
    row.addEventListener("click", () => {
      [from.value, to.value] = row.dataset.pair.split("\n");
      show(from.value, to.value);
      SVG.scrollIntoView({ block: "nearest" });
    });
  }
}

for (const slider of document.querySelectorAll(".slider")) { // shows one slot's group of the figure's map at a time
  const slots = slider.closest("figure").querySelectorAll("g.slot"), input = slider.querySelector("input");
  const shown = () => {
    for (const group of slots) {
      const here = group.dataset.slot === input.value;
      group.setAttribute("visibility", here ? "visible" : "hidden");
      if (here) slider.querySelector("output").textContent = group.dataset.label;
    }
  };
  slider.hidden = false;
  input.addEventListener("input", shown);
  shown();
}

for (const note of document.querySelectorAll(".scroll-note")) { // says of a table that it goes on beside the page
  const table = note.nextElementSibling, shown = () => { note.hidden = table.scrollWidth <= table.clientWidth + 1; };
  addEventListener("resize", shown);
  shown();
}

for (const head of document.querySelectorAll("thead th")) {
  const button = make("button", head.textContent);
  button.type = "button";
  button.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const column = [...head.parentElement.children].indexOf(head);
    const value = (row) => row.children[column].textContent;
    const number = (text) => (text === "–" ? -Infinity : Number.parseFloat(text.replaceAll(",", "")));
    const order = head.classList.contains("n")
      ? (a, b) => number(value(a)) - number(value(b))
      : (a, b) => value(a).localeCompare(value(b));
    const body = head.closest("table").tBodies[0];
    body.append(...[...body.rows].sort((a, b) => (up ? order(a, b) : order(b, a))));
  });
  head.replaceChildren(button);
}
document.documentElement.dataset.ready = "yes";
