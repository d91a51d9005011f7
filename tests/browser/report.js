// Opens pages in Chromium at the widths of a screen and a phone, in light and dark, and checks what no test without a browser can
// check: node report.js MODULES CHROMIUM PAGE... [--shots FOLDER]
"use strict";
const path = require("node:path");
const { createRequire } = require("node:module");
const { pathToFileURL } = require("node:url");

const [modules, executablePath, ...rest] = process.argv.slice(2);
const shotsAt = rest.indexOf("--shots");
const shots = shotsAt < 0 ? null : rest.splice(shotsAt, 2)[1];
const load = createRequire(path.join(modules, "package.json"));
const { chromium } = load("playwright-core");
const { source: axe } = load("axe-core");

const failures = [];
let checks = 0;
const check = (what, isFine, details) => {
  checks += 1;
  if (!isFine) failures.push(`${what}: ${details}`);
};

// What a page must not do. `page` is new, so nothing is missed.
const watch = (page, name, url) => {
  const seen = [];
  page.on("console", (message) => seen.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error: ${error}`));
  page.on("dialog", (dialog) => { seen.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== url) seen.push(`request: ${request.url()}`); });
  return () => check(`${name}: quiet`, seen.length === 0, seen.join("; "));
};

const inspect = async (browser, file, colorScheme, width) => {
  const url = pathToFileURL(path.resolve(file)).href;
  const name = `${path.basename(file)} ${colorScheme} ${width}`;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const isQuiet = watch(page, name, url);
  await page.goto(url);
  const found = await page.evaluate(() => {
    const charts = [...document.querySelectorAll("svg.chart")];
    const shown = charts.filter((chart) => chart.getBoundingClientRect().width > 0);
    const sizes = shown.flatMap((chart) => [...chart.querySelectorAll("text")].map((text) =>
      parseFloat(getComputedStyle(text).fontSize) * chart.getBoundingClientRect().width / chart.viewBox.baseVal.width));
    return {
      width: document.documentElement.scrollWidth,
      ground: getComputedStyle(document.body).backgroundColor,
      charts: charts.length,
      shown: shown.length,
      smallest: Math.min(...sizes),
      injected: document.querySelectorAll("script, img, link, iframe").length,
    };
  });
  check(`${name}: width`, found.width <= width, `the page is ${found.width} pixels wide`);
  const light = found.ground.match(/\d+/g).slice(0, 3).every((part) => part > 128);
  check(`${name}: scheme`, light === (colorScheme === "light"), `the ground is ${found.ground}`);
  check(`${name}: charts`, found.shown * 2 === found.charts, `${found.shown} of ${found.charts} drawings are shown`);
  check(`${name}: text`, found.smallest >= 10, `a text in a drawing has ${found.smallest} pixels`);
  check(`${name}: elements`, found.injected === 0, `${found.injected} elements that could load something`);
  // The policy of the page allows no script. The protocol of the browser is not subject to it.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const words = (all) => all.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target).join(", ")})`).join("; ");
  check(`${name}: accessibility`, grave.length === 0, words(grave));
  if (violations.length > grave.length) console.log(`${name}: minor: ${words(violations.filter((one) => !grave.includes(one)))}`);
  isQuiet();
  if (shots) await page.screenshot({ path: path.join(shots, `${name.replaceAll(" ", "-")}.png`), fullPage: true });
  await context.close();
};

const main = async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  for (const file of rest)
    for (const scheme of ["light", "dark"])
      for (const width of [1280, 390]) await inspect(browser, file, scheme, width);
  await browser.close();
  console.log(`${checks - failures.length} passed, ${failures.length} failed`);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  process.exitCode = failures.length === 0 && checks > 0 ? 0 : 1;
};
main().catch((error) => { console.log(`FAILED ${error.stack}`); process.exitCode = 1; });
