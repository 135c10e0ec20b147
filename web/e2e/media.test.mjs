// Files in a thread: shown by links that expire, and voice messages that are
// recorded with the microphone. Chromium plays a tone into it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PNG } from "pngjs";
import { found, lead, seatNumber, signIn, startAgency } from "./agency.mjs";
import { accessible, keep, launch, phone, signedOut, visit } from "./browser.mjs";
import { program, until } from "./processes.mjs";

let browser;
let world;
let visitor;
before(async () => {
  world = await startAgency(program());
  browser = await launch("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream");
  visitor = await found(browser, world);
  const { page } = visitor;
  await world.phones.post(lead, {
    to: seatNumber,
    media: { kind: "image", data: picture(640, 480).toString("base64"), caption: "Is it this one?" },
  });
  await page.getByRole("link", { name: "Open conversations" }).click();
  await page.getByRole("link", { name: /Naledi Khumalo/ }).click();
});
after(async () => {
  await visitor?.close();
  await browser?.close();
  await world?.stop();
});

/** A PNG whose halves have two colours. */
function picture(width, height) {
  const made = new PNG({ width, height });
  for (let i = 0; i < width * height; i++)
    made.data.set(i % width < width / 2 ? [40, 130, 90, 255] : [230, 190, 60, 255], i * 4);
  return PNG.sync.write(made);
}

/** Signs in and opens the one conversation. */
async function open(page) {
  await page.goto("/");
  await signIn(page);
  await page.getByRole("link", { name: /Naledi Khumalo/ }).click();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
}

const voices = async () => (await world.phones.messages(lead)).filter((message) => message.kind === "voice");
const drawn = (page) => page.getByRole("group", { name: "Recording a voice message" }).locator("div span");

test("pictures come by links that need no session", async () => {
  const { page } = visitor;
  const small = page.getByRole("img", { name: "Is it this one?" });
  await small.waitFor();
  await until("the small picture is loaded", 15_000, () => small.evaluate((img) => img.naturalWidth > 0));
  const address = await small.getAttribute("src");
  assert.match(address, /^\/v1\/media\/[^/]+\/thumbnail\?.*signature=/);
  assert.equal((await fetch(new URL(address, world.url))).status, 200);
  const forged = address.replace(/expires=\d/, "expires=9");
  assert.equal((await fetch(new URL(forged, world.url))).status, 403);

  await page.getByRole("button", { name: /^Enlarge/ }).click();
  const large = page.getByRole("dialog").getByRole("img", { name: "Is it this one?" });
  await until("the picture is loaded", 15_000, () => large.evaluate((img) => img.naturalWidth === 640));
  await accessible(page, "the lightbox");
  await keep(page, "lightbox");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save" }).click();
  assert.ok(await (await download).path(), "the picture is saved");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("a file is sent later, and taken back before that", async () => {
  const { page } = visitor;
  const buffer = picture(320, 240);
  await page.getByTestId("files").setInputFiles({ name: "front.png", mimeType: "image/png", buffer });
  await page.getByRole("textbox", { name: "Message" }).fill("The front");
  await page.getByRole("button", { name: "Send later" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("front.png").waitFor();
  assert.equal(await dialog.getByLabel("Caption").inputValue(), "The front");
  await dialog.getByRole("button", { name: "Tomorrow 09:00" }).click();
  await dialog.getByRole("button", { name: "Schedule" }).click();
  await dialog.waitFor({ state: "detached" });
  const planned = page.getByRole("region", { name: "Scheduled" });
  await planned.getByRole("img", { name: "The front" }).waitFor();
  assert.equal(await page.getByRole("list", { name: "Files to send" }).count(), 0, "the composer is empty");
  await planned.getByRole("button", { name: "Change" }).click();
  await dialog.getByLabel("Caption").fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await planned.getByText("The front", { exact: true }).waitFor({ state: "detached" });
  await planned.getByRole("button", { name: "Take back" }).click();
  await planned.waitFor({ state: "detached" });
});

test("a voice message is recorded, sent and played", async () => {
  const { page } = visitor;
  await page.getByRole("button", { name: "Record a voice message" }).click();
  await page.getByRole("timer").getByText("0:02").waitFor();
  assert.ok((await drawn(page).count()) > 10, "the waveform grows");
  await accessible(page, "recording");
  await keep(page, "recording");
  await page.getByRole("button", { name: "Send the voice message" }).click();
  const [got] = await until("the lead's phone has it", 30_000, async () => {
    const all = await voices();
    return all.length > 0 && all;
  });
  assert.match(got.media.mimetype, /^audio\/ogg/);
  const player = page.locator("[data-message]", {
    has: page.getByRole("button", { name: "Play the voice message" }),
  });
  await player.getByText(/^0:0[2-9]$/).waitFor();
  const heights = await player
    .locator("svg rect[data-played], svg rect")
    .evaluateAll((bars) => new Set(bars.map((bar) => bar.getAttribute("height"))).size);
  assert.ok(heights > 2, "its waveform is that of what was recorded");
  await player.getByRole("button", { name: "Play the voice message" }).click();
  await until("it plays", 15_000, () => player.locator("audio").evaluate((audio) => audio.currentTime > 0.3));
});

test("what is cancelled is not sent, on a phone too", async () => {
  const mobile = await visit(browser, world.url, phone, { expected: [signedOut] });
  const { page } = mobile;
  await open(page);
  await page.getByRole("button", { name: "Record a voice message" }).click();
  await page.getByRole("timer").getByText("0:01").waitFor();
  await until("the waveform is wider than the screen", 20_000, async () => (await drawn(page).count()) > 60);
  await accessible(page, "recording on a phone");
  await keep(page, "recording-phone");
  const fits = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  assert.ok(fits, "nothing is wider than the screen");
  for (const name of ["Cancel the recording", "Send the voice message"]) {
    const box = await page.getByRole("button", { name }).boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= phone.width, `${name} is on the screen`);
  }
  await page.getByRole("button", { name: "Cancel the recording" }).click();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  await page.getByRole("button", { name: "Record a voice message" }).click();
  await page.getByRole("timer").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("textbox", { name: "Message" }).fill("No, rather in words");
  await page.keyboard.press("Enter");
  await world.phones.wait(lead, (message) => message.text === "No, rather in words");
  assert.equal((await voices()).length, 1, "only the one before");
  mobile.check();
  await mobile.close();
});

test("without a microphone the page says what to do", async () => {
  const deaf = await launch("--deny-permission-prompts");
  const visitor = await visit(deaf, world.url, phone, { expected: [signedOut] });
  await open(visitor.page);
  await visitor.page.getByRole("button", { name: "Record a voice message" }).click();
  await visitor.page
    .getByRole("alert")
    .getByText(/microphone/)
    .waitFor();
  await accessible(visitor.page, "a refused microphone");
  await visitor.page.getByRole("textbox", { name: "Message" }).fill("Then in words");
  await visitor.page.getByRole("alert").waitFor({ state: "detached" });
  visitor.check();
  await visitor.close();
  await deaf.close();
});

test("nothing went wrong on the page meanwhile", () => visitor.check());
