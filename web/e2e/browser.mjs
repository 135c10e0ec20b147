// A browser that notices what must not happen: errors in the console, and
// requests to other machines.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import jsqr from "jsqr";
import { chromium } from "playwright-core";
import { PNG } from "pngjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));

export const wide = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

/** Starts the browser, with further switches. */
export async function launch(...switches) {
  if (!existsSync(executablePath)) {
    throw new Error(
      `There is no ${executablePath}: install Debian's package chromium, or set CHROMIUM to the browser.`,
    );
  }
  return await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...switches,
    ],
  });
}

/**
 * Opens an empty page as a new visitor. Its check() fails if there was an
 * error or a request to another host; expected are errors that the test causes.
 */
export async function visit(browser, url, viewport, { expected = [], reducedMotion = "reduce" } = {}) {
  const context = await browser.newContext({
    baseURL: url,
    viewport,
    reducedMotion,
    timezoneId: "Africa/Johannesburg",
    hasTouch: viewport.width < 500,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const wrong = [];
  const { host } = new URL(url);
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    const text = `${message.text()} ${message.location().url}`;
    if (!expected.some((pattern) => pattern.test(text))) wrong.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.protocol !== "data:" && to.protocol !== "blob:" && to.host !== host)
      wrong.push(`request: ${request.url()}`);
  });
  const check = () => assert.deepEqual(wrong, [], "the page did what it must not");
  return { page, context, check, close: () => context.close() };
}

/** A visitor who is not signed in is told so once by /v1/me; the browser prints that. */
export const signedOut = /401.*\/v1\/me$/;

/** Fails if axe finds a serious problem for people who use assistive technology. */
export async function accessible(page, what) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(`${axe};0`);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => ({
        id,
        help,
        nodes: nodes.slice(0, 4).map(({ html, any }) => [html.slice(0, 220), any[0]?.message]),
      }));
  });
  assert.deepEqual(found, [], `accessibility of ${what}`);
}

/** Reads the QR code from the pixels of the page. */
export async function readQR(page) {
  const picture = PNG.sync.read(await page.screenshot());
  const found = jsqr(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  return found?.data;
}

/** Keeps a picture of the page for the README, if SCREENSHOTS is set. */
export async function keep(page, name) {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(pictures, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${pictures}${name}.png` });
}

/** Switches to the light scheme the way the theme switch does. */
export async function light(page) {
  await page.evaluate(() => localStorage.setItem("mantine-color-scheme-value", "light"));
  await page.reload();
}
