/* Maps: what is published on one, a place to pick on the other. Without this module the page is whole without them.

   <div data-map hidden> says where the areas and the points are, which tiles may be shown and what things are called.
   With data-pick it fills the fields #lat and #lon. Leaflet itself is loaded when the map comes near the screen. */

const TOUCHABLE = 9;
const WIDE_ENOUGH = 100;

for (const frame of document.querySelectorAll("[data-map]")) {
  frame.hidden = false;
  const near = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    near.disconnect();
    loaded(frame.dataset).then(() => draw(frame), () => { frame.hidden = true; });
  }, { rootMargin: "300px" });
  near.observe(frame);
}

function loaded({ leaflet, leafletStyle }) {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: leafletStyle });
  const script = Object.assign(document.createElement("script"), { src: leaflet });
  const all = [style, script].map((part) => new Promise((done, failed) => { part.onload = done; part.onerror = failed; }));
  document.head.prepend(style);
  document.head.append(script);
  return Promise.all(all);
}

async function geojson(address) {
  const answer = address ? await fetch(address) : null;
  return answer?.ok ? answer.json() : { type: "FeatureCollection", features: [] };
}

async function draw(frame) {
  const { areas, points, tiles, attribution, zoomIn, zoomOut } = frame.dataset;
  const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(frame.querySelector(".map"), {
    scrollWheelZoom: false, zoomControl: false, attributionControl: false,
    fadeAnimation: moves, zoomAnimation: moves, markerZoomAnimation: moves,
  });
  L.control.zoom({ zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(map);
  map.setView([0, 0], 2);
  if (tiles) {
    L.control.attribution({ prefix: false }).addTo(map);
    /* The attribution is text: nothing in it becomes an element. */
    const text = new Option(attribution).innerHTML;
    L.tileLayer(tiles, { attribution: text, maxZoom: 19 }).addTo(map);
  }
  const drawn = L.geoJSON(await geojson(areas), {
    interactive: false,
    style: (area) => ({ className: `map-area ${area.properties.tone ?? ""}` }),
    onEachFeature: (area, layer) =>
      layer.bindTooltip(named(area.properties.name), { permanent: true, direction: "center", className: "map-name" }),
  }).addTo(map);
  map.on("zoomend", () => name(map, drawn));
  if (drawn.getLayers().length) map.fitBounds(drawn.getBounds(), { animate: false });
  if (points) await show(map, points);
  if ("pick" in frame.dataset) pick(map, frame);
}

function named(name) {
  return Object.assign(document.createElement("span"), { dir: "auto", textContent: name });
}

/* A name is written where its area is wide enough for it. */
function name(map, areas) {
  areas.eachLayer((area) => {
    const [west, east] = [area.getBounds().getSouthWest(), area.getBounds().getNorthEast()].map((at) => map.project(at).x);
    if (east - west < WIDE_ENOUGH) area.closeTooltip();
    else area.openTooltip();
  });
}

async function show(map, address) {
  L.geoJSON(await geojson(address), {
    pointToLayer: (point, at) => L.circleMarker(at, { radius: TOUCHABLE, className: `map-point map-${point.properties.status}` }),
    onEachFeature: (point, layer) => layer.bindPopup(() => told(point.properties)),
  }).addTo(map);
}

function told({ title, text, status_name: status, url }) {
  const words = document.createElement("div");
  words.dir = "auto";
  const link = Object.assign(document.createElement("a"), { href: url, textContent: title });
  const more = Object.assign(document.createElement("p"), { dir: "auto", textContent: text.length > 140 ? `${text.slice(0, 140)}…` : text });
  words.append(link, more, Object.assign(document.createElement("strong"), { textContent: status }));
  return words;
}

function pick(map, frame) {
  const lat = document.getElementById("lat");
  const lon = document.getElementById("lon");
  const said = frame.querySelector("[data-said]");
  const [here, middle, none] = ["here", "middle", "none"].map((name) => frame.querySelector(`[data-${name}]`));
  const [street, door] = frame.dataset.tiles ? [15, 17] : [12, 13];
  let mark;

  function choose(at) {
    lat.value = at ? at.lat.toFixed(6) : "";
    lon.value = at ? at.lng.toFixed(6) : "";
    lon.dispatchEvent(new Event("change", { bubbles: true }));
    mark?.remove();
    mark = at ? L.circleMarker(at, { radius: TOUCHABLE, className: "map-point map-picked" }).addTo(map) : undefined;
    none.hidden = !at;
    said.textContent = at ? said.dataset.chosen : said.dataset.nothing;
  }

  if (lat.value && lon.value) {
    choose(L.latLng(Number(lat.value), Number(lon.value)));
    map.setView(mark.getLatLng(), street);
  }
  map.on("click", (press) => choose(press.latlng.wrap()));
  middle.addEventListener("click", () => choose(map.getCenter().wrap()));
  none.addEventListener("click", () => { choose(null); middle.focus(); });
  here.hidden = !("geolocation" in navigator);
  here.addEventListener("click", () => {
    said.textContent = said.dataset.looking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { choose(L.latLng(coords.latitude, coords.longitude)); map.setView(mark.getLatLng(), door); },
      () => { said.textContent = said.dataset.unknown; },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  });
}
