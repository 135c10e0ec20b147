// A long thread: older messages come in above without moving what is read,
// newer ones below are announced, and unsent texts stay.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { found, lead, seatNumber, startAgency } from "./agency.mjs";
import { launch } from "./browser.mjs";
import { program, until } from "./processes.mjs";

const many = 130;

let browser;
let world;
let visitor;
before(async () => {
  world = await startAgency(program());
  browser = await launch();
  visitor = await found(browser, world, { expected: [/ERR_|Failed to load resource/] });
  const { page } = visitor;
  for (let n = 1; n <= many; n++) await world.phones.send(lead, seatNumber, `Message number ${n}.`);
  await page.getByRole("link", { name: "Open conversations" }).click();
  await page
    .getByRole("link", { name: /Naledi Khumalo/ })
    .getByText(`Message number ${many}.`)
    .waitFor();
});
after(async () => {
  await visitor?.close();
  await browser?.close();
  await world?.stop();
});

/** How far a message's top is from the top of the thread. */
const placeOf = (page, text) =>
  page.getByRole("log").evaluate((log, wanted) => {
    const article = [...log.querySelectorAll("article")].find((one) => one.textContent.includes(wanted));
    return article ? Math.round(article.getBoundingClientRect().top - log.getBoundingClientRect().top) : null;
  }, text);

test("without a key the AI is visibly off, and everything else works", async () => {
  const { page } = visitor;
  await page.getByText("AI not set up").first().waitFor();
  await page.getByRole("link", { name: "Assistant" }).click();
  await page.getByText("The AI is off: the server has no Gemini key").waitFor();
  await page.getByRole("link", { name: "Conversations", exact: false }).first().click();
});

test("older messages come in above and move nothing", async () => {
  const { page } = visitor;
  await page.getByRole("link", { name: /Naledi Khumalo/ }).click();
  const log = page.getByRole("log", { name: "Messages" });
  await log.getByText(`Message number ${many}.`).waitFor();
  assert.equal(await log.evaluate((box) => box.scrollTop), 0, "it opens at the newest message");
  const watched = `Message number ${many - 46}.`;
  await log.evaluate((box, text) => {
    [...box.querySelectorAll("article")]
      .find((one) => one.textContent.includes(text))
      .scrollIntoView({ block: "center" });
  }, watched);
  const before = await placeOf(page, watched);
  await log.getByText(`Message number ${many - 60}.`).waitFor({ state: "attached" });
  assert.ok(
    Math.abs((await placeOf(page, watched)) - before) <= 2,
    "the message that is read stays where it is",
  );
  await until("the first message is reached", 20_000, async () => {
    await log.evaluate((box) => box.scrollTo({ top: -box.scrollHeight }));
    return (await log.getByText("Message number 1.", { exact: true }).count()) > 0;
  });
  assert.equal(await log.locator("article").count(), many, "each message once");
});

test("a new message below is announced and moves nothing", async () => {
  const { page } = visitor;
  const log = page.getByRole("log", { name: "Messages" });
  await log.evaluate((box) => box.scrollTo({ top: -2000 }));
  const middle = await log.evaluate((box) => {
    const edge = box.getBoundingClientRect();
    const inside = [...box.querySelectorAll("article")].find(
      (one) => one.getBoundingClientRect().top > edge.top + 200,
    );
    return inside.textContent.match(/Message number \d+\./)[0];
  });
  const before = await placeOf(page, middle);
  await world.phones.send(lead, seatNumber, "Are you still there?");
  await page.getByRole("button", { name: "1 new message" }).waitFor();
  assert.ok(Math.abs((await placeOf(page, middle)) - before) <= 2, "what is read stays where it is");
  await page.getByRole("button", { name: "1 new message" }).click();
  await until("it is at the bottom", 5000, () => log.evaluate((box) => box.scrollTop === 0));
  await page.getByRole("button", { name: "1 new message" }).waitFor({ state: "detached" });
});

test("a text that did not reach the server is kept, and sent once", async () => {
  const { page, context } = visitor;
  const field = page.getByRole("textbox", { name: "Message" });
  await context.route("**/messages", (route) =>
    route.request().method() === "POST" ? route.abort() : route.continue(),
  );
  await field.fill("I am here");
  await page.keyboard.press("Enter");
  await page.getByText("Aibud's server can't be reached.").waitFor();
  await context.unroute("**/messages");
  // The first try reaches the server, but its answer is lost.
  await context.route("**/messages", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await route.fetch();
    await route.abort();
  });
  await page.getByRole("button", { name: "Try again" }).click();
  await world.phones.wait(lead, (message) => message.text === "I am here");
  await page.locator("[data-message]", { hasText: "I am here" }).waitFor();
  await context.unroute("**/messages");
  const got = (await world.phones.messages(lead)).filter((message) => message.text === "I am here");
  assert.equal(got.length, 1);
  assert.equal(await page.locator("article", { hasText: "I am here" }).count(), 1);
});

test("an unsent text is there again after a reload", async () => {
  const { page } = visitor;
  await page.getByRole("textbox", { name: "Message" }).fill("Half a thought");
  await page.reload();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Message" }).inputValue(), "Half a thought");
  visitor.check();
});

test("an outage leaves the page as it is, and what is sent meanwhile goes out by itself", async () => {
  const { page } = visitor;
  let refused = 0;
  page.on("requestfailed", (request) => {
    if (new URL(request.url()).pathname === "/v1/me") refused++;
  });
  const field = page.getByRole("textbox", { name: "Message" });
  const log = page.getByRole("log", { name: "Messages" });
  await log.getByText(`Message number ${many}.`).waitFor();
  await world.stopServer();
  await page.getByText("What you see may be a little old.").waitFor();
  await field.fill("Sent in the dark");
  await page.keyboard.press("Enter");
  await page.getByText(/^Not sent: .*by itself/).waitFor();
  await field.fill("Another half");
  await until("asking who is signed in is given up", 30_000, () => refused >= 4);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300))));
  assert.equal(await field.inputValue(), "Another half");
  await log.getByText(`Message number ${many}.`).waitFor();
  await world.startServer();
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 8000 });
  await world.phones.wait(lead, (message) => message.text === "Sent in the dark");
  await page.locator("[data-message]", { hasText: "Sent in the dark" }).waitFor();
  assert.equal(await log.locator("article", { hasText: "Sent in the dark" }).count(), 1);
  assert.equal(await page.getByText(/^Not sent: /).count(), 0);
  assert.equal(await field.inputValue(), "Another half");
  visitor.check();
});
