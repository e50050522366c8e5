// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

namespace spinconv::train {

// Colors of the series are from the Okabe-Ito set, which the common kinds of color blindness tell
// apart.
inline constexpr const char* report_style = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --border: #dfe3e8; --text: #1c2430; --quiet: #5c6773;
  --grid: #e9ecf0; --axis: #8a94a0;
  --train: #0072b2; --validation: #d55e00; --plain: #007d5c; --points: #0072b2;
  --warn: #a12b00; --warn-page: #fff1ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --border: #2d3642; --text: #e4e9ef; --quiet: #98a4b3;
    --grid: #2a323d; --axis: #6b7786;
    --train: #56b4e9; --validation: #f0953f; --plain: #2fc39b; --points: #56b4e9;
    --warn: #ffb59a; --warn-page: #3a2118;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 28px 20px 48px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1040px; margin: 0 auto; }
h1 { font-size: 25px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 34px 0 10px; }
h2 small { font-weight: normal; font-size: 14px; color: var(--quiet); margin-left: 8px; }
.subtitle { color: var(--quiet); margin: 4px 0 0; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.figures div, figure, .panel {
  background: var(--card); border: 1px solid var(--border); border-radius: 8px;
}
.figures div { padding: 12px 14px; }
.figures span { display: block; color: var(--quiet); font-size: 13px; }
.figures b { font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures i { font-style: normal; font-size: 13px; color: var(--quiet); margin-left: 4px; white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 14px; }
figure { margin: 0; padding: 12px 14px 8px; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; font-size: 14px; }
figcaption b { font-weight: 600; margin-right: auto; }
.key { color: var(--quiet); font-size: 13px; }
.key::before {
  content: ""; display: inline-block; width: 18px; height: 3px; border-radius: 2px;
  margin-right: 6px; vertical-align: middle; background: currentColor;
}
.key.train::before { background: var(--train); }
.key.validation::before { background: var(--validation); }
.key.plain::before { background: var(--plain); }
.caption { color: var(--quiet); font-size: 13px; margin: 2px 0 4px; }
svg { display: block; width: 100%; height: auto; margin-top: 6px; font-size: 12px; }
svg text { fill: var(--quiet); }
svg .name { fill: var(--text); }
svg .note, svg .value { fill: var(--text); font-weight: 600; }
svg .note { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
svg .value { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
svg .middle { text-anchor: middle; }
svg .end { text-anchor: end; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .axis { stroke: var(--axis); stroke-width: 1; }
svg .mark { stroke: var(--axis); stroke-width: 1; stroke-dasharray: 3 3; }
svg .identity { stroke: var(--axis); stroke-width: 1.2; }
svg .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
svg .curve.train { stroke: var(--train); }
svg .curve.validation { stroke: var(--validation); }
svg .curve.plain { stroke: var(--plain); }
svg .dot { stroke: var(--card); stroke-width: 1.5; }
svg .dot.train { fill: var(--train); }
svg .dot.validation { fill: var(--validation); }
svg .dot.plain { fill: var(--plain); }
svg .hover { fill: transparent; }
svg .hover.train:hover { fill: var(--train); }
svg .hover.validation:hover { fill: var(--validation); }
svg .hover.plain:hover { fill: var(--plain); }
svg .points { fill: none; stroke: var(--points); stroke-width: 3; stroke-linecap: round; stroke-opacity: .4; }
svg .bar { fill: var(--points); }
.panel { overflow-x: auto; padding: 4px 0; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: 6px 14px; text-align: left; vertical-align: top; }
th { color: var(--quiet); font-weight: 600; font-size: 13px; border-bottom: 1px solid var(--border); }
tr + tr td { border-top: 1px solid var(--grid); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.share { width: 40%; min-width: 90px; vertical-align: middle; }
td.share div { height: 10px; border-radius: 2px; background: var(--points); min-width: 1px; }
td.key-name { color: var(--quiet); white-space: nowrap; width: 1%; }
td.wrap { overflow-wrap: anywhere; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
td code { color: var(--quiet); font-size: 12px; }
pre { margin: 0; padding: 12px 16px; overflow-x: auto; }
.warning {
  background: var(--warn-page); color: var(--warn); border: 1px solid currentColor; border-radius: 8px;
  padding: 10px 14px; margin: 16px 0 0;
}
.remark { color: var(--quiet); font-size: 13px; margin: 8px 0 0; }
@media print {
  body { padding: 0; background: none; }
  figure, .panel, .figures div { break-inside: avoid; }
}
)css";

}  // namespace spinconv::train
