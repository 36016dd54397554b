"use strict";
(() => {
  // More bars than this at a time are drawn as cells of pixels, each in the colour of its worst call.
  const BARS = 20000;
  const LEFT = 80, RIGHT = 12, BOTTOM = 22, TOP = 6;

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const count = n => Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const digits = n => n === 0 ? "0" : Number(n.toPrecision(3)).toString();
  const time = ns => {
    const a = Math.abs(ns);
    if (a === 0) return "0 s";
    if (a < 1e3) return digits(ns) + " ns";
    if (a < 1e6) return digits(ns / 1e3) + " µs";
    if (a < 1e9) return digits(ns / 1e6) + " ms";
    if (a < 12e10) return digits(ns / 1e9) + " s";
    const s = Math.round(ns / 1e9);
    if (s < 3600) return Math.floor(s / 60) + " min" + (s % 60 ? " " + s % 60 + " s" : "");
    return Math.floor(s / 3600) + " h" + (s % 3600 ? " " + Math.floor(s / 60) % 60 + " min" : "");
  };
  const bytes = n => {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (n >= 999.5 && unit < 4) { n /= 1000; unit++; }
    return digits(n) + " " + units[unit];
  };

  // Round steps, about `wanted` of them, between two values.
  const ticks = (from, to, wanted, steps) => {
    const rough = (to - from) / wanted || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    let step = steps && steps.find(s => s >= rough);
    step = step || [1, 2, 5, 10].map(f => f * power).find(s => s >= rough * 0.999);
    const found = [];
    for (let at = Math.ceil(from / step) * step; at <= to + step * 1e-6; at += step) found.push(at);
    return found;
  };
  const MINUTES = [60e9, 120e9, 300e9, 600e9, 900e9, 1800e9, 3600e9, 7200e9, 14400e9, 43200e9, 86400e9];
  const timeTicks = (from, to, wanted) =>
    ticks(from, to, wanted, (to - from) / wanted > 30e9 ? MINUTES : null);

  // A column: differences are summed up, one value stands for all.
  const column = (packed, calls, summed) => {
    const values = new Float64Array(calls);
    let before = 0;
    for (let i = 0; i < calls; i++) {
      const value = typeof packed === "number" ? packed : packed[i];
      before = summed ? before + value : value;
      values[i] = before;
    }
    return values;
  };

  const prepare = (canvas, height) => {
    const width = Math.max(200, Math.floor(canvas.clientWidth));
    const scale = window.devicePixelRatio || 1;
    canvas.style.height = height + "px";
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const draw = canvas.getContext("2d");
    draw.setTransform(scale, 0, 0, scale, 0, 0);
    draw.clearRect(0, 0, width, height);
    draw.font = "12px system-ui, sans-serif";
    return { draw, width, height, w: width - LEFT - RIGHT, h: height - TOP - BOTTOM };
  };

  const axisX = (c, places, label, x) => {
    c.draw.fillStyle = colour("--soft");
    c.draw.strokeStyle = colour("--line");
    c.draw.lineWidth = 1;
    c.draw.textBaseline = "top";
    c.draw.textAlign = "center";
    for (const at of places) {
      const px = Math.round(x(at)) + 0.5;
      c.draw.beginPath();
      c.draw.moveTo(px, TOP);
      c.draw.lineTo(px, TOP + c.h + 4);
      c.draw.stroke();
      c.draw.fillText(label(at), Math.min(px, c.width - 24), TOP + c.h + 7);
    }
  };

  const axisY = (c, places, label, y) => {
    c.draw.fillStyle = colour("--soft");
    c.draw.strokeStyle = colour("--line");
    c.draw.lineWidth = 1;
    c.draw.textAlign = "right";
    c.draw.textBaseline = "middle";
    for (const at of places) {
      const py = Math.round(y(at)) + 0.5;
      c.draw.beginPath();
      c.draw.moveTo(LEFT - 4, py);
      c.draw.lineTo(LEFT + c.w, py);
      c.draw.stroke();
      c.draw.fillText(label(at), LEFT - 8, py);
    }
  };

  const timeline = (figure, data) => {
    const canvas = figure.querySelector("canvas");
    const hover = figure.querySelector(".hover");
    const range = figure.querySelector(".range");
    const n = data.calls, unit = data.unit, whole = data.wall;
    const start = column(data.start, n, true), busy = column(data.busy, n, false);
    const index = column(data.index, n, true), state = column(data.state, n, false);
    const worker = column(data.worker, n, false), attempts = column(data.attempts, n, false);
    const cpu = column(data.cpu, n, false), peak = column(data.peak, n, false);
    const argument = column(data.argument, n, false), result = column(data.result, n, false);
    const names = [...new Set(worker)].sort((a, b) => a - b);
    const rowOf = new Map(names.map((name, row) => [name, row]));
    const rows = Math.max(1, names.length);
    const row = Float64Array.from(worker, name => rowOf.get(name));
    const byRow = names.map(() => []);
    for (let i = 0; i < n; i++) byRow[row[i]].push(i);
    const longest = busy.reduce((most, value) => Math.max(most, value), 0);
    const height = Math.min(480, Math.max(48, rows * 18)) + TOP + BOTTOM;
    let from = 0, to = whole, chart = null;

    const firstAfter = (list, at, of) => {
      let low = 0, high = list.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (of(list[middle]) <= at) low = middle + 1; else high = middle;
      }
      return low;
    };
    const firstStart = at => {
      let low = 0, high = n;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (start[middle] < at) low = middle + 1; else high = middle;
      }
      return low;
    };

    const draw = () => {
      const c = chart = prepare(canvas, height);
      const x = at => LEFT + (at - from) / (to - from) * c.w;
      const rowHeight = c.h / rows;
      axisX(c, timeTicks(from * unit, to * unit, c.w / 110), time, ns => x(ns / unit));
      const everyRow = Math.max(1, Math.ceil(rows * 16 / c.h));
      c.draw.fillStyle = colour("--soft");
      c.draw.textAlign = "right";
      c.draw.textBaseline = "middle";
      for (let r = 0; r < names.length; r += everyRow) {
        c.draw.fillText("worker " + names[r], LEFT - 6, TOP + (r + 0.5) * rowHeight);
      }
      const colours = [colour("--ok"), colour("--again"), colour("--failed")];
      const first = firstStart(from - longest), last = firstStart(to);
      const shown = last - first;
      c.draw.save();
      c.draw.beginPath();
      c.draw.rect(LEFT, TOP, c.w, c.h);
      c.draw.clip();
      if (shown <= BARS) {
        const gap = rowHeight > 5 ? 1 : 0;
        for (let kind = 0; kind < 3; kind++) {
          c.draw.fillStyle = colours[kind];
          for (let i = first; i < last; i++) {
            if (Math.min(state[i], 2) !== kind || start[i] + busy[i] < from) continue;
            const left = x(start[i]), width = busy[i] / (to - from) * c.w;
            c.draw.fillRect(left, TOP + row[i] * rowHeight, Math.max(1, width > 3 ? width - 0.6 : width), Math.max(1, rowHeight - gap));
          }
        }
      } else {
        const columns = Math.ceil(c.w), lines = Math.min(rows, Math.floor(c.h));
        const cells = new Uint8Array(columns * lines);
        for (let i = first; i < last; i++) {
          const end = start[i] + busy[i];
          if (end < from) continue;
          const line = Math.floor(row[i] * lines / rows) * columns;
          const a = Math.max(0, Math.floor(x(start[i]) - LEFT));
          const b = Math.min(columns - 1, Math.floor(x(end) - LEFT));
          const value = Math.min(state[i], 2) + 1;
          for (let p = a; p <= b; p++) if (cells[line + p] < value) cells[line + p] = value;
        }
        const each = c.h / lines, gap = each > 5 ? 1 : 0;
        for (let line = 0; line < lines; line++) {
          let p = 0;
          while (p < columns) {
            const value = cells[line * columns + p];
            let q = p + 1;
            while (q < columns && cells[line * columns + q] === value) q++;
            if (value) {
              c.draw.fillStyle = colours[value - 1];
              c.draw.fillRect(LEFT + p, TOP + line * each, q - p, Math.max(1, each - gap));
            }
            p = q;
          }
        }
      }
      c.draw.restore();
      range.textContent = time(from * unit) + " to " + time(to * unit) + ", " + count(shown) + " calls";
      canvas.dataset.drawn = shown;
      canvas.dataset.mode = shown <= BARS ? "bars" : "cells";
    };

    const look = (a, b) => {
      const least = Math.max(whole * 1e-7, 10 / unit);
      const span = Math.min(whole, Math.max(least, b - a));
      from = Math.min(Math.max(0, a), whole - span);
      to = from + span;
      draw();
    };
    const zoom = (factor, around) => {
      const middle = around === undefined ? (from + to) / 2 : around;
      look(middle - (middle - from) * factor, middle + (to - middle) * factor);
    };
    const move = part => look(from + (to - from) * part, to + (to - from) * part);
    const timeAt = event => from + (event.offsetX - LEFT) / chart.w * (to - from);
    const callAt = event => {
      const line = Math.floor((event.offsetY - TOP) / (chart.h / rows));
      if (line < 0 || line >= names.length || event.offsetX < LEFT) return -1;
      const at = timeAt(event), near = 2 / chart.w * (to - from);
      const list = byRow[line];
      const place = firstAfter(list, at + near, i => start[i]) - 1;
      return place >= 0 && start[list[place]] + busy[list[place]] >= at - near ? list[place] : -1;
    };
    const told = i => {
      const outcome = state[i] < 2 ? "value" : data.kinds[state[i] - 2];
      const memory = peak[i] ? ", memory " + bytes(peak[i] * 1024) : "";
      return "Call " + index[i] + " on worker " + worker[i] + ": " + outcome +
        (attempts[i] > 1 ? " after " + attempts[i] + " attempts" : "") +
        ", began at " + time(start[i] * unit) + ", took " + time(busy[i] * unit) +
        ", processor " + time(cpu[i] * unit) + memory +
        ", argument " + bytes(argument[i]) + ", result " + bytes(result[i]);
    };

    let dragged = null;
    canvas.addEventListener("pointerdown", event => {
      dragged = { x: event.offsetX, from, to };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointerup", () => { dragged = null; });
    canvas.addEventListener("pointercancel", () => { dragged = null; });
    canvas.addEventListener("pointermove", event => {
      if (dragged) {
        const by = (dragged.x - event.offsetX) / chart.w * (dragged.to - dragged.from);
        look(dragged.from + by, dragged.to + by);
      } else {
        const call = callAt(event);
        hover.textContent = call < 0 ? "" : told(call);
      }
    });
    canvas.addEventListener("wheel", event => {
      // Without Ctrl the wheel scrolls the page, as everywhere.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 0.8 : 1.25, timeAt(event));
    }, { passive: false });
    canvas.addEventListener("keydown", event => {
      const keys = {
        "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "0": () => look(0, whole),
        ArrowLeft: () => move(-0.1), ArrowRight: () => move(0.1),
        Home: () => look(0, to - from), End: () => look(whole - (to - from), whole),
      };
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    for (const button of figure.querySelectorAll("button")) {
      button.addEventListener("click", () =>
        ({ in: () => zoom(0.5), out: () => zoom(2), all: () => look(0, whole) })[button.dataset.zoom]());
    }
    return draw;
  };

  const concurrency = (figure, data) => () => {
    const canvas = figure.querySelector("canvas");
    const c = prepare(canvas, 170);
    const steps = data.steps;
    const most = steps.reduce((most, step) => Math.max(most, step[1]), 1);
    const x = at => LEFT + at / data.wall * c.w;
    const y = running => TOP + c.h - running / most * c.h;
    axisY(c, ticks(0, most, Math.min(4, most)), count, y);
    axisX(c, timeTicks(0, data.wall * data.unit, c.w / 110), time, ns => x(ns / data.unit));
    c.draw.beginPath();
    c.draw.moveTo(x(0), y(0));
    let before = 0;
    for (const [at, running] of steps) {
      c.draw.lineTo(x(at), y(before));
      c.draw.lineTo(x(at), y(running));
      before = running;
    }
    c.draw.lineTo(x(data.wall), y(before));
    c.draw.lineTo(x(data.wall), y(0));
    c.draw.closePath();
    c.draw.globalAlpha = 0.25;
    c.draw.fillStyle = colour("--curve");
    c.draw.fill();
    c.draw.globalAlpha = 1;
    c.draw.strokeStyle = colour("--curve");
    c.draw.lineWidth = 1.5;
    c.draw.stroke();
    canvas.dataset.drawn = steps.length;
  };

  const durations = (figure, data) => () => {
    const canvas = figure.querySelector("canvas");
    const c = prepare(canvas, 200);
    const bins = data.bins;
    const most = bins.reduce((most, bin) => Math.max(most, bin[2]), 1);
    const y = calls => TOP + 14 + (c.h - 14) * (1 - calls / most);
    const each = c.w / Math.max(1, bins.length);
    // Between the edges of its bin a duration has its place by proportion.
    const x = ns => {
      let place = bins.findIndex(bin => ns < bin[1]);
      if (place < 0) place = bins.length - 1;
      const [a, b] = bins[place];
      return LEFT + (place + Math.min(1, (ns - a) / (b - a))) * each;
    };
    axisY(c, ticks(0, most, Math.min(4, most)), count, y);
    c.draw.fillStyle = colour("--bars");
    bins.forEach((bin, place) => {
      if (!bin[2]) return;
      const top = Math.min(y(bin[2]), TOP + c.h - 1);
      c.draw.fillRect(LEFT + place * each + 0.5, top, Math.max(1, each - 1), TOP + c.h - top);
    });
    c.draw.fillStyle = colour("--soft");
    c.draw.textBaseline = "top";
    const every = Math.max(1, Math.ceil(90 / each));
    bins.forEach((bin, place) => {
      if (place % every) return;
      c.draw.textAlign = "left";
      c.draw.fillText(time(bin[0]), LEFT + place * each, TOP + c.h + 7);
    });
    c.draw.strokeStyle = colour("--ink");
    c.draw.fillStyle = colour("--ink");
    c.draw.setLineDash([4, 3]);
    let taken = -Infinity;
    for (const name of ["p50", "p90", "p99"]) {
      if (!bins.length) break;
      const px = Math.round(x(Number(canvas.dataset[name]))) + 0.5;
      c.draw.beginPath();
      c.draw.moveTo(px, TOP + 12);
      c.draw.lineTo(px, TOP + c.h);
      c.draw.stroke();
      const text = name + " " + time(Number(canvas.dataset[name]));
      const wide = c.draw.measureText(text).width;
      const left = Math.max(taken + 8, Math.min(px - wide / 2, LEFT + c.w - wide));
      c.draw.textAlign = "left";
      c.draw.fillText(text, left, TOP - 2);
      taken = left + wide;
    }
    c.draw.setLineDash([]);
    canvas.dataset.drawn = bins.length;
  };

  const charts = [];
  for (const section of document.querySelectorAll("section.job")) {
    const data = JSON.parse(section.querySelector("script.data").textContent);
    charts.push(timeline(section.querySelector("figure.timeline"), data));
    charts.push(concurrency(section.querySelector("figure.concurrency"), data));
    charts.push(durations(section.querySelector("figure.durations"), data));
  }
  const drawAll = () => {
    charts.forEach(draw => draw());
    document.documentElement.dataset.drawn = charts.length;
  };
  drawAll();
  // Milliseconds from the page's beginning: what the project's own checks look at.
  document.documentElement.dataset.took = Math.round(performance.now());
  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(drawAll);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
